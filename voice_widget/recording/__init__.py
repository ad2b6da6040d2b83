"""What keeps a talk: its events and its sound on one timeline, read again, and exported.

It reads and writes records only; nothing here knows a widget, a page or a call.
"""

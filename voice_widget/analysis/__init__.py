"""What is understood of a talk: its measures, what they find, and how talks compare.

It reads records and their sound only; nothing here knows a widget, a page, a call or a service, and nothing
is written into a talk.
"""

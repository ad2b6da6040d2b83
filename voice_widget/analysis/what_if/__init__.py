"""A recording heard otherwise: by another detector of turns, or through another line.

What it gives are tables and new talks; the recording itself is never changed, and no call is made.
"""

"""What crosses the wire, each event by itself: names, fields and shapes, the older dialect, errors, secrets.

What an event means after others have come does not belong here.
"""

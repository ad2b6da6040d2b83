"""The Realtime protocol, pure: events, settings, and the session's tables of transitions.

What an event means is decided here and nowhere else. I/O, clocks and threads do not belong here: time is an
argument.
"""

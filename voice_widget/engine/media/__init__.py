"""Sound and events on their way between a session and its ends: peer, receiver, sender, SDP, sinks.

What an event means does not belong here.
"""

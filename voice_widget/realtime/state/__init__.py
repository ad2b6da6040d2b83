"""What is known of a talk: states and their transitions, rows, clocks, the call's facts, and changes.

What an event does to them does not belong here.
"""

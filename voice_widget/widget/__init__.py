"""What a user holds: the widget with its traits, arguments, callbacks and waits.

How it is shown and what a change becomes (traits, messages, callbacks) belongs here, too. What a
talk does, and what an event means, does not.
"""

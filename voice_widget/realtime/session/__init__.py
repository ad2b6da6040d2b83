"""One session from events to rows: who understands which event, the call, the user's side, the dialogue.

What the assistant's side makes of its events does not belong here, nor what both sides share.
"""

"""What answers in ``serve``: the agent that needs no model, and what puts an agent beside a session.

What notebooks need does not belong here; what both need stands in the assistant's folder.
"""

"""Python functions that an agent may call.

What one is and says of itself, what may go wrong with it, what becomes of what it gives, and who
lets it run belong here. No call and no service does: to whom the results go is the talk's business.
"""

"""Words: how they are compared, what they mean to the rules, numbers to and from speech.

Nothing here knows a table.
"""

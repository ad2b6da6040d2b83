"""Whether somebody speaks, and whether a turn is over.

What follows from it does not belong here.
"""

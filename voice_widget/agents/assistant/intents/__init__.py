"""Functions of one's own: the phrases that call them, their blanks, and what the recogniser learns from both.

What is asked of a table by itself does not belong here.
"""

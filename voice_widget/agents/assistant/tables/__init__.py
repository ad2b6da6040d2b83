"""A DataFrame as something to talk about, and the plans that can be made over it.

What words mean does not belong here.
"""

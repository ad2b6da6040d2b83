"""How a result, or what was not understood, is said and shown.

What is computed is decided before.
"""

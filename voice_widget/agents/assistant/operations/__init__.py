"""A plan carried out with pandas. It changes nothing.

How the result is said does not belong here.
"""

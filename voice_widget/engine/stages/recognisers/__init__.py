"""From sound to text: recognisers, each a model that gives sessions, and what they share.

When they are asked, and in which thread, does not belong here.
"""

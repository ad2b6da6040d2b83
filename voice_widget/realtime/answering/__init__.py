"""The assistant's side: responses, their text, sound and functions, and who may have the next one.

What the user said and how far the call is does not belong here.
"""

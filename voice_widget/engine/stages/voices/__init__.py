"""From text to sound: voices, each a model that gives sessions, and how what is written is spoken.

When and to whom they speak does not belong here.
"""

"""Sound as events carry it: formats, telephone codes, resampling, turns, and the ledger of what was played.

Where it comes from, where it is heard, and devices and streams do not belong here.
"""

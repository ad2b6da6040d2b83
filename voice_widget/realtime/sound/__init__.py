"""Sound as events carry it: formats, the telephone's codes, resampling, and the ledger of what was played.

Where it comes from, where it is heard, and devices and streams do not belong here.
"""

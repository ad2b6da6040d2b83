"""The settings of a session: their names, what each may be, and what an update does to them.

When they are sent, and which are in force in a call, does not belong here.
"""

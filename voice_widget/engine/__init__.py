"""The embedded engine: a Realtime server in a process of its own, with its speech stages in another.

It imports nothing of ours but `realtime` and `errors`. What answers for the agent does not belong here: a
kernel's socket does, or a companion.
"""

"""The embedded engine: a Realtime server in a process of its own.

It imports nothing of ours but `realtime` and `errors`.
"""

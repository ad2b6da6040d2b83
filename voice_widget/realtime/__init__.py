"""The Realtime protocol, pure: what an event means is decided here and nowhere else.

Its rooms, from the top down: `session`, `answering`, `state`, `sound`, `settings`, `wire`; each imports only
what stands after it. I/O, clocks and threads do not belong here: time is an argument.
"""

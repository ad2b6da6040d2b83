"""The engine's door: server, access, offers, sockets, bodies and the list of calls.

What a session says and how its sound travels does not belong here.
"""

"""One call: its contract and the ways to a service.

A page's peer, a socket with the sound in it, a place beside a call made elsewhere; relay, media and
what is sent. Which call follows which does not belong here, but to the talk.
"""

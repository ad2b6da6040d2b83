"""What crosses the comm, to a page and from it.

Messages, their checks, a page's failures, sealed tokens and routing belong here. What a message
causes does not.
"""

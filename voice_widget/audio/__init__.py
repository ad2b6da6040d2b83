"""Sound in a call's socket: samples, their pace, and who captures and plays them.

That is memory, or a page by comm. Sound that a peer carries never comes here.
"""

"""Calls in sequence with one transcript.

Verbs, pages, dialling and getting lost calls back, settings, tools, replies and notices belong
here. No trait and no widget does, nor how one call reaches its service.
"""

"""What a session does about what it hears: turns, items, responses, plans and commands.

Pure: values in, actions out. I/O, clocks and threads do not belong here.
"""

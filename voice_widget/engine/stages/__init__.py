"""The speech stages, their contracts and the process in which they run.

Voice activity, recognition, synthesis, turns and what to expect belong here. Sessions and sockets
do not.
"""

"""A program that takes every place a PulseAudio source has for recorders: ``python recorders.py SOURCE``.

It says on its output how many it holds once the server refuses one more, and holds them until it is ended.
PulseAudio lets so many record one source (256 in version 16) but fewer connect, hence many streams over one
connection, which the command-line tools do not do.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import c_char_p, c_int, c_uint8, c_uint32, c_void_p
from typing import Any

CONTEXT_READY, CONTEXT_FAILED = 4, 5
STREAM_CREATING, STREAM_READY = 1, 2
START_PAUSED = 1  # a paused recorder has its place, and costs nothing
S16LE = 3


class SampleSpec(ctypes.Structure):
    _fields_ = (("format", c_int), ("rate", c_uint32), ("channels", c_uint8))


def function(name: str, result: Any, *arguments: Any) -> Any:
    found = getattr(ctypes.CDLL("libpulse.so.0"), name)
    found.restype, found.argtypes = result, arguments
    return found


def main(source: str) -> None:
    iterate = function("pa_mainloop_iterate", c_int, c_void_p, c_int, c_void_p)
    context_state = function("pa_context_get_state", c_int, c_void_p)
    new_stream = function("pa_stream_new", c_void_p, c_void_p, c_char_p, c_void_p, c_void_p)
    record = function("pa_stream_connect_record", c_int, c_void_p, c_char_p, c_void_p, c_int)
    stream_state = function("pa_stream_get_state", c_int, c_void_p)

    loop = function("pa_mainloop_new", c_void_p)()
    api = function("pa_mainloop_get_api", c_void_p, c_void_p)(loop)
    context = function("pa_context_new", c_void_p, c_void_p, c_char_p)(api, b"recorders")
    function("pa_context_connect", c_int, c_void_p, c_char_p, c_int, c_void_p)(context, None, 0, None)
    while (state := context_state(context)) < CONTEXT_READY:
        iterate(loop, 1, None)
    if state >= CONTEXT_FAILED:
        raise SystemExit("no PulseAudio server answers")

    spec = SampleSpec(S16LE, 44_100, 2)
    held = 0
    while True:
        stream = new_stream(context, b"recorder", ctypes.byref(spec), None)
        record(stream, source.encode(), None, START_PAUSED)
        while stream_state(stream) == STREAM_CREATING:
            iterate(loop, 1, None)
        if stream_state(stream) != STREAM_READY:
            break
        held += 1
    print(held, flush=True)
    while iterate(loop, 1, None) >= 0:
        pass


if __name__ == "__main__":
    main(sys.argv[1])

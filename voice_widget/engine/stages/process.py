"""The stage process: everything that recognises and speaks, away from what must keep time.

``python -m voice_widget.engine.stages.process`` reads frames (`events`) from standard input and writes
events to standard output. It ends when its input closes, so none outlives its engine. Speech libraries hold
the interpreter lock for up to 87 ms, start threads, crash and carry other licences (espeak-ng is GPL-3 and
is loaded here only).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import BinaryIO

from voice_widget.engine.stages.events import StageEvent, pack, pack_event, read_frame
from voice_widget.engine.stages.parts import Workshop
from voice_widget.engine.stages.session import Session
from voice_widget.engine.stages.speaking import Speech
from voice_widget.realtime.settings.parts import StageSpec

_AGAIN_S = 1.0  # what is quicker need not be told
_MOST_TIMES = 600  # ten minutes without news of a part that loads, and it hangs


class _Pipe:
    """Standard output, kept for frames: whatever a library prints goes to standard error instead."""

    def __init__(self) -> None:
        self._file = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def write(self, frame: bytes) -> None:
        """Write a frame whole. The engine is gone when that fails, and so are we."""
        view = memoryview(frame)
        with self._lock:
            try:
                while view:
                    view = view[self._file.write(view) or 0 :]
            except OSError:
                os._exit(0)


class _Loading:
    """Tells what is being loaded, each second while that takes long: a sign of life, up to a point."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._frame = b""
        self._left = 0
        self._done = threading.Event()

    def __call__(self, part: str, says: str, fraction: float | None) -> None:
        self._frame = pack({"loading": part, "says": says, "of": fraction})
        self._left = _MOST_TIMES

    def __enter__(self) -> _Loading:
        threading.Thread(target=self._again, name="loading", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _again(self) -> None:
        while not self._done.wait(_AGAIN_S):
            if self._left > 0:
                self._left -= 1
                self._write(self._frame)


def serve(stdin: BinaryIO, write: Callable[[bytes], None]) -> None:
    """Serve frames until the input ends."""
    sessions: dict[int, Session] = {}
    loading = _Loading(write)
    workshop = Workshop(lambda: not any(s.busy for s in list(sessions.values())), loading)
    while (frame := read_frame(stdin)) is not None:
        header, payload = frame
        op, channel = header["op"], header.get("channel", 0)
        session = sessions.get(channel)
        if op == "warm":
            spec = StageSpec(**header["spec"])
            sys.path += [folder for folder in spec.path if folder not in sys.path]
            with loading:
                report = workshop.warm(spec)
            write(pack({"ready": True, **asdict(report)}))
        elif op == "ping":
            write(pack({"pong": True}))
        elif op == "open":

            def emit(event: StageEvent, channel: int = channel) -> None:
                write(pack_event(channel, event))

            sessions[channel] = Session(StageSpec(**header["spec"]), workshop, emit)
        elif session is None:
            continue  # closed already
        elif op == "speak":
            session.mouth.speak(Speech(header["id"], header["text"], header["voice"], header["speed"]))
        elif op == "cancel":
            session.mouth.cancel(header["id"])
        elif op == "playout":
            session.playout(header["do"])
        elif op == "close":
            sessions.pop(channel).close()
        else:
            session.put(header, payload)


def main() -> None:
    """Run until standard input closes."""
    # Ctrl-C in a terminal, and a kernel's interrupt, reach the whole process group. They are not for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = _Pipe()
    stdin = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
    try:
        serve(stdin, pipe.write)
    finally:
        sys.stderr.flush()
        # Threads may be inside native code: nothing is left to tidy up, so do not wait for them.
        os._exit(0)


if __name__ == "__main__":
    main()

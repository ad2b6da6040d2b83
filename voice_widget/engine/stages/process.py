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
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from typing import Any, BinaryIO

import numpy as np

from voice_widget.engine.stages.contracts import Hints
from voice_widget.engine.stages.events import (
    StageEvent,
    StageFailed,
    StageSpec,
    pack,
    pack_event,
    read_frame,
)
from voice_widget.engine.stages.listening import Listener
from voice_widget.engine.stages.parts import Workshop, make
from voice_widget.engine.stages.speaking import Mouth, Speech

_MOST_WAITING = 64 << 20


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


class _Session:
    """One session: a thread that listens and one that speaks."""

    def __init__(self, spec: StageSpec, workshop: Workshop, emit: Callable[[StageEvent], None]) -> None:
        self._spec, self._workshop, self._emit = spec, workshop, emit
        self._queue: SimpleQueue[tuple[dict[str, Any], bytes] | None] = SimpleQueue()
        self._waiting = 0
        self._listener: Listener | None = None
        self.mouth = Mouth(lambda: make("tts", spec), emit)
        threading.Thread(target=self._listen, name="listening", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether somebody is being listened to here."""
        return self._listener is None or self._listener.busy

    def put(self, header: dict[str, Any], payload: bytes) -> None:
        """Something for the listening thread. What does not fit is lost: a recogniser hangs."""
        if self._waiting + len(payload) <= _MOST_WAITING:
            self._waiting += len(payload)
            self._queue.put((header, payload))

    def close(self) -> None:
        """End both threads."""
        self.mouth.close()
        self._queue.put(None)

    def _listen(self) -> None:
        ears = self._workshop.ears(self._spec)
        for stage, problem in ears.problems.items():
            self._emit(StageFailed(stage, problem))
        listener = self._listener = Listener(ears.vad, ears.stt, self._emit)
        while (item := self._queue.get()) is not None:
            header, payload = item
            self._waiting -= len(payload)
            try:
                _hear(listener, header, payload)
            except Exception as error:  # costs this message, not the session
                self._emit(StageFailed("stt", f"Listening failed: {error!r}."))
        listener.close()
        self._workshop.give_back(self._spec, ears.stt)


def _hear(listener: Listener, header: Mapping[str, Any], payload: bytes) -> None:
    match header["op"]:
        case "audio":
            pcm = np.frombuffer(payload, np.int16, len(payload) // 2)
            listener.audio(pcm, header["rate"], header["at_ms"])
        case "commit":
            listener.commit()
        case "clear":
            listener.clear()
        case "configure":
            hints = header["hints"]
            listener.configure(
                header["turn_detection"],
                Hints(tuple(hints["phrases"]), tuple(hints["words"]), hints["language"]),
            )


def serve(stdin: BinaryIO, write: Callable[[bytes], None]) -> None:
    """Serve frames until the input ends."""
    sessions: dict[int, _Session] = {}
    workshop = Workshop(lambda: not any(s.busy for s in list(sessions.values())))
    while (frame := read_frame(stdin)) is not None:
        header, payload = frame
        op, channel = header["op"], header.get("channel", 0)
        session = sessions.get(channel)
        if op == "warm":
            report = workshop.warm(StageSpec(**header["spec"]))
            write(pack({"ready": True, "voices": report.voices, "missing": dict(report.missing)}))
        elif op == "ping":
            write(pack({"pong": True}))
        elif op == "open":

            def emit(event: StageEvent, channel: int = channel) -> None:
                write(pack_event(channel, event))

            sessions[channel] = _Session(StageSpec(**header["spec"]), workshop, emit)
        elif session is None:
            continue  # closed already
        elif op == "speak":
            session.mouth.speak(Speech(header["id"], header["text"], header["voice"], header["speed"]))
        elif op == "cancel":
            session.mouth.cancel(header["id"])
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

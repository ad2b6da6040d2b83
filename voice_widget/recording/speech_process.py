"""A speech part in a process of its own, which is asked with sound and answers."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from voice_widget.errors import EngineError, MissingParts
from voice_widget.realtime.sound.resampling import Pcm

_LEAVE_S = 5.0


class SpeechProcess:
    """What runs there, once it has said that it is ready.

    Args:
        process: Its input and output are pipes.
        errors: Where it says what goes wrong.
        name: What people are told that it is: ``"recogniser whisper"``.

    Attributes:
        greeting: The line with which it says that it is ready.
    """

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes], name: str) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._source, self._answers = process.stdin, process.stdout
        self._errors, self._name = errors, name
        self.greeting: dict[str, Any] = {}

    def send(self, pcm: Pcm, **header: Any) -> None:
        """Give it a line of JSON, with ``bytes``, and so many bytes of sound."""
        data = pcm.astype("<i2").tobytes()
        with contextlib.suppress(BrokenPipeError):  # it has ended: its answer says why
            for piece in (json.dumps({**header, "bytes": len(data)}).encode() + b"\n", data):
                view = memoryview(piece)
                while view:
                    view = view[self._source.write(view) or 0 :]

    def answer(self) -> dict[str, Any]:
        """The next line that it answers.

        Raises:
            MissingParts: The part is not installed.
            EngineError: It fails, or has ended.
        """
        line = self._answers.readline()
        found = json.loads(line) if line.endswith(b"\n") else {}
        if "error" in found:
            told = found["error"]
            kind = MissingParts if told["code"] == MissingParts.code else EngineError
            raise kind(told["message"], code=told["code"], next_step=told["next_step"])
        if not found:
            raise self._ended()
        return dict(found)

    def data(self, size: int) -> bytes:
        """So many bytes behind that line.

        Raises:
            EngineError: It has ended.
        """
        data = bytearray()
        while len(data) < size:
            piece = self._answers.read(size - len(data))
            if not piece:
                raise self._ended()
            data += piece
        return bytes(data)

    def _ended(self) -> EngineError:
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return EngineError(f"The {self._name} has ended: {' '.join(said[-1:])}")


@contextlib.contextmanager
def speech_process(program: str, *arguments: str, name: str) -> Iterator[SpeechProcess]:
    """Start one, and end it behind the block.

    Args:
        program: The module that runs there.
        arguments: What it is given.
        name: What people are told that it is.

    Raises:
        MissingParts: The part is not installed.
        EngineError: It does not load.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            there = SpeechProcess(process, errors, name)
            there.greeting = there.answer()
            yield there
        finally:
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.stdout.close()
            try:
                process.wait(_LEAVE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

"""A recogniser by its name, in a process of its own: speech libraries stay out of the kernel."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from voice_widget.errors import EngineError, MissingParts
from voice_widget.realtime.settings.parts import Part
from voice_widget.realtime.sound.resampling import Pcm

Recognise = Callable[[Pcm, int], str]
"""From the samples of an utterance, and how many a second has, to its text: as functions are parts."""
RATE = 16_000
_PROGRAM = "voice_widget.engine.stages.transcribing"
_LEAVE_S = 5.0


@contextlib.contextmanager
def recogniser(part: Part, language: str) -> Iterator[Recognise]:
    """A recogniser as `Local(stt=…)` has it.

    Args:
        part: Which one.
        language: What is spoken.

    Raises:
        MissingParts: It is not installed.
        EngineError: It does not load, or fails.
    """
    command = [sys.executable, "-m", _PROGRAM, json.dumps(part.dump()), language]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0
        )
        assert process.stdin is not None
        assert process.stdout is not None
        source, answers = process.stdin, process.stdout

        def answer() -> dict[str, Any]:
            line = answers.readline()
            found = json.loads(line) if line.endswith(b"\n") else {}
            if "error" in found:
                told = found["error"]
                kind = MissingParts if told["code"] == MissingParts.code else EngineError
                raise kind(told["message"], code=told["code"], next_step=told["next_step"])
            if not found:
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip().splitlines()
                raise EngineError(f"The recogniser {part.label} has ended: {' '.join(said[-1:])}")
            return dict(found)

        def recognise(pcm: Pcm, rate: int) -> str:
            assert rate == RATE
            data = pcm.astype("<i2").tobytes()
            with contextlib.suppress(BrokenPipeError):  # it has ended: its answer says why
                for piece in (json.dumps({"bytes": len(data)}).encode() + b"\n", data):
                    view = memoryview(piece)
                    while view:
                        view = view[source.write(view) or 0 :]
            return str(answer()["text"])

        try:
            answer()
            yield recognise
        finally:
            with contextlib.suppress(OSError):
                source.close()
            answers.close()
            try:
                process.wait(_LEAVE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

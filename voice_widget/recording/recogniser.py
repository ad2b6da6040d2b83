"""A recogniser by its name, in a process of its own: speech libraries stay out of the kernel."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator

from voice_widget.realtime.settings.parts import Part
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.recording.speech_process import speech_process

Recognise = Callable[[Pcm, int], str]
"""From the samples of an utterance, and how many a second has, to its text: as functions are parts."""
RATE = 16_000
_PROGRAM = "voice_widget.engine.stages.transcribing"


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
    name = f"recogniser {part.label}"
    with speech_process(_PROGRAM, json.dumps(part.dump()), language, name=name) as process:

        def recognise(pcm: Pcm, rate: int) -> str:
            assert rate == RATE
            process.send(pcm)
            return str(process.answer()["text"])

        yield recognise

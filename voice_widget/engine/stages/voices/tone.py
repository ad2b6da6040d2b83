"""A voice of tones: 300 ms per word, exact word times, instant, needs no extra."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from voice_widget.engine.stages.contracts import AudioChunk, Word
from voice_widget.errors import SettingError

_PITCH = {"tone": 440.0, "tone-high": 660.0}
_WORD_MS = 300.0
_FADE_MS = 2.0  # short: the first samples must count as voiced


class ToneTts:
    """Says each word as a tone.

    Example:
        >>> [chunk.words[0].at_ms for chunk in ToneTts().synthesize("hi there", voice=None)]
        [0.0, 300.0]
    """

    voices = tuple(_PITCH)
    sample_rate = 24000

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        """One chunk per word."""
        pitch = _PITCH.get(voice or "tone")
        if pitch is None:
            raise SettingError(f"There is no voice {voice!r}; there are {', '.join(_PITCH)}.")
        samples = round(self.sample_rate * _WORD_MS / 1000 / speed)
        at = np.arange(samples) / self.sample_rate
        fade = np.minimum(1.0, np.minimum(at, at[::-1]) * 1000 / _FADE_MS)
        tone = (9000 * fade * np.sin(2 * np.pi * pitch * at)).astype(np.int16).tobytes()
        for number, found in enumerate(re.finditer(r"\S+", text)):
            word = Word(found.start(), found.end(), number * samples * 1000 / self.sample_rate)
            yield AudioChunk(tone, self.sample_rate, (word,))

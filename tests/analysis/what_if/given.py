"""Talks of which it is known when the user spoke, and parts that can be imported in another process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.recording.talks import Recorded, tone
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.talk import Talk, read_talk

LOUD = 3000


def talk_of(
    folder: Path, *turns: tuple[int, int], ms: int = 4000, over_ms: int = 500, says: Any = True
) -> Talk:
    """A talk in which the user's channel has a tone in these stretches, and a row for each.

    Args:
        folder: Where it is recorded.
        turns: From when until when, in milliseconds.
        ms: How long it is.
        over_ms: So long after the end of each turn the service says that it is over.
        says: Whether it has rows.
    """
    call = Recorded(folder)
    pcm = np.zeros(ms * RATE // 1000, np.int16)
    for start, end in turns:
        length = (end - start) * RATE // 1000
        pcm[start * RATE // 1000 :][:length] = tone(length, level=LOUD)
    begins = {start: f"u{start}" for start, _ in turns}
    ends = {end + over_ms: (f"u{start}", end) for start, end in turns}
    at = 0
    for moment in sorted({*begins, *ends, ms}):
        call._goes(pcm[at * RATE // 1000 : moment * RATE // 1000])
        at = moment
        if says and moment in begins:
            item = begins[moment]
            call("input_audio_buffer.speech_started", item_id=item, audio_start_ms=moment)
        if says and moment in ends:
            item, end = ends[moment]
            call("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=end)
            call("input_audio_buffer.committed", item_id=item)
    call.sound("user", pcm, 0)
    call.sound("assistant", np.zeros(len(pcm), np.int16), 0)
    call.end()
    return read_talk(folder)


class Raises:
    """A detector of speech that fails."""

    sample_rate = 16_000
    frame_samples = 320

    def __call__(self, frame):
        raise RuntimeError("no ears")

    def reset(self):
        pass


class Twice(Raises):
    """One that gives more than is likely."""

    def __call__(self, frame):
        return 2.0


class Ends(Raises):
    """One that ends its process."""

    def __call__(self, frame):
        import os

        os._exit(3)


class Sure:
    """A detector of a turn's end that takes each pause for one."""

    def __init__(self, likely: float = 1.0):
        self._likely = likely

    def session(self):
        return self

    def __call__(self, pcm, sample_rate, partial, silence_ms):
        return self._likely

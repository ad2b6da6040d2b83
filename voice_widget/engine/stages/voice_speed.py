"""How quickly a voice is made on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable

from voice_widget.engine.stages.contracts import TTS

MOST_RTF = 0.4
"""A voice that takes longer than this part of the time that it speaks is not waited for."""

_HOPELESS = 2.5
_TIMES = 3
_SENTENCE = "The first three regions are north, east and west."
_BYTES_PER_SAMPLE = 2


def real_time_factor(tts: TTS, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of work for a second of speech, at best.

    A short sentence is said again until it is quick enough, three times at the most: a machine that is busy
    for a moment, as when a notebook starts, must not be taken for a slow one. Before that it is said once
    that does not count, for it warms up what a voice makes when it is first used; if that is far too slow,
    nobody waits for another.

    Args:
        tts: The voice.
        clock: Tells the time in seconds.
    """
    best = _once(tts, clock)
    if best > _HOPELESS * MOST_RTF:
        return best
    best = float("inf")
    for _ in range(_TIMES):
        best = min(best, _once(tts, clock))
        if best <= MOST_RTF:
            break
    return best


def _once(tts: TTS, clock: Callable[[], float]) -> float:
    begun = clock()
    chunks = list(tts.synthesize(_SENTENCE, voice=None))
    taken = clock() - begun
    heard = sum(len(chunk.pcm) / _BYTES_PER_SAMPLE / chunk.sample_rate for chunk in chunks)
    return taken / heard if heard else float("inf")

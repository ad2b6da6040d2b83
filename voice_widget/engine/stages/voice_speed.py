"""How quickly a voice is made on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable

from voice_widget.engine.stages.contracts import TTS
from voice_widget.engine.stages.cores import usable_cores

MOST_RTF = 0.4
"""A voice that takes longer than this part of the time that it speaks is not waited for."""

_HOPELESS = 2.5
_TIMES = 6
_SENTENCE = "The first three regions are north, east and west."
_BYTES_PER_SAMPLE = 2

Clock = Callable[[], float]


def real_time_factor(
    tts: TTS, clock: Clock = time.perf_counter, worked: Clock = time.process_time, cores: int | None = None
) -> float:
    """Seconds that a second of speech takes, at best.

    A short sentence is said again until it is quick enough, six times at the most: a machine that is busy for
    a moment, as when a notebook and its page start, must not be taken for a slow one. Nobody waits where the
    voice's own work alone would take too long, whatever else the machine does. Before that it is said once
    that does not count, for it warms up what a voice makes when it is first used.

    Args:
        tts: The voice.
        clock: Tells the time in seconds.
        worked: Tells for how many seconds processors have worked for this process.
        cores: How many of them it may have; by default those of this machine.
    """
    spread = cores or usable_cores()

    def once() -> tuple[float, float]:
        begun, before = clock(), worked()
        chunks = list(tts.synthesize(_SENTENCE, voice=None))
        taken, work = clock() - begun, worked() - before
        heard = sum(len(chunk.pcm) / _BYTES_PER_SAMPLE / chunk.sample_rate for chunk in chunks)
        return (taken / heard, work / spread / heard) if heard else (float("inf"), float("inf"))

    best, least = once()
    if least > _HOPELESS * MOST_RTF:
        return best
    best = float("inf")
    for _ in range(_TIMES):
        taken, least = once()
        best = min(best, taken)
        if best <= MOST_RTF or least > MOST_RTF:
            break
    return best

"""How quickly a voice is made on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable

from voice_widget.engine.stages.contracts import TTS

MOST_RTF = 0.4
"""A voice that takes longer than this part of the time that it speaks is not waited for."""

_HOPELESS = 2.5
_SENTENCE = "The first three regions are north, east and west."
_BYTES_PER_SAMPLE = 2


def real_time_factor(tts: TTS, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of work for a second of speech: a short sentence twice, of which the second counts.

    The first one warms up what a voice makes when it is first used, and costs a little more; if it is far too
    slow, nobody waits for another.

    Args:
        tts: The voice.
        clock: Tells the time in seconds.
    """
    taken = heard = 0.0
    for _ in range(2):
        begun = clock()
        chunks = list(tts.synthesize(_SENTENCE, voice=None))
        taken = clock() - begun
        heard = sum(len(chunk.pcm) / _BYTES_PER_SAMPLE / chunk.sample_rate for chunk in chunks)
        if taken > _HOPELESS * MOST_RTF * heard:
            break
    return taken / heard if heard else float("inf")

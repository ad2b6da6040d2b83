"""How far both sides' samples swing, bin by bin: an hour of sound in as many numbers as a picture is wide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import Sound

_AT_ONCE = 30 * RATE


def envelope(sound: Sound, start: int, stop: int, bins: int) -> tuple[int, NDArray[np.int16]]:
    """The lowest and the highest sample of each side in bins of the same length.

    The sound is read once, half a minute at a time.

    Args:
        sound: Both sides.
        start: The first sample.
        stop: The one behind the last.
        bins: How many there may be; a bin has one sample at least.

    Returns:
        How many samples a bin has (the last one may have fewer), and an array of bins by sides by 2: the
        lowest sample and the highest.

    Raises:
        RecordingError: The sound cannot be read.
    """
    size = max(1, -(-(stop - start) // bins))
    found = [np.zeros((0, 2, 2), np.int16)]
    step = max(1, _AT_ONCE // size) * size
    for at in range(start, stop, step):
        block = sound.read(at, min(at + step, stop))
        bins_there = -(-len(block) // size)
        swing = np.empty((bins_there, 2, 2), np.int16)
        for side in range(2):
            # The last bin is filled with its own last sample, which is in it already.
            pcm = np.full(bins_there * size, block[-1, side])
            pcm[: len(block)] = block[:, side]
            rows = pcm.reshape(bins_there, size)
            swing[:, side, 0], swing[:, side, 1] = rows.min(axis=1), rows.max(axis=1)
        found.append(swing)
    return size, np.concatenate(found)

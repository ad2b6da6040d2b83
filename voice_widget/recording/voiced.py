"""The stretches in which a side sounds, by the rule of the page's ears (`realtime.sound.voice`). Pure.

For both sides loud is -50 dB of full scale, or 12 dB above the noise of the last three seconds if that is
more: on a file of somebody else's either side may have a room.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.realtime.sound.voice import ASSISTANT, FULL, SIZE, Voice

Stretch = tuple[int, int]
"""From which sample to before which."""


class Voiced:
    """From one side's samples to the stretches in which it sounds.

    Example:
        >>> tone = (8000 * np.sin(np.arange(24_000) / 9)).astype(np.int16)
        >>> side = Voiced()
        >>> for pcm in (np.zeros(2400, np.int16), tone, np.zeros(24_000, np.int16)):
        ...     side.push(pcm)
        >>> [(start // 240, -(-end // 240)) for start, end in side.end()]
        [(10, 110)]
    """

    def __init__(self) -> None:
        self._voice = Voice(ASSISTANT, follows_noise=True, zeros=True)
        self._found: list[Stretch] = []
        self._rest: Pcm = np.zeros(0, np.int16)
        self._at = self._start = 0

    def push(self, pcm: Pcm) -> None:
        """What follows."""
        pcm = np.concatenate([self._rest, pcm])
        count = len(pcm) // SIZE
        blocks, self._rest = pcm[: count * SIZE].reshape(count, SIZE), pcm[count * SIZE :]
        # All at once: an hour of samples one by one takes a minute.
        levels = np.sqrt(np.mean(np.square(blocks, dtype=np.float64), axis=1)) / FULL
        for block, level in zip(blocks, levels.tolist(), strict=True):
            for voiced, sample in self._voice.block(level, block.data, self._at):
                if voiced:
                    self._start = sample
                else:
                    self._found.append((self._start, sample))
            self._at += SIZE

    def end(self) -> list[Stretch]:
        """There is no more: all stretches."""
        if self._voice.voiced:
            self._found.append((self._start, self._voice.end))
            self._voice.stop()
        return self._found


def joined(stretches: Iterable[Stretch], pause: int) -> list[Stretch]:
    """Stretches with no more than so many samples between them are one.

    Example:
        >>> joined([(0, 5), (7, 9), (20, 30)], 2)
        [(0, 9), (20, 30)]
    """
    result: list[Stretch] = []
    for start, end in stretches:
        if result and start - result[-1][1] <= pause:
            result[-1] = result[-1][0], end
        else:
            result.append((start, end))
    return result


def within(stretches: Iterable[Stretch], start: int, end: int) -> list[Stretch]:
    """What of them lies between two samples."""
    cut = ((max(first, start), min(last, end)) for first, last in stretches)
    return [(first, last) for first, last in cut if first < last]

"""When a side sounds, by the rule of the page's ears. Pure.

A side sounds from the first loud sample of three blocks of 10 ms that are loud, one after the other, until
its last sample before 200 ms of quiet. Loud is `LOUD` of full scale, or 12 dB above the noise of the last
three seconds if that is more; 6 dB below that is quiet. Here digital silence, which a gate or a synthetic
voice leaves, counts as a silent room; a page's microphone has it only while it is muted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm

LOUD = 0.003  # about -50 dB
BLOCK = RATE // 100
_NEVER_THE_ROOM = 0.05
_OVER_NOISE = 4.0
_BLOCKS_TO_BEGIN = 3
_BLOCKS_TO_END = 20
_BUCKETS, _BUCKET = 6, 50  # the quietest block of each of the last half seconds
Stretch = tuple[int, int]
"""From which sample to before which."""


class Voiced:
    """From one side's samples to the stretches in which it sounds.

    Example:
        >>> tone = (8000 * np.sin(np.arange(RATE) / 9)).astype(np.int16)
        >>> side = Voiced()
        >>> for pcm in (np.zeros(2400, np.int16), tone, np.zeros(RATE, np.int16)):
        ...     side.push(pcm)
        >>> [(start // 240, -(-end // 240)) for start, end in side.end()]
        [(10, 110)]
    """

    def __init__(self) -> None:
        self._found: list[Stretch] = []
        self._rest: Pcm = np.zeros(0, np.int16)
        self._at = 0  # the first sample of the rest
        self._voiced = False
        self._run = self._start = self._end = 0
        self._quietest: deque[float] = deque(maxlen=_BUCKETS)
        self._in_bucket = 0

    def push(self, pcm: Pcm) -> None:
        """What follows."""
        pcm = np.concatenate([self._rest, pcm])
        count = len(pcm) // BLOCK
        blocks = pcm[: count * BLOCK].reshape(count, BLOCK)
        scaled = blocks.astype(np.float64) / 32768
        for block, level in zip(blocks, np.sqrt(np.mean(scaled * scaled, axis=1)).tolist(), strict=True):
            self._block(block, level)
            self._at += BLOCK
        self._rest = pcm[count * BLOCK :]

    def end(self) -> list[Stretch]:
        """There is no more: all stretches."""
        if self._voiced:
            self._found.append((self._start, self._end))
            self._voiced = False
        return self._found

    def _block(self, block: Pcm, level: float) -> None:
        loud = self._least()
        self._follow(level)
        least = self._least()
        if self._voiced:
            if level >= least:
                self._run, self._end = 0, self._at + _last(block, loud)
                return
            self._run += 1
            if self._run == _BLOCKS_TO_END:
                self._found.append((self._start, self._end))
                self._voiced, self._run = False, 0
        elif level < least:
            self._run = 0
        else:
            if self._run == 0:
                self._start = self._at + _first(block, loud)
            self._run += 1
            if self._run == _BLOCKS_TO_BEGIN:
                self._voiced, self._run = True, 0
                self._end = self._at + _last(block, loud)

    def _least(self) -> float:
        """What is loud; while it sounds, what is not quiet yet."""
        noise = min(self._quietest, default=0.0)
        return max(LOUD, min(_NEVER_THE_ROOM, noise * _OVER_NOISE)) / (2 if self._voiced else 1)

    def _follow(self, level: float) -> None:
        if not self._quietest or self._in_bucket == _BUCKET:
            self._quietest.append(level)
            self._in_bucket = 0
        self._in_bucket += 1
        self._quietest[-1] = min(self._quietest[-1], level)


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


def _first(block: Pcm, loud: float) -> int:
    over = np.flatnonzero(np.abs(block.astype(np.int32)) >= loud * 32768)
    return int(over[0]) if len(over) else 0


def _last(block: Pcm, loud: float) -> int:
    """The place behind the last loud sample."""
    over = np.flatnonzero(np.abs(block.astype(np.int32)) >= loud * 32768)
    return int(over[-1]) + 1 if len(over) else len(block)

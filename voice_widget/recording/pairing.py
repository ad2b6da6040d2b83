"""Both sides' pieces, as they come, in step: for who listens while the talk goes on. Pure."""

from __future__ import annotations

import numpy as np

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.sound import Stereo

LATE = 5 * RATE
"""So many samples one side waits for the other: a page keeps back what has no place yet."""

SOON = RATE // 5
"""And so many, where both come as they sound."""


class Pairs:
    """Puts the pieces of two sides side by side; what is missing of one is silence.

    Args:
        late: So many samples one side waits for the other.

    Example:
        >>> pairs = Pairs()
        >>> pairs.push("clock", "user", 0, np.ones(3, np.int16))
        >>> pairs.push("clock", "assistant", 1, np.full(4, 2, np.int16)).tolist()
        [[1, 0], [1, 2], [1, 2]]
    """

    def __init__(self, late: int = LATE) -> None:
        self._late = late
        self._clock: str | None = None
        self._next = 0
        self._ends: dict[Side, int] = {}
        self._parts: list[tuple[int, int, Pcm]] = []  # column, first sample, samples

    def push(self, clock: str, side: Side, start: int, pcm: Pcm) -> Stereo | None:
        """Take a piece; gives what both sides have come to, or nothing yet.

        Args:
            clock: Whose count of samples ``start`` is of. With another one it begins anew.
            side: Whose sound.
            start: Its first sample.
            pcm: The samples.
        """
        if clock != self._clock:
            self._clock, self._parts, self._next = clock, [], start
            self._ends = dict.fromkeys(SIDES, start)
        self._parts.append((SIDES.index(side), start, pcm))
        self._ends[side] = max(self._ends[side], start + len(pcm))
        return self._to(max(min(self._ends.values()), max(self._ends.values()) - self._late))

    @property
    def waiting(self) -> bool:
        """Something of one side waits for the other."""
        return bool(self._parts)

    def rest(self) -> Stereo | None:
        """What waits, or nothing: the other side has said nothing."""
        return self._to(max(self._ends.values(), default=0))

    def _to(self, ready: int) -> Stereo | None:
        if ready <= self._next:
            return None
        block = np.zeros((ready - self._next, 2), np.int16)
        for column, first, samples in self._parts:
            begin, end = max(first, self._next), min(first + len(samples), ready)
            if begin < end:
                block[begin - self._next : end - self._next, column] = samples[begin - first : end - first]
        self._parts = [part for part in self._parts if part[1] + len(part[2]) > ready]
        self._next = ready
        return block

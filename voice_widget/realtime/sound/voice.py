"""When somebody is heard in samples, by the rule that the times of rows have (see `Row`).

The page has the same rule for what it hears (``js/src/audio/marks.ts``). Pure.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from voice_widget.realtime.sound.formats import RATE

USER = 0.008
ASSISTANT = 0.003
SIZE = RATE // 100
FULL = 32_768.0
_START_BLOCKS = 3
_STOP_BLOCKS = 20
_RISE_BLOCKS = 20  # from digital silence to a voice: its soft beginning, not the room
_LOUD = 0.05  # louder than this is never the room
_SILENCE = 1e-5
_BUCKETS = 6
_BUCKET_BLOCKS = 50


class Voice:
    r"""From PCM16 at 24 kHz to marks: became voiced, or silent, and at which sample.

    Args:
        quiet: Less than this is silence, of full scale.
        follows_noise: Ask for 12 dB above the room's noise, which a synthetic voice has not.
        zeros: Digital silence counts as a silent room; a microphone gives it only while it is muted.

    Example:
        >>> voice = Voice(0.003)
        >>> voice.push((b"\x10\x27" * 2400) + bytes(9600))
        [(True, 0), (False, 2400)]
    """

    def __init__(self, quiet: float, *, follows_noise: bool = False, zeros: bool = False) -> None:
        self.voiced = False
        self.end = 0  # behind the last sample that was heard
        self._quiet, self._follows = quiet, follows_noise
        self._silence = 0.0 if zeros else _SILENCE
        self._rest = b""
        self._at = 0  # of the first sample that waits
        self._run = self._onset = 0
        # Blocks since digital silence, and where what has been audible without a break began.
        self._risen = _RISE_BLOCKS
        self._rise: int | None = None
        self._quietest: deque[float] = deque(maxlen=_BUCKETS)
        self._bucket = 0

    def push(self, pcm: bytes, start: int | None = None) -> list[tuple[bool, int]]:
        """Take samples; ``start``: the number of the first one, if that is not the next."""
        if start is not None and start != self._at + len(self._rest) // 2:
            self._rest, self._at = b"", start
        data = self._rest + pcm[: len(pcm) // 2 * 2]
        blocks = len(data) // (2 * SIZE)
        self._rest = data[blocks * 2 * SIZE :]
        samples = memoryview(data[: blocks * 2 * SIZE]).cast("h")
        marks: list[tuple[bool, int]] = []
        for place in range(0, len(samples), SIZE):
            block = samples[place : place + SIZE].tolist()
            marks += self.block(
                math.sqrt(sum(value * value for value in block) / SIZE) / FULL, block, self._at + place
            )
        self._at += len(samples)
        return marks

    def stop(self) -> None:
        """It is not heard any more: what comes begins anew."""
        self.voiced, self._run = False, 0

    def block(self, level: float, block: Sequence[int], at: int) -> list[tuple[bool, int]]:
        """Take the next 10 ms, whose root mean square was reckoned already."""
        self._follow(level)
        rise = self._rising(level, block, at)
        noise = min(self._quietest, default=0.0)
        if self.voiced:
            still = max(self._quiet / 2, min(_LOUD / 2, 2 * noise))
            if level >= still:
                self._run = 0
                self._ends(block, at, still)
                return []
            self._run += 1
            if self._run < _STOP_BLOCKS:
                return []
            self.stop()
            return [(False, self.end)]
        loud = max(self._quiet, min(_LOUD, 4 * noise))
        if level < loud:
            self._run = 0
            return []
        if self._run == 0:
            self._onset = at + _first(block, loud) if rise is None else rise
        self._run += 1
        self._ends(block, at, loud)
        if self._run < _START_BLOCKS:
            return []
        self.voiced, self._run = True, 0
        return [(True, self._onset)]

    def _rising(self, level: float, block: Sequence[int], at: int) -> int | None:
        """Where the voice of this block began softly, if that was out of digital silence."""
        self._risen = 0 if level < _SILENCE else self._risen + 1
        if level < self._quiet:
            self._rise = None
        elif self._rise is None:
            self._rise = at + _first(block, self._quiet)
        return self._rise if self._risen <= _RISE_BLOCKS else None

    def _ends(self, block: Sequence[int], at: int, limit: float) -> None:
        last = (place for place in reversed(range(SIZE)) if abs(block[place]) >= limit * FULL)
        self.end = at + next(last, SIZE - 1) + 1

    def _follow(self, level: float) -> None:
        if not self._follows or level < self._silence:
            return  # zeros say nothing about the room
        if not self._quietest or self._bucket == _BUCKET_BLOCKS:
            self._quietest.append(level)
            self._bucket = 0
        self._bucket += 1
        self._quietest[-1] = min(self._quietest[-1], level)


def _first(block: Sequence[int], limit: float) -> int:
    return next((place for place, value in enumerate(block) if abs(value) >= limit * FULL), 0)

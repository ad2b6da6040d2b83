"""What was said and heard in a call made of samples, on the call's own clock, for who keeps it."""

from __future__ import annotations

from collections.abc import Callable

from voice_widget.realtime.sound.sound import RATE
from voice_widget.realtime.state.records import Side

Sound = Callable[[Side, int, bytes], None]
"""Keeps samples: whose, the number of the first one on the call's clock, and PCM16 at 24 kHz."""
PER_MS = RATE // 1000
LONGEST_SILENCE = 10 * RATE


class Tape:
    """Gives both sides in step with the clock: where nothing sounds, silence.

    Args:
        sound: Keeps the samples.

    Example:
        >>> tape = Tape(lambda side, start, pcm: print(side, start, len(pcm) // 2))
        >>> tape.comes(bytes(2 * 480))
        >>> tape.heard(20, 10)
        assistant 0 480
        >>> tape.heard(40, 10)
        assistant 480 480
    """

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self._said = self._heard = 0  # behind the last sample of each side
        self._coming = bytearray()

    def said(self, now_ms: float, pcm: bytes) -> None:
        """The caller says this now."""
        start = max(self._said, round(now_ms * PER_MS))
        self._said = start + len(pcm) // 2
        self._sound("user", start, pcm)

    def comes(self, pcm: bytes) -> None:
        """This will be heard after what came before."""
        self._coming += pcm

    def heard(self, until_ms: float, played_ms: float, *, dry: bool = False) -> None:
        """The clock is there; first so much of what came was heard, then silence.

        Args:
            until_ms: The clock.
            played_ms: How much sounded since the last time.
            dry: All of it has.
        """
        start, end = self._heard, round(until_ms * PER_MS)
        if end <= start:
            return
        size = 2 * min(round(played_ms * PER_MS), end - start)
        pcm = bytes(self._coming[:size])
        del self._coming[:size]
        if dry:
            self.clear()
        silence = 2 * (end - start) - len(pcm)
        if silence <= 2 * LONGEST_SILENCE:  # a clock of one's own may leap
            pcm += bytes(silence)
        self._heard = end
        if pcm:
            self._sound("assistant", start, pcm)

    def clear(self) -> None:
        """What came and was not heard will not be."""
        self._coming.clear()

"""The hand-turned clock of the scripted service."""

from __future__ import annotations

import asyncio
import heapq
import itertools

# Seconds since 1970 in a float are not finer than this, and steps of a clock add up.
_ROUNDING = 2e-6


class ManualClock:
    """A clock that stands still until you turn it.

    With ``auto=True`` it jumps to the next thing that waits for it, so that a whole talk runs as fast as it
    can be computed. Safe to turn from any thread.

    Args:
        start: Seconds since the epoch that it shows first.
        auto: Jump ahead instead of waiting.

    Example:
        >>> clock = ManualClock()
        >>> clock.advance(1.5)
        >>> clock.time()
        1.5
    """

    def __init__(self, start: float = 0.0, *, auto: bool = False) -> None:
        self.auto = auto
        self._now = start
        self._order = itertools.count()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[tuple[float, int, asyncio.Event]] = []

    def time(self) -> float:
        """What it shows, in seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Turn it forward; what waited for that time goes on."""
        if seconds < 0:
            raise ValueError("A clock does not run backwards.")
        self._now += seconds
        # The waiting list belongs to the loop: waking there, after any `reach` under way, misses nobody.
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def reach(self, when: float, wake: asyncio.Event) -> bool:
        """Whether it shows ``when`` (an automatic one jumps there); if not, ``wake`` is set once it does."""
        self._loop = asyncio.get_running_loop()
        if when > self._now and self.auto:
            self._now = when
        if when <= self._now + _ROUNDING:
            return True
        heapq.heappush(self._waiting, (when, next(self._order), wake))
        return False

    def _wake(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._now + _ROUNDING:
            heapq.heappop(self._waiting)[2].set()

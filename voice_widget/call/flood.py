"""A flood of events is read no faster than the pages are told of it: what waits must not grow for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

MOST_BEHIND = 2000
BREATHS = 100
BREATH = 50  # so many events, and everything else on the loop has its turn


class Flood:
    """Counts the events of a call.

    Args:
        behind: How much of what was observed has not been published yet.
    """

    def __init__(self, behind: Callable[[], int]) -> None:
        self.behind = behind
        self._taken = 0

    async def breathe(self) -> None:
        """An event has come: now and then it has to wait."""
        self._taken += 1
        if self._taken % BREATH:
            return
        await asyncio.sleep(0)
        for _ in range(BREATHS):  # and not for ever: who publishes may be stuck
            if self.behind() <= MOST_BEHIND:
                return
            await asyncio.sleep(0.02)

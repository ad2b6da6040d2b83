"""An answer of whose sound nobody tells: the session hears when it must be over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_LATER_S = 0.05  # clocks are coarse


class Unheard:
    """A timer for the word about what is played.

    Args:
        tell: Is called when the time is over.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._timer: asyncio.TimerHandle | None = None

    def expect(self, seconds: float | None) -> None:
        """The word is due within so many seconds; None: none is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds + _LATER_S, self._tell)

"""Says so while much of what the microphone hears is lost on its way to the kernel. On the loop thread."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from voice_widget.errors import ErrorInfo

WITHIN_S = 10.0
MUCH_MS = 1_000.0
"""So much is lost within that time, and words are."""
TOO_SLOW: ErrorInfo = {
    "code": "line_too_slow",
    "message": "Part of what you say is lost: the way from this page to the kernel is too slow for sound.",
    "next_step": "Use a faster line or type; `w.diagnose()` says how slow it is.",
}


class LostSound:
    """The sound of one widget's calls that goes by comm.

    Args:
        put: Shows the notice, or takes it back.
    """

    def __init__(self, put: Callable[[ErrorInfo | None], None]) -> None:
        self._put = put
        self._call = 0
        self._lost: deque[tuple[float, float]] = deque()
        self._over: asyncio.TimerHandle | None = None

    def missed(self, call: int, ms: float) -> None:
        """The page has dropped so many milliseconds of it, in the call of this number."""
        loop = asyncio.get_running_loop()
        if call != self._call:
            self._call = call
            self._lost.clear()
        self._lost.append((loop.time(), ms))
        while self._lost[0][0] < loop.time() - WITHIN_S:
            self._lost.popleft()
        if sum(lost for _, lost in self._lost) < MUCH_MS:
            return
        if self._over is not None:
            self._over.cancel()
        self._over = loop.call_later(WITHIN_S, self.end)
        self._put(TOO_SLOW)

    def end(self) -> None:
        """Nothing is lost any more."""
        if self._over is not None:
            self._over.cancel()
            self._over = None
        self._lost.clear()
        self._put(None)

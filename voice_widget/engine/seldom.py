"""What goes wrong again and again fills no log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

SECONDS = 60.0


class Seldom:
    """Warns of the same trouble once in so long.

    Args:
        log: Where.
        seconds: So long.
        clock: Monotonic seconds.

    Example:
        >>> Seldom(logging.getLogger("example")).warn("A message is lost: %s", "too large")
    """

    def __init__(
        self, log: logging.Logger, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._log, self._seconds, self._clock = log, seconds, clock
        self._told: dict[str, float] = {}

    def warn(self, what: str, *details: object) -> None:
        """Tell of it, unless it was told of already. Told apart by ``what``, whatever the details."""
        now = self._clock()
        if now - self._told.get(what, -self._seconds) >= self._seconds:
            self._told[what] = now
            self._log.warning(what, *details)

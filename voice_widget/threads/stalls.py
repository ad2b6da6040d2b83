"""How late the loop is: what holds the interpreter holds the sound, too."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator

STEP_S = 0.25
"""So often it is looked: four small timers a second, where a call sends 25 pieces of sound."""
LATE_S = 0.05
KEPT_S = 60.0


class Stalls:
    """The times at which the loop was late, of the last minute. On the loop thread.

    Attributes:
        watched: It was looked for some at all.

    Example:
        >>> stalls = Stalls()
        >>> stalls.note(0.01, at=1.0), stalls.note(0.3, at=2.0), stalls.late_ms(3.0), stalls.late_ms(100.0)
        (None, None, (300.0,), ())
    """

    def __init__(self) -> None:
        self.watched = False
        self._late: deque[tuple[float, float]] = deque(maxlen=512)

    def note(self, late_s: float, at: float) -> None:
        """The loop was so many seconds late at this moment of its clock."""
        if late_s >= LATE_S:
            self._late.append((at, late_s))

    def late_ms(self, now: float) -> tuple[float, ...]:
        """How late it was each time, in milliseconds, oldest first."""
        return tuple(round(1000 * late, 1) for at, late in self._late if now - at <= KEPT_S)

    async def watch(self, clock: Callable[[], float] | None = None) -> None:
        """Look for as long as this runs."""
        clock = clock or asyncio.get_running_loop().time
        while True:
            self.watched = True
            due = clock() + STEP_S
            await asyncio.sleep(STEP_S)
            now = clock()
            self.note(now - due, now)

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """Meanwhile it is looked for some."""
        task = asyncio.create_task(self.watch(), name="stalls of the loop")
        try:
            yield
        finally:
            task.cancel()

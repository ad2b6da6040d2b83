"""Python in the browser (Pyodide, as in JupyterLite): one thread, on the event loop of a page's worker.

What has a thread elsewhere takes its turn on that loop here, and nothing may block.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable

IN_BROWSER = sys.platform == "emscripten"
"""There are no threads, no sockets and no child processes."""


def in_cell() -> bool:
    """Does a cell of JupyterLite's run here, and no task beside it? Until its end no page is heard."""
    task = asyncio.current_task() if IN_BROWSER else None
    return task is not None and getattr(task.get_coro(), "__qualname__", "") == "PyodideKernel.run"


class TurnLane:
    """A `Lane` without a thread: what is put into it is done in order, as the loop has time for it.

    Args:
        name: What it is for; there is no thread to give it to.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._closed = self._here = False
        self._jobs: deque[Callable[[], None]] = deque()

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._jobs)

    @property
    def here(self) -> bool:
        """Is one of its jobs being done?"""
        return self._here

    def put(self, job: Callable[[], None]) -> bool:
        """Do this after all else; it must not raise. False when the lane is closed."""
        if self._closed:
            return False
        self._jobs.append(job)
        asyncio.get_event_loop().call_soon(self._next)
        return True

    def flush(self, timeout: float) -> bool:
        """Do all that is queued now."""
        for _ in range(0 if self._here else len(self._jobs)):
            self._next()
        return True

    def close(self) -> None:
        """Take no more; what is queued is still done."""
        self._closed = True

    def join(self) -> None:
        """Do what a closed lane has still to do."""
        self.flush(0)

    def _next(self) -> None:
        if not self._jobs or self._here:  # a flush has done it, or does it now
            return
        self._here = True
        try:
            self._jobs.popleft()()
        finally:
            self._here = False

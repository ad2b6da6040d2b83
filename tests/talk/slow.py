"""A tool that takes as long as a test wants."""

from __future__ import annotations

import threading


class Slow:
    """It gives something once it is told to; ``gives`` may name ``what`` was asked for."""

    def __init__(self, gives: str = "Found {what}.") -> None:
        self.began, self.release = threading.Event(), threading.Event()
        self._gives = gives

    def __call__(self, what: str = "it") -> str:
        """Look something up."""
        self.began.set()
        assert self.release.wait(20)
        return self._gives.format(what=what)

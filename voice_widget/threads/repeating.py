"""Something that is looked at again and again, on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

from voice_widget.threads.one_thread import IN_BROWSER

REPLAY_THREAD = "voice_widget replay"
SHARE = 10
T = TypeVar("T")


class Repeating(Generic[T]):
    """Looks at something until it is over, or until its owner is gone.

    It waits at least nine times as long as a look has worked: it takes a tenth of a processor at most.

    Args:
        name: The thread's name.
        owner: Whose thread it is. Nothing here keeps it alive.
        look: Called with the owner; it must not raise. It gives False when it need not be called again.
        every_s: So long it waits between two looks, in seconds.

    Example:
        >>> owner, looks = threading.Event(), []
        >>> repeating = Repeating("looks", owner, lambda owner: len(looks) < 3, every_s=0.01)
        >>> repeating.close()
    """

    def __init__(self, name: str, owner: T, look: Callable[[T], bool], *, every_s: float) -> None:
        self._owner, self._look, self._every_s = weakref.ref(owner), look, every_s
        self._closed = threading.Event()
        weakref.finalize(owner, self._closed.set).atexit = False
        self.thread: threading.Thread | None = None
        if IN_BROWSER:
            asyncio.get_event_loop().call_later(every_s, self._look_in_turn)
            return
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Look no more; a look that is being taken goes on to its end."""
        self._closed.set()

    def _run(self) -> None:
        pause = self._every_s
        while not self._closed.wait(pause):
            after = self._looked()
            if after is None:
                return
            pause = after

    def _look_in_turn(self) -> None:
        if not self._closed.is_set() and (pause := self._looked()) is not None:
            asyncio.get_event_loop().call_later(pause, self._look_in_turn)

    def _looked(self) -> float | None:
        """Look once; gives how long to wait then, or None when it is over."""
        owner = self._owner()
        if owner is None:
            return None
        began = time.thread_time()
        if not self._look(owner):
            return None
        return max(self._every_s, (SHARE - 1) * (time.thread_time() - began))

"""A queue with a thread of its own: what is put into it is done in order, beside everything else."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from voice_widget.threads.one_thread import IN_BROWSER, TurnLane

RECORDER_THREAD = "voice_widget recorder"


class Lane:
    """A queue and the thread that empties it, started when there is something to do.

    Args:
        name: The thread's name.

    Attributes:
        thread: The thread, once there is one.
    """

    def __init__(self, name: str) -> None:
        self.thread: threading.Thread | None = None
        self._name = name
        self._guard = threading.Lock()
        self._closed = False
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return self._jobs.qsize()

    @property
    def here(self) -> bool:
        """Is this its thread?"""
        return threading.current_thread() is self.thread

    def put(self, job: Callable[[], None]) -> bool:
        """Do this after all else; it must not raise. Never blocks; false when the lane is closed."""
        with self._guard:
            if self._closed:
                return False
            self._jobs.put(job)
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self.thread.start()
        return True

    def flush(self, timeout: float) -> bool:
        """Wait until all that is queued now is done."""
        if self.thread is None or not self.thread.is_alive() or self.here:
            return True
        reached = threading.Event()
        self.put(reached.set)
        return self._closed or reached.wait(timeout)

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._guard:
            self._closed = True
            self._jobs.put(None)

    def join(self) -> None:
        """Wait for the end of a closed lane."""
        if self.thread is not None:
            self.thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job  # an idle thread must not keep the user's objects alive


def lane(name: str) -> Lane | TurnLane:
    """A lane of this name, with a thread of its own where there are threads."""
    return TurnLane(name) if IN_BROWSER else Lane(name)

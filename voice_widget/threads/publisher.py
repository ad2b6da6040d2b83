"""The publisher: everything that leaves the kernel or calls the user goes through it, in order.

It has two lanes. *Writes* (traits and messages) never run users' code, so nothing a user does can delay them;
*calls* (observers and callbacks) may sleep, raise or block for ever and delay only later calls.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from voice_widget.threads.lane import lane
from voice_widget.threads.work import Faults, log_failure, name_of

log = logging.getLogger("voice_widget")

THREAD = "voice_widget publisher"
MOST_CALLS = 20_000
Buffers = Sequence[bytes | memoryview]
Transmit = Callable[[Mapping[str, Any], Buffers | None], None]


class Publisher:
    """One widget's thread for traits, messages and callbacks.

    Args:
        transmit: Puts a finished message on the comm.
        keep: How many sent messages to keep for a page that missed some.

    Attributes:
        lock: Held while traits are written; whoever applies a page's state takes it too.

    Example:
        >>> sent = []
        >>> publisher = Publisher(lambda message, buffers: sent.append(message))
        >>> publisher.send({"type": "beat"})
        >>> publisher.flush(), sent
        (True, [{'type': 'beat', 'seq': 1}])
    """

    def __init__(self, transmit: Transmit, *, keep: int = 500) -> None:
        self.lock = threading.RLock()
        self._transmit = transmit
        self._writes = lane(THREAD)
        self._calls = lane(f"{THREAD} calls")
        self._seq = 0
        self._sent: deque[dict[str, Any]] = deque(maxlen=keep)
        self._faults = Faults()
        self._dropping = False
        for each in (self._writes, self._calls):
            weakref.finalize(self, each.close).atexit = False

    def submit(self, job: Callable[[], None]) -> bool:
        """Run a job of the package in order with the writes. Never blocks; false when it is closed."""
        return self._writes.put(lambda: self._guarded(job, job))

    def send(self, message: Mapping[str, Any], buffers: Buffers | None = None, *, keep: bool = True) -> None:
        """Send a message to all pages, numbered; without ``keep`` it is not there for one that missed it."""
        if self.writing():  # a job's messages go out with the job, not after all that is queued
            self._number_and_send(message, buffers, keep)
        else:
            self.submit(lambda: self._number_and_send(message, buffers, keep))

    def call(self, function: Callable[..., Any], *args: Any, always: bool = False) -> bool:
        """Call the user's function after all earlier ones; false when it will not be called.

        Args:
            function: The user's.
            *args: What it gets.
            always: Also if one blocks and so many wait that others are dropped.
        """
        if always or self._calls.waiting < MOST_CALLS:
            return self._calls.put(lambda: self._guarded(lambda: function(*args), function))
        if not self._dropping:
            self._dropping = True
            log.warning(
                "A callback blocks and %d others wait; later ones are dropped, and this is logged once.",
                MOST_CALLS,
            )
        return False

    @property
    def behind(self) -> int:
        """How many writes wait."""
        return self._writes.waiting

    def writing(self) -> bool:
        """Is this the thread that may set traits?"""
        return self._writes.here

    def resend(self, first: int, last: int) -> bool:
        """Send the messages ``first`` … ``last`` again; false when one of them is gone.

        Only on the publisher's thread, so that nothing comes between.
        """
        wanted = [message for message in self._sent if first <= message["seq"] <= last]
        last = min(last, self._seq)
        if len(wanted) != last - first + 1:
            return False
        for message in wanted:
            self._transmit(message, None)
        return True

    def flush(self, timeout: float = 5.0, *, calls: bool = False) -> bool:
        """Wait until all that is queued now is done, with ``calls`` also the users' functions."""
        lanes = [self._writes, self._calls] if calls else [self._writes]
        return all(lane.flush(timeout) for lane in lanes)

    def close(self) -> None:
        """Finish what is queued and end the threads. What comes later is dropped."""
        self._writes.close()
        self._calls.close()

    def _number_and_send(self, message: Mapping[str, Any], buffers: Buffers | None, keep: bool) -> None:
        self._seq += 1
        numbered = {**message, "seq": self._seq}
        if keep and not buffers:  # audio is not kept: a page that missed it gets a snapshot instead
            self._sent.append(numbered)
        with self.lock:
            self._transmit(numbered, buffers)

    def _guarded(self, job: Callable[[], Any], whose: Callable[..., Any]) -> None:
        try:
            job()
        except BaseException as error:  # SystemExit too: it would end the thread
            name = f"{getattr(whose, '__module__', '')}.{name_of(whose)}"
            if self._faults.is_new(error, name):
                log_failure(f"{name} raised; this is logged once, and everything else goes on.", error)

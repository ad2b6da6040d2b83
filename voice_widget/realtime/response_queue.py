"""One response at a time: what wants another one waits for ``response.done``. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from voice_widget.realtime.events import Event, new_id

BUSY = "conversation_already_has_active_response"


class ResponseQueue:
    """Holds back what ends in ``response.create`` while a response is being made.

    A service starts responses by itself too, at the same moment as we do; it then refuses ours, and the
    refused one is simply asked for again afterwards.

    Example:
        >>> queue = ResponseQueue()
        >>> [event["type"] for event in queue.submit([{"type": "response.create"}])]
        ['response.create']
        >>> queue.submit([{"type": "response.create"}])
        []
        >>> done = {"type": "response.done", "response": {"id": "resp_1"}}
        >>> [event["type"] for event in queue.received(done)]
        ['response.create']
    """

    def __init__(self, new_id: Callable[[str], str] = new_id) -> None:
        self._new_id = new_id
        self.active: str | None = None  # the response being made
        self._asked: Event | None = None  # what we sent last, until a response is done
        self._pending = False  # it was sent, and no response has begun since
        self._waiting: deque[Sequence[Event]] = deque()

    @property
    def busy(self) -> bool:
        """A response is being made or has been asked for."""
        return self.active is not None or self._pending

    @property
    def holds(self) -> bool:
        """Something waits."""
        return bool(self._waiting)

    @property
    def asked(self) -> str | None:
        """The ``event_id`` of our ``response.create`` that no response has followed yet."""
        return str(self._asked.get("event_id")) if self._asked is not None and self._pending else None

    def submit(self, events: Sequence[Event]) -> Sequence[Event]:
        """Events that belong together: those to send now, or none yet."""
        if self.busy:
            self._waiting.append(events)
            return []
        return self._leave(events)

    def lost_sight(self, unsent: Sequence[Event] = ()) -> Sequence[Event]:
        """The connection broke for a while: nothing can be said of the response any more.

        What could not be sent meanwhile comes first.
        """
        if unsent:
            self._waiting.appendleft(unsent)
        self.active, self._asked, self._pending = None, None, False
        return self._next()

    def again(self, unsent: Sequence[Event]) -> Sequence[Event]:
        """These were not sent after all: those to send now, or none yet."""
        if self.asked in [event["event_id"] for event in unsent]:
            self._asked, self._pending = None, False
        return self.submit(unsent)

    def sent_elsewhere(self, event: Event) -> None:
        """The page has sent a client event by itself."""
        if event.get("type") == "response.create" and not _aside(event.get("response")) and not self.busy:
            self._asked, self._pending = event, True

    def received(self, event: Event) -> Sequence[Event]:
        """A server event: what may be sent after it."""
        kind = event.get("type")
        response = event.get("response") or {}
        if kind == "response.created":
            if not response.get("id"):
                return []  # its end could not be told from others
            if not ("conversation_id" in response and response["conversation_id"] is None):
                # Perhaps not ours: the service may have begun one by itself, and refuses ours next.
                self.active, self._pending = str(response.get("id", "")), False
            return []
        if kind == "response.done":
            # Without an id that we know it is an aside, which never held anything up.
            if self.active is not None and response.get("id") not in (None, self.active):
                return []
            self.active, self._asked, self._pending = None, None, False
            return self._next()
        if kind == "error" and self._asked is not None:
            error = event.get("error") or {}
            if error.get("event_id") != self._asked.get("event_id"):
                return []
            refused, self._asked, self._pending = self._asked, None, False
            if error.get("code") == BUSY:
                self._waiting.appendleft([refused])
                self.active = self.active or "unknown"
                return []
            return [] if self.busy else self._next()
        return []

    def _next(self) -> Sequence[Event]:
        return self._leave(self._waiting.popleft()) if self._waiting else []

    def _leave(self, events: Sequence[Event]) -> Sequence[Event]:
        events = [{**event, "event_id": event.get("event_id") or self._new_id("event")} for event in events]
        for event in events:
            if event["type"] == "response.create" and not _aside(event.get("response")):
                self._asked, self._pending = event, True
        return events


def _aside(response: object) -> bool:
    return isinstance(response, dict) and response.get("conversation") == "none"

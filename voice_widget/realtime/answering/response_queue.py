"""One response at a time: what wants another one waits for ``response.done``. Pure."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from voice_widget.realtime.state.context import Recent
from voice_widget.realtime.wire.asides import Asides, apart
from voice_widget.realtime.wire.events import Event, new_id
from voice_widget.realtime.wire.reading import status_of

BUSY = "conversation_already_has_active_response"
_UNKNOWN = ""  # a response is being made, and nobody has said which
_ANOTHER = re.compile(
    r"\bactive response\b|\banother\b[^.]{0,20}\bresponse\b"
    r"|\bresponse\b[^.]{0,20}\b(?:in progress|already (?:active|being|exists|running)|still being)\b",
    re.IGNORECASE,
)
# As in "Cancellation failed: no active response found".
_NO_OTHER = re.compile(r"\bno\b[^.]{0,20}\bresponse\b|\bcancellation failed\b|\bto cancel\b", re.IGNORECASE)
_CUTS = {
    "response.cancel": _NO_OTHER,
    "conversation.item.truncate": re.compile(r"truncat|audio_end_ms|already shorter", re.IGNORECASE),
}
# Errors of other requests, which name none.
_OTHERWISE = ("response_cancel", "input_audio_buffer", "item_truncate", "item_retrieve", "item_delete")
GivesWay = Literal["", "user", "answer"]
_TRANSCRIPTS = "conversation.item.input_audio_transcription."
_STOPS = ("speech_stopped", "committed", "cleared", "timeout_triggered")


class ResponseQueue:
    """Holds back what ends in ``response.create`` while a response is being made.

    A service starts responses by itself too, at the same moment as we do; it then refuses ours, and the
    refused one is simply asked for again afterwards.

    Args:
        new_id: Makes ids.
        user_speaks: Whether the user speaks now. The session knows, and has heard an event before the queue.
        shared: Others are in the call too.

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

    def __init__(
        self,
        new_id: Callable[[str], str] = new_id,
        *,
        user_speaks: Callable[[], bool] = lambda: False,
        shared: bool = False,
    ) -> None:
        self._new_id, self._user_speaks = new_id, user_speaks
        self.asides = Asides(shared=shared)
        self.active: str | None = None  # the response being made
        self.unwanted: str | None = None  # a response that was interrupted before it had begun
        self.doubt: str | None = None  # an error that came last, and may have ended the response being made
        self.cut = False  # what it refused was to stop that response
        self._asked: Event | None = None  # what we sent last, until a response is done
        self._pending = False  # it was sent, and no response has begun since
        self._waiting: deque[Sequence[Event]] = deque()
        self._begun = Recent(256)  # responses by their ids
        self._over = Recent(256)  # responses that have ended, and those beside the conversation
        self._answers_by_itself = True
        self._due = False  # the user has spoken, and the service is to begin an answer by itself
        # What was being made when the connection broke; its end may have been missed.
        self._unseen: str | None = None
        self._gives_way = False  # what is held waits for that answer
        self._worded = False  # something was understood of what the user has said last
        self._stop_next = False
        self._stops = Recent(64)  # our events that were to stop one
        self._needless = Recent(64)  # our events that ask for what another response does, too

    @property
    def busy(self) -> bool:
        """A response is being made or has been asked for."""
        return self.active is not None or self._pending or self._gives_way

    @property
    def due(self) -> bool:
        """The service has to say something of a response: it is being made, was asked for or is to follow."""
        return self.active is not None or self._pending or self._due or self._unseen is not None

    @property
    def begun(self) -> bool:
        """What is due has begun."""
        return self.active is not None or self._unseen is not None

    @property
    def unasked(self) -> bool:
        """Of responses only one is due that the service is to begin by itself."""
        return self._due and self.active is None and not self._pending

    @property
    def gives_way(self) -> GivesWay:
        """What comes now waits: until the user has spoken, or for the answer that is to begin by itself."""
        if not self._gives_way:
            return ""
        return "answer" if self._due else "user"

    @property
    def asked(self) -> str | None:
        """The ``event_id`` of our ``response.create`` that no response has followed yet."""
        return str(self._asked.get("event_id")) if self._asked is not None and self._pending else None

    def meant(self, error: Event) -> str | None:
        """The ``event_id`` of our request that an error answers; it may not name any."""
        names = error.get("event_id")
        if names:
            return str(names)
        if self._asked is None or not (is_busy(error) or (self._pending and may_refuse(error))):
            return None
        return str(self._asked.get("event_id"))

    def submit(self, events: Sequence[Event]) -> Sequence[Event]:
        """Events that belong together: those to send now, or none yet. What is made beside does not wait."""
        if self.busy and not apart(events[-1].get("response")):
            self._waiting.append(events)
            return []
        return self._leave(events)

    def submit_once(self) -> Sequence[Event]:
        """Ask for a response, if none begins by itself: what to send for that now, or nothing yet."""
        event = {"type": "response.create", "event_id": self._new_id("event")}
        self._needless.add(event["event_id"])
        return self.submit([event])

    def lost_sight(self, unsent: Sequence[Event] = ()) -> Sequence[Event]:
        """The connection broke for a while: nothing can be said of the response any more.

        What could not be sent meanwhile comes first.
        """
        if unsent:
            self._waiting.appendleft(unsent)
        # Nothing waits for it here. Others do, so it stays due: it has come, or comes, or is overdue.
        again = self.asked in [event.get("event_id") for event in unsent]
        self._unseen, self._due = self.active, self._due or (self._pending and not again)
        self.active, self._asked, self._pending, self.doubt = None, None, False, None
        self._gives_way = self._stop_next = False
        return self._next()

    def go_on(self) -> Sequence[Event]:
        """What way was given to does not come: no end of the speech, or no answer to it."""
        self._gives_way = False
        return [] if self.busy else self._next()

    def again(self, unsent: Sequence[Event]) -> Sequence[Event]:
        """These were not sent after all: those to send now, or none yet."""
        if self.asked in [event["event_id"] for event in unsent]:
            self._asked, self._pending = None, False
        return self.submit(unsent)

    def sent_elsewhere(self, event: Event) -> None:
        """The page has sent a client event by itself."""
        kind = event.get("type")
        self.asides.sent(event)
        if kind == "response.create" and not apart(event.get("response")) and not self.busy:
            self._asked, self._pending = event, True
        elif kind == "response.cancel":
            self._stops.add(str(event.get("event_id")))
            self.interrupt()

    def interrupt(self) -> Sequence[Event]:
        """Nobody wants the answer that is being made, or is about to be: what to send for that now."""
        if self.active is not None:
            return [self._stop()]
        # Sent now it would find nothing to cancel, and the answer would be heard to its end.
        self._stop_next = self._pending or self._due
        return []

    def received(self, event: Event) -> Sequence[Event]:
        """A server event: what may be sent after it."""
        kind = event.get("type")
        if self.doubt is not None and isinstance(kind, str) and kind.startswith("response."):
            self.doubt, self.cut = None, False
        if kind == "response.created":
            return self._created(_object(event.get("response")))
        if kind == "response.done":
            return self._done(_object(event.get("response")))
        if kind == "error":
            return self._refused(said(event))
        if kind in ("session.created", "session.updated"):
            self._answers_by_itself = _answers_by_itself(_object(event.get("session")))
        elif isinstance(kind, str) and kind.startswith("input_audio_buffer."):
            return self._heard(kind.removeprefix("input_audio_buffer."))
        elif isinstance(kind, str) and kind.startswith(_TRANSCRIPTS):
            self._transcribed(kind.removeprefix(_TRANSCRIPTS), event)
        return []

    def _created(self, response: Event) -> Sequence[Event]:
        aside = self.asides.has(response)
        if not (response_id := _id(response)):
            if not aside and self._unseen is None:
                self._unseen = _UNKNOWN  # nothing waits for it, for its end could not be told from others
            return []
        if response_id in self._over and not (self._pending or self._due):
            return []  # said again, or late: it has ended
        self._begun.add(response_id)
        if aside:
            self._over.add(response_id)
            return []
        # Perhaps not ours: the service may have begun one by itself, and refuses ours next.
        self.active, self._pending, self._unseen = response_id, False, None
        self._due = self._gives_way = False
        self._waiting = deque(events for events in self._waiting if not self._is_needless(events[0]))
        if self._stop_next:
            self._stop_next, self.unwanted = False, response_id
            return [self._stop(response_id=response_id)]
        return []

    def _done(self, response: Event) -> Sequence[Event]:
        response_id = _id(response)
        known = response_id is not None and (response_id in self._begun or response_id in self._over)
        if self.active and known and response_id != self.active:
            return []  # an aside, or an old one's end that comes late
        if response_id is not None and not self._over.add(response_id) and response_id != self.active:
            return []
        self._due = self._due and not self.unasked  # else it was that one, whose beginning was not seen
        self.active, self._asked, self._pending, self._stop_next = None, None, False, False
        self._unseen = None
        reason = _object(response.get("status_details")).get("reason")
        by_user = status_of(response) == "cancelled" and reason == "turn_detected"
        if self._answers_by_itself and (by_user or self._user_speaks()):
            # Asked for now, its answer would be talked over, or take the place of the one to what is said.
            self._gives_way = True
            return []
        return self._next()

    def _refused(self, error: Event) -> Sequence[Event]:
        self.asides.refused(str(error.get("event_id") or ""))
        ours = error.get("event_id") in (None, "", self._asked and self._asked.get("event_id"))
        cut = str(error.get("event_id")) in self._stops
        if self.active is not None and (cut or (ours and may_refuse(error) and not is_busy(error))):
            self.cut = cut and (self.cut or self.doubt is None)
            words = str(error.get("message") or error.get("code") or "it does not say which")
            self.doubt = (cut and self.doubt) or words
        if self._asked is None or self.meant(error) != self._asked.get("event_id"):
            return []
        refused, self._asked, self._pending = self._asked, None, False
        if is_busy(error):
            if not self._is_needless(refused):
                self._waiting.appendleft([refused])
            self.active = self.active if self.active is not None else _UNKNOWN
            return []
        self._stop_next = False
        return [] if self.busy else self._next()

    def _heard(self, what: str) -> Sequence[Event]:
        if what == "speech_started":
            self._due = self._worded = False
            self._stop_next = self._stop_next and self._pending  # what it meant does not come any more
        elif what in _STOPS:
            self._due = self._answers_by_itself and what != "cleared"
            if self._gives_way and not self._due:
                self._gives_way = False
                return [] if self.busy else self._next()
        return []

    def _transcribed(self, what: str, event: Event) -> None:
        text = event.get("transcript") or event.get("delta")
        self._worded = self._worded or bool(isinstance(text, str) and text.strip())
        if what == "completed" and not self._worded and event.get("status") != "in_progress":
            self._due = False  # there was nothing to answer

    def _stop(self, **response: str) -> Event:
        event = {"type": "response.cancel", "event_id": self._new_id("event"), **response}
        self._stops.add(event["event_id"])
        return event

    def _is_needless(self, event: Event) -> bool:
        """A response that has begun does what it asks for."""
        return str(event.get("event_id")) in self._needless

    def _next(self) -> Sequence[Event]:
        return self._leave(self._waiting.popleft()) if self._waiting else []

    def _leave(self, events: Sequence[Event]) -> Sequence[Event]:
        events = [{**event, "event_id": event.get("event_id") or self._new_id("event")} for event in events]
        for event in events:
            self.asides.sent(event)
            if event["type"] == "response.create" and not apart(event.get("response")):
                self._asked, self._pending, self._stop_next = event, True, False
        return events


def said(event: Event) -> Event:
    """The error in an ``error`` event, also where it is but a text."""
    error = event.get("error")
    if isinstance(error, dict):
        return error
    return {**event, "message": error} if isinstance(error, str) else event


def is_busy(error: Event) -> bool:
    """It refuses a response because another one is being made: by its code, or in so many words."""
    if BUSY in (error.get("code"), error.get("type")):
        return True
    said = error.get("message")
    return isinstance(said, str) and bool(_ANOTHER.search(said)) and not _NO_OTHER.search(said)


def quoted(error: Event, sent: Iterable[str]) -> str | None:
    """The type of what was sent that an error speaks of, of several the first.

    Example:
        >>> quoted({"message": "Unknown event response.cancel."}, ["response.create", "response.cancel"])
        'response.cancel'
    """
    words = f"{error.get('message')} {error.get('param')}"
    places = {kind: words.find(kind) for kind in sent}
    for kind, cut in _CUTS.items():
        if places.get(kind) == -1 and (found := cut.search(words)) is not None:
            places[kind] = found.start()
    named = [kind for kind, place in places.items() if place >= 0]
    return min(named, key=places.__getitem__, default=None)


def may_refuse(error: Event) -> bool:
    """An error that names no event may be the answer to a request for a response."""
    code = error.get("code")
    return not (about_settings(error) or (isinstance(code, str) and code.startswith(_OTHERWISE)))


def about_settings(error: Event) -> bool:
    """An error that names no event is about the session's settings."""
    param = error.get("param")
    of_session = isinstance(param, str) and (param == "session" or param.startswith("session."))
    return of_session or "session.update" in str(error.get("message"))


def _object(value: object) -> Event:
    return value if isinstance(value, dict) else {}


def _id(response: Event) -> str | None:
    response_id = response.get("id")
    return response_id if isinstance(response_id, str) and response_id else None


def _answers_by_itself(session: Event) -> bool:
    audio = _object(_object(session.get("audio")).get("input"))
    detection: Any = audio.get("turn_detection", {})
    return isinstance(detection, dict) and detection.get("create_response") is not False

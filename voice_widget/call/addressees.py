"""Which of what was sent an error answers, for services seldom say."""

from __future__ import annotations

import asyncio
from collections import deque

from voice_widget.call.item_changes import ItemChanges
from voice_widget.call.pending_updates import ANSWER_S, PendingUpdates
from voice_widget.call.telling import Telling
from voice_widget.realtime.answering.response_queue import (
    BUSY,
    ResponseQueue,
    about_settings,
    is_busy,
    may_refuse,
    quoted,
    said,
)
from voice_widget.realtime.state.context import Recent
from voice_widget.realtime.wire.events import Event

LEFT = 64


class Addressees:
    """What has left, in its order, and who of those that wait for answers an error is meant for.

    Args:
        responses: What waits for an answer: responses.
        pending_updates: Settings.
        telling: What was said before the call.
        items: Changes of single items.
        shared: Others are in the call too: an error without an id of ours may be theirs.

    Attributes:
        begun_by: The event that brought our settings; empty until then.
    """

    def __init__(
        self,
        responses: ResponseQueue,
        pending_updates: PendingUpdates,
        telling: Telling,
        items: ItemChanges,
        *,
        shared: bool,
    ) -> None:
        self._responses, self._pending_updates = responses, pending_updates
        self._telling, self._items, self._shared = telling, items, shared
        self.begun_by = ""
        self._begun_at = 0.0
        self._only_begun = False  # nothing that could be refused was sent after our settings
        self._left: deque[str] = deque(maxlen=LEFT)  # ids of what was sent last, but sound
        self._last: dict[str, str] = {}  # of each type
        self._ours = Recent(1024)  # the same, and of what the page has sent

    def begins(self, event_id: str) -> None:
        """This event is to bring the settings with which the call begins."""
        self.begun_by = event_id
        self._begun_at, self._only_begun = asyncio.get_running_loop().time(), True

    def leaves(self, event: Event) -> None:
        """A client event is sent now."""
        kind, event_id = event["type"], event["event_id"]
        self._ours.add(event_id)
        self._last[kind] = event_id
        if kind != "input_audio_buffer.append":
            self._left.append(event_id)
            self._only_begun = self._only_begun and kind == "session.update"

    def sent_elsewhere(self, event: Event) -> None:
        """The page has sent a client event by itself."""
        self._only_begun = False
        self._ours.add(str(event.get("event_id")))

    def is_of_settings(self, error: Event) -> bool:
        """An error as in ``named`` is about the settings with which the call begins."""
        return self.begun_by != "" and error.get("event_id") == self.begun_by and not self._shared

    def named(self, event: Event) -> Event:
        """An ``error`` with the ``event_id`` of what it answers.

        Services leave the id out, or put one of their own there. Then it answers what has waited longest:
        they take one after the other.
        """
        error = said(event)
        if str(error.get("event_id")) not in self._ours and not self._shared:
            error = {**error, "event_id": None}
        meant = error.get("event_id") or self._meant(error)
        named = {**error, "event_id": meant} if meant else error
        return {**event, "error": {**named, "code": BUSY} if is_busy(error) else named}

    def _meant(self, error: Event) -> str | None:
        if is_busy(error):
            return self._responses.meant(error)
        waits = self._pending_updates.waits(self._greeting)
        if waits is not None and about_settings(error):
            return waits
        if (kind := quoted(error, self._last)) is not None:
            return self._last[kind]
        if waits is not None and may_refuse(error) and self._asks_first(waits):
            return waits
        if self._left and self._telling.has(self._left[-1]) and may_refuse(error):
            return self._left[-1]  # nothing but what is told was sent since
        return self._items.waits(error) or self._responses.meant(error)

    @property
    def _greeting(self) -> str:
        """The event that brought our settings, as long as they are all that an error can be about."""
        fresh = asyncio.get_running_loop().time() - self._begun_at < ANSWER_S
        return self.begun_by if self._only_begun and fresh and not self._responses.due else ""

    def _asks_first(self, waits: str) -> bool:
        request, left = self._responses.asked, list(self._left)
        return request is None or (request in left and waits in left[: left.index(request)])

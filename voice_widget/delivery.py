"""What was sent and has to arrive: a turn that outlives the call it was sent in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from voice_widget.errors import ServiceUnavailable, VoiceWidgetError
from voice_widget.realtime.events import Event


def future() -> asyncio.Future[Any]:
    """A future whose error may stay unseen."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    # Nobody may be waiting for it (any more), and that is no mistake.
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future


class CallLost(ServiceUnavailable):
    """The call was over before the service had what was sent."""

    code = "call_lost"

    def __init__(self) -> None:
        super().__init__("The call broke off before the service had answered.", next_step="Try again.")


class Delivery:
    """Events that belong together and end with ``response.create``, until the service has taken them.

    Attributes:
        item_id: Of the item among them; empty: there is none.
        received: Done once the service has the item, or makes the response.
        asked: Done once the service makes the response.
    """

    def __init__(self, events: Iterable[Event], new_id: Callable[[str], str]) -> None:
        self.events = [{**event, "event_id": new_id("event")} for event in events]
        self.item_id = next((str(e["item"]["id"]) for e in self.events if "item" in e), "")
        self.received: asyncio.Future[None] = future()
        self.asked: asyncio.Future[None] = future()

    @property
    def event_ids(self) -> list[str]:
        """The events' ids; the last is that of ``response.create``."""
        return [str(event["event_id"]) for event in self.events]

    def taken(self, *, asked: bool) -> None:
        """The service has the item, or makes the response."""
        for future in (self.received, self.asked) if asked else (self.received,):
            if not future.done():
                future.set_result(None)

    def fail(self, error: VoiceWidgetError) -> None:
        """The service has not got it, or refuses it."""
        for future in (self.received, self.asked):
            if not future.done():
                future.set_exception(error)

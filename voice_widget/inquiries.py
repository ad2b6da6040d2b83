"""Client events that are answered: which answer is whose."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import cast

from voice_widget.delivery import CallLost, future
from voice_widget.errors import ServiceUnavailable
from voice_widget.realtime.events import Event

ANSWER_S = 5.0


class Inquiries:
    """``session.update`` above all: its answer names no cause, but comes in the order of the questions."""

    def __init__(self) -> None:
        self._answers: dict[str, asyncio.Future[Event]] = {}
        self._updates: deque[str] = deque()  # sent and not answered yet

    async def ask(
        self, event: Event, send: Callable[[Iterable[Event]], Awaitable[None]], seconds: float = ANSWER_S
    ) -> Event:
        """Send an event that has an ``event_id``, and give its answer or ``error``."""
        answer = self._answers[event["event_id"]] = future()
        try:
            async with asyncio.timeout(seconds):
                await send([event])
                return cast(Event, await answer)
        except TimeoutError:
            raise ServiceUnavailable(
                "The service did not answer a change of settings.",
                code="update_timeout",
                next_step="Try again; the old setting stays in force.",
            ) from None
        finally:
            self._answers.pop(event["event_id"], None)

    def leaves(self, event: Event) -> None:
        """An event is sent now."""
        if event["type"] == "session.update":
            self._updates.append(event["event_id"])

    def hear(self, event: Event) -> None:
        """A server's event, which may be an answer."""
        if event["type"] == "session.updated":
            self._resolve(self._updates.popleft() if self._updates else "", event)
        elif event["type"] == "error" and (event_id := (event.get("error") or {}).get("event_id")):
            if event_id in self._updates:
                self._updates.remove(event_id)
            self._resolve(str(event_id), event)

    def lost(self) -> None:
        """The call is over."""
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(CallLost())

    def _resolve(self, event_id: str, event: Event) -> None:
        answer = self._answers.pop(event_id, None)
        if answer is not None and not answer.done():
            answer.set_result(event)

"""Client events that are answered: which answer is whose."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import cast

from voice_widget.call.deliveries import CallLost, future
from voice_widget.errors import ServiceRefused, ServiceUnavailable
from voice_widget.realtime.events import Event

ANSWER_S = 5.0
TOO_LARGE = "message_too_large"


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

    @property
    def asked(self) -> str | None:
        """The ``event_id`` of the question that waits longest for its answer."""
        return next(iter(self._answers), None)

    def refusal(self, error: Event) -> ServiceRefused | None:
        """What the asker will say of this error, if it is an answer."""
        return setting_refused(error) if error.get("event_id") in self._answers else None

    def lost(self) -> None:
        """The call is over."""
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(CallLost())

    def _resolve(self, event_id: str, event: Event) -> None:
        answer = self._answers.pop(event_id, None)
        if answer is not None and not answer.done():
            answer.set_result(event)


def setting_refused(error: Event) -> ServiceRefused:
    """The service's error about a change of settings, in our words."""
    return ServiceRefused(
        f"The service refused the setting: {error.get('message') or error.get('code')}",
        code=str(error.get("code") or "setting_refused"),
        next_step="The old setting stays in force; hang up and call again to start with the new one.",
    )


def start_refused(error: Event) -> ServiceRefused:
    """The error about the settings that a call begins with, in our words."""
    said = error.get("message") or error.get("code")
    if error.get("code") == TOO_LARGE:
        return ServiceRefused(
            f"The call cannot begin with these settings: {said}",
            code="settings_too_large",
            next_step='Shorten the instructions or the tools, or use transport="comm".',
        )
    return ServiceRefused(
        f"The settings of this call were not taken: {said}",
        code=str(error.get("code") or "setting_refused"),
        next_step="The call goes on with the service's own; correct the setting and call again.",
    )

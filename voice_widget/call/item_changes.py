"""Changes of single items of the conversation: which of the service's events answers which."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from voice_widget.call.deliveries import CallLost, future
from voice_widget.call.pending_updates import ANSWER_S
from voice_widget.errors import ServiceRefused, ServiceUnavailable, VoiceWidgetError
from voice_widget.realtime.wire.events import Event
from voice_widget.realtime.wire.reading import item_text, part

_ITEMS = "conversation.item."
_ANSWERS = {
    f"{_ITEMS}create": (f"{_ITEMS}added", f"{_ITEMS}done"),
    f"{_ITEMS}delete": (f"{_ITEMS}deleted",),
    f"{_ITEMS}truncate": (f"{_ITEMS}truncated",),
    f"{_ITEMS}retrieve": (f"{_ITEMS}retrieved",),
}


@dataclass
class _Asked:
    event: Event
    answer: asyncio.Future[Event] = field(default_factory=future)

    def is_answered_by(self, event: Event) -> bool:
        if event["type"] not in _ANSWERS[self.event["type"]]:
            return False
        asked, shown = part(self.event, "item"), part(event, "item")
        item_id = self.event.get("item_id") or asked.get("id")
        if item_id and item_id in (event.get("item_id"), shown.get("id")):
            return True
        # A service that gives items ids of its own repeats at least what they say.
        same = asked.get("role") == shown.get("role") and item_text(asked) == item_text(shown)
        return bool(asked) and same and asked.get("call_id") == shown.get("call_id")


class ItemChanges:
    """What was asked of single items and has no answer yet."""

    def __init__(self) -> None:
        self._open: dict[str, _Asked] = {}

    async def ask(
        self, event: Event, send: Callable[[Iterable[Event]], Awaitable[None]], seconds: float = ANSWER_S
    ) -> Event:
        """Send an event that has an ``event_id``, and give its answer.

        Raises:
            ServiceRefused: The service says no.
            ServiceUnavailable: It says nothing (``item_timeout``), or the call is over (``call_lost``).
        """
        asked = self._open[event["event_id"]] = _Asked(event)
        try:
            async with asyncio.timeout(seconds):
                await send([event])
                return await asked.answer
        except TimeoutError:
            raise ServiceUnavailable(
                f"The service did not answer {event['type']}; it may have done it or not.",
                code="item_timeout",
                next_step="Look at w.events_df, and try again.",
            ) from None
        finally:
            self._open.pop(event["event_id"], None)

    def hear(self, event: Event) -> None:
        """A server's event, which may be an answer."""
        kind = event["type"]
        if kind == "error":
            error = part(event, "error")
            asked = self._open.get(str(error.get("event_id")))
            if asked is not None and not asked.answer.done():
                asked.answer.set_exception(_refused(asked.event, error))
        elif kind.startswith(_ITEMS):
            answered = (one for one in self._open.values() if not one.answer.done())
            asked = next((one for one in answered if one.is_answered_by(event)), None)
            if asked is not None:
                asked.answer.set_result(event)

    def refusal(self, error: Event) -> ServiceRefused | None:
        """What the asker will say of this error, if it is an answer."""
        asked = self._open.get(str(error.get("event_id")))
        return None if asked is None else _refused(asked.event, error)

    def waits(self, error: Event) -> str | None:
        """The ``event_id`` of what an error without one answers, if it speaks of items."""
        about = f"{error.get('code')} {error.get('param')} {error.get('message')}"
        return next(iter(self._open), None) if "item" in about else None

    def lost(self, why: VoiceWidgetError | None = None) -> None:
        """The call is over."""
        for asked in self._open.values():
            if not asked.answer.done():
                asked.answer.set_exception(CallLost(why))


def _refused(event: Event, error: Event) -> ServiceRefused:
    words = error.get("message") or error.get("code") or "it does not say why."
    return ServiceRefused(
        f"The service refused {event['type']}: {words}",
        code=str(error.get("code") or "item_refused"),
        next_step="What it refused stays as it was.",
    )

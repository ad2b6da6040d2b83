"""What a call is told of what was said before it, and what of that its service refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.wire.events import Event


class Telling:
    """The items that bring a service's conversation to where the talk is. None of them is vital.

    Args:
        new_id: Makes ids.
    """

    def __init__(self, new_id: Callable[[str], str]) -> None:
        self._new_id = new_id
        self._told: set[str] = set()
        self._refused: set[str] = set()

    def events(self, items: Iterable[dict[str, Any]]) -> list[Event]:
        """What tells them."""
        told = {self._new_id("event"): item for item in items}
        self._told.update(told)
        return [
            {"type": "conversation.item.create", "event_id": event_id, "item": item}
            for event_id, item in told.items()
        ]

    def has(self, event_id: str | None) -> bool:
        """This is one of them."""
        return event_id in self._told

    def refused(self, error: Event) -> ErrorInfo | None:
        """What is to be known of an error that answers one of them; None: it answers something else."""
        event_id = error.get("event_id")
        if not self.has(event_id):
            return None
        self._refused.add(str(event_id))
        words = error.get("message") or error.get("code")
        lacks = f"{len(self._refused)} of {len(self._told)} messages of what was said before"
        return {
            "code": "history_refused",
            "message": f"The service did not take {lacks}" + (f": {words}" if words else "."),
            "next_step": "The talk goes on without; say again what matters.",
        }

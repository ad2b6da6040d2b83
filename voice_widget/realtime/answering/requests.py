"""What the engine asks the kernel's agent, until there is nothing left to cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.state.changes import ReplyCancelled, ReplyRequested
from voice_widget.realtime.state.context import Context


class Requests:
    """The replies that are waited for, by their response."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._open: dict[str, None] = {}

    def requested(self, event: Mapping[str, Any]) -> None:
        """The engine asks for a reply."""
        response_id, item_id = event["response_id"], event.get("item_id") or ""
        self._open[response_id] = None
        if event.get("input") is None:
            item_id = self._context.asked.told(response_id, item_id)
        self._context.changes.append(
            ReplyRequested(
                response_id,
                item_id,
                event.get("instructions") or "",
                tuple(event.get("tools") or ()),
                event.get("tool_choice") or "auto",
                None if event.get("input") is None else tuple(event["input"]),
            )
        )

    def replied(self, event: Mapping[str, Any]) -> None:
        """We have sent the whole reply."""
        self._open.pop(event["response_id"], None)

    def ended(self, response_id: str, status: str) -> None:
        """The response is over."""
        if response_id in self._open:
            del self._open[response_id]
            if status != "completed":
                self._context.changes.append(ReplyCancelled(response_id))

    def close(self) -> None:
        """The call is over."""
        self._context.changes += [ReplyCancelled(response_id) for response_id in self._open]
        self._open.clear()

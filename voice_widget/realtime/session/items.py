"""The items of the service's conversation: each goes to the one that understands it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.answering.answering import Answering
from voice_widget.realtime.session.amending import Amending
from voice_widget.realtime.session.hearing import Hearing
from voice_widget.realtime.session.told import Told
from voice_widget.realtime.state.context import Context

Event = Mapping[str, Any]


class Items:
    """Handlers of ``conversation.item.*``, as they come and as they are sent.

    Args:
        context: The talk.
        told: Knows what was said before it.
        amending: Knows what a client has put there.
        hearing: The user's side.
        answering: The assistant's, and what tools give.
    """

    def __init__(
        self, context: Context, told: Told, amending: Amending, hearing: Hearing, answering: Answering
    ) -> None:
        self._context, self._told, self._amending = context, told, amending
        self._hearing, self._answering = hearing, answering

    def shown(self, event: Event) -> None:
        """The service has an item."""
        item, previous = event["item"], event.get("previous_item_id")
        spoken = item.get("type", "message") == "message" and item.get("role") in ("user", "assistant")
        earlier = self._told.is_earlier(item, sent=False)
        if not earlier and self._amending.shown(item, previous):
            return
        if earlier or not spoken:
            if item.get("id"):
                self._context.rows.pass_by(item["id"], previous)
            if not earlier:
                done = event["type"] != "conversation.item.added"
                self._answering.tool_item(item, ours=not self._context.call.shared, done=done)
                self._context.uses.shown(item.get("call_id") or "", item.get("id") or "")
        elif item["role"] == "user":
            self._hearing.item(item, previous)
        elif item.get("id"):
            self._answering.item(item, previous)

    def sent(self, event: Event) -> None:
        """We put an item there."""
        item = event["item"]
        if self._told.is_earlier(item, sent=True):
            return
        self._answering.tool_item(item, ours=True, done=True)
        self._amending.sent(item, event)
        if item.get("role") == "user":
            self._hearing.typed(item, event)

    def deleted(self, event: Event) -> None:
        """The service has no longer an item."""
        item_id = event.get("item_id") or ""
        turn = self._context.rows.get(item_id)
        if turn is not None and turn.shown_as == item_id:  # else another item has its place
            turn.deleted = True
            self._context.rows.version += 1
        self._context.uses.deleted(item_id)

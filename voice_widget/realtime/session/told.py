"""What others are told of a talk: agents, another call, who reads it as a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.errors import SettingError
from voice_widget.realtime.session.chat import items, said
from voice_widget.realtime.session.chat_checks import as_told, checked_chat
from voice_widget.realtime.session.dialogue import Message, Question, answered, question
from voice_widget.realtime.session.said import Before, as_item, heard, retold
from voice_widget.realtime.state.context import Context
from voice_widget.realtime.wire.reading import typed_text


class Told:
    """What was said before the talk, and in it.

    What was said before has no times and is no row: its items, and their echoes, make none.

    Args:
        context: The talk.

    Attributes:
        earlier: What was said before the talk, as a chat.
    """

    def __init__(self, context: Context) -> None:
        self._context, self._before = context, Before(context.rows)
        self.earlier: list[dict[str, Any]] = []
        self._said: tuple[Message, ...] = ()
        self._items: list[dict[str, Any]] = []
        self._ids: set[str] = set()
        self._unechoed: list[str] = []  # what the user said, as told to this call, and not shown by it yet

    def begins_with(self, event: Mapping[str, Any]) -> None:
        """This was said before."""
        try:
            chat = checked_chat(as_told(event["messages"])).messages
        except (SettingError, KeyError, TypeError, AttributeError):  # of a record that somebody has changed
            chat = []
        self.earlier, self._said, self._items = chat, said(chat), items(chat)
        self.call_begins()

    def is_earlier(self, item: Mapping[str, Any], *, sent: bool) -> bool:
        """An item that goes to the service, or that it shows, was said before the talk.

        Some services give items ids of their own: then the text of what is typed tells.
        """
        text = typed_text(item.get("content") or []) if item.get("role") == "user" else ""
        if item.get("id") not in self._ids:
            if sent or text not in self._unechoed or self._context.rows.get(item.get("id") or "") is not None:
                return False
            self._ids.add(item.get("id") or "")
        if sent and text:
            self._unechoed.append(text)
        elif text in self._unechoed:
            self._unechoed.remove(text)
        return True

    def call_begins(self) -> None:
        """Another call may give the same ids to other items."""
        self._ids, self._unechoed = {item["id"] for item in self._items}, []

    def history(self, before: str | None = None) -> list[dict[str, str]]:
        """What was said in the talk so far, as ``{"role", "text", "item_id"}``; see `Session.history`."""
        messages: list[dict[str, str]] = []
        for turn in self._context.rows:
            if turn.item_id == before:
                break
            if text := heard(turn):
                messages.append({"role": turn.role, "text": text, "item_id": turn.item_id})
        return messages

    def conversation(self, *, rows: bool) -> list[dict[str, Any]]:
        """What a call has to be told, as items; see `Session.conversation`."""
        if not rows:
            return self._items.copy()
        uses = self._context.uses.behind()
        items = [*self._items, *uses.get(None, ())]
        for turn in self._context.rows:
            if (item := retold(turn)) is not None:
                items.append(item)
            items += uses.get(turn, ())
        return items

    def question(self, item_id: str, instructions: str | None = None) -> Question:
        """What an agent is asked; see `Session.question`."""
        items: list[dict[str, Any]] = []
        rows = self._context.rows
        asked = rows.get(item_id)
        uses = self._context.uses.returned(asked)
        for turn in rows if asked is None else rows.since(asked.seq - 1):
            # Also where nothing was understood: it says what stands before and what behind it.
            message = {"role": turn.role, "text": heard(turn), "item_id": turn.item_id}
            items += [as_item(message), *uses.get(turn, ())]
        last = question(items, item_id if asked is None else asked.item_id)
        before = () if asked is None else self._before.turn(asked)
        ours = (self._context.call.settings or {}).get("instructions") or ""
        if instructions is not None and instructions != ours and (since := answered(items)) is not None:
            return Question("", (*self._said, *before, *since))
        return Question(last.text, (*self._said, *before, *last.history))

"""The items of a conversation, in order, and what a client may put among them. Pure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from voice_widget.engine.conversation.wire import refusal, text_of
from voice_widget.realtime.wire.events import check
from voice_widget.realtime.wire.images import described, said_in

Item = dict[str, Any]

_PARTS = {
    "user": {"input_text", "input_audio", "input_image"},
    "system": {"input_text"},
    "assistant": {"output_text", "output_audio"},
}
_BETA_PARTS = {"text": "output_text", "audio": "output_audio"}
_LINK_LENGTH = 1024


class Items:
    """Items in conversation order. What goes out is always a copy: an item changes after it was told of."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def __len__(self) -> int:
        return len(self._items)

    @property
    def last_id(self) -> str | None:
        """The id of the last item."""
        return str(self._items[-1]["id"]) if self._items else None

    @property
    def last_user_id(self) -> str | None:
        """The id of the last thing the user said or typed."""
        return next((str(item["id"]) for item in reversed(self._items) if item.get("role") == "user"), None)

    @property
    def question(self) -> str:
        """What the user has said or typed, as long as nothing stands behind it."""
        last = self._items[-1] if self._items else {}
        return " ".join(filter(None, _texts(last))) if last.get("role") == "user" else ""

    @property
    def asked(self) -> bool:
        """Whether anything that the user has said or typed is known."""
        return any(item.get("role") == "user" and any(_texts(item)) for item in self._items)

    def asks(self, item_id: str) -> bool:
        """Whether an answer would be to this: the user said it last, and no tool's result is behind it."""
        last = self._items[-1] if self._items else {}
        return item_id == self.last_user_id and last.get("type") != "function_call_output"

    def find(self, item_id: str) -> Item | None:
        """The item itself, or None."""
        return next((item for item in self._items if item["id"] == item_id), None)

    def get(self, item_id: str, doing: str) -> Item:
        """The item itself, or a refusal that names what was tried."""
        item = self.find(item_id)
        if item is None:
            raise refusal(f"item_{doing}_invalid_item_id", f"There is no item {item_id!r}.", param="item_id")
        return item

    def append(self, item: Item) -> str | None:
        """Put an item at the end; the id of the one before it."""
        previous = self.last_id
        self._items.append(item)
        return previous

    def shown_when_done(self, before: str | None) -> str | None:
        """The ``previous_item_id`` in the ``conversation.item.done`` of what a response made.

        Captures of OpenAI's and Azure's sessions: it is null behind the conversation's first item, right
        behind any other, and right in every ``conversation.item.added``. Clients have to cope with that.
        """
        return None if self._items and before == self._items[0]["id"] else before

    def insert(self, item: Item, after: str | None) -> str | None:
        """Put an item after another (``"root"``: first, None: last); the id of the one before it."""
        if self.find(item["id"]) is not None:
            raise refusal(
                "item_create_invalid_item_id", f"The item {item['id']!r} exists already.", param="item.id"
            )
        if after is None:
            return self.append(item)
        if after == "root":
            self._items.insert(0, item)
            return None
        for place, other in enumerate(self._items):
            if other["id"] == after:
                self._items.insert(place + 1, item)
                return after
        raise refusal(
            "item_create_invalid_previous_item_id",
            f"There is no item {after!r} to put it after.",
            param="previous_item_id",
        )

    def delete(self, item_id: str) -> None:
        """Take an item out."""
        self._items.remove(self.get(item_id, "delete"))

    def tokens(self) -> int:
        """About how many tokens of text an agent reads of them."""
        return tokens(self._items)

    def given(self, raw: Any, new_id: Callable[[str], str]) -> list[Item]:
        """What a client wants answered instead of the conversation: items of its own, and references.

        Raises:
            ProtocolError: One is no item, or refers to none.
        """
        if not isinstance(raw, list):
            raise refusal("invalid_value", "`response.input` must be a list.", param="response.input")
        found = []
        for item in raw:
            check({"type": "conversation.item.create", "item": item}, complete=True)
            if item.get("type") != "item_reference":
                found.append(client_item(item, new_id))
            elif (referred := self.find(text_of(item, "id"))) is not None:
                found.append(copied(referred))
            else:
                raise refusal(
                    "invalid_value", f"There is no item {item['id']!r} to refer to.", param="response.input"
                )
        return found


def tokens(items: Iterable[Item]) -> int:
    """About how many tokens of text these items are (four characters each)."""
    return sum(len(text) for item in items for text in _texts(item)) // 4


def copied(item: Item) -> Item:
    """The item as it is now."""
    return copy.deepcopy(item)


def user_audio(item_id: str) -> Item:
    """A spoken user item before its text is known."""
    return {
        "id": item_id,
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": None}],
    }


def client_item(raw: Mapping[str, Any], new_id: Callable[[str], str]) -> Item:
    """The item of a client's ``conversation.item.create`` with an id and without media.

    The types of its fields have been checked with its event's.

    Raises:
        ProtocolError: It is no item that this engine understands.
    """
    kind = raw.get("type")
    item: Item = {"id": raw.get("id") or new_id("item"), "type": kind}
    if kind == "function_call_output":
        # Captures: the one item that has no status.
        return {**item, "call_id": text_of(raw, "call_id"), "output": text_of(raw, "output")}
    item["status"] = "completed"
    if kind == "message":
        role = raw.get("role")
        if role not in _PARTS:
            raise refusal("invalid_value", f"`item.role` must be one of {sorted(_PARTS)}.", param="item.role")
        content = raw.get("content")
        if not isinstance(content, list):
            raise refusal(
                "missing_required_parameter", "`item.content` must be a list.", param="item.content"
            )
        return {**item, "role": role, "content": [_part(part, role) for part in content]}
    if kind == "function_call":
        fields = {name: text_of(raw, name) for name in ("name", "arguments")}
        return {**item, "call_id": raw.get("call_id") or new_id("call"), **fields}
    raise refusal("invalid_value", f"This engine has no items of type {kind!r}.", param="item.type")


def _part(part: Any, role: str) -> dict[str, Any]:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if role == "assistant":
        kind = _BETA_PARTS.get(str(kind), kind)
    if kind not in _PARTS[role]:
        raise refusal(
            "unsupported_content_type",
            f"The content of a {role} message may be {sorted(_PARTS[role])}, not {kind!r}.",
            param="item.content",
        )
    if kind in ("input_text", "output_text"):
        return {"type": kind, "text": text_of(part, "text")}
    if kind == "input_image":
        # The image goes no further: echoed, it would not fit a data channel's message. What it was is told.
        link = "" if part.get("image_url") is None else text_of(part, "image_url")
        short = 0 < len(link) <= _LINK_LENGTH
        return {"type": kind, **({"image_url": link} if short else {}), "description": described(part)}
    transcript = part.get("transcript")
    if not isinstance(transcript, str):
        raise refusal(
            "unsupported_content_type",
            f"{kind} in an item needs its `transcript`.",
            param="item.content",
            next_step="Only what is spoken into the call is recognised.",
        )
    return {"type": kind, "transcript": transcript}


def _texts(item: Item) -> list[str]:
    parts = [said_in(part) for part in item.get("content", ())]
    return [*parts, item.get("arguments", ""), item.get("output", "")]

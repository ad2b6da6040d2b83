"""What was said before a turn, kept so that a long talk is not gone through for each question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from voice_widget.realtime.session.dialogue import Message, Role
from voice_widget.realtime.state.rows import Rows, Turn


def heard(turn: Turn) -> str:
    """What of a turn another one is to be told: of an interrupted answer what was heard."""
    edited = turn.text_before is not None
    text = turn.text if turn.text_heard is None or edited else turn.text_heard
    return "" if gone(turn) or turn.redacted else text


def gone(turn: Turn) -> bool:
    """Nobody is to be told of it: it failed, or was taken back."""
    return turn.deleted or turn.rewound or turn.status == "failed"


def images(turn: Turn) -> list[dict[str, Any]]:
    """The images of a turn that another one is to be told of."""
    return [] if gone(turn) else turn.images


class Before:
    """The messages of the finished rows at the beginning of a talk. They are made once.

    Args:
        rows: The talk's rows; their ``version`` grows when one of the finished ones changes.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._version = rows.version
        self._said: list[Message] = []
        self._counts = [0]  # how many messages the first so many rows make

    def turn(self, turn: Turn) -> tuple[Message, ...]:
        """What was said before this turn."""
        if self._version != self._rows.version:
            self._version = self._rows.version
            self._said.clear()
            self._counts = [0]
        place = turn.seq - 1
        for known in self._rows.since(len(self._counts) - 1):
            if not known.finished or len(self._counts) > place:
                break
            self._said += _said([known])
            self._counts.append(len(self._said))
        kept = min(place, len(self._counts) - 1)
        more = (other for other in self._rows.since(kept) if other.seq <= place)
        return (*self._said[: self._counts[kept]], *_said(more))


def _said(turns: Iterable[Turn]) -> list[Message]:
    return [Message(cast(Role, turn.role), text.strip()) for turn in turns if (text := heard(turn)).strip()]


def as_item(message: Mapping[str, str]) -> dict[str, Any]:
    """What was said as an item of a conversation."""
    part = "output_text" if message["role"] == "assistant" else "input_text"
    return {
        "id": message["item_id"],
        "type": "message",
        "role": message["role"],
        "content": [{"type": part, "text": message["text"]}],
    }


def retold(turn: Turn) -> dict[str, Any] | None:
    """A turn as another call is told of it, with its images; None: there is nothing to be told."""
    text, seen = heard(turn), images(turn)
    if not (text or seen):
        return None
    item = as_item({"role": turn.role, "text": text, "item_id": turn.item_id})
    return {**item, "content": [*seen, *(item["content"] if text else ())]}

"""Sounds of the user's over an answer: what the engine took them for, and whether they are its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from voice_widget.realtime.state.changes import Noticed
from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.records import OverlapKind
from voice_widget.realtime.state.rows import Turn
from voice_widget.realtime.wire.problems import hears_itself
from voice_widget.realtime.wire.spoken_words import parts

Event = Mapping[str, Any]
_DECISIONS = get_args(OverlapKind)
# An echo interrupts as soon as there is something to be heard; people listen to how an answer begins.
_EARLY_MS = 3000
_IN_A_ROW = 3
_OWN = 2 / 3  # of the words; a recogniser mishears some of an echo


class Overlaps:
    """Of one talk."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._in_a_row = 0
        self._told = False

    def decided(self, event: Event) -> None:
        """The engine has decided who was to have the floor."""
        turn = self._context.rows.get(event["item_id"])
        if turn is None or turn.role != "user" or event["decision"] not in _DECISIONS:
            return
        turn.overlap = cast(OverlapKind, event["decision"])
        turn.overlap_item_id = event.get("over_item_id")
        self._context.show(turn)

    def understood(self, turn: Turn) -> None:
        """All that was understood of what the user said is known."""
        answer = self._context.rows.before(turn)
        if (
            answer is None
            or answer.role == "user"
            or answer.stop_reason != "turn_detected"
            or answer.played_ms > _EARLY_MS
        ):
            return
        self._in_a_row = self._in_a_row + 1 if _is_of(turn.text, answer.text) else 0
        if self._in_a_row >= _IN_A_ROW and not self._told:
            self._told = True
            self._context.changes.append(Noticed(hears_itself(self._in_a_row), "echo"))


def _is_of(said: str, answer: str) -> bool:
    """Whether these are the answer's own words, or none."""
    words, own = parts(said), set(parts(answer))
    return sum(word in own for word in words) >= _OWN * len(words)

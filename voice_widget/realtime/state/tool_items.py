"""What tools leave in the conversation: their calls and outputs, as items, and who is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from voice_widget.realtime.state.rows import Turn
from voice_widget.realtime.state.tool_use import ToolUse

_RETOLD = 512  # items that another call is told of

_Place = tuple[Turn | None, ToolUse, dict[str, Any]]
"""An item, of which call it is, and the turn behind which it stands."""


class ToolItems:
    """Calls and outputs in their order, each with the turn behind which it stands."""

    def __init__(self) -> None:
        self._items: list[_Place] = []

    def call(self, use: ToolUse) -> None:
        """A tool was called."""
        item = _call(use, use.told_as)
        named = use.item_id and use.server is None
        self._put(len(self._items), use.behind, use, {"id": use.item_id, **item} if named else item)

    def arguments(self, use: ToolUse) -> None:
        """With what it was called is known only now."""
        for _, owner, item in self._items:
            if owner is use and item["type"] == "function_call":
                item["arguments"] = use.arguments

    def output(self, use: ToolUse, output: str, behind: Turn | None) -> None:
        """A call was answered."""
        item = _output(use.told_as, output)
        place = len(self._items)
        while place and self._is_later_output(self._items[place - 1], use, behind):
            place -= 1
        self._put(place, behind, use, item)

    def late(self, use: ToolUse, output: str, behind: Turn | None) -> None:
        """What ran beside the talk comes by its second call, once."""
        if not self.is_late(use.late_call_id):
            for item in (_call(use, use.late_call_id), _output(use.late_call_id, output)):
                self._put(len(self._items), behind, use, item)

    def is_late(self, call_id: str) -> bool:
        """What ran beside the talk has come into the conversation by this call."""
        return any(use.late_call_id == item["call_id"] == call_id for _, use, item in self._items)

    def unanswered(self, tool_call_id: str) -> ToolUse | None:
        """The first of this id that has given nothing, and whose model was told nothing instead."""
        waiting = (use for _, use, _ in self._items if use.output is None and use.deferred is None)
        return next((use for use in waiting if use.tool_call_id == tool_call_id), None)

    def behind(self) -> dict[Turn | None, list[dict[str, Any]]]:
        """What stands behind each turn, as items. A call without an output would only be waited for."""
        found: dict[Turn | None, list[dict[str, Any]]] = {}
        for turn, _, item in self._told():
            found.setdefault(turn, []).append(item)
        return found

    def returned(self, asked: Turn | None) -> dict[Turn | None, list[dict[str, Any]]]:
        """The same for an agent: of a call it gets one output, which of one beside the talk comes late.

        Args:
            asked: The question. What was called for another one is no answer to it, whichever of the two
                came first.
        """
        came = {use.number for _, use, item in self._items if item["call_id"] == use.late_call_id}
        found: dict[Turn | None, list[dict[str, Any]]] = {}
        for turn, use, item in self._told():
            if use.number not in came:
                if asked is not None and use.question not in (None, asked):
                    continue
                found.setdefault(turn, []).append(item)
            elif item["call_id"] == use.late_call_id:
                found.setdefault(turn, []).append({**item, "call_id": use.tool_call_id})
        return found

    def since(self, last: Turn) -> dict[Turn, list[tuple[Literal["called", "gave"], Turn]]]:
        """What was called and given behind this turn and later ones, each with its question.

        What ran beside the talk, and comes by a call of its own, is no question's.
        """
        found: dict[Turn, list[tuple[Literal["called", "gave"], Turn]]] = {}
        for turn, use, item in self._items:
            known = turn is not None and turn.seq >= last.seq and not (use.deleted or use.redacted)
            if turn is None or not known or use.question is None or item["call_id"] == use.late_call_id:
                continue
            if item["type"] == "function_call":
                found.setdefault(turn, []).append(("called", use.question))
            elif use.status != "cancelled":
                found.setdefault(turn, []).append(("gave", use.question))
        return found

    def answers(self) -> list[dict[str, Any]]:
        """The calls that were answered, in order, each with what it gave and the place of its turn."""
        return [
            {
                "seq": None if use.behind is None else use.behind.seq,
                "tool_call_id": use.tool_call_id,
                "name": use.name,
                "arguments": use.arguments,
                "output": use.output,
                "response_id": use.response_id,
            }
            for _, use, item in self._items
            if item["type"] == "function_call"
            and item["call_id"] == use.tool_call_id
            and use.output is not None
            and not (use.deleted or use.redacted)
        ]

    def _told(self) -> Iterator[_Place]:
        for turn, use, item in self._items:
            if (use.output is not None or use.deferred is not None) and not (use.deleted or use.redacted):
                yield turn, use, item

    def _put(self, place: int, behind: Turn | None, use: ToolUse, item: dict[str, Any]) -> None:
        self._items.insert(place, (behind, use, item))
        del self._items[:-_RETOLD]

    @staticmethod
    def _is_later_output(known: _Place, use: ToolUse, behind: Turn | None) -> bool:
        """Of functions called together outputs stand in the order of the calls, whichever came first."""
        turn, other, item = known
        together = turn is behind and other.response_id == use.response_id
        return together and item["type"] == "function_call_output" and other.number > use.number


def _call(use: ToolUse, call_id: str) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": use.name, "arguments": use.arguments}


def _output(call_id: str, output: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": output}

"""The tools that were called in a talk and what they gave, so that another call can be told of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from voice_widget.realtime.state.rows import Turn

_REMEMBERED = 512


@dataclass(slots=True, eq=False)
class _Use:
    call: dict[str, Any]
    response_id: str
    output: str | None = None
    deleted: bool = False


class ToolUses:
    """Calls and outputs as items of the protocol, each with the turn behind which it stands."""

    def __init__(self) -> None:
        self._items: deque[tuple[Turn | None, _Use, dict[str, Any]]] = deque(maxlen=_REMEMBERED)

    def called(
        self,
        item_id: str,
        call_id: str,
        name: str,
        arguments: str,
        behind: Turn | None,
        response_id: str = "",
    ) -> None:
        """A tool was called."""
        item = {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
        use = _Use({"id": item_id, **item} if item_id else item, response_id)
        self._items.append((behind, use, use.call))

    def answered(self, call_id: str, output: str, behind: Turn | None) -> None:
        """It gave something. What another call is told of it again, or what nobody called, is no news."""
        for _, use, _ in self._items:
            if use.output is None and use.call["call_id"] == call_id:
                use.output = output
                item = {"type": "function_call_output", "call_id": call_id, "output": output}
                self._items.append((behind, use, item))
                return

    def deleted(self, item_id: str) -> None:
        """The item of a call is no more in the conversation."""
        for _, use, _ in self._items:
            use.deleted = use.deleted or use.call.get("id") == item_id

    def behind(self) -> dict[Turn | None, list[dict[str, Any]]]:
        """What stands behind each turn. A call without an output would only be waited for."""
        found: dict[Turn | None, list[dict[str, Any]]] = {}
        for turn, use, item in self._items:
            if use.output is not None and not use.deleted:
                found.setdefault(turn, []).append(item)
        return found

    def answers(self) -> list[dict[str, Any]]:
        """The calls that were answered, in order, each with what it gave and the place of its turn."""
        return [
            {
                "seq": None if turn is None else turn.seq,
                "tool_call_id": item["call_id"],
                "name": item["name"],
                "arguments": item["arguments"],
                "output": use.output,
                "response_id": use.response_id,
            }
            for turn, use, item in self._items
            if item is use.call and use.output is not None and not use.deleted
        ]

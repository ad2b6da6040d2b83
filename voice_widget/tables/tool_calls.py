"""The functions that were called in a talk: what they were given, what they gave, how long it took."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from voice_widget.realtime.state.changes import Change, ResponseDone, ToolCallReady
from voice_widget.tables.columns import celled
from voice_widget.tables.schema import dtypes

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["running", "completed", "failed", "not_run"]
MOST = 20_000  # that are kept; the oldest go first


@dataclass(slots=True)
class ToolUse:
    """One call of a function. Times are seconds since the epoch."""

    tool_call_id: str
    name: str
    arguments: str
    response_id: str
    item_id: str
    call_id: str | None
    behind: str | None  # the id of the turn behind which it stands
    started_at: float | None = None
    ended_at: float | None = None
    output: str | None = None
    error: str | None = None
    status: Status = "running"


class ToolCalls:
    """Watches what of functions happens in a talk."""

    def __init__(self) -> None:
        self._uses: deque[ToolUse] = deque(maxlen=MOST)
        self._waiting: dict[str, ToolUse] = {}

    def copies(self) -> list[ToolUse]:
        """All that are kept, oldest first; what happens later does not change them."""
        return [replace(use) if use.status == "running" else use for use in self._uses]

    def change(self, change: Change, at: float, call_id: str | None, behind: str | None) -> None:
        """Something has changed in the talk.

        Args:
            change: What.
            at: When.
            call_id: The call in which it did.
            behind: The id of the talk's last turn so far.
        """
        if isinstance(change, ToolCallReady):
            use = ToolUse(
                change.call_id,
                change.name,
                change.arguments,
                change.response_id,
                change.item_id,
                call_id,
                behind,
            )
            self._uses.append(use)
            self._waiting[change.call_id] = use
        elif isinstance(change, ResponseDone):
            for use in self._of(change.response_id):
                if change.status == "completed":
                    use.started_at = at if use.started_at is None else use.started_at
                elif use.started_at is None:
                    self._end(use, "not_run")

    def item(self, item: Any, at: float) -> None:
        """An item is in the conversation: maybe an output."""
        if not isinstance(item, Mapping) or item.get("type") != "function_call_output":
            return
        use, output = self._waiting.get(str(item.get("call_id"))), item.get("output")
        if use is None or not isinstance(output, str):
            return
        use.output, use.error, use.ended_at = output, error_of(output), at
        self._end(use, "completed" if use.error is None else "failed")

    def over(self) -> None:
        """The call is over: what it wanted called is not answered any more."""
        for use in list(self._waiting.values()):
            self._end(use, "not_run")

    def _of(self, response_id: str) -> Sequence[ToolUse]:
        return [use for use in self._waiting.values() if use.response_id == response_id]

    def _end(self, use: ToolUse, status: Status) -> None:
        use.status = status
        self._waiting.pop(use.tool_call_id, None)


def error_of(output: str | None) -> str | None:
    """What went wrong, where an output says nothing else, as ours do.

    Example:
        >>> error_of('{"error": "There is no such day."}'), error_of('{"error": null, "rows": 3}')
        ('There is no such day.', None)
    """
    if output is None or '"error"' not in output:
        return None
    try:
        told = json.loads(output)
    except (ValueError, RecursionError):
        return None
    error = told.get("error") if isinstance(told, dict) and len(told) == 1 else None
    return error if isinstance(error, str) else None


def tool_calls_frame(uses: Iterable[tuple[int | None, ToolUse]]) -> pd.DataFrame:
    """One row per function call, oldest first.

    Args:
        uses: Each with the place in the talk of the turn behind which it stands.
    """
    return celled([_cells(place, use) for place, use in uses], dtypes("tool_calls"))


def _cells(place: int | None, use: ToolUse) -> tuple[Any, ...]:
    began, ended = use.started_at, use.ended_at
    took = None if began is None or ended is None else round((ended - began) * 1000)
    return (
        place,
        use.name,
        use.arguments,
        use.output,
        use.error,
        use.status,
        began,
        ended,
        took,
        use.tool_call_id,
        use.item_id,
        use.response_id,
        use.call_id,
    )

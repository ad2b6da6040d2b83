"""One tool that was called, the row that becomes of it, and what its words say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import cast

from voice_widget.realtime.state.heard import Heard
from voice_widget.realtime.state.records import Approval, ToolKind, ToolRow, ToolStatus
from voice_widget.realtime.state.rows import Turn

_WORDS = ("arguments", "approved_arguments", "preview", "progress", "output", "error", "traceback")


@dataclass(slots=True, eq=False)
class ToolUse:
    """One call of a function, while it can still change. Times are seconds since the epoch.

    Attributes:
        behind: The turn behind which it was called.
        question: The user's turn for which it was called.
        deferred: What the model was told at once, while it runs beside the talk; None: it is waited for.
        late_call_id: The call of the same function by which what it gave comes into the conversation, then: a
            call is answered once only, and that was with ``deferred``.
        heard: When what was heard in its call, on whose clock.
        number: Its place among all of them.
        server: The MCP server that it runs at, by its label; None: it is a function.
        editable: Who allows it may change its arguments.
        preview: What it would give, for who is asked.
        ours: It runs here.
        output_item_id: The item of its output at the service, once that has shown it.
        kind: What it is, beside a function: an agent hands over, or its guardrail has found something.
        deleted: It was taken back, or its item deleted: nobody is told of it again.
        inside: An agent runs it by itself: no item of the conversation, and nobody is told of it again.
    """

    tool_call_id: str
    name: str
    arguments: str
    response_id: str
    item_id: str
    call_id: str | None
    behind: Turn | None
    heard: Heard
    number: int = 0
    asked_at: float | None = None
    decided_at: float | None = None
    approval: Approval | None = None
    approved_arguments: str | None = None
    reason: str | None = None
    progress: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    output: str | None = None
    error: str | None = None
    traceback: str | None = None
    status: ToolStatus = "requested"
    ours: bool = False
    inside: bool = False
    deleted: bool = False
    output_item_id: str = ""
    kind: ToolKind = "function"
    question: Turn | None = None
    deferred: str | None = None
    late_call_id: str = ""
    talked_over: bool = False
    redacted: bool = False
    server: str | None = None
    editable: bool = True
    preview: str | None = None

    @property
    def told_as(self) -> str:
        """Its ``call_id`` for another call, which is told what an MCP server did as if a function had."""
        return self.tool_call_id if self.server is None else f"mcp_{self.number}"

    @property
    def unsettled(self) -> bool:
        """It has not ended, and what it gives will come whatever is said meanwhile."""
        allowed = self.server is not None and self.approval == "approved"
        return self.ours or self.status == "waiting" or allowed

    def row(self) -> ToolRow:
        """What is known of it now."""
        began, ended, behind = self.started_at, self.ended_at, self.behind
        row: ToolRow = {
            "number": self.number,
            "seq": None if behind is None else behind.seq,
            "turn_id": None if behind is None else behind.item_id,
            "kind": self.kind,
            "name": self.name,
            "server": self.server,
            "arguments": self.arguments,
            "editable": self.editable,
            "preview": self.preview,
            "approved_arguments": self.approved_arguments,
            "approval": self.approval,
            "approval_ms": _ms(self.asked_at, self.decided_at),
            "reason": self.reason,
            "progress": self.progress,
            "output": self.output,
            "error": self.error,
            "traceback": self.traceback,
            "status": "rewound" if self.deleted else self.status,
            "start_ms": None if began is None else self.heard.clock_ms(began),
            "end_ms": None if ended is None else self.heard.clock_ms(ended),
            "started_at": began,
            "ended_at": ended,
            "duration_ms": _ms(began, ended),
            "tool_call_id": self.tool_call_id,
            "item_id": self.item_id,
            "response_id": self.response_id,
            "call_id": self.call_id,
        }
        return blanked(row) if self.redacted else row


def blanked(row: ToolRow) -> ToolRow:
    """What is left of a row whose question was redacted: that a function was called, and when.

    Example:
        >>> blanked({"name": "book", "arguments": "{}", "output": None})  # type: ignore[typeddict-item]
        {'name': 'book', 'arguments': '', 'output': None}
    """
    blank = {name: "" for name in _WORDS if row.get(name) is not None}
    return cast(ToolRow, {**row, **blank})


def _ms(begin: float | None, end: float | None) -> int | None:
    return None if begin is None or end is None else round((end - begin) * 1000)


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

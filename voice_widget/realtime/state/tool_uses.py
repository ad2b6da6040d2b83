"""The tools that were called in a talk: what they were given, what they gave, and how long it took."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from voice_widget.realtime.state.heard import Heard
from voice_widget.realtime.state.records import Approval, ToolKind, ToolRow, ToolStatus
from voice_widget.realtime.state.rows import Turn

MOST = 20_000  # that are kept; the oldest go first
_RETOLD = 512  # items that another call is told of
_WORDS = ("arguments", "approved_arguments", "progress", "output", "error", "traceback")
_ENDS = ("completed", "failed", "rejected", "cancelled", "not_run")


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
        ours: It runs here.
        output_item_id: The item of its output at the service, once that has shown it.
        kind: What it is, beside a function: an agent hands over, or its guardrail has found something.
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

    @property
    def told_as(self) -> str:
        """Its ``call_id`` for another call, which is told what an MCP server did as if a function had."""
        return self.tool_call_id if self.server is None else f"mcp_{self.number}"

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
            "approved_arguments": self.approved_arguments,
            "approval": self.approval,
            "approval_ms": _ms(self.asked_at, self.decided_at),
            "reason": self.reason,
            "progress": self.progress,
            "output": self.output,
            "error": self.error,
            "traceback": self.traceback,
            "status": self.status,
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


_Place = tuple[Turn | None, ToolUse, dict[str, Any]]
"""An item, of which call it is, and the turn behind which it stands."""


class ToolUses:
    """All of them, in the order in which they were called."""

    def __init__(self) -> None:
        self._uses: deque[ToolUse] = deque(maxlen=MOST)
        self._open: dict[int, ToolUse] = {}
        self._number = 0
        self._changed: dict[int, ToolUse] = {}
        # Calls and outputs as items, in their order, each with the turn behind which it stands.
        self._items: list[_Place] = []

    @property
    def run(self) -> bool:
        """Some run here, maybe for a call that was lost."""
        return any(use.ours for use in self._open.values())

    def changed(self) -> list[ToolRow]:
        """Those that have changed since this was asked last."""
        if not self._changed:
            return []  # so it is with nearly every event
        changed, self._changed = self._changed, {}
        return [use.row() for use in changed.values()]

    def rows(self) -> list[ToolRow]:
        """All that are kept, oldest first."""
        return [use.row() for use in list(self._uses)]  # also while it grows on the loop thread

    def waiting(self) -> list[ToolRow]:
        """Those that wait to be allowed, oldest first."""
        return [use.row() for use in self._open.values() if use.status == "waiting"]

    def of(self, turn: Turn) -> list[ToolUse]:
        """Those with something of this turn in them: it asked for them, or was said beside the call."""
        same = turn.response_id is not None
        return [
            use
            for use in self._uses
            if use.question is turn or (same and use.behind is turn and use.response_id == turn.response_id)
        ]

    def redacted(self, turn: Turn) -> None:
        """Nobody is to know any more what was said in this turn."""
        for use in self.of(turn):
            use.redacted, self._changed[use.number] = True, use

    def talked_over(self, turns: Iterable[Turn]) -> tuple[int, ...]:
        """The numbers of those that are waited for, behind which the user now says something; each once."""
        spoken = max((turn.seq for turn in turns), default=0)
        found = [
            use
            for use in self._open.values()
            if use.ours and use.deferred is None and not use.talked_over and _place(use) < spoken
        ]
        for use in found:
            use.talked_over = True
        return tuple(use.number for use in found)

    def called(self, use: ToolUse) -> None:
        """A tool was called."""
        self._number += 1
        use.number = self._number
        self._uses.append(use)
        self._open[use.number] = self._changed[use.number] = use
        if use.inside:
            return
        item = _call(use, use.told_as)
        named = use.item_id and use.server is None
        self._put(len(self._items), use.behind, use, {"id": use.item_id, **item} if named else item)

    def verdict(self, use: ToolUse) -> None:
        """An agent's guardrail has found something; nobody was called, and no other call is told of it."""
        self._number += 1
        use.number = self._number
        self._uses.append(use)
        self._changed[use.number] = use

    def hands_over(self, number: int) -> None:
        """What is called is another agent."""
        if (use := self._open.get(number)) is not None:
            use.kind, self._changed[number] = "handoff", use

    def response_ended(self, response_id: str, at: float, *, whole: bool) -> None:
        """The response that called them is over: cut before it was ``whole``, they are not run."""
        for use in [use for use in self._open.values() if use.response_id == response_id]:
            if use.status == "requested" and not whole:
                self._end(use, "not_run")
            elif use.status == "requested" and use.server is None:
                use.started_at = at  # as far as is known of what others run

    def taken(self, number: int) -> None:
        """It is to run here, whatever becomes of its call."""
        if (use := self._open.get(number)) is not None:
            use.ours = True

    def waits(self, number: int, at: float) -> None:
        """Somebody has to allow it first."""
        if (use := self._here(number)) is not None:
            use.asked_at, use.approval, use.status, use.started_at = at, "asked", "waiting", None

    def decided(
        self, number: int, at: float, approval: Approval, reason: str | None, arguments: str | None
    ) -> None:
        """Somebody has, or has not."""
        if (use := self._here(number)) is not None:
            use.decided_at, use.approval, use.reason, use.approved_arguments = at, approval, reason, arguments

    def told(self, number: int, arguments: str | None) -> None:
        """With what it is called: of what a service calls it may be said in the end only."""
        use = self._open.get(number)
        if use is not None and arguments and arguments != use.arguments:
            use.arguments, self._changed[number] = arguments, use
            for _, owner, item in self._items:
                if owner is use and item["type"] == "function_call":
                    item["arguments"] = arguments

    def started(self, number: int, at: float) -> None:
        """It runs, here or, of an MCP server's, there."""
        use = self._here(number)
        if use is not None and (use.server is None or use.status != "running"):
            use.started_at, use.status = at, "running"

    def defer(self, number: int, output: str, behind: Turn | None) -> None:
        """It runs beside the talk from now on: this is what the model is told instead of a result."""
        if (use := self._here(number)) is not None and use.deferred is None:
            use.deferred = output
            self._answer_with(use, output, behind)

    def decided_elsewhere(self, number: int, at: float, allowed: bool, reason: str | None) -> bool:
        """Another client has allowed it, or has not; True if nobody had before."""
        use = self._open.get(number)
        if use is None or use.approval not in (None, "asked"):
            return False
        use.decided_at, use.approval, use.reason = at, "approved" if allowed else "rejected", reason
        if allowed:
            use.status, self._changed[number] = "requested", use
        else:
            self._end(use, "rejected")
        return True

    def agents(self, response_id: str, tool_call_id: str) -> ToolUse | None:
        """One that the agent of this response runs by itself."""
        wanted = (True, response_id, tool_call_id)
        known = (
            use for use in self._open.values() if (use.inside, use.response_id, use.tool_call_id) == wanted
        )
        return next(known, None)

    def progress(self, number: int, text: str) -> None:
        """It is so far."""
        if (use := self._here(number)) is not None:
            use.progress = text

    def ended(self, number: int, at: float, status: str, error: str | None, traceback: str | None) -> None:
        """It has run, here."""
        if (use := self._open.get(number)) is not None:
            use.started_at = at if use.started_at is None else use.started_at
            use.ended_at, use.error, use.traceback = at, error, traceback
            self._end(use, cast(ToolStatus, status) if status in _ENDS else "failed")

    def agent_ended(
        self, use: ToolUse, at: float, status: str, output: str | None, error: str | None
    ) -> None:
        """An agent has run it by itself."""
        use.output = output
        self.ended(use.number, at, status, error, None)

    def gave(self, number: int, output: str, behind: Turn | None, late: str | None = None) -> None:
        """What a run gave here: kept, for a call that may follow this one."""
        use = self._open.get(number)
        if use is None or use.output is not None:
            return
        if use.deferred is None:
            self._answer(use, output, behind)
        else:  # it comes into the conversation by a call of its own
            use.output, use.late_call_id = output, late or ""
            self._changed[use.number] = use

    def is_late(self, call_id: str) -> bool:
        """What ran beside the talk has come into the conversation by this call."""
        return any(use.late_call_id == item["call_id"] == call_id for _, use, item in self._items)

    def answered(self, tool_call_id: str, output: str, behind: Turn | None, at: float) -> None:
        """An output is in the conversation. What was told again, or what nobody called, is no news."""
        late = next((use for use in reversed(self._uses) if use.late_call_id == tool_call_id != ""), None)
        if late is not None:
            if not self.is_late(tool_call_id):
                for item in (_call(late, tool_call_id), _output(tool_call_id, output)):
                    self._put(len(self._items), behind, late, item)
            return
        unanswered = (use for _, use, _ in self._items if use.output is None and use.deferred is None)
        use = next((use for use in unanswered if use.tool_call_id == tool_call_id), None)
        if use is None:
            return
        self._answer(use, output, behind)
        if use.number in self._open:
            use.ended_at, use.error = at, error_of(output)
            self._end(use, "completed" if use.error is None else "failed")

    def over(self) -> None:
        """The call is over: what others were to run for it is not answered any more."""
        for use in [use for use in self._open.values() if not use.ours]:
            self._end(use, "cancelled" if use.inside else "not_run")

    def deleted(self, item_id: str) -> None:
        """The item of a call is no more in the conversation."""
        for _, use, _ in self._items:
            use.deleted = use.deleted or (use.item_id != "" and use.item_id == item_id)

    def shown(self, tool_call_id: str, item_id: str) -> None:
        """The service shows the item of an output."""
        known = (use for use in reversed(self._uses) if use.tool_call_id == tool_call_id)
        if (use := next(known, None)) is not None and item_id:
            use.output_item_id = item_id

    def rewound(self, turn: Turn | None) -> None:
        """What was called behind this turn, or at the beginning, is taken back."""
        for use in self._uses:
            use.deleted = use.deleted or use.behind is turn

    def items_behind(self, seq: int, call_id: str | None) -> list[str]:
        """The items of calls and outputs behind the turn ``seq`` and later ones, the last first.

        Args:
            seq: The turn's number; 0: from the beginning.
            call_id: Only those of this call: its service has no others.
        """
        later = [
            use
            for use in self._uses
            if not use.deleted
            and use.call_id == call_id
            and (0 if use.behind is None else use.behind.seq) >= seq
        ]
        names = [name for use in reversed(later) for name in (use.output_item_id, use.item_id)]
        return [name for name in names if name]

    def behind(self) -> dict[Turn | None, list[dict[str, Any]]]:
        """What stands behind each turn, as items. A call without an output would only be waited for."""
        found: dict[Turn | None, list[dict[str, Any]]] = {}
        for turn, _, item in self._told():
            found.setdefault(turn, []).append(item)
        return found

    def returned(self) -> dict[Turn | None, list[dict[str, Any]]]:
        """The same for an agent: of a call it gets one output, which of one beside the talk comes late."""
        came = {use.number for _, use, item in self._items if item["call_id"] == use.late_call_id}
        found: dict[Turn | None, list[dict[str, Any]]] = {}
        for turn, use, item in self._told():
            if use.number not in came:
                found.setdefault(turn, []).append(item)
            elif item["call_id"] == use.late_call_id:
                found.setdefault(turn, []).append({**item, "call_id": use.tool_call_id})
        return found

    def _told(self) -> Iterator[_Place]:
        for turn, use, item in self._items:
            if (use.output is not None or use.deferred is not None) and not (use.deleted or use.redacted):
                yield turn, use, item

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

    def _answer(self, use: ToolUse, output: str, behind: Turn | None) -> None:
        use.output = output
        self._answer_with(use, output, behind)

    def _answer_with(self, use: ToolUse, output: str, behind: Turn | None) -> None:
        self._changed[use.number] = use
        item = _output(use.told_as, output)
        place = len(self._items)
        while place and self._is_later_output(self._items[place - 1], use, behind):
            place -= 1
        self._put(place, behind, use, item)

    def _put(self, place: int, behind: Turn | None, use: ToolUse, item: dict[str, Any]) -> None:
        self._items.insert(place, (behind, use, item))
        del self._items[:-_RETOLD]

    @staticmethod
    def _is_later_output(known: _Place, use: ToolUse, behind: Turn | None) -> bool:
        """Of functions called together outputs stand in the order of the calls, whichever came first."""
        turn, other, item = known
        together = turn is behind and other.response_id == use.response_id
        return together and item["type"] == "function_call_output" and other.number > use.number

    def _end(self, use: ToolUse, status: ToolStatus) -> None:
        use.status = status
        self._changed[use.number] = use
        self._open.pop(use.number, None)

    def _here(self, number: int) -> ToolUse | None:
        """One that is ours, as it turns out, or an MCP server's."""
        use = self._open.get(number)
        if use is not None:
            use.ours, self._changed[use.number] = use.server is None, use
        return use


def blanked(row: ToolRow) -> ToolRow:
    """What is left of a row whose question was redacted: that a function was called, and when.

    Example:
        >>> blanked({"name": "book", "arguments": "{}", "output": None})  # type: ignore[typeddict-item]
        {'name': 'book', 'arguments': '', 'output': None}
    """
    blank = {name: "" for name in _WORDS if row.get(name) is not None}
    return cast(ToolRow, {**row, **blank})


def _call(use: ToolUse, call_id: str) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": use.name, "arguments": use.arguments}


def _output(call_id: str, output: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def _place(use: ToolUse) -> int:
    return 0 if use.behind is None else use.behind.seq


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

"""The tools that were called in a talk: what they were given, what they gave, and how long it took."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Literal, cast

from voice_widget.realtime.state.records import Approval, ToolRow, ToolStatus
from voice_widget.realtime.state.rows import Turn
from voice_widget.realtime.state.tool_items import ToolItems
from voice_widget.realtime.state.tool_use import ToolUse, error_of

MOST = 20_000  # that are kept; the oldest go first
_ENDS = ("completed", "failed", "rejected", "cancelled", "not_run")


class ToolUses:
    """All of them, in the order in which they were called."""

    def __init__(self) -> None:
        self._uses: deque[ToolUse] = deque(maxlen=MOST)
        self._open: dict[int, ToolUse] = {}
        self._number = 0
        self._changed: dict[int, ToolUse] = {}
        self._items = ToolItems()

    @property
    def run(self) -> bool:
        """Some run here, maybe for a call that was lost."""
        return any(use.ours for use in self._open.values())

    def unsettled(self, turn: Turn | None = None) -> bool:
        """What some give is still to come: they run here, wait to be allowed, or were allowed elsewhere.

        Args:
            turn: Only those with something of this turn in them.
        """
        of_it = None if turn is None else self.of(turn)
        return any(use.unsettled for use in self._open.values() if of_it is None or use in of_it)

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

    def question(self, number: int) -> Turn | None:
        """What the user had asked when this one was called."""
        return next((use.question for use in reversed(self._uses) if use.number == number), None)

    def redacted(self, turn: Turn) -> None:
        """Nobody is to know any more what was said in this turn."""
        for use in self.of(turn):
            use.redacted, self._changed[use.number] = True, use

    def is_gone(self, number: int) -> bool:
        """Its question was taken back or redacted: nobody is to be told of it any more."""
        return any(use.number == number and (use.deleted or use.redacted) for use in self._uses)

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
        if not use.inside:
            self._items.call(use)

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

    def waits(self, number: int, at: float, *, editable: bool) -> None:
        """Somebody has to allow it first, and may change its arguments if that is ``editable``."""
        if (use := self._here(number)) is not None:
            use.editable = editable
            use.asked_at, use.approval, use.status, use.started_at = at, "asked", "waiting", None

    def previewed(self, number: int, text: str) -> None:
        """This it would give, if it is allowed."""
        use = self._open.get(number)
        if use is not None and use.status == "waiting":
            use.preview, self._changed[number] = text, use

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
            self._items.arguments(use)

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
        return self._items.is_late(call_id)

    def answered(self, tool_call_id: str, output: str, behind: Turn | None, at: float) -> None:
        """An output is in the conversation. What was told again, or what nobody called, is no news."""
        late = next((use for use in reversed(self._uses) if use.late_call_id == tool_call_id != ""), None)
        if late is not None:
            self._items.late(late, output, behind)
            return
        if (use := self._items.unanswered(tool_call_id)) is None:
            return
        self._answer(use, output, behind)
        if use.number in self._open:
            use.ended_at, use.error = at, error_of(output)
            self._end(use, "completed" if use.error is None else "failed")

    def over(self) -> None:
        """The call is over: what others were to run for it is not answered any more."""
        for use in [use for use in self._open.values() if not use.ours]:
            self._end(use, "cancelled" if use.inside else "not_run")

    def runs(self, item_id: str) -> bool:
        """The item is that of a call which has not ended."""
        return any(use.unsettled for use in self._open.values() if use.item_id == item_id != "")

    def deleted(self, item_id: str) -> None:
        """The item of a call, or of its output, is no more in the conversation: neither is told again."""
        for use in self._uses:
            if item_id and item_id in (use.item_id, use.output_item_id):
                self._take_back(use)

    def shown(self, tool_call_id: str, item_id: str) -> None:
        """The service shows the item of an output."""
        known = (use for use in reversed(self._uses) if use.tool_call_id == tool_call_id)
        if (use := next(known, None)) is not None and item_id:
            use.output_item_id = item_id

    def rewound(self, turn: Turn | None) -> None:
        """What was called behind this turn, or at the beginning, is taken back."""
        for use in self._uses:
            if use.behind is turn:
                self._take_back(use)

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
        return self._items.behind()

    def returned(self, asked: Turn | None) -> dict[Turn | None, list[dict[str, Any]]]:
        """The same for an agent that is asked this: see `ToolItems.returned`."""
        return self._items.returned(asked)

    def since(self, last: Turn) -> dict[Turn, list[tuple[Literal["called", "gave"], Turn]]]:
        """What was called and given behind this turn: see `ToolItems.since`."""
        return self._items.since(last)

    def answers(self) -> list[dict[str, Any]]:
        """The calls that were answered, in order, each with what it gave and the place of its turn."""
        return self._items.answers()

    def _answer(self, use: ToolUse, output: str, behind: Turn | None) -> None:
        use.output = output
        self._answer_with(use, output, behind)

    def _answer_with(self, use: ToolUse, output: str, behind: Turn | None) -> None:
        self._changed[use.number] = use
        self._items.output(use, output, behind)

    def _take_back(self, use: ToolUse) -> None:
        if not use.deleted:
            use.deleted, self._changed[use.number] = True, use

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


def _place(use: ToolUse) -> int:
    return 0 if use.behind is None else use.behind.seq

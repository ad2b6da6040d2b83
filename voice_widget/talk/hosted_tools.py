"""The tools of MCP servers that the service calls: who may allow them, and that an answer follows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from voice_widget.realtime.state.changes import AnswerDue, ApprovalWanted, Change, ResponseDone, ToolChanged
from voice_widget.realtime.wire.events import Event
from voice_widget.tools.approvals import Approvals, Decision
from voice_widget.tools.running import rejected
from voice_widget.tools.tools import Tools

if TYPE_CHECKING:
    from voice_widget.call.call import Call


class HostedTools:
    """Asks for leave where a service wants to call a tool of an MCP server, and tells it the answer.

    A request belongs to its call: with the call the question is over.

    Args:
        tools: What there is.
        approvals: What waits to be allowed.
        tell: Tells the talk what becomes of a request.
    """

    def __init__(self, tools: Tools, approvals: Approvals, tell: Callable[[Event], None]) -> None:
        self._tools, self._approvals, self._tell = tools, approvals, tell
        self._wanted: dict[str, list[ApprovalWanted]] = {}  # by response, until that is whole
        self._asking: dict[int, asyncio.Task[Any]] = {}

    def react(self, call: Call, change: Change) -> None:
        """Do what a change asks for."""
        match change:
            case ApprovalWanted(response_id=""):
                self._ask(call, change)
            case ApprovalWanted(response_id=response_id):
                self._wanted.setdefault(response_id, []).append(change)
            case ResponseDone(response_id, status):
                for wanted in self._wanted.pop(response_id, ()):
                    if status == "completed":
                        self._ask(call, wanted)
            case AnswerDue(server) if self._is_ours(call, server):
                call.spawn(call.outbox.ask_to_answer())
            case ToolChanged(row) if row["status"] != "waiting" and row["approval"] != "asked":
                self._forget(row["number"])  # another client has answered

    def stop(self) -> None:
        """The call is over, and with it what it asked."""
        self._wanted.clear()
        asking, self._asking = self._asking, {}
        for task in asking.values():
            task.cancel()

    def _ask(self, call: Call, wanted: ApprovalWanted) -> None:
        if self._is_ours(call, wanted.server):
            task = call.spawn(self._answer(call, wanted))
            if task is not None:
                self._asking[wanted.number] = task

    async def _answer(self, call: Call, wanted: ApprovalWanted) -> None:
        tool = self._tools.hosted(wanted.server, wanted.name)
        if self._approvals.always(tool):
            decision = Decision(True, "python", always=True)
        else:
            self._says(wanted, "approval_requested", editable=False)
            decision = await self._approvals.decision(wanted.request_id, tool)
        del self._asking[wanted.number]  # from here on it is answered
        known = {"reason": decision.reason} if decision.reason else {}
        said = {"approved": decision.approved, "always": decision.always, "by": decision.by}
        self._says(wanted, "approval_answered", **said, **known)
        answer = {"approval_request_id": wanted.request_id, "approve": decision.approved, **known}
        await call.send(
            {"type": "conversation.item.create", "item": {"type": "mcp_approval_response", **answer}}
        )
        if not decision.approved:
            ended = rejected(tool, decision.reason)
            self._says(wanted, "ended", status=ended.status, output=ended.output.text, error=ended.error)

    def _forget(self, number: int) -> None:
        if (task := self._asking.pop(number, None)) is not None:
            task.cancel()

    def _is_ours(self, call: Call, server: str) -> bool:
        """In a call with others in it they answer what they have asked for."""
        offered = (tool.get("server_label") for tool in call.config.tools or ())
        return not call.path.shared or server in offered

    def _says(self, wanted: ApprovalWanted, what: str, **fields: Any) -> None:
        named = {"tool_call_id": wanted.request_id, "number": wanted.number}
        self._tell({"type": f"voice_widget.tool.{what}", **named, **fields})

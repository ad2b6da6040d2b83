"""The functions that a response wants called: each is called once, however a service announces it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.answering.agent_tools import AgentTools
from voice_widget.realtime.answering.agents import Agents
from voice_widget.realtime.answering.answers import Answer
from voice_widget.realtime.answering.hosted import Hosted
from voice_widget.realtime.state.changes import ResponseDone, ToolCallReady, ToolsUnwanted
from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.records import Approval
from voice_widget.realtime.state.rows import Turn
from voice_widget.realtime.state.tool_use import ToolUse
from voice_widget.realtime.wire.problems import (
    call_without_id,
    interrupted,
    tools_endless,
)

Told = Mapping[str, Any]
MOST_ROUNDS = 50
"""So often one question may lead from the results of tools to more calls."""


class Functions:
    """What is to be called, and what of it waits for its output.

    Attributes:
        then: What follows the last output, as a trigger of the work.
        hosted: Those that the service calls at MCP servers.
        handlers: Of what the kernel tells of the tools that it runs, and the service of the others.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._wanted: set[str] = set()
        self._rounds = self._rounds_before = 0  # of calls for one question, and before the last response
        self._question: Turn | None = None
        self.then = "tools answered"
        self.hosted = Hosted(context, self._wanted)
        self.handlers = {
            **Agents(context).handlers,
            **self.hosted.handlers,
            "voice_widget.tool.taken": self._taken,
            "voice_widget.tool.deferred": self._deferred,
            "voice_widget.tool.approval_requested": self._approval_requested,
            "voice_widget.tool.previewed": self._previewed,
            "voice_widget.tool.approval_answered": self._approval_answered,
            "voice_widget.tool.progress": self._progress,
            "voice_widget.tool.started": self._started,
            "voice_widget.tool.ended": self._run_ended,
            **AgentTools(context).handlers,
        }

    def announce(self, answer: Answer, item_id: str | None, told: Told, *, whole: bool = False) -> None:
        """Something is said of a call: its name, a piece of its arguments or, ``whole``, all of them.

        They may be incomplete for all that, as those of a cancelled response are.
        """
        call_id, known = told.get("call_id"), answer.announced
        call = known.get(item_id or "") or known.get(call_id or "") or {"type": "function_call"}
        known[item_id or call_id or ""] = call
        for name, value in (("id", item_id), ("call_id", call_id), ("name", told.get("name"))):
            if value:
                call[name] = value
        if whole:
            call["arguments"] = told.get("arguments") or call.get("arguments") or ""
        elif isinstance(piece := told.get("delta"), str):
            # Of some services the end of the arguments is empty.
            call["pieces"] = call.get("pieces", "") + piece

    def begins(self, answer: Answer, item_id: str | None, item: Told) -> None:
        """An item begins in a response; it may be a call."""
        if item.get("type") == "function_call":
            self.announce(answer, item_id, item)
        else:
            self.hosted.item(item, answer, done=False)

    def call_announced(self, answer: Answer) -> None:
        """The response is whole: what was announced is to be called, also without an item that says so."""
        for call in list(answer.announced.values()):
            self.call(answer, call, ends=True)
        self.hosted.settle(answer)

    def item(self, item: Told, active: Answer | None, *, ours: bool, done: bool) -> bool:
        """An item of no message is in the conversation; True if it was the last output that was waited for.

        Args:
            item: The item.
            active: The response being made.
            ours: It is of our own doing.
            done: It is whole.
        """
        if item.get("type") == "function_call_output":
            return self.answered(item.get("call_id"), item.get("output"), ours=ours)
        asked = item.get("type") == "mcp_approval_request"
        self.hosted.item(item, active if asked else None, done=done)
        return False

    @staticmethod
    def is_call(item: Told) -> bool:
        """A function, or a tool of an MCP server, is to be called or was."""
        return item.get("type") == "function_call" or Hosted.is_one(item)

    def call(self, answer: Answer, item: Told, *, ends: bool = False) -> bool:
        """Call the function of this item, if it is one; True if it is called now.

        Args:
            answer: The response that it is in.
            item: The item.
            ends: It is the response's end: what is not known of the call by now does not come.
        """
        item_id = item.get("id") or ""
        answer.others = answer.others or item.get("type", "message") not in ("message", "function_call")
        self.hosted.item(item, answer, done=True)
        if item.get("type") != "function_call":
            return False
        if item.get("status") == "incomplete":
            for name in (item_id, item.get("call_id") or ""):
                answer.announced.pop(name, None)
            return False
        announced = answer.announced.get(item_id) or answer.announced.get(item.get("call_id") or "") or {}
        call_id = item.get("call_id") or announced.get("call_id")
        name = item.get("name") or announced.get("name")
        if not (call_id and name) and not ends:
            self.announce(answer, item_id, item, whole=True)
            return False
        if (call_id or item_id) in answer.called:
            return False
        answer.called.add(call_id or item_id)
        if not call_id:
            answer.unanswered = call_without_id(name)
            self._context.problem(answer.unanswered)
        else:
            # Of one without a name the model is told that there is no such tool; it can ask again.
            name = name or "unknown"
            answer.calls += 1
            for turn in answer.turns:
                turn.goes_on = True
            self._wanted.add(call_id)
            told = (item.get("arguments"), announced.get("arguments"), announced.get("pieces"))
            arguments = next(filter(None, told), "{}")
            call, behind = self._context.call, self._context.rows.last
            use = ToolUse(
                call_id, name, arguments, answer.response_id, item_id, call.call_id, behind, call.heard
            )
            use.question = self._context.asked.of(answer.response_id)
            self._context.uses.called(use)
            self._context.changes.append(
                ToolCallReady(call_id, name, arguments, answer.response_id, item_id, use.number)
            )
            return True
        return False

    def call_late(self, answer: Answer, item: Told) -> None:
        """The response had ended before it said what it wants called."""
        if self.call(answer, item, ends=True):
            self._context.fire(self._context.work, "response")
            self._context.changes.append(ResponseDone(answer.response_id, "completed"))
            self._context.uses.response_ended(answer.response_id, self._context.at, whole=True)
            self._context.fire(self._context.work, "done, tools wanted")
            self._rounds = self._rounds_before
            self.count(answer)

    def answered(self, call_id: str | None, output: Any, *, ours: bool) -> bool:
        """An output is in the conversation; True if it was the last that was waited for."""
        if call_id and isinstance(output, str):
            self._context.uses.answered(call_id, output, self._context.rows.last, self._context.at)
        if call_id not in self._wanted:
            return False
        self._wanted.discard(call_id)
        # Another client, in a call with several, need not ask for an answer to what its tool gave.
        self.then = "tools answered" if ours else "reset"
        return not self._wanted

    def count(self, answer: Answer) -> None:
        """A response has ended, maybe one of a row that would never end."""
        self._rounds_before = self._rounds
        if not answer.calls:
            self._rounds = self._rounds if self.awaits(answer) else 0
            return
        if not self._wanted:
            self._context.fire(self._context.work, "tools answered" if self.hosted.due else self.then)
            self.hosted.follow()
        question = self._context.asked.of(answer.response_id)
        self._rounds = self._rounds + 1 if question is self._question else 1
        self._question = question
        if self._rounds >= MOST_ROUNDS:
            self._rounds = 0
            self._context.problem(told := tools_endless(MOST_ROUNDS))
            self.unwanted(told)

    def awaits(self, answer: Answer) -> bool:
        """The answer is still to come: this one calls tools, or is said while they run."""
        return answer.calls > 0 or (answer.source == "say" and bool(self._wanted))

    def unwanted(self, why: ErrorInfo | None = None) -> None:
        """Nobody wants an answer any more from what the tools that run now give."""
        if not self._wanted and not self._context.uses.run:
            return
        self._wanted.clear()
        self._context.changes.append(ToolsUnwanted())
        if self._context.work.state == "tools":
            self._context.fire(self._context.work, "reset")
            told = why or (None if self._context.states["user_speaking"] else interrupted())
            self._context.changes.append(ResponseDone("", "cancelled", error=told))

    def drop(self, answer: Answer) -> None:
        """The response ended before it was whole: what it wanted called is not called."""
        self._wanted.difference_update(answer.called)
        self.hosted.drop(answer)
        answer.calls = 0
        for turn in answer.turns:
            turn.goes_on = False

    def close(self) -> None:
        """The call is over. Another session may count from 1 again."""
        self._wanted.clear()
        self.hosted.close()
        self._rounds = 0

    # --- what runs here ---

    def _taken(self, event: Told) -> None:
        """It is to run here."""
        self._context.uses.taken(event["number"])

    def _approval_requested(self, event: Told) -> None:
        """Somebody has to allow it first."""
        self._context.uses.waits(event["number"], self._context.at, editable=event.get("editable", True))

    def _previewed(self, event: Told) -> None:
        """What it would give, for who is asked."""
        self._context.uses.previewed(event["number"], event["text"])

    def _approval_answered(self, event: Told) -> None:
        """Somebody has, or has not."""
        uses, arguments = self._context.uses, event.get("arguments")
        approval: Approval = "rejected" if event["by"] in ("page", "python") else "expired"
        if event["approved"]:
            approval = "edited" if arguments is not None else "always" if event.get("always") else "approved"
        uses.decided(event["number"], self._context.at, approval, event.get("reason"), arguments)

    def _deferred(self, event: Told) -> None:
        """It runs beside the talk."""
        self._context.uses.defer(event["number"], event["output"], self._context.rows.last)

    def _progress(self, event: Told) -> None:
        """It is so far."""
        self._context.uses.progress(event["number"], event["text"])

    def _started(self, event: Told) -> None:
        """A tool runs, here."""
        self._context.uses.started(event["number"], self._context.at)

    def _run_ended(self, event: Told) -> None:
        """It has given something, which goes out with what others give that were called with it."""
        uses, number = self._context.uses, event["number"]
        uses.gave(number, event["output"], self._context.rows.last, event.get("late_call_id"))
        uses.ended(number, self._context.at, event["status"], event.get("error"), event.get("traceback"))
        if event["status"] == "cancelled" and event["tool_call_id"] in self._wanted:
            self._wanted.discard(event["tool_call_id"])
            if not self._wanted and self._context.work.state == "tools":
                self._context.fire(self._context.work, "reset")  # nobody asks what was given up
        self.hosted.ended_here(number)

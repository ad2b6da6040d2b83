"""The tools that run in a talk, whichever call wants them or gets what they give, at whatever service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from math import inf
from threading import Event as Flag
from typing import TYPE_CHECKING, Any, TypeVar

from voice_widget.agents import Show, Turn
from voice_widget.errors import SettingError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import (
    Change,
    ResponseDone,
    ToolCallReady,
    ToolsTalkedOver,
    ToolsUnwanted,
)
from voice_widget.realtime.wire.events import Event
from voice_widget.talk.hosted_tools import HostedTools
from voice_widget.talk.interjections import Interjections
from voice_widget.talk.late_results import LateResult, LateResults, late_call_id
from voice_widget.talk.previewing import Previewing
from voice_widget.talk.tool_batches import Batch, send
from voice_widget.threads.work import Work, log_failure, told
from voice_widget.tools.approvals import Approvals, Decision
from voice_widget.tools.outputs import Output
from voice_widget.tools.running import Ended, asks, cancelled, failure, rejected, run, started
from voice_widget.tools.tool import Tool
from voice_widget.tools.tools import Tools

if TYPE_CHECKING:
    from voice_widget.call.call import Call
    from voice_widget.talk.agent_runs import AgentRuns

T = TypeVar("T")
STEP_S = 0.1
"""No more often is progress told: a generator may yield a million times."""
MOST_PROGRESS = 500


class ToolRuns:
    """Runs what a response wants called, and gives the service what comes of it.

    A run belongs to the talk: if its call is lost it goes on, and the next call gets its result.

    Args:
        tools: What there is.
        work: Where they run.
        session: The talk's state.
        question: What the user had asked, by the number of a tool's call.
        show: Displays what a tool gives to be seen.

    Attributes:
        tell: Tells the talk what a tool does.
        approvals: What waits to be allowed.
        agent: An agent that runs tools of its own; they are answered here as well.
        late: What those give that run beside the talk.
        interjections: What is said while they run.
    """

    agent: AgentRuns | None = None

    def __init__(
        self,
        tools: Tools,
        work: Work,
        session: Session,
        *,
        question: Callable[[int], Turn],
        show: Callable[[Turn, Show], None],
    ) -> None:
        self._tools, self._work, self._session = tools, work, session
        self._question, self._show = question, show
        self.tell: Callable[[Event], None] = lambda event: None
        self.approvals = Approvals()
        self._hosted = HostedTools(tools, self.approvals, lambda event: self.tell(event))
        self._ready: dict[str, list[ToolCallReady]] = {}  # by response, until that is whole
        self._running: set[Batch] = set()
        self._beside: set[Batch] = set()  # each of one that runs beside the talk
        self._going: dict[int, ToolCallReady] = {}  # by number, until it has ended
        self.late = LateResults(session, busy=lambda: bool(self._running))
        self.interjections = Interjections(session)
        self._late: list[Batch] = []  # done when their call was lost, and no other one stood yet
        self._tasks: set[asyncio.Task[None]] = set()
        self._next: Call | None = None  # what gets the results of lost calls
        self._called = True  # it has to be told of the calls, too

    @property
    def awaited(self) -> bool:
        """Something runs, or has run for a lost call, and an answer to its result is due."""
        return any(batch.due for batch in (*self._running, *self._late))

    def react(self, call: Call, change: Change) -> None:
        """Do what a change asks for."""
        self._hosted.react(call, change)
        match change:
            case ToolCallReady(response_id=response_id):
                self._ready.setdefault(response_id, []).append(change)
            case ResponseDone(response_id, status):
                wanted = self._ready.pop(response_id, [])
                if wanted and status == "completed":
                    self._begin(call, wanted)
            case ToolsUnwanted():
                self._unwanted()
            case ToolsTalkedOver(numbers):
                self._talked_over(numbers)

    async def decide(self, tool_call_id: str, decision: Decision) -> None:
        """Somebody has decided on a call that waits.

        Raises:
            StateError: It does not (``no_approval``).
            SettingError: With these arguments it cannot run (``arguments_invalid``).
        """
        tool = self.approvals.find(tool_call_id).tool
        if decision.arguments is not None:
            if not isinstance(tool, Tool):
                raise SettingError(
                    "The service calls this tool of an MCP server, with the arguments that it has shown.",
                    code="arguments_invalid",
                    next_step="Approve the call as it is, or reject it with a reason: it can be made again.",
                )
            if not tool.editable:
                raise SettingError(
                    f"The agent's own tool {tool.name} runs with the arguments that the model wrote.",
                    code="arguments_invalid",
                    next_step="Approve the call as it is, or reject it with a reason.",
                )
            # An empty text would be taken for no arguments.
            wrong = await asks(tool, decision.arguments.strip() or "nothing", self._work)
            if isinstance(wrong, Ended):
                raise SettingError(
                    f"The arguments do not fit: {wrong.error}",
                    code="arguments_invalid",
                    next_step="Mend them, or approve the call as it is.",
                )
        self.approvals.decide(tool_call_id, decision)

    def told(self) -> bool:
        """Another call is told now of what was said and done: is an answer due to what was done meanwhile?"""
        for batch in self._running:
            batch.told.update(batch.outputs)
        late, self._late = self._late, []
        return any(batch.due for batch in late)

    async def connected(self, call: Call, *, due: bool, same: bool) -> None:
        """A call stands: from now on it gets the results of lost calls.

        Args:
            call: The call. It was `told`, unless it is the ``same``.
            due: It owes an answer to what it was told.
            same: It is the session that was lost from sight, which has the calls.
        """
        self._next, self._called = call, not same
        if self.agent is not None:
            await self.agent.connected(call)
        if due:
            await call.send({"type": "response.create"})
        late, self._late = self._late, []
        for batch in late:
            await send(call, batch, called=self._called)
        self.late.connected(call)

    def stop(self, *, goes_on: bool) -> None:
        """The call is over. What it wanted called runs on; if no other call ``goes_on``, for itself alone."""
        self._ready.clear()
        self._hosted.stop()
        self._next = None
        self.late.stop(goes_on=goes_on)
        if not goes_on:
            self._late.clear()
            self.approvals.end("the call has ended")
            for batch in (*self._running, *self._beside):
                batch.unwanted = batch.over = True

    def close(self) -> None:
        """The talk is over for good. What still runs counts as cancelled: nobody hears of its end."""
        self.stop(goes_on=False)
        for ready in list(self._going.values()):
            self._ends(ready, cancelled(ready.name, "the widget was closed"))
        for task in self._tasks:
            task.cancel()

    def _begin(self, call: Call, wanted: Sequence[ToolCallReady]) -> None:
        ours = [ready for ready in wanted if not call.path.shared or self._knows(ready.name)]
        if not ours:
            return
        batch = Batch(call, self._question(ours[0].number), ours, whole=len(ours) == len(wanted))
        self._running.add(batch)
        for ready in ours:
            if self.agent is not None and ready.name not in self._tools:
                # At once: its session hears of it before it hears of the response's end.
                self.agent.call(ready)
            self._going[ready.number] = ready
            self._spawn(self._run(batch, ready), ready.name)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=f"voice_widget tool {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _knows(self, name: str) -> bool:
        return name in self._tools or (self.agent is not None and self.agent.has(name))

    def _unwanted(self) -> None:
        self.approvals.end("the user interrupted", interrupted=True)
        for batch in (*self._running, *self._beside):
            batch.unwanted = True
            batch.cancel(batch.runs)

    def _talked_over(self, numbers: Sequence[int]) -> None:
        ids = {self._going[number].call_id for number in numbers if number in self._going}
        for batch in self._running:
            batch.talked_over |= set(numbers).intersection(ready.number for ready in batch.wanted)
            batch.cancel(batch.talked_over)
        self.approvals.end("the user said something else", interrupted=True, among=ids)

    async def _run(self, batch: Batch, ready: ToolCallReady) -> None:
        tool = self._tools.find(ready.name)
        if tool is not None or self.agent is not None:
            self._says(ready, "taken")
        if tool is None and self.agent is not None:
            asked: bool | Ended = await self._safely(ready, self._by_agent(batch, ready, self.agent))
        else:
            asked = await self._safely(ready, self._asks(ready, tool))
        if tool is not None and tool.background and not isinstance(asked, Ended):
            await self._run_beside(batch, ready, tool, waits=asked)
            return
        ended = asked
        if tool is not None and not isinstance(asked, Ended):
            ended = await self._safely(ready, self._ended(batch, ready, tool, waits=asked))
        assert isinstance(ended, Ended)  # else there is a tool
        self._ends(ready, ended)
        self._shows(batch, ended.output)
        if ended.status == "cancelled" and ready.number in batch.talked_over:
            batch.given_up.add(ready.number)
        await self._has(batch, ready, ended.output.text)

    async def _run_beside(self, batch: Batch, ready: ToolCallReady, tool: Tool, *, waits: bool) -> None:
        """Let the talk go on meanwhile."""
        text = started(tool, waits=waits)
        self._says(ready, "deferred", output=text)
        if tool.filler and not waits and self.interjections.silent(ready, batch.question.item_id):
            batch.spoken_for.add(ready.number)
        beside = Batch(batch.call, batch.question, [ready], whole=False)
        self._beside.add(beside)
        # For itself: a call that breaks off holds up what is sent, and nothing else.
        self._spawn(self._has(batch, ready, text), ready.name)
        ended = await self._safely(ready, self._ended(beside, ready, tool, waits=waits))
        self._beside.discard(beside)
        self._ends(ready, ended, late_call_id=late_call_id(ready))
        self._shows(beside, ended.output)
        if not beside.over:
            self.late.add(LateResult(ready, ended.output.text, asks=ended.status != "cancelled"))

    async def _has(self, batch: Batch, ready: ToolCallReady, output: str) -> None:
        """The service is to get this; once that is so of all that were called together, it does."""
        batch.outputs[ready.number] = output
        if len(batch.outputs) == len(batch.wanted):
            self._running.discard(batch)
            # Also of what was interrupted: the service is to know what was done.
            await self._deliver(batch)

    async def _safely(self, ready: ToolCallReady, work: Coroutine[Any, Any, T]) -> T | Ended:
        try:
            return await work
        except Exception as error:  # nobody must wait for ever for what a mistake has ended
            log_failure("A mistake of this package.", error)
            return failure(f"{ready.name} could not be run: {told(error)}.")

    async def _by_agent(self, batch: Batch, ready: ToolCallReady, agent: AgentRuns) -> Ended:
        return await agent.ran(
            ready,
            decided=lambda tool: self._decided(batch, ready, tool),
            started=lambda: self._says(ready, "started"),
        )

    async def _asks(self, ready: ToolCallReady, tool: Tool | None) -> bool | Ended:
        """Whether somebody has to allow it first; or how it ended, for so it cannot run."""
        if tool is None:
            return failure(f"There is no tool {ready.name!r}; there are {self._tools.names}.")
        needs = tool.needs_approval is not False and not self.approvals.always(tool)
        if not (needs or tool.background):
            return False
        asked = await asks(tool, ready.arguments, self._work)
        return asked if isinstance(asked, Ended) else asked and needs

    async def _ended(self, batch: Batch, ready: ToolCallReady, tool: Tool, *, waits: bool) -> Ended:
        arguments = ready.arguments
        preview = None
        try:
            if waits:
                preview = Previewing(
                    tool, arguments, self._work, lambda text: self._says(ready, "previewed", text=text)
                )
                if refused := await preview.refused():
                    return failure(refused)
                if not batch.wants(ready, tool):
                    return cancelled(tool.name)
                decision = await self._decided(batch, ready, tool, preview.show)
                if not decision.approved and batch.wants(ready, tool):
                    return rejected(tool, decision.reason)
                if decision.arguments is None and decision.approved:
                    tool = await preview.allowed()
                else:
                    preview.drop()  # what it was for does not run
                    arguments = decision.arguments or arguments
            if not batch.wants(ready, tool):
                return cancelled(tool.name)
            ended = await self._ran(batch, ready, tool, arguments)
        finally:
            if preview is not None:
                preview.drop()
        if arguments == ready.arguments:
            return ended
        text = f"The user changed the arguments to {arguments}.\n{ended.output.text}"
        return replace(ended, output=replace(ended.output, text=text))

    async def _decided(
        self, batch: Batch, ready: ToolCallReady, tool: Tool, asked: Callable[[], None] = lambda: None
    ) -> Decision:
        self._says(ready, "approval_requested", editable=tool.editable)
        asked()
        if batch.over:  # while it was found out whether to ask
            decision = Decision(False, "end", reason="the call has ended")
        else:
            decision = await self.approvals.decision(ready.call_id, tool)
        details = {"reason": decision.reason or None, "arguments": decision.arguments}
        known = {name: value for name, value in details.items() if value is not None}
        said = {"approved": decision.approved, "always": decision.always, "by": decision.by}
        self._says(ready, "approval_answered", **said, **known)
        return decision

    async def _ran(self, batch: Batch, ready: ToolCallReady, tool: Tool, arguments: str) -> Ended:
        self._says(ready, "started")
        flag, last, later = Flag(), -inf, batch in self._beside
        beside = self.interjections.beside(
            tool,
            ready,
            batch.question.item_id,
            where=lambda: self._next if batch.call.over else batch.call,
            wanted=lambda: batch.wants(ready, tool) and not (batch.over or (batch.unwanted and not later)),
        )

        def step(output: Output) -> None:
            nonlocal last
            now = asyncio.get_running_loop().time()
            if now - last >= STEP_S:
                last = now
                self._says(ready, "progress", text=output.text[:MOST_PROGRESS])
            if output.spoken:
                beside.is_so_far(output.text)
            self._shows(batch, output)

        running = asyncio.create_task(run(tool, arguments, self._work, flag, step))
        batch.runs[ready.number] = running, tool
        try:
            await asyncio.wait({running})
        finally:
            flag.set()
            running.cancel()
            del batch.runs[ready.number]
            beside.end()
        return cancelled(tool.name) if running.cancelled() else running.result()

    async def _deliver(self, batch: Batch) -> None:
        if not batch.call.over:
            await send(batch.call, batch, called=False)
        elif self._next is not None:
            await send(self._next, batch, called=self._called)
        else:
            self._late.append(batch)

    def _ends(self, ready: ToolCallReady, ended: Ended, **more: str) -> None:
        self._going.pop(ready.number, None)
        details = {"error": ended.error, "traceback": ended.traceback}
        known = {name: value for name, value in details.items() if value is not None}
        self._says(ready, "ended", status=ended.status, output=ended.output.text, **known, **more)

    def _shows(self, batch: Batch, output: Output) -> None:
        for show in output.shows:
            self._show(batch.question, show)

    def _says(self, ready: ToolCallReady, what: str, **fields: Any) -> None:
        self.tell(
            {
                "type": f"voice_widget.tool.{what}",
                "tool_call_id": ready.call_id,
                "number": ready.number,
                **fields,
            }
        )

"""The tools that run in a talk, whichever call wants them or gets what they give, at whatever service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from voice_widget.agents import Show, Turn
from voice_widget.errors import SettingError
from voice_widget.realtime.state.changes import Change, ResponseDone, ToolCallReady, ToolsUnwanted
from voice_widget.realtime.wire.events import Event
from voice_widget.talk.hosted_tools import HostedTools
from voice_widget.threads.work import Work, log_failure, told
from voice_widget.tools.approvals import Approvals, Decision
from voice_widget.tools.outputs import Output
from voice_widget.tools.running import Ended, asks, cancelled, failure, rejected, run
from voice_widget.tools.tool import Tool
from voice_widget.tools.tools import Tools

if TYPE_CHECKING:
    from voice_widget.call.call import Call

STEP_S = 0.1
"""No more often is progress told: a generator may yield a million times."""
MOST_PROGRESS = 500


@dataclass(eq=False)
class _Batch:
    """What one response wants called: answered together, each once, whichever is done first."""

    call: Call
    question: Turn
    wanted: Sequence[ToolCallReady]
    whole: bool  # all that the response wants is ours
    outputs: dict[int, str] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)  # what the next call knows of already
    runs: dict[asyncio.Task[Ended], Tool] = field(default_factory=dict)
    unwanted: bool = False
    over: bool = False  # who called has hung up

    @property
    def due(self) -> bool:
        """An answer is to be asked for. Where others have some of the calls, they ask for it."""
        return self.whole and not self.unwanted

    def items(self, *, called: bool) -> list[Event]:
        """What the service gets; ``called``: the calls, too, for it does not know of them."""
        items: list[Event] = []
        for ready in self.wanted:
            if ready.number in self.told:
                continue
            if called:
                named = {"call_id": ready.call_id, "name": ready.name, "arguments": ready.arguments}
                items.append({"type": "function_call", **named})
            output = self.outputs[ready.number]
            items.append({"type": "function_call_output", "call_id": ready.call_id, "output": output})
        return items


class ToolRuns:
    """Runs what a response wants called, and gives the service what comes of it.

    A run belongs to the talk: if its call is lost it goes on, and the next call gets its result.

    Args:
        tools: What there is.
        work: Where they run.
        question: What the user has asked last.
        show: Displays what a tool gives to be seen.

    Attributes:
        tell: Tells the talk what a tool does.
        approvals: What waits to be allowed.
    """

    def __init__(
        self,
        tools: Tools,
        work: Work,
        *,
        question: Callable[[], Turn],
        show: Callable[[Turn, Show], None],
    ) -> None:
        self._tools, self._work = tools, work
        self._question, self._show = question, show
        self.tell: Callable[[Event], None] = lambda event: None
        self.approvals = Approvals()
        self._hosted = HostedTools(tools, self.approvals, lambda event: self.tell(event))
        self._ready: dict[str, list[ToolCallReady]] = {}  # by response, until that is whole
        self._running: set[_Batch] = set()
        self._late: list[_Batch] = []  # done when their call was lost, and no other one stood yet
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
        if due:
            await call.send({"type": "response.create"})
        late, self._late = self._late, []
        for batch in late:
            await _send(call, batch, called=self._called)

    def stop(self, *, goes_on: bool) -> None:
        """The call is over. What it wanted called runs on; if no other call ``goes_on``, for itself alone."""
        self._ready.clear()
        self._hosted.stop()
        self._next = None
        if not goes_on:
            self._late.clear()
            self.approvals.end("the call has ended")
            for batch in self._running:
                batch.unwanted = batch.over = True

    def close(self) -> None:
        """The talk is over for good."""
        self.stop(goes_on=False)
        for task in self._tasks:
            task.cancel()

    def _begin(self, call: Call, wanted: Sequence[ToolCallReady]) -> None:
        ours = [ready for ready in wanted if not call.path.shared or ready.name in self._tools]
        if not ours:
            return
        batch = _Batch(call, self._question(), ours, whole=len(ours) == len(wanted))
        self._running.add(batch)
        for ready in ours:
            task = asyncio.create_task(self._run(batch, ready), name=f"voice_widget tool {ready.name}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _unwanted(self) -> None:
        self.approvals.end("the user interrupted", interrupted=True)
        for batch in self._running:
            batch.unwanted = True
            for running, tool in batch.runs.items():
                if tool.cancel_on_interruption:
                    running.cancel()

    async def _run(self, batch: _Batch, ready: ToolCallReady) -> None:
        try:
            ended = await self._ended(batch, ready)
        except Exception as error:  # nobody must wait for ever for what a mistake has ended
            log_failure("A mistake of this package.", error)
            ended = failure(f"{ready.name} could not be run: {told(error)}.")
        details = {"error": ended.error, "traceback": ended.traceback}
        known = {name: value for name, value in details.items() if value is not None}
        self._says(ready, "ended", status=ended.status, output=ended.output.text, **known)
        self._shows(batch, ended.output)
        batch.outputs[ready.number] = ended.output.text
        if len(batch.outputs) == len(batch.wanted):
            self._running.discard(batch)
            # Also of what was interrupted: the service is to know what was done.
            await self._deliver(batch)

    async def _ended(self, batch: _Batch, ready: ToolCallReady) -> Ended:
        tool = self._tools.find(ready.name)
        if tool is None:
            return failure(f"There is no tool {ready.name!r}; there are {self._tools.names}.")
        self._says(ready, "taken")
        arguments = ready.arguments
        if tool.needs_approval is not False and not self.approvals.always(tool):
            asked = await asks(tool, arguments, self._work)
            if isinstance(asked, Ended):
                return asked
            if asked:
                decision = await self._decided(batch, ready, tool)
                if not decision.approved:
                    return rejected(tool, decision.reason)
                arguments = arguments if decision.arguments is None else decision.arguments
        if batch.unwanted and tool.cancel_on_interruption:
            return cancelled(tool)
        ended = await self._ran(batch, ready, tool, arguments)
        if arguments == ready.arguments:
            return ended
        text = f"The user changed the arguments to {arguments}.\n{ended.output.text}"
        return replace(ended, output=replace(ended.output, text=text))

    async def _decided(self, batch: _Batch, ready: ToolCallReady, tool: Tool) -> Decision:
        self._says(ready, "approval_requested")
        if batch.over:  # while it was found out whether to ask
            decision = Decision(False, "end", reason="the call has ended")
        else:
            decision = await self.approvals.decision(ready.call_id, tool)
        details = {"reason": decision.reason or None, "arguments": decision.arguments}
        known = {name: value for name, value in details.items() if value is not None}
        said = {"approved": decision.approved, "always": decision.always, "by": decision.by}
        self._says(ready, "approval_answered", **said, **known)
        return decision

    async def _ran(self, batch: _Batch, ready: ToolCallReady, tool: Tool, arguments: str) -> Ended:
        self._says(ready, "started")
        flag, last = Flag(), -inf

        def step(output: Output) -> None:
            nonlocal last
            now = asyncio.get_running_loop().time()
            if now - last >= STEP_S:
                last = now
                self._says(ready, "progress", text=output.text[:MOST_PROGRESS])
            self._shows(batch, output)

        running = asyncio.create_task(run(tool, arguments, self._work, flag, step))
        batch.runs[running] = tool
        try:
            await asyncio.wait({running})
        finally:
            flag.set()
            running.cancel()
            del batch.runs[running]
        return cancelled(tool) if running.cancelled() else running.result()

    async def _deliver(self, batch: _Batch) -> None:
        if not batch.call.over:
            await _send(batch.call, batch, called=False)
        elif self._next is not None:
            await _send(self._next, batch, called=self._called)
        else:
            self._late.append(batch)

    def _shows(self, batch: _Batch, output: Output) -> None:
        if output.show is not None:
            self._show(batch.question, output.show)

    def _says(self, ready: ToolCallReady, what: str, **fields: Any) -> None:
        self.tell(
            {
                "type": f"voice_widget.tool.{what}",
                "tool_call_id": ready.call_id,
                "number": ready.number,
                **fields,
            }
        )


async def _send(call: Call, batch: _Batch, *, called: bool) -> None:
    items = batch.items(called=called)
    await call.send(*({"type": "conversation.item.create", "item": item} for item in items))
    if batch.due:
        # Only once, and after all outputs: each response.create asks for another answer.
        await call.send({"type": "response.create"})

"""The tools that run in a talk, whichever call wants them or gets what they give, at whatever service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from voice_widget.agents import Show, Turn
from voice_widget.errors import SettingError
from voice_widget.realtime.state.changes import Change, ResponseDone, ToolCallReady, ToolsUnwanted
from voice_widget.realtime.wire.events import Event
from voice_widget.threads.work import Work
from voice_widget.tools.approvals import Approvals, Decision
from voice_widget.tools.outputs import Output
from voice_widget.tools.running import Ended, asks, cancelled, failure, rejected, run
from voice_widget.tools.tool import Tool
from voice_widget.tools.tools import Tools

if TYPE_CHECKING:
    from voice_widget.call.call import Call


@dataclass(eq=False)
class _Batch:
    """What one response wants called: answered together, each once, whichever is done first."""

    call: Call
    question: Turn
    wanted: Sequence[ToolCallReady]
    whole: bool  # all that the response wants is ours
    outputs: dict[str, str] = field(default_factory=dict)
    runs: dict[asyncio.Task[Ended], Tool] = field(default_factory=dict)
    unwanted: bool = False

    @property
    def due(self) -> bool:
        """An answer is to be asked for. Where others have some of the calls, they ask for it."""
        return self.whole and not self.unwanted

    def items(self, *, again: bool) -> list[Event]:
        """What the service gets; ``again``: it does not know of the calls."""
        items: list[Event] = []
        for ready in self.wanted:
            called = {"call_id": ready.call_id, "name": ready.name, "arguments": ready.arguments}
            if again:
                items.append({"type": "function_call", **called})
            output = self.outputs[ready.call_id]
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
        self._ready: dict[str, list[ToolCallReady]] = {}  # by response, until that is whole
        self._running: set[_Batch] = set()
        self._late: list[_Batch] = []  # done when their call was lost, and no other one stood yet
        self._tasks: set[asyncio.Task[None]] = set()
        self._next: Call | None = None  # what gets the results of lost calls

    @property
    def awaited(self) -> bool:
        """Something runs, or has run for a lost call, and an answer to its result is due."""
        return any(batch.due for batch in (*self._running, *self._late))

    def react(self, call: Call, change: Change) -> None:
        """Do what a change asks for."""
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
        name = self.approvals.name(tool_call_id)
        tool = None if decision.arguments is None else self._tools.find(name)
        if tool is not None and isinstance(
            wrong := await asks(tool, decision.arguments or "", self._work), Ended
        ):
            raise SettingError(
                f"The arguments do not fit: {wrong.error}",
                code="arguments_invalid",
                next_step="Mend them, or approve the call as it is.",
            )
        self.approvals.decide(tool_call_id, decision)

    def told(self) -> bool:
        """Another call is told now of what was said and done: is an answer due to what was done meanwhile?"""
        late, self._late = self._late, []
        return any(batch.due for batch in late)

    async def connected(self, call: Call, *, due: bool) -> None:
        """A call stands, and was `told`: from now on it gets the results of lost calls.

        Args:
            call: The call.
            due: It owes an answer to what it was told.
        """
        self._next = call
        if due:
            await call.send({"type": "response.create"})
        late, self._late = self._late, []
        for batch in late:
            await _send(call, batch, again=True)

    def stop(self, *, goes_on: bool) -> None:
        """The call is over. What it wanted called runs on; if no other call ``goes_on``, for itself alone."""
        self._ready.clear()
        self._next = None
        if not goes_on:
            self._late.clear()
            self.approvals.end("the call has ended")
            for batch in self._running:
                batch.unwanted = True

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
        for batch in self._running:
            batch.unwanted = True
            for running, tool in batch.runs.items():
                if tool.cancel_on_interruption:
                    running.cancel()

    async def _run(self, batch: _Batch, ready: ToolCallReady) -> None:
        tool = self._tools.find(ready.name)
        if tool is None:
            ended = failure(f"There is no tool {ready.name!r}; there are {self._tools.names}.")
        else:
            ended = await self._ended(batch, ready, tool)
        details = {"error": ended.error, "traceback": ended.traceback}
        known = {name: value for name, value in details.items() if value is not None}
        self._says(ready, "ended", status=ended.status, output=ended.output.text, **known)
        self._shows(batch, ended.output)
        batch.outputs[ready.call_id] = ended.output.text
        if len(batch.outputs) == len(batch.wanted):
            self._running.discard(batch)
            # Also of what was interrupted: the service is to know what was done.
            await self._deliver(batch)

    async def _ended(self, batch: _Batch, ready: ToolCallReady, tool: Tool) -> Ended:
        needs = tool.needs_approval is not False and not self.approvals.always(tool.name)
        asked = await asks(tool, ready.arguments, self._work) if needs else False
        if isinstance(asked, Ended):
            return asked
        arguments = ready.arguments
        if asked:
            decision = await self._decided(ready, tool)
            if not decision.approved:
                return rejected(tool, decision.reason)
            arguments = decision.arguments or arguments
        ended = await self._ran(batch, ready, tool, arguments)
        if arguments == ready.arguments:
            return ended
        told = f"The user changed the arguments to {arguments}.\n{ended.output.text}"
        return replace(ended, output=replace(ended.output, text=told))

    async def _decided(self, ready: ToolCallReady, tool: Tool) -> Decision:
        self._says(ready, "approval_requested")
        decision = await self.approvals.decision(ready.call_id, tool.name, tool.approval_timeout_s)
        details = {"reason": decision.reason, "arguments": decision.arguments}
        known = {name: value for name, value in details.items() if value}
        said = {"approved": decision.approved, "always": decision.always, "by": decision.by}
        self._says(ready, "approval_answered", **said, **known)
        return decision

    async def _ran(self, batch: _Batch, ready: ToolCallReady, tool: Tool, arguments: str) -> Ended:
        self._says(ready, "started")
        flag = Flag()

        def step(output: Output) -> None:
            self._says(ready, "progress", text=output.text)
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
            await _send(batch.call, batch)
        elif self._next is not None:
            await _send(self._next, batch, again=True)
        else:
            self._late.append(batch)

    def _shows(self, batch: _Batch, output: Output) -> None:
        if output.show is not None:
            self._show(batch.question, output.show)

    def _says(self, ready: ToolCallReady, what: str, **fields: Any) -> None:
        self.tell({"type": f"voice_widget.tool.{what}", "tool_call_id": ready.call_id, **fields})


async def _send(call: Call, batch: _Batch, *, again: bool = False) -> None:
    items = batch.items(again=again)
    await call.send(*({"type": "conversation.item.create", "item": item} for item in items))
    if batch.due:
        # Only once, and after all outputs: each response.create asks for another answer.
        await call.send({"type": "response.create"})

"""What the kernel does for the other side of a call: its agent answers, its tools are run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from voice_widget.agents import Agent, Show, Turn
from voice_widget.agents.driver import Driver
from voice_widget.agents.turns import turn_of
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import (
    Change,
    Problem,
    ReplyCancelled,
    ReplyRequested,
    ResponseDone,
    RowChanged,
    StateChanged,
    ToolCallReady,
    ToolsUnwanted,
)
from voice_widget.realtime.state.records import Row
from voice_widget.threads.work import Work
from voice_widget.tools.tools import Tools

if TYPE_CHECKING:
    from voice_widget.call.call import Call

LOG = logging.getLogger("voice_widget")
TEXT_S = 3.0


class Replies:
    """The agent and the tools of one talk, at work for the call of the moment.

    Args:
        session: The talk's state.
        agent: What answers where the service asks the kernel; None: nobody.
        tools: What the model or the agent may call.
        show: Displays a rich result of the agent.
        timeout_s: How long an agent may be silent.
    """

    def __init__(
        self,
        session: Session,
        agent: Agent | None,
        tools: Tools,
        *,
        show: Callable[[Turn, Show], None],
        timeout_s: float = 25.0,
    ) -> None:
        self._session, self._agent, self._tools, self._show = session, agent, tools, show
        self._timeout_s = timeout_s
        self._work = Work()
        self._driver: Driver | None = None
        self._driver_of: Call | None = None
        self._wanted: dict[str, list[ToolCallReady]] = {}
        self._flags: set[Flag] = set()
        self._unwanted: set[Flag] = set()  # by response whose tools run: set, no answer is asked
        self._waits: set[asyncio.Event] = set()  # of answers whose question has no text yet

    def react(self, call: Call, changes: Sequence[Change]) -> list[Change]:
        """Do what the changes ask for; gives them back with the agent's own words for its errors."""
        told: list[Change] = []
        for change in changes:
            match change:
                case ReplyRequested():
                    # At once: whatever comes next of this response finds it.
                    self._driving(call).answer(change.response_id, partial(self._turn, change))
                case ReplyCancelled(response_id) if self._driver is not None:
                    self._driver.cancel(response_id)
                case ToolCallReady(response_id=response_id):
                    self._wanted.setdefault(response_id, []).append(change)
                case ToolsUnwanted():
                    for flag in self._unwanted:
                        flag.set()
                case ResponseDone(response_id, status):
                    wanted = self._wanted.pop(response_id, [])
                    if wanted and status == "completed":
                        # Made here: they may be unwanted before they have begun.
                        self._unwanted.add(unwanted := Flag())
                        call.spawn(self._run_tools(call, wanted, unwanted))
                case RowChanged():
                    for changed in self._waits:
                        changed.set()
            told.append(self._in_our_words(change))
        for change in changes:
            if isinstance(change, ResponseDone) and self._driver is not None:
                self._driver.errors.pop(change.response_id, None)
        return told

    def stop(self) -> None:
        """The call is over: nobody waits for an answer or a result any more."""
        for flag in self._flags:
            flag.set()
        self._wanted.clear()
        self._unwanted.clear()
        if self._driver is not None:
            self._driver.close()
        self._driver = self._driver_of = None

    def close(self) -> None:
        """The talk is over for good."""
        self.stop()
        self._work.close()

    def _in_our_words(self, change: Change) -> Change:
        error = change.error if isinstance(change, Problem | ResponseDone) else None
        if isinstance(change, StateChanged) and change.name == "error":
            error = change.value
        if error is None or self._driver is None:
            return change
        known = next((own for own in self._driver.errors.values() if own["code"] == error["code"]), None)
        if known is None:
            return change
        if isinstance(change, ResponseDone):
            return replace(change, error=known)
        return Problem(known) if isinstance(change, Problem) else StateChanged("error", known)

    # --- the agent ---

    def _driving(self, call: Call) -> Driver:
        if self._driver is None or self._driver_of is not call:
            self._driver_of = call
            self._driver = Driver(
                self._agent or _nobody,
                self._work,
                send=call.send,
                show=self._show,
                spawn=call.spawn,
                timeout_s=self._timeout_s,
            )
        return self._driver

    async def _turn(self, request: ReplyRequested) -> Turn:
        row = await self._question(request.item_id)
        item_id = row["item_id"] if row else request.item_id
        return turn_of(
            self._session.question(item_id),
            response_id=request.response_id,
            item_id=item_id,
            instructions=request.instructions,
            tools=request.tools,
            choice=request.tool_choice,
        )

    async def _question(self, item_id: str) -> Row | None:
        """The user's row, once its text is there; late text is worth a moment, but not an endless one."""
        changed = asyncio.Event()
        self._waits.add(changed)
        try:
            async with asyncio.timeout(TEXT_S):
                while True:
                    changed.clear()
                    row = self._user_row(item_id)
                    if row is None or row["text"] or row["status"] != "in_progress":
                        return row
                    await changed.wait()
        except TimeoutError:
            return self._user_row(item_id)
        finally:
            self._waits.discard(changed)

    def _user_row(self, item_id: str) -> Row | None:
        row = self._session.row(item_id)
        if row is None or row["role"] != "user":
            row = self._session.last_row("user")
        return row

    # --- the tools ---

    async def _run_tools(self, call: Call, wanted: Sequence[ToolCallReady], unwanted: Flag) -> None:
        ours = [ready for ready in wanted if not call.path.shared or ready.name in self._tools]
        if not ours:
            self._unwanted.discard(unwanted)
            return
        all_ours, wanted = len(ours) == len(wanted), ours
        try:
            outputs = await asyncio.gather(*(self._run_tool(ready) for ready in wanted))
            # Also of what was interrupted: the service is to know what was done.
            await call.send(*_outputs(wanted, outputs))
        finally:
            self._unwanted.discard(unwanted)
        if all_ours and not unwanted.is_set():  # else who has the others asks, once they are answered
            # Only once, and after all outputs: each response.create asks for another answer.
            await call.send({"type": "response.create"})

    async def _run_tool(self, ready: ToolCallReady) -> str:
        flag = Flag()
        self._flags.add(flag)
        try:
            return await self._tools.run(ready.name, ready.arguments, self._work, flag)
        finally:
            self._flags.discard(flag)


def _outputs(wanted: Iterable[ToolCallReady], outputs: Iterable[str]) -> Iterable[dict[str, Any]]:
    for ready, output in zip(wanted, outputs, strict=True):
        item = {"type": "function_call_output", "call_id": ready.call_id, "output": output}
        yield {"type": "conversation.item.create", "item": item}


def _nobody(turn: Turn) -> str:
    raise RuntimeError("this widget has no agent; give VoiceWidget(agent=…)")

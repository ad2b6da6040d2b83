"""What the kernel does for the other side of a call: its agent answers, its tools are run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from voice_widget.agents import Agent, Show, Turn
from voice_widget.agents.driver import Driver
from voice_widget.agents.sdk.given import SdkAgent
from voice_widget.agents.turns import turn_of
from voice_widget.call.ways import Direction
from voice_widget.realtime.session.dialogue import question
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import (
    Change,
    Problem,
    ReplyCancelled,
    ReplyRequested,
    ResponseDone,
    RowChanged,
    StateChanged,
)
from voice_widget.realtime.state.records import Row
from voice_widget.realtime.wire.events import Event
from voice_widget.talk.agent_runs import AgentRuns
from voice_widget.talk.tool_runs import ToolRuns
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
        show: Displays a rich result of the agent, or of a tool.
        timeout_s: How long an agent may be silent.

    Attributes:
        tools: Those that run.
        agent: Runs the agent, if it is one of the Agents SDK's.
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
        self._session, self._agent, self._show = session, agent, show
        self._timeout_s = timeout_s
        self._work = Work()
        self._driver: Driver | None = None
        self._driver_of: Call | None = None
        self.tools = ToolRuns(tools, self._work, session, question=self._question_of, show=show)
        self.agent = AgentRuns(agent, tools) if isinstance(agent, SdkAgent) else None
        self.tools.agent = self.agent
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
                case RowChanged():
                    for changed in self._waits:
                        changed.set()
            self.tools.react(call, change)
            told.append(self._in_our_words(change))
        for change in changes:
            if isinstance(change, ResponseDone) and self._driver is not None:
                self._driver.errors.pop(change.response_id, None)
        return told

    async def begin(self) -> None:
        """A call is about to begin. Raises an `AgentError` where the agent cannot."""
        if self.agent is not None:
            await self.agent.begin()

    def hear(self, event: Event, direction: Direction) -> None:
        """An event of the call, once it was understood and reacted to."""
        if self.agent is not None:
            self.agent.hear(event, direction)

    def stop(self, *, goes_on: bool) -> None:
        """The call is over: nobody waits for an answer any more, nor for a result unless another follows."""
        self.tools.stop(goes_on=goes_on)
        if self.agent is not None:
            self.agent.stop(goes_on=goes_on)
        if self._driver is not None:
            self._driver.close()
        self._driver = self._driver_of = None

    def close(self) -> None:
        """The talk is over for good."""
        self.stop(goes_on=False)
        self.tools.close()
        if self.agent is not None:
            self.agent.close()
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
                tell=lambda event: self.tools.tell(event),
                timeout_s=self._timeout_s,
            )
        return self._driver

    async def _turn(self, request: ReplyRequested) -> Turn:
        if request.input is not None:
            item_id, asked = request.item_id, question(request.input, None)
        else:
            row = await self._question(request.item_id)
            item_id = row["item_id"] if row else request.item_id
            asked = self._session.question(item_id, request.instructions)
        return turn_of(
            asked,
            response_id=request.response_id,
            item_id=item_id,
            instructions=request.instructions,
            tools=request.tools,
            choice=request.tool_choice,
        )

    def _question_of(self, number: int) -> Turn:
        asked = self._session.uses.question(number)
        return Turn("" if asked is None else asked.text, item_id="" if asked is None else asked.item_id)

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


def _nobody(turn: Turn) -> str:
    raise RuntimeError("this widget has no agent; give VoiceWidget(agent=…)")

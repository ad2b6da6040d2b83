"""Calls of tools that somebody has to allow first, and what became of the question. On the loop thread."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from voice_widget.errors import StateError, shown


class Asked(Protocol):
    """What somebody has to allow: a tool that runs here or at an MCP server."""

    @property
    def approval_timeout_s(self) -> float | None:
        """After so many seconds without an answer it is rejected; None: never."""

    @property
    def cancel_on_interruption(self) -> bool:
        """With an interruption nobody wants it any more."""


By = Literal["page", "python", "time", "end"]


@dataclass(frozen=True)
class Decision:
    """What was decided of one call.

    Attributes:
        approved: It may run.
        by: Who said so: somebody at a page, the user's code, the time limit, or the end of the talk.
        always: So may every other call of this tool, as long as the widget lives.
        reason: Why it may not, for the model.
        arguments: It is to run with these instead, as JSON text.
    """

    approved: bool
    by: By
    always: bool = False
    reason: str = ""
    arguments: str | None = None


@dataclass(eq=False)
class Waiting:
    """A call that waits for a decision.

    Attributes:
        tool_call_id: Its ``call_id`` in the protocol.
        tool: What is to run.
        decision: What becomes of it.
    """

    tool_call_id: str
    tool: Asked
    decision: asyncio.Future[Decision]


class Approvals:
    """What waits for a decision."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        # The tools themselves: another function may get the same name.
        self._always: weakref.WeakSet[Asked] = weakref.WeakSet()

    def always(self, tool: Asked) -> bool:
        """Calls of this tool are allowed without being asked for."""
        return tool in self._always

    async def decision(self, tool_call_id: str, tool: Asked) -> Decision:
        """Wait for somebody to decide; after the tool's time limit it is rejected."""
        waiting = Waiting(tool_call_id, tool, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        seconds = tool.approval_timeout_s
        try:
            async with asyncio.timeout(seconds):
                return await waiting.decision
        except TimeoutError:
            return Decision(False, "time", reason=f"nobody answered in {seconds:g} s")
        finally:
            self._waiting.remove(waiting)

    def find(self, tool_call_id: str) -> Waiting:
        """What waits under that id; of two the older one.

        Raises:
            StateError: Nothing does, or not any more (``no_approval``).
        """
        for waiting in self._waiting:
            if waiting.tool_call_id == tool_call_id and not waiting.decision.done():
                return waiting
        raise StateError(
            f"No tool call {shown(tool_call_id)} waits for approval.",
            code="no_approval",
            next_step="Look at w.approvals for those that do.",
        )

    def decide(self, tool_call_id: str, decision: Decision) -> None:
        """Somebody has decided.

        Raises:
            StateError: It does not wait for that, or not any more (``no_approval``).
        """
        waiting = self.find(tool_call_id)
        waiting.decision.set_result(decision)
        if decision.approved and decision.always:
            self._always.add(waiting.tool)

    def end(self, reason: str, *, interrupted: bool = False, among: Collection[str] | None = None) -> None:
        """Nobody can decide any more.

        Args:
            reason: Why, for the model.
            interrupted: Only of those that an interruption cancels.
            among: Only of these, by their ``call_id``.
        """
        for waiting in self._waiting:
            meant = among is None or waiting.tool_call_id in among
            ends = meant and (waiting.tool.cancel_on_interruption or not interrupted)
            if ends and not waiting.decision.done():
                waiting.decision.set_result(Decision(False, "end", reason=reason))

"""Calls of tools that somebody has to allow first, and what became of the question. On the loop thread."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from voice_widget.errors import StateError, shown

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


class Approvals:
    """What waits for a decision, by the ``call_id`` of its function call.

    Example:
        >>> async def asks():
        ...     approvals = Approvals()
        ...     waiting = asyncio.ensure_future(approvals.decision("call_1", "delete", 60))
        ...     await asyncio.sleep(0)
        ...     approvals.decide("call_1", Decision(True, "python", always=True))
        ...     return (await waiting).approved, approvals.always("delete")
        >>> asyncio.run(asks())
        (True, True)
    """

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[str, asyncio.Future[Decision]]] = {}
        self._always: set[str] = set()

    @property
    def waiting(self) -> list[str]:
        """What waits, oldest first."""
        return list(self._waiting)

    def always(self, name: str) -> bool:
        """Calls of this tool are allowed without being asked for."""
        return name in self._always

    async def decision(self, tool_call_id: str, name: str, seconds: float | None) -> Decision:
        """Wait for somebody to decide; after so many seconds it is rejected."""
        future: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._waiting[tool_call_id] = name, future
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return Decision(False, "time", reason=f"nobody answered in {seconds:g} s")
        finally:
            del self._waiting[tool_call_id]

    def decide(self, tool_call_id: str, decision: Decision) -> None:
        """Somebody has decided.

        Raises:
            StateError: It does not wait for that, or not any more (``no_approval``).
        """
        name = self.name(tool_call_id)
        self._waiting[tool_call_id][1].set_result(decision)
        if decision.approved and decision.always:
            self._always.add(name)

    def name(self, tool_call_id: str) -> str:
        """The tool whose call waits for a decision.

        Raises:
            StateError: It does not, or not any more (``no_approval``).
        """
        known = self._waiting.get(tool_call_id)
        if known is None or known[1].done():
            raise StateError(
                f"No tool call {shown(tool_call_id)} waits for approval.",
                code="no_approval",
                next_step="Look at w.approvals for those that do.",
            )
        return known[0]

    def end(self, reason: str) -> None:
        """Nobody can decide any more."""
        for _, future in self._waiting.values():
            if not future.done():
                future.set_result(Decision(False, "end", reason=reason))

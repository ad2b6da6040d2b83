"""What a session of agents tells beside its tools: one hands over to another, a guardrail finds something."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.tool_use import ToolUse

Told = Mapping[str, Any]


class Agents:
    """Writes it down among the calls of functions, where one looks for what an agent did.

    Attributes:
        handlers: Of what the kernel tells of the agents that it runs.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.handlers = {
            "voice_widget.agent.handoff": self._handoff,
            "voice_widget.agent.guardrail": self._guardrail,
        }

    def _handoff(self, event: Told) -> None:
        """The call of a function turns out to be one of another agent."""
        self._context.uses.hands_over(event["number"])

    def _guardrail(self, event: Told) -> None:
        """What is being said is not to be said; or whether it is could not be found out."""
        context, error = self._context, event.get("error")
        use = ToolUse(
            "",
            event["name"],
            json.dumps({"characters": event["characters"]}),
            event["response_id"],
            "",
            context.call.call_id,
            context.rows.last,
            context.call.heard,
            question=context.asked.of(event["response_id"]),
            started_at=context.at - (event.get("took_ms") or 0) / 1000,
            ended_at=context.at,
            output=event["info"] if error is None else None,
            error=error,
            traceback=event.get("traceback"),
            status="completed" if error is None else "failed",
            kind="guardrail",
        )
        context.uses.verdict(use)

"""The tools that an agent runs by itself, as far as it tells of them: rows, and nothing that is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.tool_use import ToolUse


class AgentTools:
    """Keeps them among the others.

    Attributes:
        handlers: Of what the kernel tells of them.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.handlers = {
            "voice_widget.agent.tool_started": self._started,
            "voice_widget.agent.tool_ended": self._ended,
        }

    def _started(self, event: Mapping[str, Any]) -> None:
        call, behind = self._context.call, self._context.rows.last
        names = (event["tool_call_id"], event["name"], event["arguments"], event["response_id"])
        use = ToolUse(*names, "", call.call_id, behind, call.heard, inside=True)
        use.question = self._context.asked.of(event["response_id"])
        use.started_at, use.status = self._context.at, "running"
        self._context.uses.called(use)

    def _ended(self, event: Mapping[str, Any]) -> None:
        uses = self._context.uses
        if (use := uses.agents(event["response_id"], event["tool_call_id"])) is not None:
            told = (event["status"], event.get("output"), event.get("error"))
            uses.agent_ended(use, self._context.at, *told)

"""The SDK's session as it works in a talk: what a function of its agent raises is seen."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import replace
from typing import Any

from agents import FunctionTool
from agents.realtime import RealtimeAgent, RealtimeSession
from agents.tool_context import ToolContext

from voice_widget.agents.sdk.failing import Raised, seen


class TalkSession(RealtimeSession):
    """A session whose functions are known while they run.

    The agents and their tools are the user's and stay as they are: the session calls copies of the tools.

    Args:
        raised: Gets the id of a call and what its function has raised.
        given: What the SDK's session is made with.

    Attributes:
        updated: The agent that `update_agent` has put to work last; None: none, or it handed over.
    """

    def __init__(self, raised: Raised, **given: Any) -> None:
        super().__init__(**given)
        self._raised = raised
        self.updated: RealtimeAgent[Any] | None = None
        self._invoked: dict[str, asyncio.Future[Any]] = {}

    async def update_agent(self, agent: RealtimeAgent[Any]) -> None:
        """Put another agent to work."""
        await super().update_agent(agent)
        self.updated = agent

    def give_up(self, call_id: str) -> None:
        """Cancel the function that runs for this call; on the session's own loop."""
        if (running := self._invoked.pop(call_id, None)) is not None:
            running.cancel()

    def _dispatch_snapshot_from_settings(self, agent: Any, settings: Any) -> Any:
        snapshot = super()._dispatch_snapshot_from_settings(agent, settings)
        return replace(snapshot, tools=tuple(self._watched(tool) for tool in snapshot.tools))

    def _watched(self, tool: Any) -> Any:
        if not isinstance(tool, FunctionTool):
            return tool
        inner, watched = seen(tool, self._raised), copy.copy(tool)

        async def invoke(context: ToolContext[Any], arguments: str) -> Any:
            call_id = context.tool_call_id
            running = self._invoked[call_id] = asyncio.ensure_future(inner.on_invoke_tool(context, arguments))
            try:
                return await running
            except asyncio.CancelledError:
                if call_id in self._invoked:
                    raise  # it is the session that ends
                return f"{tool.name} was given up."  # nobody waits for it
            finally:
                self._invoked.pop(call_id, None)

        watched.on_invoke_tool = invoke
        return watched

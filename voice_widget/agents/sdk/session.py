"""The SDK's session as it works in a talk: what becomes of the user's code in it is seen."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agents import FunctionTool
from agents.realtime import RealtimeAgent, RealtimeModel, RealtimeSession
from agents.tool_context import ToolContext

from voice_widget.agents.sdk.failing import seen
from voice_widget.agents.sdk.hooks import Hooks
from voice_widget.agents.sdk.watching import Guards, Watch


class TalkSession(RealtimeSession):
    """A session whose functions are known while they run.

    The agents, their tools and guardrails are the user's and stay as they are: the session calls copies. For
    that it needs two methods that the SDK does not promise (`voice_widget.agents.sdk.given.PRIVATE`). By what
    it does promise there is no way: it hands the agents themselves to the user's code and to who hears the
    events, so that copies of agents would be seen; a model hears of tools after they were taken; and what a
    guardrail raises is told to nobody.

    Args:
        watch: Is told what the user's code raises.
        model: The SDK's model of it.
        agent: The agent that begins.
        context: The object that the user's code gets.
        run_config: The SDK's.

    Attributes:
        updated: The agent that `update_agent` has put to work last; None: none, or it handed over.
        hooks: Calls those of the agents.
        guards: Runs their guardrails.
    """

    def __init__(
        self,
        watch: Watch,
        *,
        model: RealtimeModel,
        agent: RealtimeAgent[Any],
        context: Any,
        run_config: Mapping[str, Any],
    ) -> None:
        everywhere = run_config.get("output_guardrails") or []
        others: Any = {name: value for name, value in run_config.items() if name != "output_guardrails"}
        super().__init__(model=model, agent=agent, context=context, run_config=others)
        self._watch, self._first = watch, agent
        self.hooks, self.guards = Hooks(watch), Guards(watch, everywhere)
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

    async def _run_output_guardrails(self, *args: Any, agent_snapshot: Any = None, **given: Any) -> bool:
        agent = self._first if agent_snapshot is None else agent_snapshot
        return await super()._run_output_guardrails(*args, agent_snapshot=self.guards.of(agent), **given)

    def _watched(self, tool: Any) -> Any:
        if not isinstance(tool, FunctionTool):
            return tool
        inner, watched = seen(tool, self._watch.tool_raised), copy.copy(tool)

        async def work(context: ToolContext[Any], arguments: str) -> Any:
            await self.hooks.starts(tool, context)
            result = await inner.on_invoke_tool(context, arguments)
            await self.hooks.ended(tool, context, result)
            return result

        async def invoke(context: ToolContext[Any], arguments: str) -> Any:
            call_id = context.tool_call_id
            running = self._invoked[call_id] = asyncio.ensure_future(work(context, arguments))
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

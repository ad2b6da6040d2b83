"""The hooks of a ``RealtimeAgent``: it has a place for them, and the SDK's session calls none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from agents import AgentHookContext, FunctionTool
from agents.realtime import (
    RealtimeAgentEndEvent,
    RealtimeAgentStartEvent,
    RealtimeHandoffEvent,
    RealtimeRawModelEvent,
    RealtimeSession,
    RealtimeSessionEvent,
)
from agents.tool_context import ToolContext

from voice_widget.agents.sdk.watching import Watch


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


CALLED_BY_SDK = frozenset(
    name
    for function in vars(RealtimeSession).values()
    if isinstance(function, FunctionType)
    for name in _names(function.__code__)
    if name.startswith("on_")
)
"""What the session of the SDK that is installed calls by itself: no hook is called twice."""


class Hooks:
    """Calls the hooks of a session's agents: in their order, one at a time, on the session's own loop.

    Of the agent that makes a response ``on_start`` and ``on_end``, with its text; of the one that hands over
    ``on_handoff``, as the SDK's runner of text agents does; around each function ``on_tool_start`` and
    ``on_tool_end``, which are waited for. What one raises is told, and all goes on.

    Args:
        watch: Is told what they raise.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch, self._one_at_a_time = watch, asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._said = ""

    def hear(self, event: RealtimeSessionEvent) -> None:
        """Something has happened in the session."""
        match event:
            case RealtimeRawModelEvent():
                if event.data.type == "turn_started":
                    self._said = ""
                elif event.data.type in ("transcript_delta", "output_text_delta"):
                    self._said += event.data.delta
            case RealtimeAgentStartEvent():
                self._soon(event.agent, "on_start", _of_agent(event), event.agent)
            case RealtimeAgentEndEvent():
                self._soon(event.agent, "on_end", _of_agent(event), event.agent, self._said)
            case RealtimeHandoffEvent():
                both = event.to_agent, event.from_agent
                self._soon(event.from_agent, "on_handoff", event.info.context, *both)

    async def starts(self, tool: FunctionTool, context: ToolContext[Any]) -> None:
        """A function is about to run."""
        await self._call(context.agent, "on_tool_start", context, context.agent, tool)

    async def ended(self, tool: FunctionTool, context: ToolContext[Any], result: Any) -> None:
        """It has given something."""
        await self._call(context.agent, "on_tool_end", context, context.agent, tool, result)

    def close(self) -> None:
        """The session is over."""
        for task in self._tasks:
            task.cancel()

    def _soon(self, agent: Any, name: str, *args: Any) -> None:
        if getattr(agent, "hooks", None) is not None:
            task = asyncio.create_task(self._call(agent, name, *args))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call(self, agent: Any, name: str, *args: Any) -> None:
        hooks = getattr(agent, "hooks", None)
        if hooks is None or name in CALLED_BY_SDK:
            return
        async with self._one_at_a_time:
            try:
                await getattr(hooks, name)(*args)
            except Exception as error:
                self._watch.hook_raised(name, str(agent.name), error)


def _of_agent(event: RealtimeAgentStartEvent | RealtimeAgentEndEvent) -> AgentHookContext[Any]:
    known = event.info.context
    return AgentHookContext(context=known.context, usage=known.usage)

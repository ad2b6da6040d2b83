"""Function tools of the OpenAI Agents SDK among the widget's tools."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from voice_widget.errors import SettingError
from voice_widget.tools.schemas import sendable
from voice_widget.tools.tool import APPROVAL_TIMEOUT_S, TIMEOUT_S, Tool

_WORDS_S = 1.0
"""So long the user's function may take for its words about a tool that took too long."""


class Told(NamedTuple):
    """What the model is told of what a tool has raised."""

    given: Any
    error: Exception


class AgentsTool(Tool):
    """A ``FunctionTool`` of the Agents SDK, as ``function_tool`` makes one.

    It has its own schema, takes the arguments as the model wrote them and holds them to it by itself.

    Args:
        wrapped: The ``FunctionTool``.
        of_agent: It is an agent's own, and the SDK's runner runs it, with what the model wrote.
        context: The object that it gets.

    Raises:
        SettingError: It wants something that only an agent's runner has.
    """

    def __init__(self, wrapped: Any, *, of_agent: bool = False, context: Any = None) -> None:
        if not of_agent and (wrapped.tool_input_guardrails or wrapped.tool_output_guardrails):
            raise SettingError(
                f"The tool {wrapped.name} has guardrails, which only an agent's runner runs.",
                next_step="Give it to a RealtimeAgent(tools=[…]), and that as agent=….",
            )
        if not of_agent and wrapped.is_enabled is not True:
            raise SettingError(
                f"The tool {wrapped.name} has is_enabled, which only an agent's runner asks.",
                next_step="Give it to a RealtimeAgent(tools=[…]), and that as agent=….",
            )
        self.wrapped, self.editable, self.context = wrapped, not of_agent, context
        self.name = str(wrapped.name)
        self.timeout_s = TIMEOUT_S if wrapped.timeout_seconds is None else wrapped.timeout_seconds
        self._seconds: float | None = None
        if not of_agent and wrapped.timeout_error_function is not None:
            self._seconds, self.timeout_s = wrapped.timeout_seconds, self.timeout_s + _WORDS_S
        self.cancel_on_interruption = False
        self.approval_timeout_s = APPROVAL_TIMEOUT_S
        asks = wrapped.needs_approval
        self.needs_approval = self._asks if callable(asks) else bool(asks)
        self.function = self._invoke
        spec = {
            "type": "function",
            "name": self.name,
            "description": str(wrapped.description or ""),
            "parameters": json.loads(json.dumps(wrapped.params_json_schema)),
        }
        self.spec = sendable(spec)

    def arguments(self, text: str) -> dict[str, Any]:
        """The arguments as one text: the SDK's tool reads it.

        Raises:
            ValueError: It is no JSON object.
        """
        try:
            value = json.loads(text or "{}")
        except ValueError as error:
            raise ValueError(f"The arguments are not JSON: {error}") from None
        if not isinstance(value, Mapping):
            raise ValueError("The arguments are no JSON object.")
        return {"text": text or "{}"}

    async def _invoke(self, text: str) -> Any:
        from voice_widget.agents.sdk.failing import seen

        faults: list[Exception] = []
        watched = seen(self.wrapped, lambda _, error: faults.append(error))
        context = self._context(text)
        try:
            async with asyncio.timeout(self._seconds) as limit:
                given = await watched.on_invoke_tool(context, text)
        except TimeoutError:
            if not limit.expired():
                raise
            return await self._late(context)
        return Told(given, faults[-1]) if faults else given

    async def _late(self, context: Any) -> Told:
        """What the user's own function says of a tool that took too long."""
        from agents.exceptions import ToolTimeoutError

        assert self._seconds is not None
        error = ToolTimeoutError(tool_name=self.name, timeout_seconds=self._seconds)
        words = self.wrapped.timeout_error_function(context, error)
        return Told(await words if inspect.isawaitable(words) else words, error)

    async def _asks(self, given: dict[str, Any]) -> bool:
        text = given["text"]
        return bool(await self.wrapped.needs_approval(self._context(text), json.loads(text), ""))

    def _context(self, text: str) -> Any:
        from agents.tool_context import ToolContext

        return ToolContext(self.context, tool_name=self.name, tool_call_id="", tool_arguments=text)


def tool_of(function: Callable[..., Any] | Tool | Any, context: Any = None) -> Tool:
    """A function, a `Tool` or a ``FunctionTool`` of the Agents SDK, which gets the context, as a tool.

    Raises:
        SettingError: It is none, or cannot be described.
    """
    if isinstance(function, Tool):
        return function
    return AgentsTool(function, context=context) if is_function_tool(function) else Tool(function)


def is_function_tool(value: Any) -> bool:
    """Whether this is a function tool of the Agents SDK."""
    return any(
        kind.__name__ == "FunctionTool" and kind.__module__.partition(".")[0] == "agents"
        for kind in type(value).__mro__
    )

"""What an agent of the SDK's brings of a session's settings."""

from __future__ import annotations

from typing import Any

from agents.handoffs import Handoff
from agents.realtime.config import RealtimeSessionModelSettings
from agents.tool import FunctionTool, Tool

from voice_widget.errors import AgentError


def brought(settings: RealtimeSessionModelSettings) -> dict[str, Any]:
    """The instructions, the tools (handoffs are tools, too) and the prompt, as the protocol has them.

    Raises:
        AgentError: There is a tool that no realtime model can call.
    """
    given: dict[str, Any] = {
        "instructions": settings.get("instructions") or "",
        "tools": [
            *(
                _tool(tool)
                for tool in settings.get("tools") or ()
                if getattr(tool, "is_enabled", True) is not False
            ),
            *(
                _handoff(handoff)
                for handoff in settings.get("handoffs") or ()
                if handoff.is_enabled is not False
            ),
        ],
    }
    if (prompt := settings.get("prompt")) is not None:
        given["extra"] = {"prompt": dict(prompt)}
    return given


def handoffs_of(settings: RealtimeSessionModelSettings) -> frozenset[str]:
    """The names by which the model hands over."""
    return frozenset(handoff.tool_name for handoff in settings.get("handoffs") or ())


def _tool(tool: Tool) -> dict[str, Any]:
    if not isinstance(tool, FunctionTool):
        raise AgentError(
            f"The tool {tool.name} of the RealtimeAgent is no function tool.",
            next_step="Realtime models call functions: make it one with function_tool.",
        )
    return _spec(tool.name, tool.description, tool.params_json_schema)


def _handoff(handoff: Handoff[Any, Any]) -> dict[str, Any]:
    return _spec(handoff.tool_name, handoff.tool_description, handoff.input_json_schema)


def _spec(name: str, description: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "name": name, "description": description, "parameters": parameters}

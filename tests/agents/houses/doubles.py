"""Stand-ins for other packages, for what the docs build with them: only their names are theirs."""

from __future__ import annotations

from types import ModuleType
from typing import Any


def packages() -> dict[str, ModuleType]:
    """The modules, by their names."""
    known = _kind("AbstractAgent", "pydantic_ai.agent.abstract")
    agent = type(
        "Agent", (known,), {"__module__": "pydantic_ai.agent", "tool_plain": lambda self, tool: tool}
    )
    pregel = _kind("PregelProtocol", "langgraph.pregel.protocol")
    steps = _kind("MultiStepAgent", "smolagents.agents")
    return {
        "pydantic_ai": _module("pydantic_ai", Agent=agent),
        "langgraph": _module("langgraph"),
        "langgraph.graph": _module(
            "langgraph.graph", StateGraph=_builder(pregel), MessagesState=dict, START=""
        ),
        "smolagents": _module(
            "smolagents", OpenAIModel=_kind("OpenAIModel", "smolagents"), ToolCallingAgent=steps
        ),
    }


def _kind(name: str, module: str) -> type:
    def made(self: Any, *args: Any, **options: Any) -> None:
        self.args, self.options = args, options

    return type(name, (), {"__module__": module, "__init__": made})


def _builder(graph: type) -> type:
    chained = {name: lambda self, *args: self for name in ("add_node", "add_edge")}
    return type("StateGraph", (_kind("_", "langgraph"),), {**chained, "compile": lambda self: graph()})


def _module(name: str, **names: Any) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(names)
    return module

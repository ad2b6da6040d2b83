"""The tools of one widget, found by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from voice_widget.errors import AgentError, SettingError
from voice_widget.tools.function_tools import is_function_tool, tool_of
from voice_widget.tools.tool import Tool


class Tools:
    """All tools of a widget.

    Raises:
        SettingError: Something is no function, cannot be described, or two have the same name.
    """

    def __init__(self, functions: Iterable[Callable[..., Any] | Tool] | None) -> None:
        self._tools: dict[str, Tool] = {}
        self._added: dict[str, Tool] = {}  # later, and maybe in place of others
        self._of_agent: list[dict[str, Any]] = []  # which the agent's own runner runs
        for function in functions or ():
            tool = tool_of(function)
            if tool.name in self._tools:
                raise SettingError(f"Two tools have the name {tool.name!r}.", next_step="Rename one of them.")
            self._tools[tool.name] = tool

    @property
    def specs(self) -> list[dict[str, Any]]:
        """The tools as the protocol's function tools; also those of the agent, which are not run here."""
        return [*self._of_agent, *(tool.spec for tool in self._tools.values())]

    def of_agent(self, specs: list[dict[str, Any]]) -> None:
        """From now on the agent brings these, in place of those before.

        Raises:
            AgentError: One has the name of a tool of the widget's (``two_tools``).
        """
        for spec in specs:
            if spec["name"] in self:
                raise AgentError(
                    f"Two tools have the name {spec['name']!r}: one of the agent's, and one of the widget's.",
                    code="two_tools",
                    next_step="Rename one of them.",
                )
        self._of_agent = specs

    def add(self, tool: Tool) -> None:
        """One more that is there always, or in place of the one of its name: a cell may be run again.

        Raises:
            SettingError: The agent brings one of that name.
        """
        if any(spec["name"] == tool.name for spec in self._of_agent):
            raise SettingError(
                f"The agent has a tool {tool.name!r} of its own.", next_step="Give this one another name."
            )
        self._added.pop(tool.name, None)
        self._tools[tool.name] = tool

    def described(self, tools: Any) -> Any:
        """Tools as the protocol has them; the functions among them can be run from now on.

        Raises:
            SettingError: A function cannot be described, or one has the name of a tool that is there always.
        """
        if not isinstance(tools, (list, tuple)):
            return tools
        described = [
            tool_of(tool)
            if (callable(tool) or is_function_tool(tool)) and not isinstance(tool, Mapping)
            else tool
            for tool in tools
        ]
        added = [tool for tool in described if isinstance(tool, Tool)]
        for tool in added:
            if tool.name in self._tools:
                raise SettingError(
                    f"The widget has a tool {tool.name!r} already.", next_step="Give this one another name."
                )
        self._added |= Tools(added)._tools  # which refuses two of the same name
        return [tool.spec if isinstance(tool, Tool) else tool for tool in described]

    def apart(self, tools: Iterable[Any]) -> tuple[tuple[Tool, ...], tuple[Any, ...]]:
        """Of tools as the protocol has them those that are run here, and the others."""
        known = {**self._tools, **self._added}
        asked = dict.fromkeys((*self._tools, *(tool.get("name") for tool in tools)))
        ours = tuple(known[name] for name in asked if name in known)
        brought = {spec["name"] for spec in self._of_agent}
        return ours, tuple(tool for tool in tools if tool.get("name") not in {*known, *brought})

    def __contains__(self, name: str) -> bool:
        return name in self._tools or name in self._added

    def find(self, name: str) -> Tool | None:
        """The tool of that name."""
        return self._tools.get(name) or self._added.get(name)

    @property
    def names(self) -> list[str]:
        """The names of all of them."""
        return sorted({*self._tools, *self._added})

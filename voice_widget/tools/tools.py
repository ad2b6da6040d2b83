"""The tools of one widget, found by their names, and the MCP servers that the service calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from voice_widget.errors import SettingError, shown
from voice_widget.tools.function_tools import AgentsTool, is_function_tool, tool_of
from voice_widget.tools.hosted_mcp import HostedMcp, HostedTool, is_hosted
from voice_widget.tools.local_mcp import LocalMcp
from voice_widget.tools.mcp_results import tool_name
from voice_widget.tools.mcp_tool import McpTool
from voice_widget.tools.tool import APPROVAL_TIMEOUT_S, Tool

Known = Tool | HostedMcp | LocalMcp
AnyTool = Callable[..., Any] | Known | Mapping[str, Any]


class Tools:
    """All tools of a widget.

    Raises:
        SettingError: Something is no tool, cannot be described, or two have the same name.

    Attributes:
        agents_own: Gives the tools that the agent, or one that it may hand over to, is known to bring: by
            name, with the agent's.
        context: What function tools of the Agents SDK get that come later, as those did that were given.
    """

    context: Any = None
    agents_own: Callable[[], Mapping[str, str]] = staticmethod(dict)

    def __init__(self, tools: Iterable[AnyTool] | None) -> None:
        self.servers: list[LocalMcp] = []
        self._tools: dict[str, Tool] = {}
        self._added: dict[str, Tool] = {}  # later, and maybe in place of others
        self._of_agent: list[dict[str, Any]] = []  # which the agent's own runner runs
        self._servers: dict[str, HostedMcp] = {}
        self._servers_added: dict[str, HostedMcp] = {}
        self._hosted: dict[tuple[str, str], HostedTool] = {}
        for given in tools or ():
            if isinstance(given, LocalMcp):
                self.servers.append(given)
                continue
            tool = _tool(given)
            if isinstance(tool, AgentsTool) and self.context is None:
                self.context = tool.context
            names: dict[str, Any] = self._tools if isinstance(tool, Tool) else self._servers
            name = _name(tool)
            if name in names:
                raise SettingError(f"Two tools have the name {name!r}.", next_step="Rename one of them.")
            names[name] = tool

    @property
    def specs(self) -> list[dict[str, Any]]:
        """The tools as the protocol has them; also those of the agent, which are not run here."""
        known: list[Tool | HostedMcp] = [*self._tools.values(), *self._servers.values()]
        return [*self._of_agent, *(tool.spec for tool in known)]

    def of_agent(self, specs: list[dict[str, Any]], taken: Collection[str] = ()) -> list[str]:
        """From now on the agent brings these, in place of those before; a server's tools make way for them.

        Args:
            specs: What it brings.
            taken: Names that nothing of it may have, beside those of the widget's functions.

        Returns:
            The names of those that are left out, for the widget has one of that name.
        """
        known = {spec["name"]: self.find(spec["name"]) for spec in specs}
        functions = {name for name, tool in known.items() if tool and not isinstance(tool, McpTool)}
        left_out = [name for name in known if name in functions or name in taken]
        self._of_agent = [spec for spec in specs if spec["name"] not in left_out]
        for name in known:
            if isinstance(tool := self._tools.get(name), McpTool):
                self._name(tool)
                self._tools = {each.name: each for each in self._tools.values()}
        return left_out

    def add(self, tool: Tool) -> None:
        """One more that is there always, or in place of the one of its name: a cell may be run again.

        Raises:
            SettingError: The agent brings one of that name.
        """
        self.check_not_brought([tool.name])
        self._added.pop(tool.name, None)
        self._tools[tool.name] = tool

    def serve(self, tools: Iterable[McpTool]) -> None:
        """What a server of the kernel's offers, under a name that nothing else has."""
        for tool in tools:
            self._name(tool)
            self._tools[tool.name] = tool

    def _name(self, tool: McpTool) -> None:
        own = tool_name(tool.there, tool.server.prefix)
        names = [own, tool_name(tool.there, tool.server.name)]
        names += (tool_name(f"{number}_{tool.there}", tool.server.name) for number in range(2, 100))
        tool.call_it(next((name for name in names if self._is_free(name, tool)), own))

    def _is_free(self, name: str, tool: McpTool) -> bool:
        if self._is_brought(name):
            return False
        known = self.find(name)
        if isinstance(known, McpTool):
            return (known.server, known.there) == (tool.server, tool.there)
        return known is None

    def _is_brought(self, name: str) -> bool:
        return any(spec["name"] == name for spec in self._of_agent)

    def check_not_brought(self, names: Iterable[str]) -> None:
        """Refuse names that the agent's own tools have, also those of agents that it may hand over to.

        Raises:
            SettingError: One has (``two_tools``).
        """
        own = self.agents_own()
        for name in names:
            if name in own or self._is_brought(name):
                agent = f"agent {shown(own[name])}" if name in own else "agent"
                raise SettingError(
                    f"The {agent} has a tool {name!r} of its own.",
                    code="two_tools",
                    next_step="Give this one another name.",
                )

    def described(self, tools: Any) -> Any:
        """Tools as the protocol has them; the functions among them can be run from now on.

        Raises:
            SettingError: A function cannot be described, or one has the name of a tool that is there always
                or that the agent brings.
        """
        if not isinstance(tools, (list, tuple)):
            return tools
        if any(isinstance(tool, LocalMcp) for tool in tools):
            raise SettingError(
                "A server that the kernel calls belongs to its widget from the start.",
                next_step="Write VoiceWidget(tools=[server]).",
            )
        # What is in the protocol's form already goes out as it is.
        described = [
            tool if isinstance(tool, Mapping) or not _is_one(tool) else _tool(tool, self.context)
            for tool in tools
        ]
        added = [tool for tool in described if isinstance(tool, Tool | HostedMcp)]
        functions = (tool.spec if isinstance(tool, Tool) else tool for tool in described)
        self.check_not_brought(
            name
            for tool in functions
            if isinstance(tool, Mapping) and isinstance(name := tool.get("name"), str)
        )
        for tool in added:
            if _name(tool) in (self._tools if isinstance(tool, Tool) else self._servers):
                raise SettingError(
                    f"The widget has a tool {_name(tool)!r} already.", next_step="Give this one another name."
                )
        more = Tools(added)  # which refuses two of the same name
        self._added |= more._tools
        self._servers_added |= more._servers
        self._hosted = {key: tool for key, tool in self._hosted.items() if key[0] not in more._servers}
        return [tool.spec if isinstance(tool, Tool | HostedMcp) else tool for tool in described]

    def apart(self, tools: Iterable[Any]) -> tuple[tuple[Known, ...], tuple[Any, ...]]:
        """Of tools as the protocol has them those that are known here by what was given, and the others."""
        tools = list(tools)
        known = {**self._tools, **self._added}
        servers = {**self._servers, **self._servers_added}
        asked = dict.fromkeys((*self._tools, *(tool.get("name") for tool in tools)))
        labels = dict.fromkeys((*self._servers, *(tool.get("server_label") for tool in tools)))
        ours: tuple[Known, ...] = (
            *(known[name] for name in asked if name in known and not isinstance(known[name], McpTool)),
            *self.servers,
            *(servers[label] for label in labels if label in servers),
        )
        brought = {spec["name"] for spec in self._of_agent}
        others = (tool for tool in tools if tool.get("name") not in {*known, *brought})
        return ours, tuple(tool for tool in others if tool.get("server_label") not in servers)

    def __contains__(self, name: str) -> bool:
        return name in self._tools or name in self._added

    def find(self, name: str) -> Tool | None:
        """The tool of that name."""
        return self._tools.get(name) or self._added.get(name)

    def hosted(self, server: str, name: str) -> HostedTool:
        """A tool of an MCP server that the service calls: the same each time, to be allowed for good."""
        known = self._servers.get(server) or self._servers_added.get(server)
        seconds = APPROVAL_TIMEOUT_S if known is None else known.approval_timeout_s
        return self._hosted.setdefault((server, name), HostedTool(name, server, seconds))

    @property
    def names(self) -> list[str]:
        """The names of all that run here."""
        return sorted({*self._tools, *self._added})

    def runs(self, name: str) -> bool:
        """The kernel runs a function of that name, itself or by the agent's runner; a server's is not one."""
        return name in self or self._is_brought(name)


def same_tool(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Two tools as the protocol has them are of the same kind and name.

    Example:
        >>> same_tool({"type": "function", "name": "add"}, {"type": "mcp", "server_label": "add"})
        False
    """
    return all(one.get(field) == other.get(field) for field in ("type", "name", "server_label"))


def _tool(given: Any, context: Any = None) -> Tool | HostedMcp:
    if isinstance(given, Tool | HostedMcp):
        return given
    if isinstance(given, type) and issubclass(given, Tool | HostedMcp | LocalMcp):
        raise SettingError(
            f"{given.__name__} is the class, not one that was made.", next_step=_made_so(given)
        )
    if isinstance(given, Mapping) and not is_hosted(given):
        named = shown(given.get("name") or given.get("type"))
        raise SettingError(
            f"Of the tool {named} there is only a description: a tool is the function itself, "
            "from which the description is made.",
            next_step="Give tools=[my_function].",
        )
    return HostedMcp.of(given) if is_hosted(given) else tool_of(given, context)


def _made_so(kind: type[Known]) -> str:
    if issubclass(kind, LocalMcp):
        return 'Write LocalMcp(command=["python", "tides.py"]).'
    return (
        'Write HostedMcp("docs", "https://example.org/mcp").'
        if kind is HostedMcp
        else "Write Tool(my_function)."
    )


def _is_one(tool: Any) -> bool:
    return callable(tool) or isinstance(tool, Tool | HostedMcp) or is_function_tool(tool)


def _name(tool: Tool | HostedMcp) -> str:
    return tool.name if isinstance(tool, Tool) else tool.server_label

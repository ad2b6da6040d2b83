"""The tools of a widget, by their names."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.errors import SettingError
from voice_widget.tools.hosted_mcp import HostedMcp
from voice_widget.tools.local_mcp import LocalMcp
from voice_widget.tools.mcp_tool import McpTool
from voice_widget.tools.tool import Tool
from voice_widget.tools.tools import Tools


def book(day: str) -> str:
    return day


def test_functions_and_tools_are_found_by_their_names() -> None:
    tools = Tools([book, Tool(book, name="reserve")])
    assert tools.names == ["book", "reserve"]
    assert [spec["name"] for spec in tools.specs] == ["book", "reserve"]
    found = tools.find("reserve")
    assert found is not None
    assert found.function is book
    assert tools.find("sell") is None


def test_what_the_kernel_runs_is_told_from_what_the_service_calls() -> None:
    tools = Tools([book, HostedMcp("files", "https://example.org/mcp")])
    tools.of_agent([{"type": "function", "name": "weather"}])
    tools.described([Tool(book, name="later")])
    named = ("book", "weather", "later", "files", "sell")
    assert [name for name in named if tools.runs(name)] == ["book", "weather", "later"]


def test_two_of_the_same_name_are_refused() -> None:
    with pytest.raises(SettingError, match="Two tools"):
        Tools([book, book])


@pytest.mark.parametrize(
    ("given", "says", "step"),
    [
        (LocalMcp, "LocalMcp is the class", "Write LocalMcp("),
        (HostedMcp, "HostedMcp is the class", "Write HostedMcp("),
        (Tool, "Tool is the class", "Write Tool(my_function)."),
        (
            {"type": "function", "name": "book"},
            "Of the tool 'book' there is only a description",
            "Give tools=",
        ),
        ({"type": "web_search"}, "Of the tool 'web_search' there is only a description", "Give tools="),
    ],
)
def test_what_was_not_made_or_is_only_described_is_refused(given: Any, says: str, step: str) -> None:
    with pytest.raises(SettingError, match=says) as raised:
        Tools([given])
    assert raised.value.next_step.startswith(step)


FILES = HostedMcp("files", "https://example.org/mcp", approval_timeout_s=5.0)


def test_a_server_that_the_service_calls_is_a_tool_in_the_protocols_form() -> None:
    tools = Tools(
        [book, FILES, {"type": "mcp", "server_label": "mail", "server_url": "https://example.org/m"}]
    )
    assert [spec.get("name") or spec["server_label"] for spec in tools.specs] == ["book", "files", "mail"]
    assert tools.names == ["book"]
    with pytest.raises(SettingError, match="Two tools have the name 'files'"):
        Tools([FILES, FILES])


def test_what_another_widget_gets_of_them() -> None:
    tools = Tools([book, FILES])
    other = {"type": "mcp", "server_label": "other"}
    ours, others = tools.apart([*tools.specs, other])
    assert ([tool.spec for tool in ours], others) == (tools.specs, (other,))


def test_a_servers_tool_is_the_same_each_time_until_the_server_is_another() -> None:
    tools = Tools(None)
    assert tools.hosted("files", "list").approval_timeout_s == 60.0  # of a server that nobody described
    tools.described([FILES])
    first = tools.hosted("files", "list")
    assert first.approval_timeout_s == 5.0
    assert tools.hosted("files", "list") is first
    tools.described([FILES])
    assert tools.hosted("files", "list") is not first


def test_a_server_of_the_same_label_is_refused_later() -> None:
    with pytest.raises(SettingError, match="a tool 'files' already"):
        Tools([FILES]).described([FILES])


async def _nothing(**arguments: Any) -> None:
    """Stands where a server would be called."""


def of_server(server: LocalMcp, name: str) -> McpTool:
    return McpTool(server, name, _nothing, "", {"type": "object", "properties": {}})


def brought(*names: str) -> list[dict[str, Any]]:
    return [{"type": "function", "name": name} for name in names]


def names(tools: Tools) -> list[str]:
    return [spec["name"] for spec in tools.specs]


SEA = LocalMcp(["sea"])
BAY = LocalMcp(["bay"])


def test_a_servers_tool_makes_way_for_one_that_the_agent_brings() -> None:
    tools = Tools([SEA])
    gauge = of_server(SEA, "gauge")
    tools.serve([gauge, of_server(SEA, "tides")])
    tools.of_agent(brought("gauge"))
    assert names(tools) == ["gauge", "sea_gauge", "tides"]
    assert (tools.find("gauge"), tools.find("sea_gauge")) == (None, gauge)
    tools.of_agent(brought("tides", "sea_gauge"))  # another agent, handed over to
    assert names(tools) == ["tides", "sea_gauge", "gauge", "sea_tides"]


def test_what_a_server_offers_later_leaves_the_agents_names_alone() -> None:
    tools = Tools([SEA, BAY])
    tools.of_agent(brought("gauge", "sea_gauge"))
    tools.serve([of_server(SEA, "gauge")])
    tools.serve([of_server(BAY, "gauge")])
    assert names(tools) == ["gauge", "sea_gauge", "sea_2_gauge", "bay_gauge"]


def test_two_of_a_servers_tools_that_services_would_take_for_one_have_two_names() -> None:
    tools = Tools([SEA])
    tools.serve([of_server(SEA, "a/b"), of_server(SEA, "a.b")])
    assert tools.names == ["a_b", "sea_a_b"]


def test_a_function_keeps_its_name_and_the_agents_is_left_out() -> None:
    tools = Tools([book])
    assert tools.of_agent(brought("book", "cancel", "pay"), ["pay"]) == ["book", "pay"]
    assert names(tools) == ["cancel", "book"]
    assert tools.find("book") is not None


@pytest.mark.parametrize("given", [[book], [{"type": "function", "name": "book"}]])
def test_a_name_that_an_agent_will_bring_is_refused_with_whose_it_is(given: list[Any]) -> None:
    tools = Tools(None)
    tools.agents_own = lambda: {"book": "booking"}
    with pytest.raises(SettingError, match="The agent 'booking' has a tool 'book' of its own") as raised:
        tools.described(given)
    assert (raised.value.code, raised.value.next_step) == ("two_tools", "Give this one another name.")


def test_a_function_of_the_agents_name_is_refused_later() -> None:
    tools = Tools(None)
    tools.of_agent(brought("book"))
    for give in (lambda: tools.described([book]), lambda: tools.add(Tool(book))):
        with pytest.raises(SettingError, match="The agent has a tool 'book' of its own") as raised:
            give()
        assert raised.value.next_step == "Give this one another name."
    assert tools.find("book") is None

"""The tools of a widget, by their names."""

from __future__ import annotations

import pytest

from voice_widget.errors import SettingError
from voice_widget.tools.hosted_mcp import HostedMcp
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


def test_two_of_the_same_name_are_refused() -> None:
    with pytest.raises(SettingError, match="Two tools"):
        Tools([book, book])


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

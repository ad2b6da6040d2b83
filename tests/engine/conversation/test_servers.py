"""MCP servers, of which the engine calls none."""

from __future__ import annotations

from typing import Any

from tests.engine.conversing import Talk

FILES = {"type": "mcp", "server_label": "files", "server_url": "https://example.org/mcp"}


def about_servers(talk: Talk) -> list[dict[str, Any]]:
    return [
        event
        for event in talk.events()
        if event["type"].startswith("mcp_") or event.get("item", {}).get("type") == "mcp_list_tools"
    ]


def test_of_each_server_it_is_said_once_that_its_tools_cannot_be_listed() -> None:
    talk = Talk()
    for _ in range(2):
        talk.client("session.update", session={"type": "realtime", "tools": [FILES]})
    added, _, failed, done = about_servers(talk)
    assert (failed["type"], failed["item_id"]) == ("mcp_list_tools.failed", added["item"]["id"])
    assert (done["item"]["server_label"], done["item"]["tools"]) == ("files", [])
    assert done["item"]["error"]["message"] == "This server calls no MCP servers."
    talk.client("session.update", session={"type": "realtime", "tools": [{**FILES, "server_label": "mail"}]})
    assert [event["item"]["server_label"] for event in about_servers(talk) if "item" in event] == [
        *("files", "files"),
        *("mail", "mail"),
    ]


def test_functions_are_no_servers() -> None:
    talk = Talk()
    talk.client("session.update", session={"type": "realtime", "tools": [{"type": "function", "name": "f"}]})
    assert about_servers(talk) == []

"""MCP servers that the service calls, as they are given."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.errors import SettingError
from voice_widget.tools.hosted_mcp import HostedMcp

URL = "https://example.org/mcp"


def test_it_becomes_the_protocols_object_with_what_was_given() -> None:
    server = HostedMcp("docs", URL, allowed_tools=("search",), headers={"x-key": "1"}, defer_loading=True)
    assert server.spec == {
        "type": "mcp",
        "server_label": "docs",
        "server_url": URL,
        "headers": {"x-key": "1"},
        "allowed_tools": ["search"],
        "require_approval": "always",
        "defer_loading": True,
    }


def test_the_protocols_object_gives_the_same() -> None:
    spec = {"type": "mcp", "server_label": "docs", "connector_id": "connector_mail", "authorization": "t"}
    assert HostedMcp.of(spec).spec == {**spec, "require_approval": "always"}


def test_its_repr_tells_no_secret() -> None:
    assert repr(HostedMcp("docs", URL, authorization="s3cret")) == "HostedMcp('docs')"


@pytest.mark.parametrize(
    ("label", "more", "says"),
    [
        ("", {"server_url": URL}, "no label"),
        ("docs", {}, "not said where"),
        ("docs", {"server_url": URL, "connector_id": "c"}, "By server_url and by connector_id"),
        ("docs", {"server_url": "example.org"}, "no address of an MCP server"),
        ("docs", {"server_url": 5}, "no address of an MCP server"),
        ("docs", {"server_url": "https://me:s3cret@example.org/mcp"}, "holds a password"),
        ("docs", {"server_url": URL, "require_approval": True}, "`require_approval` is True"),
        ("docs", {"server_url": URL, "approval_timeout_s": 0}, "approval_timeout_s"),
        ("docs", {"server_url": URL, "server_uri": URL}, "has no option 'server_uri'"),
        ("docs", {"server_url": "http://[x"}, "no address of an MCP server"),
        ("docs", {"server_url": URL, "headers": 5}, "headers must be a dict, not int"),
        (
            "docs",
            {"server_url": URL, "headers": {"x-key": [b"s3cret"]}},
            "In headers, 'x-key' must be a text",
        ),
        ("docs", {"server_url": URL, "allowed_tools": 5}, "`allowed_tools` is 5"),
        ("docs", {"connector_id": 5}, "connector_id must be a text, not int"),
        ("docs", {"server_url": URL, "authorization": [b"s3cret"]}, "authorization must be a text, not list"),
        ("docs", {"server_url": URL, "server_description": 5}, "server_description must be a text"),
        ("docs", {"tunnel_id": 5}, "tunnel_id must be a text, not int"),
        ("docs", {"server_url": URL, "defer_loading": "yes"}, "defer_loading must be True or False"),
        ("docs", {"server_url": URL, "allowed_callers": "direct"}, "`allowed_callers` is 'direct'"),
    ],
)
def test_what_cannot_work_is_refused_and_no_secret_is_told(
    label: str, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(SettingError, match=says) as raised:
        HostedMcp(label, **more)
    assert "s3cret" not in str(raised.value)
    assert raised.value.next_step


def test_without_anything_it_says_how_it_is_made() -> None:
    with pytest.raises(SettingError, match="cannot be called so") as raised:
        HostedMcp()  # type: ignore[call-arg]
    assert raised.value.next_step == 'Write HostedMcp("docs", "https://example.org/mcp").'

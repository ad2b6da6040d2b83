"""What an MCP server may be given with."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.errors import SettingError
from voice_widget.tools.mcp_checks import address, named_texts, names_of_tools


@pytest.mark.parametrize("url", ["http://localhost:8000/mcp", "https://[::1]/mcp"])
def test_an_address_has_a_host(url: str) -> None:
    assert address(url) is not None


@pytest.mark.parametrize("url", [5, None, "", "localhost:8000", "ftp://example.org", "http://", "http://[x"])
def test_what_nobody_can_call_is_none(url: Any) -> None:
    assert address(url) is None


def test_names_may_come_from_any_iterable() -> None:
    assert names_of_tools(name for name in ("search", "read")) == ["search", "read"]
    assert names_of_tools({"search": 1}.keys()) == ["search"]


def test_of_what_may_be_secret_only_the_name_is_told() -> None:
    assert named_texts("headers", {"x-key": "1"}) == {"x-key": "1"}
    with pytest.raises(SettingError) as raised:
        named_texts("headers", {"x-key": b"s3cret"})
    assert raised.value.message == "In headers, 'x-key' must be a text, not bytes."
    assert raised.value.next_step == 'Write headers={"X-Key": "…"}.'

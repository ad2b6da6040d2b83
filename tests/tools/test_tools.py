"""The tools of a widget, by their names."""

from __future__ import annotations

import pytest

from voice_widget.errors import SettingError
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

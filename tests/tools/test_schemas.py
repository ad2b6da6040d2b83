"""A tool's description goes out as JSON that every service reads."""

from __future__ import annotations

import math
from typing import Any

import pytest

from voice_widget.errors import SettingError
from voice_widget.tools.schemas import sendable


def spec(**schema: Any) -> dict[str, Any]:
    return {"name": "find", "description": "", "parameters": {"properties": {"limit": schema}}}


def test_a_default_in_a_list_is_told_in_words_and_what_was_given_stays_as_it_was() -> None:
    given = spec(type="array", description="The most.", default=[1, math.inf])
    told = sendable(given)["parameters"]["properties"]["limit"]
    assert told == {"type": "array", "description": "The most. By default [1, Infinity]."}
    assert given == spec(type="array", description="The most.", default=[1, math.inf])


def test_a_default_that_json_has_stays() -> None:
    assert sendable(spec(default=[1.5, {"a": None}])) == spec(default=[1.5, {"a": None}])


@pytest.mark.parametrize("bad", [{"maximum": math.inf}, {"enum": ["\ud83d"]}, {"enum": [{"\ud83d": 1}]}])
def test_anything_else_is_refused_by_the_name_of_its_parameter(bad: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="The tool find cannot be described: its parameter limit has "):
        sendable(spec(**bad))

"""What a service cannot be made with is refused at once, with its name and a next step."""

from __future__ import annotations

import math
from typing import Any

import pytest

from voice_widget.errors import SettingError
from voice_widget.services.openai import VOICES, OpenAI


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", 5),
        ("model", None),
        ("model", ""),
        ("model", " "),
        ("api_key", 5),
        ("api_key", ""),
        ("api_key", " \n"),
        ("base_url", 5),
        ("base_url", ""),
        ("base_url", "example.org"),
        ("dialect", 5),
        ("dialect", "old"),
        ("sideband", "no"),
        ("sideband", 0),
        ("headers", 5),
        ("headers", ["a"]),
        ("organization", 5),
        ("organization", ""),
        ("project", 5),
        ("project", ""),
        ("voices", "marin"),
        ("voices", None),
        ("voices", ("marin", 5)),
        ("voices", ("",)),
        ("timeout", "x"),
        ("timeout", None),
        ("timeout", -1),
        ("timeout", 0),
        ("timeout", True),
        ("timeout", math.nan),
        ("timeout", math.inf),
    ],
)
def test_what_cannot_be(name: str, value: Any) -> None:
    with pytest.raises(SettingError) as raised:
        OpenAI(**{name: value})
    error = raised.value
    assert name in error.message or (name == "base_url" and "address" in error.message)
    assert error.message.endswith(".")
    assert error.next_step.endswith(".")


@pytest.mark.parametrize("given", [["a", "b"], ("a", "b"), iter(["a", "b"])])
def test_voices_may_be_any_list(given: Any) -> None:
    assert OpenAI(voices=given).capabilities.voices == ("a", "b")


def test_what_is_left_out_is_no_mistake() -> None:
    made = OpenAI("m", None, None, headers=None, organization=None, project=None, voices=(), timeout=1)
    assert made.capabilities.voices == ()
    assert OpenAI().capabilities.voices == VOICES

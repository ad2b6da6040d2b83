"""What users hand in as an agent is checked when the widget is made."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.agents import Hints
from voice_widget.agents.functions import as_agent, hints_of
from voice_widget.errors import AgentError, SettingError


class Assistant:
    def __init__(self, hints: Any = None) -> None:
        self._hints = hints

    def __call__(self, turn: Any) -> str:
        return "Yes."

    def hints(self) -> Any:
        if isinstance(self._hints, Exception):
            raise self._hints
        return self._hints


@pytest.mark.parametrize("agent", [Assistant(), lambda turn: "", lambda turn, more=1: "", print])
def test_what_takes_one_turn_is_an_agent(agent: Any) -> None:
    assert as_agent(agent) is agent


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Assistant, "is the class Assistant"),
        ("Hello", "of type str"),
        (lambda: "", "does not take one argument"),
        (lambda turn, data: "", "does not take one argument"),
    ],
)
def test_anything_else_is_refused_with_the_shape_it_should_have(value: Any, says: str) -> None:
    with pytest.raises(SettingError, match=says) as raised:
        as_agent(value)
    assert raised.value.next_step


def test_hints_that_fail_are_named(caplog: pytest.LogCaptureFixture) -> None:
    assert hints_of(Assistant(Hints(("average tip",)))).phrases == ("average tip",)
    for agent in (print, Assistant("no hints")):
        assert hints_of(agent) == Hints()
    for made in (KeyError("tip"), Hints(words=(3,)), Hints(words="tip")):  # type: ignore[arg-type]
        with pytest.raises(AgentError) as raised:
            hints_of(Assistant(made))
        assert raised.value.code == "hints_failed"
    assert "Assistant.hints() failed" in caplog.text

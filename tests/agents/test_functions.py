"""What users hand in as an agent is checked when the widget is made."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.agents import Hints
from voice_widget.agents.functions import as_agent, hints_of, may_hint
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


def test_hints_that_fail_are_named_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    assert hints_of(Assistant(Hints(("average tip",)))).phrases == ("average tip",)
    for agent in (print, Assistant("no hints")):
        assert hints_of(agent) == Hints()
    failing: list[Any] = [KeyError("tip"), Hints(words=3)]  # type: ignore[arg-type]
    for made in (*failing, Hints(words=(3,)), Hints(words="tip")):  # type: ignore[arg-type]
        with pytest.raises(AgentError) as raised:
            hints_of(Assistant(made))
        assert raised.value.code == "hints_failed"
    assert [record.message for record in caplog.records] == ["Assistant.hints() failed."] * len(failing)


def test_an_error_of_hints_that_has_no_words_is_named_too() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    with pytest.raises(AgentError, match=r"Assistant\.hints\(\) failed"):
        hints_of(Assistant(Mute()))


class OwnText(str):
    """A text whose methods are the user's code."""


class OwnList(list[str]):
    """A list whose iteration is."""


def test_hints_are_exactly_texts_in_tuples() -> None:
    made = hints_of(Assistant(Hints(OwnList([OwnText("tip")]), (OwnText("a"), "b"))))  # type: ignore[arg-type]
    assert made == Hints(("tip",), ("a", "b"))
    for texts in (made.phrases, made.words):
        assert type(texts) is tuple
        assert {type(text) for text in texts} == {str}


def test_an_agent_whose_attributes_raise_may_be_asked_and_is_named() -> None:
    class Odd:
        def __call__(self, turn: Any) -> str:
            return "Yes."

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    assert may_hint(Odd())
    assert not may_hint(print)
    with pytest.raises(AgentError):
        hints_of(Odd())

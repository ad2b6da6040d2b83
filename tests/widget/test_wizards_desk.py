"""The desk at which a person answers: what its pages see, and what they may say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, VoiceWidget, Wizard
from voice_widget.errors import SettingError

REPLY = "Say that again."
ASKED = {"question": "how many", "choices": ["It is three.", REPLY], "begun": False}
IDLE = {"question": None, "choices": [REPLY], "begun": False}


class Seat:
    """A widget with a wizard, and the page at which the person sits."""

    def __init__(self, opened: list[Page], agent: Any) -> None:
        self.widget = VoiceWidget(agent=agent, service=ScriptedService([]), transport="memory")
        self.page = next(page for page in opened if page.comm_id == self.widget.model_id)
        self._requests = 0

    def shows(self, desk: dict[str, Any]) -> None:
        with self.page.arrived:
            assert self.page.arrived.wait_for(lambda: self.page.state["wizard"] == desk, 20), self.page.state

    def says(self, text: str = "", number: int | None = None) -> dict[str, Any]:
        self._requests += 1
        asked = f"req_{self._requests}"
        told = {"type": "wizard.say", "page": "p", "seq": self._requests, "request_id": asked}
        self.page.says({**told, "text": text, "number": number})
        return self.page.waits_for(lambda message: message.get("request_id") == asked)

    def answer(self, how: dict[str, Any]) -> str:
        """Somebody asks, and is answered from the page."""
        answered = self.widget.next_turn("assistant")
        self.widget.send_text("how many").result(20)
        self.shows(ASKED)
        assert self.says(**how)["type"] == "request.done"
        return str(answered.result(20)["text"])


@pytest.fixture
def seat(pages: list[Page]) -> Iterator[Seat]:  # noqa: F811
    seat = Seat(pages, Wizard(desk=True, suggestions=lambda turn: "It is three.", replies=[REPLY]))
    with closing(seat.widget):
        seat.widget.connect().result(20)
        yield seat


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"text": "It is four."}, "It is four."),
        ({"number": 1}, "It is three."),
        ({"number": 2}, REPLY),
    ],
)
def test_what_is_typed_or_picked_at_the_page_is_said(seat: Seat, how: dict[str, Any], said: str) -> None:
    seat.shows(IDLE)
    assert seat.answer(how) == said
    seat.shows(IDLE)


def test_what_cannot_be_said_is_refused_and_the_question_waits_on(seat: Seat) -> None:
    assert seat.says("Too early.")["error"]["code"] == "nobody_asked"
    seat.widget.send_text("how many").result(20)
    seat.shows(ASKED)
    for wrong in ({"text": " "}, {"number": 3}, {"number": 0}):
        assert seat.says(**wrong)["error"]["code"] == "setting_error"
    assert seat.widget.wizard == ASKED


@pytest.mark.parametrize("agent", [Wizard(replies=[REPLY]), lambda turn: "Yes."], ids=["not wanted", "none"])
def test_without_a_desk_the_panel_shows_none_and_its_words_are_refused(
    pages: list[Page],  # noqa: F811
    agent: Any,
) -> None:
    seat = Seat(pages, agent)
    with closing(seat.widget):
        assert seat.widget.wizard is None
        assert seat.says("It is four.")["error"]["message"] == "This widget has no desk."


def test_once_the_widget_is_closed_the_wizard_tells_it_nothing(pages: list[Page]) -> None:  # noqa: F811
    wizard = Wizard(desk=True)
    seat = Seat(pages, wizard)
    assert len(wizard._listeners) == 1
    seat.widget.close()
    assert wizard._listeners == []


def test_what_the_desk_shows_cannot_be_assigned(seat: Seat) -> None:
    with pytest.raises(SettingError, match="cannot be assigned") as raised:
        seat.widget.wizard = None
    assert raised.value.next_step == "Make the widget with agent=Wizard(desk=True)."


def test_a_desk_is_there_or_not() -> None:
    with pytest.raises(SettingError, match="`desk` is 'yes'"):
        Wizard(desk="yes")  # type: ignore[arg-type]

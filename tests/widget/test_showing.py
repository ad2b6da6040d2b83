"""What becomes of the things that an agent shows: told to pages, given to them, and drawn once."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.agents import Show, Turn
from voice_widget.threads.publisher import Publisher
from voice_widget.widget.display import SHOWN
from voice_widget.widget.report import Report
from voice_widget.widget.result_pages import ResultPages
from voice_widget.widget.showing import Showing


class Room:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.publisher = Publisher(lambda message, buffers: self.sent.append(dict(message)))
        report = Report(
            self.publisher,
            write=lambda name, value: None,
            read=lambda name: None,
            write_transcript=lambda rows, tell, send: None,
            facts=(),
        )
        self.showing = Showing(self.publisher, report, ResultPages())

    def show(self, *values: Any) -> None:
        for value in values:
            self.showing.show(Turn("asked"), Show(value))
        assert self.publisher.flush(calls=True)

    def asks(self, number: int) -> dict[str, Any]:
        self.showing.wanted("req", number)
        assert self.publisher.flush(calls=True)
        assert self.publisher.flush()
        return self.sent[-1]


@pytest.fixture
def room():
    made = Room()
    yield made
    made.publisher.close()


class Counted:
    drawn = 0

    def _repr_html_(self) -> str:
        self.drawn += 1
        return f"<b>{self.drawn}</b>"


def test_nothing_is_drawn_before_anybody_looks_and_then_once(room: Room):
    value = Counted()
    room.show(value)
    assert value.drawn == 0
    assert [room.asks(0)["data"] for _ in "12"] == ["<b>1</b>"] * 2
    # What an old one looked like takes no room: it is drawn once more for who wants it.
    room.show(*range(SHOWN))
    assert room.asks(0)["data"] == "<b>2</b>"


def test_a_large_answer_is_not_kept_for_a_page_that_missed_it(room: Room):
    room.show("x")
    seq = room.asks(0)["seq"]
    assert not room.publisher.resend(seq, seq)


class Bad:
    def __repr__(self) -> str:
        return "Bad()"


def test_what_raises_while_it_is_drawn_is_told_and_the_next_one_is_drawn(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    room.show(Bad(), "well")

    def broken(value: Any, name: str) -> Any:
        raise ValueError("no canvas")

    with monkeypatch.context() as patched:
        patched.setattr("voice_widget.widget.display.formatted", broken)
        assert room.asks(0)["error"] == {
            "code": "result_not_shown",
            "message": "This result could not be drawn: ValueError: no canvas.",
            "next_step": "Look at `w.results[0].value` in a cell.",
        }
    assert room.asks(1)["data"] == "'well'"


@pytest.mark.parametrize("number", [-1, 1, 10**9])
def test_what_was_never_shown_is_refused(room: Room, number: int):
    room.show("x")
    assert room.asks(number)["error"]["code"] == "result_not_shown"

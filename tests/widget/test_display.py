from __future__ import annotations

import re
import threading
from concurrent.futures import Future
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, Show, VoiceWidget
from voice_widget.widget.display import SHOWN, Result, ResultDisplay, Results

PLACES = SHOWN + 1
"""Those of results, and above them that of the turns."""


class Table:
    def _repr_html_(self) -> str:
        return "<table></table>"


@pytest.fixture
def shell():
    made = InteractiveShell.instance()
    yield made
    InteractiveShell.clear_instance()


def test_without_ipython_nothing_is_needed():
    results = Results()
    results.add(Result("four", question="how many"))
    display = ResultDisplay(results)
    display.show()
    assert not display.is_there


class Shown:
    """What a front end would show: a value by display id, and what came without one."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.plain: list[Any] = []
        self.by_id: dict[str, Any] = {}
        self.publisher = shell.display_pub
        self.publisher.publish = self.publish  # type: ignore[method-assign]

    def publish(
        self, data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False, **_: Any
    ) -> None:
        place = (transient or {}).get("display_id")
        if place is None:
            self.plain.append(data)
            return
        assert update == (place in self.by_id)
        self.by_id[place] = data

    def questions(self) -> list[str]:
        """The captions, from top to bottom."""
        found = [re.search("<em>(.*)</em>", data.get("text/html", "")) for data in self.by_id.values()]
        return [match[1] for match in found if match]


@pytest.mark.usefixtures("pages")
def test_every_result_stands_under_the_widget_with_its_question_the_newest_on_top(shell: InteractiveShell):
    shown = Shown(shell)

    def agent(turn: Any):
        yield f"About {turn.text}."
        yield Show(Table(), "table")

    service = ScriptedService([{"hear": "the first", "say": ""}, {"hear": "the second", "say": ""}])
    widget = VoiceWidget(service=service, transport="memory", agent=agent)
    try:
        widget._ipython_display_()
        assert [set(data) for data in shown.plain] == [
            {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
        ]
        # An output without anything takes no room.
        assert list(shown.by_id.values()) == [{}] * PLACES

        with capture_output(display=False) as captured:
            both: Future[None] = Future()
            widget.on("result", lambda result: len(widget.results) == 2 and both.set_result(None))
            widget.connect().result(10)
            both.result(10)
            assert widget._wiring.publisher.flush(calls=True)
        assert shown.questions() == ["the second", "the first"]
        assert "<table></table>" in list(shown.by_id.values())[-1]["text/html"]
        assert captured.stdout == ""
        assert captured.stderr == ""
        assert len(shown.by_id) == PLACES

        # Shown again in another cell, the results are there, too, and further ones appear there.
        widget._ipython_display_()
        assert len(shown.by_id) == 2 * PLACES
        assert shown.questions() == ["the second", "the first"] * 2
    finally:
        widget.close()


@pytest.mark.usefixtures("shell")
def test_the_output_does_not_grow_for_ever_and_what_stays_is_not_shown_again(shell: InteractiveShell):
    shown = Shown(shell)
    results = Results()
    display = ResultDisplay(results)
    display.open({"text/plain": "the widget"}, {})
    for number in range(SHOWN):
        before = dict(shown.by_id)
        results.add(Result(number, question=f"q{number}"))
        display.show()
        assert sum(shown.by_id[place] is not before[place] for place in before) == 1
    for number in (SHOWN, SHOWN + 1):
        results.add(Result(number, question=f"q{number}"))
        display.show()
    assert shown.questions() == [f"q{number}" for number in range(SHOWN + 1, 1, -1)]


def test_a_redacted_question_goes_from_under_earlier_cells_too(shell: InteractiveShell):
    shown = Shown(shell)
    results = Results()
    display = ResultDisplay(results)
    display.open({}, {})
    results.add(Result(1, question="a secret", item_id="a"))
    results.add(Result(2, question="public", item_id="b"))
    display.show()
    display.open({}, {})
    results.add(Result(3, question="later", item_id="c"))
    display.show()
    display.redact(results.redact("a"))
    assert shown.questions() == ["public", "later", "public"]
    assert [data["text/plain"] for data in shown.by_id.values() if data] == [
        "public\n\n2", "1", "later\n\n3", "public\n\n2", "1",
    ]  # fmt: skip
    # What is shown for it from now on has none either.
    assert results.add(Result(4, question="a secret", item_id="a")).result.question == ""


def test_under_voila_there_is_no_place(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch):
    shown = Shown(shell)
    monkeypatch.setenv("VOILA_PREHEAT", "False")
    display = ResultDisplay(Results())
    display.open({"text/plain": "the widget"}, {})
    assert shown.plain == [{"text/plain": "the widget"}]
    assert shown.by_id == {}
    assert not display.is_there


@pytest.mark.usefixtures("pages")
def test_a_redacted_question_stands_with_no_result_any_more(shell: InteractiveShell):
    shown = Shown(shell)
    redacted = threading.Event()

    def agent(turn: Any):
        yield Show(Table(), "table")
        yield "Here it is."
        if turn.text == "my secret":
            assert redacted.wait(60)
            yield Show(Table(), "late")

    service = ScriptedService([{"hear": "the first", "say": ""}, {"hear": "my secret", "say": ""}])
    widget = VoiceWidget(service=service, transport="memory", agent=agent)
    try:
        widget._ipython_display_()
        second, late = Future[None](), Future[None]()
        widget.on("result", lambda result: len(widget.results) == 2 and second.set_result(None))
        widget.on("result", lambda result: len(widget.results) == 3 and late.set_result(None))
        widget.connect().result(60)
        second.result(60)
        assert [result.question for result in widget.results] == ["the first", "my secret"]
        asked = widget.results[1].item_id
        (seq,) = (int(row.seq) for row in widget.transcript_df.itertuples() if row.item_id == asked)
        widget.redact(seq).result(60)
        assert [result.question for result in widget.results] == ["the first", ""]
        redacted.set()
        late.result(60)
        assert [result.question for result in widget.results] == ["the first", "", ""]
        assert widget._wiring.publisher.flush(calls=True)
        widget._ipython_display_()
        assert len(shown.by_id) == 2 * PLACES
        assert shown.questions() == ["the first"] * 2
        assert "secret" not in str(shown.by_id)
    finally:
        redacted.set()
        widget.close()


@pytest.mark.usefixtures("pages", "shell")
def test_a_closed_widget_says_so():
    widget = VoiceWidget(service=ScriptedService([]), transport="memory")
    widget.close()
    with pytest.raises(Exception, match="closed"):
        widget._ipython_display_()

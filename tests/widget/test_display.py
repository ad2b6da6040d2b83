from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, Show, VoiceWidget
from voice_widget.widget.display import Result, ResultDisplay, rendered


class Table:
    def _repr_html_(self) -> str:
        return "<table></table>"


class Figure:
    def _repr_png_(self) -> bytes:
        return b"png"


@pytest.fixture
def shell():
    made = InteractiveShell.instance()
    yield made
    InteractiveShell.clear_instance()


@pytest.mark.usefixtures("shell")
def test_a_result_carries_its_question_whatever_it_is():
    table, _ = rendered(Result(Table(), question="<which>"))
    assert table["text/html"] == "<div><em>&lt;which&gt;</em></div><table></table>"
    figure, _ = rendered(Result(Figure(), question="draw"))
    assert figure["text/html"] == '<div><em>draw</em></div><img src="data:image/png;base64,cG5n">'
    assert "image/png" not in figure
    text, _ = rendered(Result("<four>", question="how many"))
    assert "<pre>&#x27;&lt;four&gt;&#x27;</pre>" in text["text/html"]
    assert text["text/plain"] == "how many\n\n'<four>'"


@pytest.mark.usefixtures("shell")
def test_without_a_question_it_is_shown_as_it_is():
    assert rendered(Result(Table()))[0]["text/html"] == "<table></table>"
    assert set(rendered(None)[0].values()) == {""}


def test_without_ipython_nothing_is_needed():
    place = ResultDisplay()
    place.show(Result("four", question="how many"))
    assert rendered(Result("four", question="how many"))[0]["text/plain"] == "how many\n\n'four'"


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


@pytest.mark.usefixtures("pages")
def test_the_latest_result_stands_under_the_widget(shell: InteractiveShell):
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
        (place,) = shown.by_id
        assert shown.by_id[place]["text/html"] == ""

        with capture_output(display=False) as captured:
            both: Future[None] = Future()
            widget.on("result", lambda result: len(widget.results) == 2 and both.set_result(None))
            widget.connect().result(10)
            both.result(10)
            assert widget._wiring.publisher.flush(calls=True)
        assert "<em>the second</em>" in shown.by_id[place]["text/html"]
        assert "<table></table>" in shown.by_id[place]["text/html"]
        assert captured.stdout == ""
        assert captured.stderr == ""
        assert len(shown.by_id) == 1

        # Shown again in another cell, the result is there, too, and further ones appear there.
        widget._ipython_display_()
        assert len(shown.by_id) == 2
        assert "<table></table>" in list(shown.by_id.values())[-1]["text/html"]
    finally:
        widget.close()


@pytest.mark.usefixtures("pages")
def test_a_redacted_question_stands_with_no_result_any_more(shell: InteractiveShell):
    shown = Shown(shell)
    redacted = threading.Event()

    def agent(turn: Any):
        yield Show(Table(), "table")
        yield f"About {turn.text}."
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
        assert len(shown.by_id) == 2
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

"""`w.diagnose()`: with a page that answers, with none, and with one that cannot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, cast

import pandas as pd
import pytest

from tests.diagnosis.made import page as facts
from tests.diagnosis.made import peer
from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, VoiceWidget
from voice_widget.diagnosis.judging import ROWS
from voice_widget.errors import StateError
from voice_widget.realtime.state.changes import StateChanged
from voice_widget.widget import diagnosing

SCRIPT = [{"hear": "hello", "say": "Hello."}]


@pytest.fixture
def widget(pages: list[Page]) -> Iterator[VoiceWidget]:  # noqa: F811 - the fixture
    made = VoiceWidget(service=ScriptedService(SCRIPT), transport="comm")
    yield made
    made.close()


@pytest.fixture
def page(pages: list[Page], widget: VoiceWidget) -> Page:  # noqa: F811 - the fixture
    pages[-1].says({"type": "hello", "page": "page_1"})
    return pages[-1]


def value(table: pd.DataFrame, what: str, column: str = "value") -> Any:
    return table.set_index("what").loc[what, column]


def answers(page: Page, before: int | None = None, **told: Any) -> threading.Thread:
    """The page answers the next question of the kernel, or the one after so many."""
    before = len(asked(page)) if before is None else before

    def answer() -> None:
        page.waits_until(lambda: len(asked(page)) > before)
        request_id = asked(page)[-1]["request_id"]
        page.says({"type": "connection", "page": "page_1", "request_id": request_id, "facts": facts(**told)})

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def asked(page: Page) -> list[dict[str, Any]]:
    return [message for message in page.messages if message["type"] == "connection.wanted"]


def test_a_page_tells_and_the_table_says_what_it_means(widget: VoiceWidget, page: Page) -> None:
    thread = answers(page, microphones=0, took_ms=0.0, peer=peer())
    table = widget.diagnose()
    thread.join(20)
    assert table.what.tolist() == list(ROWS)
    assert value(table, "page") == "it has answered"
    assert value(table, "round trip") == "1 ms"
    assert table.way_out == "Plug one in and press Call, or type to the assistant."
    assert value(table, "comm").endswith("ms there and back")


async def test_it_can_be_awaited(widget: VoiceWidget, page: Page) -> None:
    thread = answers(page)
    table = await widget.diagnose_async()
    thread.join(20)
    assert table.what.tolist() == list(ROWS)


def test_without_a_page_it_says_so_at_once(widget: VoiceWidget, pages: list[Page]) -> None:  # noqa: F811 - the fixture
    table = widget.diagnose()
    assert (value(table, "page"), asked(pages[-1])) == ("none shows the widget", [])
    assert "end one with `w`" in table.way_out


def test_a_page_that_does_not_answer_costs_some_seconds(
    widget: VoiceWidget, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosing, "ANSWER_S", 0.1)
    table = widget.diagnose()
    assert (value(table, "page"), value(table, "page", "verdict")) == ("it has not answered", "bad")
    assert value(table, "permission", "verdict") == "unknown"


def test_a_page_that_waits_for_the_cell_is_asked_and_has_answered_by_the_next_one(
    widget: VoiceWidget, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "This kernel handles the page's messages only between cells"
    monkeypatch.setattr(type(widget._wiring), "page_waits", lambda self: why)
    monkeypatch.setattr(widget._wiring.pages.diagnosing, "_waits", lambda: why)
    first = widget.diagnose()
    assert value(first, "page") == why
    assert "once more in another cell" in first.way_out
    answers(page, 0).join(20)  # between the cells
    second = widget.diagnose()
    assert value(second, "page").startswith("it has answered")
    assert value(second, "permission") == "granted"


def test_in_a_call_only_the_page_that_holds_it_is_asked(widget: VoiceWidget, page: Page) -> None:
    widget._wiring.report.publish([StateChanged(cast(Any, "holder"), "page_1")])
    widget._wiring.publisher.flush(10)
    thread = answers(page)
    widget.diagnose()
    thread.join(20)
    assert asked(page)[-1]["page"] == "page_1"


def test_of_several_pages_the_one_that_can_call_is_told_of(widget: VoiceWidget, page: Page) -> None:
    def answer() -> None:
        page.waits_until(lambda: asked(page) != [])
        told = {"type": "connection", "request_id": asked(page)[-1]["request_id"]}
        blocked = facts(blocked=True, protocol="vscode-webview:")
        page.says({**told, "page": "page_1", "facts": blocked})
        page.says({**told, "page": "page_2", "facts": facts(microphone="granted")})

    thread = threading.Thread(target=answer)
    thread.start()
    table = widget.diagnose()
    thread.join(20)
    assert value(table, "permission") == "granted"


def test_from_memory_no_page_is_asked(pages: list[Page]) -> None:  # noqa: F811 - the fixture
    widget = VoiceWidget(service=ScriptedService(SCRIPT), transport="memory")
    table = widget.diagnose()
    assert value(table, "page", "verdict") == "good"
    assert asked(pages[-1]) == []
    assert table.way_out == "Nothing stands in the way."


def test_after_a_failed_call_the_reason_is_the_first_row(widget: VoiceWidget, page: Page) -> None:
    page.says(
        {"type": "call.failed", "page": "page_1", "talk": "t", "code": "microphone_denied", "detail": ""}
    )
    page.waits_until(lambda: page.state.get("error") is not None)
    thread = answers(page)
    table = widget.diagnose()
    thread.join(20)
    assert table.loc[0].tolist() == [
        "last error",
        "The browser was told not to give this page the microphone.",
        "bad",
        "Allow it by the icon beside the address, reload and press Call; or press Own tab in the notebook.",
    ]


def test_a_panel_that_asks_gets_the_same_rows(widget: VoiceWidget, page: Page) -> None:
    told = facts(comm_ms=12.4, secure=False, host="10.0.0.7")
    page.says({"type": "connection", "page": "page_1", "request_id": "req_of_the_page", "facts": told})
    answer = page.waits_for(lambda message: message["type"] == "diagnosis")
    assert answer["request_id"] == "req_of_the_page"
    assert [row["what"] for row in answer["rows"]] == list(ROWS)
    assert {row["what"]: row["value"] for row in answer["rows"]}["comm"] == "12 ms there and back"
    assert "@10.0.0.7" in answer["way_out"]


def test_nothing_of_it_is_kept_in_the_notebook(widget: VoiceWidget, page: Page) -> None:
    told = facts(host="secret-host.example", secure=False)
    page.says({"type": "connection", "page": "page_1", "request_id": "r", "facts": told})
    page.waits_for(lambda message: message["type"] == "diagnosis")
    assert "secret-host" not in repr(page.state)
    assert "secret-host" not in "".join(widget.events_df.event)
    assert not any("secret-host" in repr(message) for message in widget._wiring.publisher._sent)


def test_on_a_thread_of_the_widget_it_does_not_wait(widget: VoiceWidget, page: Page) -> None:
    tables: list[Any] = []
    widget._wiring.publisher.call(lambda: tables.append(widget.diagnose()))
    widget._wiring.publisher.flush(10, calls=True)
    assert value(tables[0], "page") == "it cannot be waited for here"


def test_a_closed_widget_has_nothing_to_tell(widget: VoiceWidget) -> None:
    widget.close()
    with pytest.raises(StateError):
        widget.diagnose()
    with pytest.raises(StateError):
        widget.diagnose_async()

"""What pages say to a widget, and who answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, VoiceWidget
from voice_widget.widget import arguments


def asked(opened: list[Page], change: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """What a page gets that asks a widget for the second bundle after `change`."""
    service = ScriptedService([{"hear": "hello", "say": "Hello."}])
    with closing(VoiceWidget(service=service, transport="memory")) as widget:
        change()
        page = next(page for page in opened if page.comm_id == widget.model_id)
        page.says({"type": "extras.wanted", "page": "p", "seq": 1, "request_id": "req_1"})
        return page.waits_for(lambda message: message.get("request_id") == "req_1")


@pytest.fixture
def extras(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "extras.js"
    path.write_text("export default 1;")
    monkeypatch.setattr(arguments, "EXTRAS", path)
    return path


def test_the_second_bundle_is_the_one_that_was_built_with_the_first(extras: Path, pages: list[Page]):  # noqa: F811
    # The package is replaced while the kernel runs.
    answer = asked(pages, lambda: extras.write_text("export default 2;"))
    assert (answer["type"], answer["source"]) == ("extras", "export default 1;")


def test_without_it_the_page_is_told_what_to_run(extras: Path, pages: list[Page]):  # noqa: F811
    extras.unlink()
    answer = asked(pages)
    assert answer["type"] == "request.failed"
    assert answer["error"] == {
        "code": "bundle_missing",
        "message": "The page's script extras.js was not built.",
        "next_step": "Run `npm ci && npm run build` in the project's folder, or install the wheel.",
    }


def test_a_page_that_looks_at_the_events_gets_them_and_one_that_missed_them_asks_again(pages: list[Page]):  # noqa: F811
    service = ScriptedService([{"hear": "hello", "say": "Hello."}])
    with closing(VoiceWidget(service=service, transport="memory")) as widget:
        page = next(page for page in pages if page.comm_id == widget.model_id)
        widget.connect().result(20)
        wanted = {"type": "events.wanted", "request_id": "r", "after": 0, "edition": 0, "activity_after": 0}
        page.says({**wanted, "page": "p", "seq": 1})
        answer = page.waits_for(lambda message: message["type"] == "events")
        heads = [json.loads(head) for head in answer["lines"].split("\n")[::2]]
        kinds = list(widget.events_df["type"])
        assert [head[2] for head in heads] == kinds[: len(heads)]
        assert (answer["first"], answer["next"]) == (0, len(heads))
        assert answer["voice_activity"] is None  # this service tells of none
        assert "session.created" in kinds[: len(heads)]
        seq = answer["seq"]
        page.says({"type": "missing", "page": "p", "seq": 2, "first": seq, "last": seq})
        assert page.waits_for(lambda message: message["type"] == "snapshot")["seq"] > seq

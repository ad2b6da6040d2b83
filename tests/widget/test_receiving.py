"""What pages say to a widget, and who answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, VoiceWidget
from voice_widget.widget import arguments


def asked(opened: list[Page], change: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """What a page gets of a widget after which `change` is done."""
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

"""`python -m voice_widget doctor`: what it prints, and its exit code."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from voice_widget.__main__ import main
from voice_widget.commands import doctor, installation
from voice_widget.commands.hello import QUESTION
from voice_widget.diagnosis.findings import Finding
from voice_widget.services.local import Local
from voice_widget.threads.loop import submit

GOOD = Finding("python", "3.12.1", "good")
BAD = Finding("bundle", "widget.js is missing", "bad", "Install it again.")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What is found; a test adds to it."""
    rows = [GOOD]
    monkeypatch.setattr(doctor, "looked_at", lambda service: iter(rows))
    return rows


def test_all_is_well(found: list[Finding], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines() == ["✓ python                 3.12.1", "", "All is well."]


def test_what_is_broken_is_told_with_the_next_step(
    found: list[Finding], capsys: pytest.CaptureFixture[str]
) -> None:
    found.append(BAD)
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == [
        "✗ bundle                 widget.js is missing",
        "                         → Install it again.",
    ]
    assert lines[-1] == "Install it again."


def test_for_programs(found: list[Finding], capsys: pytest.CaptureFixture[str]) -> None:
    found.append(BAD)
    assert main(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "checks": [GOOD._asdict(), BAD._asdict()],
        "way_out": "Install it again.",
    }


def test_the_engine_is_started_hears_and_answers() -> None:
    service = Local(vad="level", tts="tone", script=[{"hear": QUESTION, "say": ""}])
    out = io.StringIO()
    try:
        assert doctor.doctor(service=service, out=out) == 0, out.getvalue()
    finally:
        submit(service.close()).result(20)
    told = out.getvalue()
    assert "✓ engine                 " in told
    assert "vad level" in told
    assert "✓ webrtc                 two peers connected in" in told
    spoken = told.partition("✓ spoken turn")[2]
    assert "5076" in spoken


def test_without_an_engine_no_turn_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "engine", lambda service: BAD._replace(what="engine"))
    monkeypatch.setattr(installation, "webrtc", lambda: GOOD)
    asked: list[Any] = []
    monkeypatch.setattr(installation, "spoken", asked.append)
    rows = list(doctor.looked_at())
    assert rows[-1].what == "spoken turn"
    assert (rows[-1].verdict, asked) == ("unknown", [])

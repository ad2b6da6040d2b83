"""What the gallery of the panel says in the kernel's name is what the kernel says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.diagnosis.made import told_in_the_gallery
from voice_widget.errors import ErrorInfo
from voice_widget.realtime.wire.problems import hears_itself, lagging, without_texts
from voice_widget.talk.falling_back import by_comm

DEV = Path(__file__).resolve().parents[1] / "js" / "dev"
STATES = "".join(path.read_text() for path in sorted(DEV.glob("*_states.ts")))


@pytest.mark.parametrize("notice", [hears_itself(3), by_comm("ice_failed")])
def test_what_a_call_notices_is_told_as_in_a_call(notice: ErrorInfo) -> None:
    for name in ("code", "message", "next_step"):
        assert f'"{notice[name]}"' in STATES  # type: ignore[literal-required]


@pytest.mark.parametrize(
    "told",
    [
        hears_itself(3),
        lagging(4.0),
        without_texts({"code": "invalid_model", "message": "No.", "next_step": ""}),
    ],
    ids=lambda told: told["code"],
)
def test_code_in_what_a_call_tells_is_drawn_as_code_and_has_its_button(told: ErrorInfo) -> None:
    calls = r"\w+\(.*?\)"
    assert re.search(calls, told["next_step"])
    assert re.findall(calls, re.sub("`[^`]*`", "", told["next_step"])) == []


def test_the_connection_is_told_of_as_by_the_kernel() -> None:
    assert json.loads((DEV / "diagnoses.json").read_text(encoding="utf-8")) == told_in_the_gallery()

"""A widget measures its talk so far as the talk is measured that was read again."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.widget.test_recorded import talk, talking
from voice_widget import read_talk


async def test_a_talk_that_goes_on_is_measured_as_when_it_is_read_again(tmp_path: Path) -> None:
    with talking(record=tmp_path / "talk") as widget:
        assert len(widget.measures(by="turn")) == 0
        assert repr(widget.findings()) == "Nobody has spoken in this talk."
        await talk(widget)
        live = widget.measures(by="turn")
        await widget.disconnect()
        ended = widget.measures(by="turn")
        findings = repr(widget.findings())
    assert sorted(live["role"]) == ["assistant", "user"]  # the double has a clock of its own
    again = read_talk(tmp_path / "talk")
    pd.testing.assert_frame_equal(again.measures(by="turn"), ended)
    assert repr(again.findings()) == findings


async def test_a_talk_that_is_not_recorded_is_measured_by_its_events() -> None:
    with talking() as widget:
        await talk(widget)
        await widget.disconnect()
        table = widget.measures(by="turn")
        whole = widget.measures().set_index(["measure", "side"])
    assert set(table["source"]) == {"events"}
    gap = whole.loc[("response_gap_ms", "assistant")]
    assert gap["n"] + gap["missing"] == 1

"""Verdicts, by values: what is judged is what the row shows."""

from __future__ import annotations

import pytest

from voice_widget.analysis.what_if.hearing import Supposed
from voice_widget.analysis.what_if.judging import judged
from voice_widget.analysis.what_if.truth import Spoken


@pytest.mark.parametrize(
    ("change", "shown", "verdict"),
    [
        (-50.4, -50, "same"),
        (50.4, 50, "same"),
        (-50.6, -51, "earlier"),
        (50.6, 51, "later"),
        (0.0, 0, "same"),
    ],
)
@pytest.mark.parametrize("end_ms", [900.0, 900.3])
def test_as_much_earlier_and_later_are_judged_alike(change: float, shown: int, verdict: str, end_ms: float):
    spoken = [Spoken(1, 100.0, end_ms, "sound", 1400.0)]
    [row] = judged("mine", spoken, [Supposed(120.0, 890.0, 1400.0 + change)], 50.0)
    assert (row["change_ms"], row["verdict"]) == (shown, verdict)
    assert row["change_ms"] == row["wait_ms"] - row["recorded_wait_ms"]
    assert row["wait_ms"] == row["ended_ms"] - row["end_ms"]


@pytest.mark.parametrize(("early", "verdict"), [(50.4, "same"), (50.6, "too_early")])
def test_a_turn_may_be_said_to_be_over_by_the_tolerance_before_its_end(early: float, verdict: str):
    spoken = [Spoken(1, 100.0, 900.0, "sound", 860.0)]
    [row] = judged("mine", spoken, [Supposed(120.0, 840.0, 900.0 - early)], 50.0)
    assert row["verdict"] == verdict

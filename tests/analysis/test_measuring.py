"""The tables of measures: of the example, and of talks where something is missing."""

from __future__ import annotations

import pytest

from voice_widget import SettingError, Talk


def test_the_example_by_turn_and_in_all():
    by_turn = Talk.example().measures(by="turn")
    assert by_turn["seq"].tolist() == [1, 2, 3, 4]
    assert by_turn["response_gap_ms"].isna().tolist() == [True, False, True, False]
    assert by_turn["floor_transfer_offset_ms"].tolist()[2] < 0  # it was asked over the answer
    whole = Talk.example().measures().set_index(["measure", "side"])
    gap = whole.loc[("response_gap_ms", "assistant")]
    assert gap["n"] == 2
    assert gap["points"] == "720, 680"


def test_there_is_no_other_table():
    with pytest.raises(SettingError, match="by talk or by turn"):
        Talk.example().measures(by="word")  # type: ignore[arg-type]

"""Where turns lie, also where rows of one side cross each other in time."""

from __future__ import annotations

from voice_widget.analysis.floor import Transfer, transfers
from voice_widget.analysis.spans import Span
from voice_widget.analysis.turns import Turn, placed
from voice_widget.realtime.state.records import Side


def spans(rows: dict[int, tuple[Side, float, float]], sounds: list[Span]) -> dict[int, tuple[float, float]]:
    found = placed(rows, {"assistant": sounds})
    assert {turn.source for turn in found} == {"sound"}
    return {turn.seq: (turn.start_ms, turn.end_ms) for turn in found}


def test_a_row_within_another_one_of_its_side_takes_no_sound_from_it():
    rows: dict[int, tuple[Side, float, float]] = {
        1: ("assistant", 0, 5000),
        2: ("assistant", 1000, 2000),
        3: ("assistant", 3000, 4000),
        4: ("assistant", 5600, 7000),
    }
    sounds: list[Span] = [(100, 900), (1200, 1900), (3100, 3900), (4200, 4900), (5700, 6900)]
    found = spans(rows, sounds)
    assert found == {1: (100, 4900), 2: (1200, 1900), 3: (3100, 3900), 4: (5700, 6900)}


def test_rows_that_cross_are_parted_in_the_silence_next_to_their_middle():
    rows: dict[int, tuple[Side, float, float]] = {1: ("assistant", 0, 3000), 2: ("assistant", 2000, 5000)}
    assert spans(rows, [(100, 2300), (2700, 4900)]) == {1: (100, 2300), 2: (2700, 4900)}


def test_of_turns_that_cross_the_one_that_ends_last_has_the_floor():
    turns = [
        Turn(1, "user", 0, 5000, "sound"),
        Turn(2, "user", 1000, 2000, "sound"),
        Turn(3, "assistant", 5700, 7000, "sound"),
    ]
    assert transfers(turns) == [Transfer(1, 3, 700)]
    crossing = [turns[0], Turn(2, "user", 1000, 5200, "sound"), turns[2]]
    assert transfers(crossing) == [Transfer(2, 3, 500)]


def test_a_turn_over_the_inner_one_alone_takes_no_floor():
    turns = [
        Turn(1, "assistant", 0, 5000, "sound"),
        Turn(2, "assistant", 1000, 2000, "sound"),
        Turn(3, "user", 1900, 2600, "sound"),
    ]
    assert transfers(turns) == []

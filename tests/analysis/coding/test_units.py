"""Units: which slices a label covers, and what a coder says of each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_widget.analysis.coding.scheme import NONE
from voice_widget.analysis.coding.units import Judged, slices, turns
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.labels import Label


def stretch(start: int, end: int, side: Side | None = None, code: str = "x") -> Label:
    return Label(1, code, "A", side=side, start_ms=start, end_ms=end)


def judged(labels: Sequence[Label], end_ms: int, step_ms: int, missing: bool = False) -> Judged:
    return slices({"A": labels, "B": []}, end_ms, step_ms, None, missing=missing, sides=SIDES)


@pytest.mark.parametrize(
    ("start", "end", "covered"),
    [
        (0, 100, [0]),
        (50, 51, [0]),
        (51, 149, []),
        (51, 150, []),
        (51, 151, [1]),
        (0, 250, [0, 1]),
        (0, 251, [0, 1, 2]),
        (-500, 9000, [0, 1, 2]),
        (251, 300, []),
    ],
)
def test_a_slice_has_what_lies_on_its_middle(start: int, end: int, covered: list[int]):
    said = judged([stretch(start, end)], 260, 100).said["A"]
    assert [n for n, code in enumerate(said) if code == "x"] == covered
    assert len(said) == 3


@settings(deadline=None)
@given(st.integers(0, 99), st.integers(1, 99), st.integers(1, 30))
def test_whatever_the_step_it_is_the_middle(start: int, length: int, step: int):
    said = judged([stretch(start, start + length)], 200, step).said["A"]
    for n, code in enumerate(said):
        assert (code == "x") == (2 * start <= 2 * n * step + step < 2 * (start + length))


def test_each_side_with_a_label_has_slices_of_its_own():
    found = judged([stretch(0, 100, "assistant")], 200, 100)
    assert found.units == [("assistant", 0), ("assistant", 100)]
    assert found.said == {"A": ["x", NONE], "B": [NONE] * 2}


def test_a_label_of_both_sides_says_the_same_of_each():
    found = judged([stretch(0, 100, "assistant"), stretch(100, 200, None, "y")], 200, 100)
    assert found.units == [("user", 0), ("user", 100), ("assistant", 0), ("assistant", 100)]
    assert found.said["A"] == [NONE, "y", "x", "y"]
    both, each = [stretch(0, 100)], [stretch(0, 100, "user"), stretch(0, 100, "assistant")]
    said = slices({"A": both, "B": each}, 200, 100, None, missing=False, sides=SIDES).said
    assert said["A"] == said["B"] == ["x", NONE] * 2
    found = slices({"A": both, "B": each}, 200, 100, None, missing=False, sides=("user",))
    assert found.units == [("user", 0), ("user", 100)]
    assert (found.said, found.left_out) == ({"A": ["x", NONE], "B": ["x", NONE]}, 1)


def test_where_no_label_is_of_one_side_a_slice_is_of_both():
    assert judged([stretch(0, 100)], 200, 100).units == [(None, 0), (None, 100)]


def test_what_does_not_count_is_left_out_and_counted():
    outside = Label(1, "x", "A", seq=1, problem="outside")
    timeless = Label(2, "x", "A", seq=2)
    assert judged([outside, timeless, stretch(0, 9)], 100, 50).left_out == 2
    found = turns({"A": [outside, timeless, stretch(0, 9)]}, [1, 2], None, missing=True)
    assert (found.said, found.left_out) == ({"A": [None, "x"]}, 2)


def test_without_a_label_it_is_none_or_nobody_knows():
    assert judged([stretch(0, 50)], 100, 50, missing=True).said == {"A": ["x", None], "B": [None, None]}
    assert turns({"A": []}, [1], "x", missing=True).said == {"A": [None]}
    assert turns({"A": [Label(1, "y", "A", seq=1)]}, [1], "x", missing=True).said == {"A": [NONE]}


@pytest.mark.parametrize(
    ("end", "step", "count"), [(250, 100, 2), (251, 100, 3), (4, 3, 1), (5, 3, 2), (4, 9, 0)]
)
def test_a_slice_whose_middle_lies_behind_the_end_is_none(end: int, step: int, count: int):
    found = judged([stretch(0, end)], end, step)
    assert len(found.units) == count
    assert found.said["A"] == ["x"] * count

"""The beginning of a result: nothing of it is changed, and nothing beyond it is read."""

from __future__ import annotations

from collections import OrderedDict, deque, namedtuple
from typing import Any

import pandas as pd
import pytest

from voice_widget.tools.bounded import MOST, MOST_ITEMS, Beginning

Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": (1, {2}, [pd.NaT, pd.NA])}, {"a": [1, [2], [None, None]]}),
        (OrderedDict(a=deque([1])), {"a": [1]}),
        (Pair(1, iter("xy")), [1, ["x", "y"]]),
        ({1: 2}.values(), [2]),
        (b"xy", b"xy"),
        (5, 5),
    ],
)
def test_what_is_little_is_taken_whole(value: Any, found: Any) -> None:
    beginning = Beginning(value)
    assert beginning.value == found
    assert (beginning.cut, beginning.missing) == ("", 0)


def test_of_several_that_are_cut_the_largest_is_told() -> None:
    beginning = Beginning({"a": [[0] * 10] * 3_000, "b": [0] * 50_000})
    assert beginning.cut == "3,000 items in a"
    assert list(beginning.value) == ["a"]
    assert Beginning({"b": [0] * 50_000, "a": [[0] * 10] * 3_000}).cut == "50,000 items in b"


def test_long_texts_are_cut_each_by_itself() -> None:
    beginning = Beginning(["x" * (MOST + 5), "y"])
    assert ([len(text) for text in beginning.value], beginning.missing) == ([MOST, 1], 5)


def test_as_many_as_there_may_be_are_all_taken() -> None:
    assert Beginning([0] * (MOST_ITEMS - 1)).cut == ""
    assert Beginning([0] * MOST_ITEMS).cut == f"{MOST_ITEMS:,} items"


def test_what_holds_itself_or_goes_too_deep_is_refused() -> None:
    knot: dict[str, Any] = {}
    knot["knot"] = [knot]
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    for value in (knot, deep):
        with pytest.raises(ValueError, match="holds itself, or goes too deep"):
            Beginning(value)


def test_a_table_within_a_result_keeps_an_index_that_says_something() -> None:
    tips = pd.Series([3.2, 2.7], index=pd.Index(["Sun", "Sat"], name="day"), name="tip")
    told = {"rows": 2, "columns": ["day", "tip"], "first": [["Sun", 3.2], ["Sat", 2.7]]}
    assert Beginning({"means": tips}).value == {"means": told}
    assert Beginning((tips,)).value == [told]
    assert Beginning([tips.to_frame()]).value == [told]
    assert Beginning([pd.Series([1, 2])]).value == [{"rows": 2, "first": [1, 2]}]
    nested = pd.Series([1], index=pd.MultiIndex.from_tuples([("Sun", "noon")], names=["day", None]), name="n")
    assert Beginning([nested]).value[0]["columns"] == ["day", "", "n"]
    assert Beginning([nested]).value[0]["first"] == [["Sun", "noon", 1]]


def test_of_two_columns_of_one_name_both_are_told() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert Beginning([frame]).value == [{"rows": 1, "columns": ["a", "a"], "first": [[1, 2]]}]


def test_a_part_of_a_table_keeps_its_places() -> None:
    part = pd.DataFrame({"a": [1, 2, 3]}).tail(1)
    assert Beginning([part]).value == [{"rows": 1, "columns": ["", "a"], "first": [[2, 3]]}]

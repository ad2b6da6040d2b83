"""Columns keep what they were given, and a table that was given out changes no other one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from voice_widget.tables.columns import Growing, Kept, celled, column, frame, turned
from voice_widget.tables.schema import UTC_TIME

DTYPES = {"at": UTC_TIME, "text": "string", "count": "Int64", "share": "Float64", "whole": "boolean"}
ROWS: list[tuple[Any, ...]] = [
    (1.5, "a", 1, 0.5, True),
    (None, None, None, None, None),
    (2.0, "c", 3, 1.0, False),
]


@pytest.mark.parametrize(
    ("values", "dtype", "kept"),
    [
        ([1, None, 2**62 + 1], "Int64", [1, None, 2**62 + 1]),
        ([1.0, None], "Int64", [1, None]),
        ([None, None], "Int64", [None, None]),
        ([True, None, False], "boolean", [True, None, False]),
        ([0.25, None], "Float64", [0.25, None]),
        ([1, 0.5], "Float64", [1.0, 0.5]),
        (("a", None), "string", ["a", None]),
    ],
)
def test_values_are_kept(values: Any, dtype: str, kept: list[Any]):
    made = column(values, dtype)
    assert str(made.dtype) == dtype
    assert [None if value is pd.NA else value for value in made] == kept


@pytest.mark.parametrize(
    "values",
    [
        [0.5, None],
        ["1970-01-01T00:00:00.500+00:00", None],
        ["1970-01-01T00:00:00.500000Z", None],
        ["1970-01-01T01:00:00.5+01:00", None],
    ],
)
def test_moments_are_read_in_every_form(values: Any):
    made = column(values, UTC_TIME)
    assert str(made.dtype) == UTC_TIME
    assert made[0] == pd.Timestamp(0.5, unit="s", tz="UTC")
    assert made[1] is pd.NaT


def test_cells_make_the_table_that_rows_make():
    by_cells = celled(ROWS, DTYPES)
    by_rows = frame([dict(zip(DTYPES, row, strict=True)) for row in ROWS], DTYPES)
    pd.testing.assert_frame_equal(by_cells, by_rows)
    pd.testing.assert_frame_equal(celled([], DTYPES), frame([], DTYPES))


def test_rows_that_lack_a_cell_and_have_others_are_taken():
    made = frame([{"text": "a", "odd": 1}, {"count": 2}], DTYPES)
    assert made["text"].isna().tolist() == [False, True]
    assert made["count"].isna().tolist() == [True, False]


def test_many_rows_are_turned_in_order():
    rows = [(number, str(number)) for number in range(5_000)]
    assert turned(rows, 2) == [list(range(5_000)), [str(number) for number in range(5_000)]]


def test_a_table_is_made_again_only_for_something_new():
    made: list[int] = []

    def make() -> pd.DataFrame:
        made.append(1)
        return celled(ROWS, DTYPES)

    kept = Kept()
    kept.table(1, make), kept.table(1, make), kept.table(2, make)
    assert len(made) == 2


@pytest.fixture(params=["python", "pyarrow"])
def storage(request: pytest.FixtureRequest) -> Iterator[str]:
    """How pandas keeps texts: Arrow's way where it is installed."""
    if request.param == "pyarrow":
        pytest.importorskip("pyarrow")
    with pd.option_context("mode.string_storage", request.param):
        yield request.param


@pytest.mark.parametrize("name", [name for name in DTYPES if name != "at"])
def test_what_is_done_to_a_table_changes_no_other_one(name: str, storage: str):
    kept = Kept()
    first = kept.table(1, lambda: celled(ROWS, DTYPES))
    untouched = celled(ROWS, DTYPES)
    other = {"text": "x", "count": 9, "share": 9.0, "whole": False}[name]
    first.loc[0, name] = other
    with contextlib.suppress(ValueError):  # where texts are shared, their arrays refuse it
        first[name].array[2] = other
    with contextlib.suppress(ValueError):
        first[name].to_numpy()[:1] = other
    first.columns.name, first.index.name, first.attrs["mine"] = "c", "i", 1
    del first["at"]
    second = kept.table(1, lambda: celled([], DTYPES))
    pd.testing.assert_frame_equal(second, untouched)
    assert (second.columns.name, second.index.name, second.attrs) == (None, None, {})


def test_texts_of_python_are_not_copied_and_all_that_is_done_with_texts_works(storage: str):
    kept, plain = Kept(), celled(ROWS, DTYPES)
    table, other = (kept.table(1, lambda: celled(ROWS, DTYPES)) for _ in range(2))
    if storage == "python" and int(pd.__version__.split(".")[0]) >= 3:
        assert np.shares_memory(np.asarray(table["text"].array), np.asarray(other["text"].array))
    for work in (
        lambda df: df.groupby("text", dropna=False)["count"].sum(),
        lambda df: df.sort_values("text", ascending=False),
        lambda df: df.merge(df, on="text"),
        lambda df: df["text"].str.upper().str.contains("A"),
        lambda df: df["text"].fillna("x").replace("a", "b").value_counts(),
        lambda df: df[df["text"].isin(["a"])].to_json(date_format="iso"),
        lambda df: pd.concat([df, df]).drop_duplicates("text"),
        lambda df: df["text"].astype(object).map(str).unique().tolist(),
        lambda df: df.assign(text=df["text"] + "!").to_csv(),
        lambda df: df.pivot_table(index="text", values="share"),
    ):
        assert repr(work(table)) == repr(work(plain))
    for df in (table, plain):
        df.loc[df["count"] == 3, "text"] = "z"
        df.iloc[0, 1] = "y"
        df["text"] = df["text"].fillna("w")
        df["text"] += "!"
    pd.testing.assert_frame_equal(table, plain)
    pd.testing.assert_frame_equal(other, celled(ROWS, DTYPES))


def test_lines_are_converted_once_and_go_at_the_beginning(monkeypatch: pytest.MonkeyPatch):
    seen: list[int] = []
    monkeypatch.setattr(
        "voice_widget.tables.columns.celled",
        lambda lines, dtypes: (seen.append(len(lines)), celled(lines, dtypes))[1],
    )
    lines = [(number / 2, f"{number}") for number in range(10)]
    growing = Growing({"at": UTC_TIME, "text": "string"})
    assert growing.take(0, lines[:4])["text"].tolist() == ["0", "1", "2", "3"]
    assert growing.take(0, [])["text"].tolist() == ["0", "1", "2", "3"]
    table = growing.take(2, lines[4:6])
    assert (table["text"].tolist(), table.index.tolist(), growing.upto) == (
        ["2", "3", "4", "5"],
        [0, 1, 2, 3],
        6,
    )
    assert growing.take(5, [])["text"].tolist() == ["5"]
    assert growing.take(8, lines[8:])["text"].tolist() == ["8", "9"]  # those between came and went unseen
    assert growing.upto == 10
    assert seen == [4, 2, 2]

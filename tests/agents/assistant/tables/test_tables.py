"""Columns and values under the names by which people call them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from voice_widget.agents.assistant.tables.tables import Table, frames_of
from voice_widget.data import load
from voice_widget.errors import SettingError


def spoken(frame: pd.DataFrame) -> list[str]:
    return [column.spoken for column in Table(frame).columns]


def kinds(frame: pd.DataFrame) -> list[str]:
    return [column.kind for column in Table(frame).columns]


def test_names_lose_their_underscores_and_their_units() -> None:
    table = Table(load(), "penguins")
    assert spoken(load())[2:6] == ["bill length", "bill depth", "flipper length", "body mass"]
    assert [c.unit for c in table.columns][2:6] == ["millimeters", "millimeters", "millimeters", "grams"]


def test_a_unit_stays_where_it_tells_columns_apart() -> None:
    frame = pd.DataFrame([[1.0, 2.0, 3.0]], columns=["length_mm", "length_cm", "m"])
    assert spoken(frame) == ["length millimeters", "length centimeters", "m"]


def test_odd_names() -> None:
    frame = pd.DataFrame([range(7)], columns=["price", "price", ("a", "b"), 3, None, "", "__"])
    assert spoken(frame) == ["price", "price 2", "a b", "3", "none", "column 6", "column 7"]
    assert spoken(
        pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("x", "mean"), ("x", "max")]))
    ) == [
        "x mean",
        "x max",
    ]


def test_duplicate_names_keep_their_own_data() -> None:
    table = Table(pd.DataFrame([[1, 2]], columns=["price", "price"]))
    assert [int(c.series.iloc[0]) for c in table.columns] == [1, 2]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.5, None], "number"),
        (pd.array([1, None], dtype="Int64"), "number"),
        ([True, False], "bool"),
        (pd.Series([True, None], dtype=object), "bool"),
        (["a", None], "text"),
        (pd.Series(["a", None], dtype=object), "text"),
        (pd.Categorical([1, 2]), "text"),
        (pd.to_datetime(["2020-01-01", "NaT"]), "date"),
        (pd.period_range("2020-01", periods=2, freq="M"), "date"),
        (pd.to_timedelta([1, 2], unit="h"), "duration"),
        ([np.nan, np.nan], "empty"),
        (pd.Series([None, None], dtype=object), "empty"),
        ([1j, 2j], "other"),
        (pd.Series([[1], [2]]), "other"),
        (pd.Series([1, "a"], dtype=object), "other"),
    ],
)
def test_kinds(values: object, kind: str) -> None:
    assert kinds(pd.DataFrame({"x": values})) == [kind]


def test_what_to_calculate_and_what_to_group_by() -> None:
    table = Table(load())
    assert [c.spoken for c in table.numbers()] == ["bill length", "bill depth", "flipper length", "body mass"]
    assert [c.spoken for c in table.groupings()] == ["species", "island", "sex", "year"]
    ids = Table(pd.DataFrame({"id": range(100), "note": [f"n {i}" for i in range(100)]}))
    assert [c.spoken for c in ids.numbers()] == ["id"]
    assert ids.groupings() == []


def test_values_with_names() -> None:
    table = Table(load())
    assert [v.spoken for v in table.values][:4] == ["Adelie", "Chinstrap", "Gentoo", "Biscoe"]
    assert sorted(table.years) == [2007, 2008, 2009]
    assert Table(pd.DataFrame({"x": [1.0, 2.0], "n": [1, 2]})).years == {}


def test_cells_that_cannot_be_hashed_have_no_values() -> None:
    assert Table(pd.DataFrame({"x": [[1], [2]], "y": [{"a": 1}, {}]})).values == ()


def test_data_in_other_forms() -> None:
    frame = load()
    assert frames_of(frame)["penguins"] is frame
    assert list(frames_of({"a": frame, "b": frame["sex"]})) == ["a", "b"]
    assert frames_of(None) == {}

    class Polars:
        def to_pandas(self) -> pd.DataFrame:
            return frame

    assert frames_of(Polars())["penguins"] is frame


@pytest.mark.parametrize("data", [[1, 2], "penguins.csv", {"a": 1}, 3])
def test_what_is_no_table_is_refused_with_a_next_step(data: object) -> None:
    with pytest.raises(SettingError, match="Pass a pandas DataFrame"):
        frames_of(data)


def test_the_fingerprint_sees_what_changes_the_names() -> None:
    frame = load()
    before = Table.fingerprint(frame)
    assert Table.fingerprint(frame) == before
    assert Table.fingerprint(frame.rename(columns={"sex": "gender"})) != before
    assert Table.fingerprint(frame.head(3)) != before
    assert Table.fingerprint(frame.astype({"year": str})) != before


def test_what_was_changed_in_place_is_seen_in_the_contents() -> None:
    frame = pd.DataFrame({"city": ["Rome", "Oslo", None], "sold": [1, 2, 3]})
    table = Table(frame)
    assert table.contents() == table.contents() is not None
    before = {table.contents()}
    frame.loc[1, "city"] = "Bergen"
    before.add(table.contents())
    frame.loc[2, "sold"] = 4
    before.add(table.contents())
    frame.index = pd.Index([7, 8, 9])
    before.add(table.contents())
    assert len(before) == 4
    for untold in (pd.DataFrame({"n": range(300_000)}), pd.DataFrame({"of": [[1], [2]]})):
        assert Table(untold).contents() is None

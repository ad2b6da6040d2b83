"""What is shown of a result before it is allowed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from voice_widget.tools.expressions import compute
from voice_widget.tools.previews import MOST, difference, preview, source

DF = pd.DataFrame({"day": ["Sat", "Sun", "Mon"], "tip": [1.0, 2.0, None], "n": [1, 2, 3]})


def told(expression: str) -> str:
    values = {"df": DF, "prices": [3, 5], "grid": np.zeros((2, 3))}
    return preview(expression, values, compute(expression, values))


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("df[df.tip > 1]", "2 rows removed"),
        ("df.assign(x=1).fillna(0)", "column x added, tip changed in 1 row"),
        ("df.drop(columns=['n', 'tip'])", "columns tip, n removed"),
        ("df.rename(columns={'tip': 't'})", "column t added, column tip removed"),
        ("df.sort_values('day')", "the rows in another order"),
        ("df.astype({'n': 'float64'})", "n float64 instead of int64"),
        ("df.loc[[0, 1]].assign(n=[1, 9])", "1 row removed, n changed in 1 row"),
        ("df[['day', 'tip', 'n']]", "no difference"),
    ],
)
def test_a_table_made_from_another_says_what_differs(expression: str, says: str) -> None:
    assert told(expression).splitlines()[1] == f"Against df: {says}."


def test_a_table_begins_with_its_size_and_ends_with_its_first_rows() -> None:
    assert told("df[['n']]").splitlines() == [
        "DataFrame, 3 rows, 1 column",
        "Against df: columns day, tip removed.",
        "   n",
        "0  1",
        "1  2",
        "2  3",
    ]


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("df.groupby('n').tip.sum()", "Series of 3, float64"),
        ("df.groupby('day').sum().reset_index()", "DataFrame, 3 rows, 3 columns"),
        ("df.tip.mean()", "float64"),
        ("prices", "list of 2"),
        ("grid", "array of 2 by 3, float64"),
    ],
)
def test_what_is_made_anew_is_held_against_nothing(expression: str, says: str) -> None:
    assert told(expression).splitlines()[0] == says
    assert "Against" not in told(expression)
    # Where there is a table, and no difference of it can be told, that is said.
    anew = "Made anew: its rows are those of no table here, so there is no difference to show."
    assert told(expression).splitlines().count(anew) == (says.startswith(("Series", "DataFrame", "array")))


def test_of_very_many_columns_it_is_said_how_many_were_not_compared() -> None:
    wide = pd.DataFrame({f"c{n}": [n] for n in range(60)})
    assert preview("wide", {"wide": wide}, wide.assign(c3=0)).splitlines()[1] == (
        "Against wide: c3 changed in 1 row, 10 further columns not compared."
    )


def test_labels_that_are_not_unique_are_said_and_not_guessed_at() -> None:
    twice = pd.concat([DF, DF])
    assert difference(twice, twice.head(2)) == "6 rows before, 2 after; its labels are not unique"


def test_categories_and_cells_that_are_no_numbers_can_be_held_against_each_other() -> None:
    before = pd.DataFrame({"a": pd.Categorical(["x", "y"]), "b": [{"k": 1}, {"k": 2}]})
    after = before.assign(a=pd.Categorical(["x", "z"]))
    assert difference(before, after) == "a changed in 1 row"


def test_it_is_short_whatever_there_is() -> None:
    wide = pd.DataFrame({"c" * 90 + str(n): ["x" * 900] for n in range(200)})
    assert len(preview("wide", {"wide": wide}, wide.iloc[:, 100:])) == MOST


def test_a_chain_that_keeps_rows_and_columns_leads_to_its_table() -> None:
    assert [source(text) for text in ("df.head(2)", "df.iloc[0:2]", "df.merge(df)", "max(df.n)")] == [
        "df",
        "df",
        "",
        "",
    ]

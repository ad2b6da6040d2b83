"""A table is shown whole, up to what a page can hold; beyond that it is said where all of it is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from voice_widget.widget.display import Result, Results
from voice_widget.widget.rendering import MOST, for_panel, formatted
from voice_widget.widget.whole_tables import MOST_COLUMNS, MOST_LONG, MOST_ROWS, boxed, whole


def html(value: Any) -> str:
    return str(formatted(value, "w.results[3].value")[0]["text/html"])


def numbers(rows: int, columns: int = 2) -> pd.DataFrame:
    return pd.DataFrame({f"c{n}": range(rows) for n in range(columns)})


@pytest.mark.parametrize(("rows", "columns"), [(3, 2), (200, 2), (MOST_ROWS, 2), (200, 50), (1, 50), (0, 2)])
def test_all_rows_and_columns_are_there(rows: int, columns: int) -> None:
    drawn = html(numbers(rows, columns))
    assert drawn.count("<tr") == rows + 1
    assert drawn.count("<td") == rows * columns
    assert "..." not in drawn
    assert "all of it" not in drawn


@pytest.mark.parametrize(
    ("rows", "columns", "shown", "says"),
    [
        (3_000, 2, (500, 2), "The first 500 of 3,000 rows"),
        (3, 60, (3, 50), "The first 50 of 60 columns"),
        (450, 60, (400, 50), "The first 400 of 450 rows, the first 50 of 60 columns"),
    ],
)
def test_of_a_larger_one_the_first_are_shown_and_where_all_of_it_is(
    rows: int, columns: int, shown: tuple[int, int], says: str
) -> None:
    drawn = html(numbers(rows, columns))
    assert (drawn.count("<tr") - 1, drawn.count("<td")) == (shown[0], shown[0] * shown[1])
    assert drawn.startswith(f"<p>{says}; all of it is in <code>w.results[3].value</code>.</p>")


def test_no_table_is_too_much_for_a_page() -> None:
    frame = pd.DataFrame({f"c{n}": ["<&" * 25] * 500 for n in range(MOST_COLUMNS)})
    drawn = html(frame)
    assert len(drawn) <= MOST_LONG + 200
    assert len(for_panel(formatted(frame), "x")["data"]) < MOST
    assert "of 500 rows" in drawn


def test_a_series_is_whole_too() -> None:
    told = formatted(pd.Series(range(300), name="tip"))[0]["text/plain"]
    assert [line.split() for line in told.splitlines()[:-1]] == [[f"{n}", f"{n}"] for n in range(300)]
    assert told.endswith("Name: tip, dtype: int64")
    told = formatted(pd.Series(range(900)), "w.results[1].value")[0]["text/plain"]
    assert told.endswith("The first 500 of 900 rows; all of it is in w.results[1].value.")


def test_pandas_own_settings_stay() -> None:
    before = pd.get_option("display.max_rows"), pd.get_option("display.max_columns")
    html(numbers(200, 30))
    assert (pd.get_option("display.max_rows"), pd.get_option("display.max_columns")) == before


class Trips(pd.DataFrame):
    """A table of somebody's own, drawn in its own way."""


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (Trips({"a": range(200)}), {"text/html": '<table border="1" class="dataframe"></table>'}),
        (numbers(200), {"text/html": "<script>draw()</script>"}),
        (numbers(200), {"text/plain": "t"}),
        ("text", {"text/plain": "'text'"}),
    ],
)
def test_what_is_drawn_otherwise_keeps_its_manner(value: Any, data: dict[str, Any]) -> None:
    assert whole(value, data, "x") == data


def test_in_a_cell_a_long_table_scrolls_by_itself_and_a_short_one_stands() -> None:
    short, long = (formatted(numbers(rows))[0] for rows in (10, 200))
    assert boxed(short) == short
    assert boxed(long)["text/html"] == (
        f'<div style="max-height:480px;overflow:auto">{long["text/html"]}</div>'
    )


def test_each_result_says_where_it_is() -> None:
    results = Results()
    drawn = [results.add(Result(numbers(900))) for _ in range(2)]
    assert [f"w.results[{n}].value" in one.bundle()[0]["text/html"] for n, one in enumerate(drawn)] == [
        True
    ] * 2

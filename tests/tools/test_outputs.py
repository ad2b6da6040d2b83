"""What of a result goes to the model, and what is shown."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from voice_widget.agents import Show
from voice_widget.tools.outputs import MOST, MOST_WITHIN, output_of


@dataclass
class Day:
    day: str
    guests: int


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ("", ""),
        ("Sunny.", "Sunny."),
        (np.str_("Sunny."), "Sunny."),
        ({"a": [1, np.int64(2)]}, '{"a": [1, 2]}'),
        (np.array([1.5, 2]), "[1.5, 2.0]"),
        ({date(2026, 1, 2): {"b"}}, '{"2026-01-02": ["b"]}'),
        ([Day("Sun", 3)], '[{"day": "Sun", "guests": 3}]'),
        ("Zürich", "Zürich"),
        (["Zürich"], '["Zürich"]'),
        ({"when": pd.NaT, "all": (pd.NA, float("nan"))}, '{"when": null, "all": [null, null]}'),
        ({"df": pd.DataFrame({"a": [1, None]})}, '{"df": {"rows": 2, "first": [{"a": 1.0}, {"a": null}]}}'),
        ([pd.Series([1, 2])], '[{"rows": 2, "first": [1, 2]}]'),
    ],
)
def test_texts_stay_and_the_rest_is_json(value: Any, text: str) -> None:
    output = output_of(value)
    assert output.text == text
    assert type(output.text) is str
    assert output.show is None


def test_of_a_table_the_model_gets_the_first_rows_and_the_person_all() -> None:
    frame = pd.DataFrame({"day": ["Sun"] * 12, "tip": range(12)})
    output = output_of(frame)
    lines = output.text.splitlines()
    assert lines[:3] == ["12 rows, 2 columns, shown to the user; the first 10:", "day,tip", "Sun,0"]
    assert len(lines) == 12
    assert output.show == Show(frame, "table · 12 rows")


def test_tables_within_a_result_are_shown_whole_each_by_its_key() -> None:
    frame, series = pd.DataFrame({"tip": range(30)}), pd.Series([1, 2])
    output = output_of({"by_day": frame, "parts": [3, {"n": series}], "mean": 2.5})
    assert [(show.label, show.value) for show in output.shows] == [
        ("by_day · 30 rows", frame),
        ("parts[1].n · 2 rows", series),
    ]
    assert '"by_day": {"rows": 30, "first": [{"tip": 0}' in output.text
    assert [show.label for show in output_of([frame[:1]]).shows] == ["[0] · 1 row"]
    assert output_of({"a": [1], "b": {"c": None}}).shows == ()


def test_of_very_many_tables_the_last_that_is_shown_says_that_there_are_more() -> None:
    shown = output_of([pd.DataFrame({"a": [n]}) for n in range(MOST_WITHIN + 5)]).shows
    assert len(shown) == MOST_WITHIN
    assert shown[-1].label == "[9] · 1 row · further tables are not shown"
    assert shown[-2].label == "[8] · 1 row"


def test_an_index_that_says_something_and_a_series_are_told() -> None:
    by_day = pd.Series([3.2], index=pd.Index(["Sun"], name="day"), name="tip")
    assert output_of(by_day).text == "1 row, 1 column, shown to the user:\nday,tip\nSun,3.2"


def test_pictures_are_shown_and_named() -> None:
    figure = Figure()
    output = output_of(figure)
    assert output.text == "Shown: a figure."
    assert output.show == Show(figure, "figure")
    labelled = output_of(Show(figure, "tips by day"))
    assert (labelled.text, labelled.show) == ("Shown: tips by day.", Show(figure, "tips by day"))


def test_too_much_is_cut_and_says_so() -> None:
    text = output_of("x" * 50_000_000).text
    assert len(text) < MOST + 100
    assert text.endswith("… Cut here, of 50,000,000 characters. Ask for less, or for a part.")


@pytest.mark.parametrize("value", [object(), [threading.Lock()], b"\xff", (knot := []).append(knot) or knot])  # type: ignore[var-annotated, func-returns-value]
def test_what_no_model_can_read_is_refused_with_what_can(value: Any) -> None:
    with pytest.raises(ValueError, match=r"cannot be written as JSON.*A tool may return text"):
        output_of(value)


class Trips(pd.DataFrame):
    """A table of somebody's own."""


def test_a_table_of_ones_own_is_one() -> None:
    found = output_of(Trips({"a": [1, 2]}))
    assert found.text == "2 rows, 1 column, shown to the user:\na\n1\n2"
    assert found.show is not None
    assert found.show.label == "table · 2 rows"

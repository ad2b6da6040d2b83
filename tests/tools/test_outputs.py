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
from pydantic import BaseModel, ConfigDict, Field, field_serializer

from voice_widget.agents import Show
from voice_widget.tools.bounded import MOST, MOST_ITEMS
from voice_widget.tools.outputs import MOST_WITHIN, output_of


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


class Read:
    """Counts how many of its like are written."""

    written = 0

    def __str__(self) -> str:
        Read.written += 1
        return "read"


@dataclass
class Lot:
    parts: list[Any]


MILLION = 1_000_000


@pytest.mark.parametrize(
    ("value", "begins", "of"),
    [
        ([1] * MILLION, "[1, 1, ", "1,000,000 items"),
        (range(MILLION), "[0, 1, ", "1,000,000 items"),
        ({"k": [1] * MILLION, "z": 1}, '{"k": [1, ', "1,000,000 items in k"),
        ([{"a": n, "b": "x"} for n in range(20_000)], '[{"a": 0, "b": "x"}, {"a": 1', "20,000 items"),
        (dict.fromkeys(range(MILLION)), '{"0": null, ', "1,000,000 items"),
        (np.zeros((5, MILLION)), "[[0.0, 0.0, ", "5,000,000 items"),
        ({"a": np.zeros(MILLION), "b": np.zeros(3)}, '{"a": [0.0, ', "1,000,000 items in a"),
        (pd.Index(range(MILLION)), "[0, 1, ", "1,000,000 items"),
        (Lot([1] * MILLION), '{"parts": [1, ', "1,000,000 items in parts"),
        (
            [pd.DataFrame({"a": [[1] * MILLION]})],
            '[{"rows": 1, "first": ',
            "1,000,000 items in [0].first[0].a",
        ),
        (
            {"df": pd.DataFrame(np.zeros((1, 9_000)))},
            '{"df": {"rows": 1, "first": [{"0": 0.0',
            "9,000 items in df.columns",
        ),
        ({"k": "y" * MILLION}, '{"k": "yyy', "1,000,009 characters"),
        (map(str, range(MILLION)), '["0", "1", ', "at least 8,000 items"),
    ],
)
def test_of_what_is_no_text_the_beginning_is_told_and_how_much_there_was(
    value: Any, begins: str, of: str
) -> None:
    text = output_of(value).text
    assert text.startswith(begins)
    assert len(text) <= MOST + 150
    assert text.endswith(f"\n… Cut here, of {of}. Ask for less, or for a part.")


@pytest.mark.parametrize("value", [[Read()] * 50_000, {"k": [[Read()] * 9] * 50_000}, Lot([Read()] * 50_000)])
def test_no_more_is_written_than_may_be_told(value: Any) -> None:
    Read.written = 0
    assert "Cut here" in output_of(value).text
    assert 1_000 < Read.written <= MOST_ITEMS


def test_an_iterator_is_read_no_further_than_may_be_told() -> None:
    left = iter(range(MILLION))
    assert output_of({"k": left}).text.startswith('{"k": [0, 1, ')
    assert next(left) <= MOST_ITEMS


def test_a_table_behind_very_much_else_is_shown() -> None:
    frame = pd.DataFrame({"tip": [1]})
    assert [show.value for show in output_of({"xs": [1] * MILLION, "df": frame}).shows] == [frame]


def test_a_model_says_itself_how_it_is_written_if_it_is_not_too_much() -> None:
    class Trip(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        tips: list[int] = Field(serialization_alias="Tips")
        table: Any = None

        @field_serializer("tips")
        def written(self, tips: list[int]) -> str:
            return f"{len(tips)} tips"

    assert output_of(Trip(tips=[1, 2])).text == '{"Tips": "2 tips", "table": null}'
    assert (
        '"table": {"rows": 1, "first": [{"a": 1}]}'
        in output_of(Trip(tips=[], table=pd.DataFrame({"a": [1]}))).text
    )
    assert output_of(Trip(tips=[1] * MILLION)).text.endswith(
        "of 1,000,000 items in tips. Ask for less, or for a part."
    )


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


def test_axes_are_shown_as_the_figure_they_are_in() -> None:
    figure = Figure()
    axes = figure.subplots(2, 1)
    for given in (axes[0], axes):  # what `df.plot()` and `df.hist()` give
        output = output_of(given)
        assert output.text == "Shown: a figure."
        assert output.show is not None
        assert output.show.value is figure


def test_a_figure_within_a_result_is_shown_once() -> None:
    figure = Figure()
    axes = figure.subplots(2, 1)
    both = output_of((figure, axes[0]))
    assert both.text == '["Shown: a figure.", "Shown: a figure."]'
    assert [(show.value is figure, show.label) for show in both.shows] == [(True, "[0] · figure")]
    named = output_of({"fig": axes[1], "n": 3})
    assert named.text == '{"fig": "Shown: a figure.", "n": 3}'
    assert [(show.value is figure, show.label) for show in named.shows] == [(True, "fig · figure")]


def test_a_column_of_that_name_is_no_figure() -> None:
    frame = pd.DataFrame({"figure": [Figure()]})
    assert output_of(frame).text.startswith("1 row, 1 column")

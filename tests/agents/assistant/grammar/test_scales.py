"""Rows held against an order of values, another column and the average, by values."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.operations.running import run
from voice_widget.agents.assistant.tables.plans import Filter, Plan
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.agents.assistant.understanding import State, understand

MOODS = ["low", "medium", "high"]
FRAME = pd.DataFrame(
    {
        "mood": pd.Categorical(["low", "medium", "high", "high", None, "medium"], MOODS, ordered=True),
        "town": ["Bath", "York", "York", "Bath", "Nice", "Nice"],
        "home_goals": [1, 2, 3, 0, 2, 4],
        "away_goals": [1, 1, 4, 0, 3, 1],
        "played_on": pd.date_range("2024-01-01", periods=6),
        "paid_on": pd.to_datetime(
            ["2024-01-03", "2024-01-01", None, "2024-01-04", "2024-01-01", "2024-02-01"]
        ),
    }
)
TABLE = Table(FRAME, "matches")
LEXICON = Lexicon(TABLE)
MOOD, TOWN, HOME, AWAY, PLAYED, PAID = range(6)


def read(text: str) -> object:
    return understand(text, State(), [LEXICON], datetime(2024, 3, 15))[0]


def counted(text: str) -> int:
    plan = read(text)
    assert isinstance(plan, Plan), plan
    assert plan.do == "count"
    return int(run(plan, TABLE).value)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("how many are at least medium", ("medium", "high")),
        ("how many have a mood above medium", ("high",)),
        ("how many with mood below high", ("low", "medium")),
        ("how many are not above low", ("low",)),
        ("how many are not at least high", ("low", "medium")),
        ("how many are medium or more", ("medium", "high")),
        ("how many are between low and medium", ("low", "medium")),
    ],
)
def test_values_with_an_order_are_held_against_each_other(text: str, values: tuple[str, ...]) -> None:
    assert read(text) == Plan("count", "matches", (Filter(MOOD, "in", values),))


@pytest.mark.parametrize(
    "text",
    [
        "how many are worse than medium",  # is a high mood the better one?
        "how many are better than low",
        "how many are above high",
        "how many are above York",
    ],
)
def test_what_has_no_order_or_nothing_beyond_is_refused(text: str) -> None:
    assert not isinstance(read(text), Plan)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("how many matches had more home goals than away goals", 2),
        ("in how many matches were home goals and away goals equal", 2),
        ("how many have home goals below away goals", 2),
        ("how many matches with home goals not above away goals", 4),
        ("how many were paid on before played on", 2),
        ("how many matches in bath with home goals equal to away goals", 2),
    ],
)
def test_one_column_is_held_against_another_in_each_row(text: str, number: int) -> None:
    assert counted(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "which towns had more home goals than away goals",
        "is the average of home goals higher than the average of away goals",
    ],
)
def test_what_holds_of_groups_or_averages_is_not_asked_of_rows(text: str) -> None:
    plan = read(text)
    assert not isinstance(plan, Plan) or not plan.filters


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("how many matches with home goals above the average", 2),
        ("how many matches with above average away goals", 2),
        ("how many matches have home goals below half the average", 1),
        ("how many matches had away goals above twice the median", 2),
    ],
)
def test_an_amount_is_held_against_the_average_of_all(text: str, number: int) -> None:
    assert counted(text) == number


def test_of_which_rows_the_average_is_meant_is_asked() -> None:
    assert not isinstance(read("how many matches in bath with home goals above the average"), Plan)

"""Rows that repeat others, and the years that are there, by values."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.operations.running import run
from voice_widget.agents.assistant.tables.plans import Plan
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.agents.assistant.telling.telling import tell
from voice_widget.agents.assistant.understanding import State, understand

PLAIN = pd.DataFrame(
    {
        "match_date": pd.to_datetime(["2022-05-01", "2023-05-01", "2023-05-01", "2024-07-01"]),
        "team": ["Ajax", "Lyon", "Roma", "Ajax"],
        "goals": [1, 2, 3, 4],
    }
)
FRAME = pd.concat([PLAIN, PLAIN.iloc[[1, 1]]], ignore_index=True)
TABLE = Table(FRAME, "results")
LEXICON = Lexicon(TABLE)


def heard(text: str, state: State | None = None) -> tuple[object, State]:
    return understand(text, state or State(), [LEXICON], datetime(2024, 8, 1))


def told(text: str) -> str:
    plan, _ = heard(text)
    assert isinstance(plan, Plan), plan
    return str(tell(plan, run(plan, TABLE), TABLE)[0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("are there any duplicate rows", "2 rows repeat an earlier one, of 6."),
        ("how many rows are duplicated", "2 rows repeat an earlier one, of 6."),
        ("are there any duplicates of ajax", "No row for Ajax comes twice."),
        ("how many rows without the duplicates", "There are 4 different rows, of 6."),
        ("how many different rows", "There are 4 different rows, of 6."),
        ("how many different matches", "There are 4 different rows, of 6."),
        ("which years are in the data", "There are 3 years of match date: 2022, 2023 and 2024."),
        ("which years had goals above 3", "There is 1 year of match date with goals above 3: 2024."),
    ],
)
def test_what_is_told(text: str, said: str) -> None:
    assert told(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "average goals without duplicates",
        "which years had no ajax",
        "which years had only ajax",
        "which years had more than two matches",
    ],
)
def test_what_it_cannot_do_without_it_is_refused(text: str) -> None:
    assert not isinstance(heard(text)[0], Plan)


@pytest.mark.parametrize(("then", "do"), [("which years", "values"), ("which teams", "values")])
def test_what_is_asked_for_in_the_plural_is_not_of_one_row(then: str, do: str) -> None:
    first, state = heard("which match had the most goals")
    assert isinstance(first, Plan)
    assert first.do == "extreme"
    plan, _ = heard(then, state)
    assert isinstance(plan, Plan)
    assert plan.do == do
    assert not plan.end


def test_a_team_of_that_row_is_told_in_the_singular() -> None:
    _, state = heard("which match had the most goals")
    plan, _ = heard("which team", state)
    assert isinstance(plan, Plan)
    assert plan.do == "extreme"

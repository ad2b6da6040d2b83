"""From words to a plan, by values: every word is in it, or there is none."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from voice_widget.agents.assistant.lexicon import Lexicon
from voice_widget.agents.assistant.plans import Asked, Filter, Group, Plan, Refused
from voice_widget.agents.assistant.tables import Table
from voice_widget.agents.assistant.understanding import State, understand

TODAY = datetime(2024, 3, 15)
FRAME = pd.DataFrame(
    {
        "day": pd.date_range("2023-01-01", periods=400),
        "shop": ["north", "south"] * 200,
        "kind": ["tea", "tea", "coffee", "cocoa"] * 100,
        "revenue": [float(n) for n in range(400)],
        "paid": [True, False, True, True] * 100,
    }
)
LEXICON = Lexicon(Table(FRAME, "sales"))
DAY, SHOP, KIND, REVENUE, PAID = range(5)


def read(text: str, state: State | None = None) -> object:
    return understand(text, state or State(), [LEXICON], TODAY)[0]


def summed(*filters: Filter, **more: object) -> Plan:
    return Plan("aggregate", "sales", filters, measures=(REVENUE,), aggregate="sum").but(**more)


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("what is the total revenue please", summed()),
        ("total revenue not from north", summed(Filter(SHOP, "in", ("north",), True))),
        ("total revenue of everything but tea", summed(Filter(KIND, "in", ("tea",), True))),
        ("total revenue of neither tea nor cocoa", summed(Filter(KIND, "in", ("tea", "cocoa"), True))),
        ("total revenue of unpaid tea", summed(Filter(KIND, "in", ("tea",)), Filter(PAID, "in", (False,)))),
        ("total revenue with revenue of at least two hundred", summed(Filter(REVENUE, "at least", (200.0,)))),
        ("total revenue in march", summed(Filter(DAY, "cycle", ("month", 3)))),
        (
            "total revenue last month",
            summed(Filter(DAY, "period", ((datetime(2024, 2, 1), datetime(2024, 3, 1)),))),
        ),
        ("total revenue before 2024", summed(Filter(DAY, "period", ((None, datetime(2024, 1, 1)),)))),
        (
            "total revenue by shop and month",
            summed(groups=(Group(SHOP), Group(DAY, "month"))),
        ),
        ("which shop has the highest revenue", summed(groups=(Group(SHOP),), end="highest", chosen=True)),
    ],
)
def test_each_word_is_in_the_plan(text: str, plan: Plan) -> None:
    found = read(text)
    assert isinstance(found, Plan), found
    assert found.but(filters=frozenset(found.filters)) == plan.but(filters=frozenset(plan.filters))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("total revenue by flavour", "flavour"),
        ("total revenue in atlantis", "atlantis"),
        ("total green revenue", "green"),
        ("will the revenue be higher", "will"),
    ],
)
def test_a_word_that_nobody_knows_is_named(text: str, word: str) -> None:
    found = read(text)
    assert isinstance(found, Asked | Refused)
    assert word in found.sentence


@pytest.mark.parametrize(
    "text",
    [
        "revenue above 100 or paid",
        "total revenue from us to tea",
        "total revenue with revenue above 100 and revenue above 200",
        "which shop has the highest revenue sorted by kind",
        "average revenue in 2023 in",
    ],
)
def test_known_words_that_do_not_go_together_compute_nothing(text: str) -> None:
    assert not isinstance(read(text), Plan)


def test_what_a_question_goes_on_with_is_handed_in() -> None:
    last = summed(Filter(SHOP, "in", ("north",)))
    assert read("what about south", State(last)) == summed(Filter(SHOP, "in", ("south",)))
    assert read("and by kind", State(last)) == last.but(groups=(Group(KIND),))
    assert not isinstance(read("what about south"), Plan)

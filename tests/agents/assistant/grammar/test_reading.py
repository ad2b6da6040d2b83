"""From words to a plan, by values: every word is in it, or there is none."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.tables.plans import Asked, Filter, Group, Plan, Refused, SmallTalk
from voice_widget.agents.assistant.tables.tables import Table
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


def counted(*filters: Filter, **more: object) -> Plan:
    return Plan("count", "sales", filters).but(**more)


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
        (
            "which shop has the highest paid rate in march",  # of the rows in March, which are paid
            Plan(
                "share",
                "sales",
                (Filter(PAID, "in", (True,)),),
                base=(Filter(DAY, "cycle", ("month", 3)),),
                groups=(Group(SHOP),),
                end="highest",
            ),
        ),
        ("which shop has the highest revenue", summed(groups=(Group(SHOP),), end="highest", chosen=True)),
        ("the shop with the highest revenue", summed(groups=(Group(SHOP),), end="highest", chosen=True)),
        ("add up the revenue of the souths", summed(Filter(SHOP, "in", ("south",)))),
        ("total revenue of teas and cocoas", summed(Filter(KIND, "in", ("tea", "cocoa")))),
        ("total revenue where the revenue is not negative", summed(Filter(REVENUE, "at least", (0,)))),
        (
            "how did the total revenue change over the months",
            summed(groups=(Group(DAY, "month"),), trend="told"),
        ),
        ("highest revenue per sale", summed().but(aggregate="max")),
        ("p 99 of revenue", summed().but(aggregate="percentile", quantile=0.99)),
        ("on how many sales was the shop north", counted(Filter(SHOP, "in", ("north",)))),
        ("how often was each kind ordered", counted(groups=(Group(KIND),))),
        ("how many lines does the table have", counted()),
        (
            "which two shops have the most paid",
            counted(Filter(PAID, "in", (True,)), groups=(Group(SHOP),), end="highest", limit=2),
        ),
        (
            "top two shops by paid",
            counted(Filter(PAID, "in", (True,)), groups=(Group(SHOP),), end="highest", limit=2),
        ),
        (
            "total revenue in 2023 in january 2023",
            summed(
                Filter(DAY, "period", ((datetime(2023, 1, 1), datetime(2024, 1, 1)),)),
                Filter(DAY, "period", ((datetime(2023, 1, 1), datetime(2023, 2, 1)),)),
            ),
        ),
        ("the second highest revenue", Plan("extreme", "sales", (), (), (REVENUE,), end="highest", rank=2)),
        (
            "which shop has the second most sales",
            counted(groups=(Group(SHOP),), end="highest", rank=2),
        ),
        ("total revenue in winter", summed(Filter(DAY, "cycle", ("month", 1, 2, 12)))),
        (
            "total revenue in the fall of 2023",
            summed(Filter(DAY, "period", ((datetime(2023, 9, 1), datetime(2023, 12, 1)),))),
        ),
        (
            "how many sales are from north or have revenue above 300",
            counted(
                Filter(SHOP, "any", (Filter(SHOP, "in", ("north",)), Filter(REVENUE, "above", (300.0,))))
            ),
        ),
        ("did revenue fall", summed(groups=(Group(DAY, "month"),), chosen=True, trend="down")),
        (
            "did the total revenue rise from 2023 to 2024",
            summed(
                Filter(DAY, "period", ((datetime(2023, 1, 1), datetime(2025, 1, 1)),)),
                groups=(Group(DAY, "year"),),
                trend="up",
            ),
        ),
        (
            "difference in total revenue between tea and cocoa",
            Plan(
                "difference",
                "sales",
                measures=(REVENUE,),
                aggregate="sum",
                pair=(Filter(KIND, "in", ("tea",)), Filter(KIND, "in", ("cocoa",))),
            ),
        ),
        ("show five sales", Plan("rows", "sales", limit=5)),
        ("what does each sale contain", Plan("columns", "sales")),
        ("how long is the table", Plan("describe", "sales")),
        ("some statistics on revenue", Plan("describe", "sales", measures=(REVENUE,))),
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


@pytest.mark.parametrize(
    "text",
    ["what was that again", "can you say that once more", "what was the number again", "I didn't catch that"],
)
def test_a_request_to_say_it_again_is_no_question(text: str) -> None:
    assert read(text) == SmallTalk("repeat")


@pytest.mark.parametrize("text", ["what was that", "what is it", "what is the number", "the number"])
def test_what_stands_for_something_unsaid_shows_no_rows_and_counts_none(text: str) -> None:
    assert not isinstance(read(text), Plan)


@pytest.mark.parametrize(
    "text",
    [
        "total revenue in winter 2023",  # which one?
        "how many sales are from north or tea or above 300",
        "how many sales from north or not paid",
        "the second highest revenue by shop",
    ],
)
def test_what_could_be_read_in_two_ways_is_no_plan(text: str) -> None:
    assert not isinstance(read(text), Plan)


def test_the_same_may_be_asked_of_other_rows() -> None:
    state = State(summed(Filter(SHOP, "in", ("north",))))
    south = summed(Filter(SHOP, "in", ("south",)))
    for text in ("same for south", "do that for south", "what was that for south"):
        assert read(text, state) == south

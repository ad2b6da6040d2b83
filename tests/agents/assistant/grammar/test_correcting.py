"""Who corrects themselves: the new words stand in the place of the old ones, or it is asked which."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from voice_widget.agents.assistant.grammar.correcting import marked
from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.grammar.tokens import tokens
from voice_widget.agents.assistant.tables.plans import Plan, Refused
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.agents.assistant.understanding import State, understand

TODAY = datetime(2024, 3, 15)
FRAME = pd.DataFrame(
    {
        "day": pd.date_range("2023-01-01", periods=400),
        "shop": ["north", "south"] * 200,
        "kind": ["tea", "tea", "coffee", "cocoa"] * 100,
        "units": [n % 7 for n in range(400)],
        "revenue": [float(n) for n in range(400)],
    }
)
LEXICON = Lexicon(Table(FRAME, "sales"))


def read(text: str, state: State | None = None) -> object:
    return understand(text, state or State(), [LEXICON], TODAY)[0]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("total revenue by shop, no, by kind", "total revenue by kind"),
        ("total revenue by shop no by kind", "total revenue by kind"),
        ("total revenue by shop actually make that by kind", "total revenue by kind"),
        ("total revenue by shop, actually by kind", "total revenue by kind"),
        ("total revenue by shop, no wait, units by shop", "total units by shop"),
        ("how many tea sales, sorry, coffee sales", "how many coffee sales"),
        ("how many sales from north, er, i mean from south", "how many sales from south"),
        ("average revenue of tea, no, cocoa", "average revenue of cocoa"),
        ("average revenue of tea in north, i mean coffee", "average revenue of coffee in north"),
        ("how many sales in january 2023, no, in march 2023", "how many sales in march 2023"),
        ("average revenue, no, median revenue", "median revenue"),
        ("top three kinds by revenue, no, by units", "top three kinds by units"),
        ("average revenue of mate, i mean of tea", "average revenue of tea"),
        ("how many sales, i mean from north", "how many sales from north"),
        ("how many sales are actually from north", "how many sales are from north"),
        ("sorry, how many sales are there", "how many sales are there"),
        ("average revenue of tea, or no, of cocoa", "average revenue of cocoa"),
        ("average revenue of tea or no, cocoa", "average revenue of cocoa"),
        ("in north, no, in south, how many sales are there", "in south how many sales are there"),
        ("total revenue, no wait, how many sales are there", "how many sales are there"),
    ],
)
def test_what_was_said_last_takes_the_place_of_what_it_corrects(said: str, meant: str) -> None:
    assert isinstance(read(meant), Plan)
    assert read(said) == read(meant)


@pytest.mark.parametrize(
    "said",
    [
        "total revenue in north, no wait, how many sales are there",
        "average revenue of mate in north, i mean in south",
        "average revenue of tea no cocoa",
        "total revenue by shop, no, by flavour",
        "average revenue of tea or no cocoa",
        "average revenue of tea, no cocoa",
        "average revenue of tea, no, in north",
        "average revenue of tea or no in north",
    ],
)
def test_a_correction_of_which_it_is_not_clear_what_it_corrects_is_asked_about(said: str) -> None:
    assert isinstance(read(said), Refused)


def test_a_correction_of_the_last_question_goes_on_with_it() -> None:
    _, state = understand("total revenue of tea", State(), [LEXICON], TODAY)
    assert read("no, by shop", state) == read("total revenue of tea by shop")
    assert read("i meant of coffee", state) == read("total revenue of coffee")


def test_a_no_that_excludes_is_no_correction() -> None:
    assert marked(tokens("sales with no revenue")) is None
    assert marked(tokens("average revenue of tea or no cocoa")) is None
    assert read("how many sales are not from north") == read("how many sales without north")

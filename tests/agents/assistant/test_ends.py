"""What stands at an end and more of it, what is counted, units, short follow-ups: what is said."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from voice_widget.agents import Message
from voice_widget.agents.assistant.notebook import NotebookAssistant

SHOP = pd.DataFrame(
    {
        "customer": ["Ann", "Bob", "Ann", "Cid", "Bob", "Ann"],
        "country": ["DE", "FR", "DE", "JP", "FR", "JP"],
        "status": ["shipped", "pending", "shipped", "cancelled", "shipped", "pending"],
        "amount": [10.0, 20.0, 40.0, 80.0, 15.0, 5.0],
        "discount": [0.0, 0.05, 0.1, 0.2, 0.0, 0.1],
        "weight_g": [500, 1500, 2500, 3500, 900, 100],
        "delivery_minutes": [30, 90, 150, 60, 200, 10],
        "ordered_at": pd.to_datetime(
            ["2024-01-01", "2024-01-01", "2024-01-02", "2024-02-03", "2024-02-04", "2024-03-05"]
        ),
    }
)
STAFF = pd.DataFrame(
    {
        "name": ["Ada", "Ben", "Cleo", "Dan", "Eve"],
        "dept": ["sales", "sales", "legal", "legal", "it"],
        "age": [35, 61, 29, 44, 39],
        "salary": [100, 300, 250, 200, 150],
        "city": ["Rome", None, "Oslo", "Oslo", "Rome"],
        "would recommend": ["Yes", "No", "Yes", "Not sure", "Yes"],
        "remote": [True, False, True, False, False],
        "hire_date": pd.to_datetime(["2020-01-05", "2020-02-05", "2021-01-05", "2021-03-05", "2021-04-05"]),
    }
)
AGENTS = {"shop": NotebookAssistant({"shop": SHOP}), "staff": NotebookAssistant({"staff": STAFF})}


def said(table: str, text: str, before: Sequence[str] = ()) -> str:
    history: list[Message] = []
    for earlier in before:
        answer = "".join(p for p in AGENTS[table].answer(earlier, history) if isinstance(p, str))
        history += [Message("user", earlier), Message("assistant", answer)]
    return "".join(p for p in AGENTS[table].answer(text, history) if isinstance(p, str))


@pytest.mark.parametrize(
    ("table", "text", "before", "answer"),
    [
        (
            "shop",
            "how many weigh more than 2 kilos",
            (),
            "There are 2 rows with weight above 2000 grams, of 6.",
        ),
        (
            "shop",
            "how many weigh between one and two kilograms",
            (),
            "There is 1 row with weight between 1000 and 2000 grams, of 6.",
        ),
        (
            "shop",
            "how many have a discount of at least 10 percent",
            (),
            "There are 3 rows with discount of at least 0.1, of 6.",
        ),
        (
            "shop",
            "how many have a discount over 5 percent",
            (),
            "There are 3 rows with discount above 0.05, of 6.",
        ),
        (
            "shop",
            "how many weigh more than five pounds",
            (),
            "Weight is in grams, and I cannot convert pounds into that.",
        ),
        (
            "shop",
            "how many weigh more than two hours",
            (),
            "Weight is in grams, and I cannot convert hours into that.",
        ),
        ("shop", "how many did we ship", (), "There are 3 rows for shipped, of 6."),
        ("shop", "how many are not shipped", (), "There are 3 rows without shipped, of 6."),
        (
            "shop",
            "how many from france and germany",
            (),
            "There are 4 rows for country FR or DE, of 6: 2 FR and 2 DE.",
        ),
        ("shop", "how many from japan", (), "There are 2 rows for country JP, of 6."),
        (
            "shop",
            "does germany have the highest amount",
            (),
            "No: country JP has the highest total amount, 85. Country DE has 50.",
        ),
        (
            "shop",
            "does japan have the highest amount",
            (),
            "Yes: country JP has the highest total amount, 85.",
        ),
        (
            "shop",
            "which customers spent more than 90",
            (),
            "No single row has that many. Do you mean the total amount by customer?",
        ),
        (
            "shop",
            "which customer has the fewest pending ones",
            (),
            "Of those that have any, Bob and Ann have the fewest rows for pending, 1 each; Cid has none.",
        ),
        ("shop", "how many per day on average", (), "1.2 rows per day on average, over the 5 that have any."),
        (
            "shop",
            "which one is the highest",
            ("total amount by customer",),
            "Cid has the highest total amount, 80.",
        ),
        (
            "shop",
            "and how many are there",
            ("total amount from germany",),
            "There are 2 rows for country DE, of 6.",
        ),
        (
            "shop",
            "which customer has the most",
            ("how many from germany",),
            "Ann has the most rows for country DE, 2.",
        ),
        (
            "staff",
            "salary of the oldest person",
            (),
            "The salary is 300, in the row with the highest age, 61.",
        ),
        (
            "staff",
            "which city does the oldest person live in",
            (),
            "The city is not known, in the row with the highest age, 61.",
        ),
        (
            "staff",
            "oldest person in each dept",
            (),
            "The highest age by dept is that of Eve for it, 39; Dan for legal, 44; Ben for sales, 61.",
        ),
        (
            "staff",
            "average salary of the two oldest people",
            (),
            "The average salary of the 2 rows with the highest age is 250.",
        ),
        (
            "staff",
            "how many people are in their thirties",
            (),
            "There are 2 rows with age between 30 and 39, of 5.",
        ),
        ("staff", "how many people are 44 or older", (), "There are 2 rows with age of at least 44, of 5."),
        (
            "staff",
            "how many cities are known",
            (),
            "There are 2 different values of city with known city: Rome and Oslo.",
        ),
        ("staff", "how many would recommend", (), "There are 3 rows for would recommend Yes, of 5."),
        (
            "staff",
            "which depts have no remote people",
            (),
            "I cannot tell which dept has none, only which rows are so.",
        ),
        ("staff", "hires per year", (), "The number of rows by year is 2 for 2020 and 3 for 2021."),
        ("staff", "average hires per year", (), "2.5 rows per year on average, over the 2 that have any."),
        ("staff", "which year had the most hires", (), "2021 has the most rows, 3."),
        ("staff", "who is the youngest remote person", (), "Cleo has the lowest age for remote, 29."),
        (
            "staff",
            "which is the highest",
            ("average salary by dept",),
            "Legal has the highest average salary, 225.",
        ),
        (
            "shop",
            "what is the average weight in kilograms",
            (),
            "Weight is in grams, and I cannot convert the answer.",
        ),
        (
            "shop",
            "which pays less ann or bob",
            (),
            "Bob has less, by 20: the total amount is 55 for Ann and 35 for Bob.",
        ),
    ],
)
def test_what_is_said(table: str, text: str, before: tuple[str, ...], answer: str) -> None:
    assert said(table, text, before) == answer


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("staff", "largest person"),
        ("staff", "when was the largest person"),
        ("staff", "how many people made only one hire"),
        ("staff", "how many people were never absent"),
        ("staff", "how many people pay"),
        ("shop", "how many orders are there with 5 percent discount and 3 kilos"),
    ],
)
def test_what_is_refused_rather_than_answered_without_a_word(table: str, text: str) -> None:
    assert said(table, text).startswith("I did not get that.")


def test_a_status_says_what_was_done_and_nothing_else_is_counted_as_all() -> None:
    frame = SHOP.rename(columns={"delivery_minutes": "minutes"})
    agent = NotebookAssistant({"orders": frame})
    answer = "".join(p for p in agent.answer("how many orders did we deliver") if isinstance(p, str))
    assert answer == "I do not know which of them that is. Status may be: cancelled, pending, shipped."


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "do all people work remotely",
            "I cannot say whether it is so for all of them. Ask how many, or what share.",
        ),
        ("how many people are in rome or have no city", "Do you mean Rome, or with no known city?"),
    ],
)
def test_what_is_understood_and_cannot_be_said(text: str, answer: str) -> None:
    assert said("staff", text) == answer


def test_a_value_that_is_also_a_small_word_is_not_passed_over() -> None:
    visits = pd.DataFrame({"country": ["US", "DE", "US", "FR"], "paid": [True, True, False, False]})
    agent = NotebookAssistant({"visits": visits})
    first = "how many visits were paid"
    history = [Message("user", first), Message("assistant", "There are 2 visits for paid, of 4.")]
    answer = agent.answer("and how many of them were from the us", history)
    assert "1 visit for country US and paid" in "".join(piece for piece in answer if isinstance(piece, str))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("how many ids", "There are 3 different values of ids."),
        ("total ids", "Ids stands for things, so I do not calculate with it. You can count it."),
        ("how many zip codes", "There are 3 different values of zip codes."),
        ("how many years", "There are 3 different values of years."),
        ("total years by shop", "A total years means nothing. You can ask for the average."),
        ("how many visits in 2002", "There are 2 visits for years 2002, of 4."),
        ("how many kids", "The total kids is 6."),
        ("how many seniority years", "The total seniority years is 12."),
    ],
)
def test_numbers_that_only_name_things_are_not_added_up_under_a_name_for_several_either(
    text: str, answer: str
) -> None:
    visits = pd.DataFrame(
        {
            "ids": [101, 102, 103, 103],
            "zip codes": [1011, 2022, 3033, 3033],
            "years": [2001, 2002, 2002, 2003],
            "seniority years": [3, 5, 2, 2],
            "kids": [1, 0, 2, 3],
            "shop": ["a", "b", "a", "b"],
        }
    )
    pieces = NotebookAssistant({"visits": visits}).answer(text)
    assert "".join(piece for piece in pieces if isinstance(piece, str)) == answer

"""Words that change what is asked are never passed over: each is answered, asked back or refused."""

from __future__ import annotations

import logging
from functools import cache

import pandas as pd
import pytest

from tests.agents.assistant_questions.tables import table
from voice_widget.agents.assistant.notebook import NotebookAssistant

ONLY = "has only such rows, just which has any."
NONE = "has none, only which rows are so."
NOW = "I can tell only what the rows say, not what was before, has changed or should be."
LONG = "That was too long for me. Ask it in fewer words."
ALL = "I cannot say whether it is so for all of them."
BOTH = "has both, just which has any."
SUMS = "The average of the rows in each of them, or of their totals?"


@cache
def _agent(name: str) -> NotebookAssistant:
    return NotebookAssistant({name: table(name)})


def said(name: str, text: str) -> str:
    return "".join(piece for piece in _agent(name).answer(text) if isinstance(piece, str))


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        # what was not done in a year or place is no gap
        (
            "penguins",
            "how many penguins were not measured in 2008",
            "There are 230 penguins without year 2008, of 344.",
        ),
        ("penguins", "how many were not recorded on Dream", "There are 220 penguins without Dream, of 344."),
        ("penguins", "how many were not noted in 2009", "There are 224 penguins without year 2009, of 344."),
        (
            "penguins",
            "how many sexes were not recorded in 2009",
            "There are 3 penguins for year 2009 with no known sex, of 344.",
        ),
        ("penguins", "how many penguins were not recorded this year", "There are 344 penguins"),
        # "only" before what is told limits nothing
        ("penguins", "just show me the females", "Here are 165 rows for female."),
        ("penguins", "list only the islands with gentoo", "There is 1 value of island for Gentoo: Biscoe."),
        (
            "penguins",
            "average body mass of females only",
            "The average body mass for female is about 3862 grams.",
        ),
        # "only" that picks rows or names what is told is a filter, or nothing
        ("penguins", "how many penguins live only on Dream", "There are 124 penguins for Dream, of 344."),
        (
            "penguins",
            "how many penguins are there on Dream only",
            "There are 124 penguins for Dream, of 344.",
        ),
        ("penguins", "count only the Adelie", "There are 152 penguins for Adelie, of 344."),
        ("penguins", "only Gentoo: average mass", "The average body mass for Gentoo is about 5076 grams."),
        (
            "penguins",
            "looking only at gentoo what is the average body mass",
            "The average body mass for Gentoo is about 5076 grams.",
        ),
        (
            "penguins",
            "average bill length only for those heavier than 4000",
            "The average bill length with body mass above 4000 grams is about 46.53 millimeters.",
        ),
        ("penguins", "average of only the body mass", "The average body mass is about 4202 grams."),
        ("penguins", "describe only body mass", "Body mass goes from 2700 to 6300 grams"),
        (
            "orders",
            "average revenue of orders with only one unit",
            "The average revenue for units 1 is about",
        ),
        # and one that leaves all others out is refused
        ("penguins", "how many species are there only on Dream", f"I cannot tell which species {ONLY}"),
        ("penguins", "which species live only on one island", "I did not get that."),
        ("penguins", "which species have only a body mass", "I did not get that."),
        ("penguins", "are there only gentoo on Biscoe", ALL),
        # hesitation is no length
        (
            "penguins",
            f"average body mass of gentoo {'um ' * 60}",
            "The average body mass for Gentoo is about",
        ),
        (
            "penguins",
            f"average body mass of gentoo {'um ' * 60} excluding Biscoe",
            "I find no rows for Gentoo without Biscoe.",
        ),
        (
            "employees",
            "most common manager except Kira Gruber",
            "Hugo Lopez has the most employees without Kira Gruber, 11.",
        ),
        (
            "employees",
            "who earns more, Tara Moreau or Hugo Lopez",
            "Which one do you mean: name or manager?",
        ),
        ("employees", "is Tara Moreau older than Hugo Lopez", "Which one do you mean: name or manager?"),
        (
            "orders",
            "which day had the fewest orders",
            "1 each; January 4, 2022, January 6, 2022, January 12, 2022 and 147 more have none.",
        ),
        (
            "orders",
            "which 3 days had the fewest orders",
            "The number of rows by day, of those that have any, is 1 for January 3, 2022",
        ),
        ("orders", "which month had the fewest orders", "January 2022 has the fewest orders, 36."),
        (
            "penguins",
            "average body mass and bill length by species",
            "and 3701 for Adelie. The average bill length by species is 48.83 millimeters for Chinstrap",
        ),
        ("employees", "has the number of hires increased every year", "No, not each time."),
        ("weather", "did the temperature rise every month", "No, not each time."),
        ("orders", "has revenue increased every year", "Yes: the total revenue goes up, from 160297 in 2022"),
        ("orders", "average revenue per day", SUMS),
        (
            "orders",
            "which day had the lowest revenue",
            "Of those that have any, April 15, 2023 has the lowest total revenue, 8.03; January 4, 2022",
        ),
        ("orders", "which quarter had the lowest revenue", "Quarter 2 of 2022 has the lowest total revenue"),
        ("orders", "what was the average revenue again", "The average revenue is about 278.2."),
        ("orders", "how many would you say are from Spain", "There are 192 orders for Spain, of 1200."),
        ("penguins", "what would be the average body mass", "The average body mass is about 4202 grams."),
        ("orders", "which countries are in north and south", "There are 6 values of country for north or"),
        ("orders", "average number of units per month", SUMS),
        ("orders", "average daily revenue", SUMS),
        ("orders", "average revenue for each day", SUMS),
    ],
)
def test_what_changes_a_question_is_in_its_answer(name: str, text: str, answer: str) -> None:
    assert answer in said(name, text)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("penguins", "which islands have only adelies", ONLY),
        ("penguins", "which islands have adelies only", ONLY),
        ("penguins", "which species only live on Dream", ONLY),
        ("penguins", "how many different islands have only adelies", ONLY),
        ("penguins", "which years have only adelies", ONLY),
        ("employees", "which depts have only remote people", ONLY),
        ("employees", "which depts are all remote", ONLY),
        ("orders", "which regions sold only apples", ONLY),
        ("penguins", "how many penguins have only a sex", "I did not get that."),
        ("orders", "which country has only one city", "I did not get that."),
        ("penguins", "are there only adelies on Torgersen", ALL),
        ("employees", "is everyone in legal remote", ALL),
        ("employees", "which dept with only remote people has the highest average salary", ONLY),
        ("orders", "which product with no returns has the highest revenue", NONE),
        ("penguins", "which species live on Dream and Biscoe", BOTH),
        ("penguins", "which islands have adelies and gentoo", BOTH),
        ("employees", "which depts have both remote people and seniors", BOTH),
        ("penguins", "how many penguins live on Dream instead of Biscoe", "I did not get that."),
        ("penguins", "which islands have no missing sex", NONE),
        ("penguins", "which years have no missing sex", NONE),
        ("orders", "which countries have no missing cities", NONE),
        ("employees", "which depts have no bonus", NONE),
        ("weather", "which stations have no rain", NONE),
        ("penguins", "how many penguins used to live on Dream", NOW),
        ("penguins", "how many penguins went to Dream", NOW),
        ("penguins", "how many penguins arrived on Dream", NOW),
        ("penguins", "how many penguins reached Dream", NOW),
        ("employees", "how many people moved to Berlin", NOW),
        ("employees", "how many people stayed in Berlin", NOW),
        ("employees", "how many people served in sales", NOW),
        ("employees", "how many people ended in 2020", NOW),
        ("employees", "how many people should be remote", NOW),
        ("employees", "how many people want to work in Berlin", NOW),
        ("awkward", "how many products should be active", NOW),
        ("employees", "how many people were hired again in 2020", NOW),
        ("employees", "how many people do not work in Berlin anymore", NOW),
        ("penguins", f"average body mass of gentoo {'of the penguins ' * 30} excluding Biscoe", LONG),
        ("penguins", f"average body mass {'of the penguins ' * 3000}", LONG),
        ("penguins", f"average body mass of gentoo {'um ' * 3000} excluding Biscoe", LONG),
        ("employees", "how many people have a bonus of at least 5000 or no bonus", "I did not get that."),
    ],
)
def test_what_cannot_be_told_is_refused(name: str, text: str, why: str) -> None:
    assert why in said(name, text)


def test_where_each_part_is_all_one_only_is_told() -> None:
    frame = pd.DataFrame({"shop": ["a1", "a1", "b2", "b2"], "kind": ["new", "new", "old", "old"]})
    answer = "".join(
        p for p in NotebookAssistant(frame).answer("which shops have only new") if isinstance(p, str)
    )
    assert answer == "There is 1 value of shop for new: a1."


def test_kids_are_added_up() -> None:
    frame = pd.DataFrame({"name": list("abcde"), "city": ["Bonn", "Bonn", "Rome", "Rome", "Bonn"]})
    frame["kids"] = [2, 3, 1, 0, 2]
    pieces = NotebookAssistant({"people": frame}).answer("how many kids do people in Bonn have")
    assert pieces[0] == "The total kids for Bonn is 7."


def test_an_own_function_is_not_called_for_a_part_of_what_was_said() -> None:
    agent = NotebookAssistant(table("penguins"))

    @agent.intent("ring the bell")
    def ring() -> str:
        return "Ding."

    assert agent.answer("ring the bell") == ["Ding."]
    assert agent.answer(f"ring the bell {'please ' * 70} of atlantis") != ["Ding."]


def test_no_question_of_hires_fails(caplog: pytest.LogCaptureFixture) -> None:
    for text in (
        "has the hire date increased every year",
        "did the average hire date go up",
        "have hires risen",
    ):
        assert said("employees", text)
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []


_FLIGHTS = pd.DataFrame(
    {
        "carrier": ["Delta", "Delta", "Alaska", "Alaska"],
        "delay": [10.0, 20.0, 30.0, 40.0],
        "passengers": [50, 100, 150, 300],
        "cancelled": [False, True, False, False],
        "price": [100.0, None, 200.0, 300.0],
    }
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "average delay of flights that carried more than the average number of passengers",
            "The average delay with passengers above the average is 40.",
        ),
        ("is the average delay higher than the average price", "No: the average is 25 for delay and 200 for"),
        (
            "how many flights with 150+ passengers",
            "There are 2 flights with passengers of at least",
        ),
        (
            "average delay of flights that were and were not cancelled",
            "The average delay by cancelled is 26.67 for not cancelled and 20 for cancelled.",
        ),
        ("average delay with and without a price", "With price, or without? Ask for one of them."),
        ("average delay of delta and not of delta", "I did not get that."),
    ],
)
def test_both_sides_of_a_limit_and_a_yes_are_told_apart(text: str, answer: str) -> None:
    told = NotebookAssistant({"flights": _FLIGHTS}).answer(text)
    assert "".join(piece for piece in told if isinstance(piece, str)).startswith(answer)


_SALES = pd.DataFrame(
    {
        "customer": ["Anna", "Ben", "Anna", "Ben"],
        "quantity": [2, 7, 2, 3],
        "unit price": [9.0, 4.0, 5.0, 6.0],
        "tariff": ["day", "night", "day", "day"],
        "date": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-03"]),
    }
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("how many units did Anna buy", "The total quantity for Anna is 4."),
        ("what is the quantity for Ben", "The total quantity for Ben is 10."),
        ("how many orders with more than five pieces", "There is 1 order with quantity above 5, of 4."),
        ("price per unit by customer", "The average unit price by customer is 7 for Anna and 5 for Ben."),
        ("which quantities are there", "There are 3 values of quantity"),
        ("how many days had less than 3 pieces", "I did not get that."),
        ("total quantity by day", "The total quantity by day is 9 for January 1, 2024, 2 for January 2"),
    ],
)
def test_units_are_an_amount_and_no_price_and_days_are_no_tariff(text: str, answer: str) -> None:
    told = NotebookAssistant({"orders": _SALES}).answer(text)
    assert "".join(piece for piece in told if isinstance(piece, str)).startswith(answer)


def test_what_is_done_each_year_is_counted_by_its_rows() -> None:
    days = pd.to_datetime(["2020-05-01", "2020-05-01", "2021-05-01", "2021-07-01", "2021-07-01"])
    staff = NotebookAssistant({"staff": pd.DataFrame({"employee": list("abcde"), "hire date": days})})
    films = pd.DataFrame({"title": list("abcde"), "release_year": [1999, 1999, 2001, 2003, 2001]})
    films.loc[5] = ["f", 1999]
    told = staff.answer("how many people were hired each year")
    assert told[0] == "The number of rows by year is 2 for 2020 and 3 for 2021."
    told = NotebookAssistant({"movies": films}).answer("which year had the most releases")
    assert told[0] == "1999 has the most movies, 3."


@pytest.mark.parametrize(
    "text", ["how many paid", "how many were sold", "which town paid the most", "how many arrived"]
)
def test_what_was_done_to_some_rows_is_not_taken_for_all_of_them(text: str) -> None:
    plain = pd.DataFrame({"name": list("abc"), "weight": [1.0, 2.0, 4.0], "town": ["Rome", "Oslo", "Rome"]})
    assert "I cannot tell of which rows" in NotebookAssistant({"things": plain}).answer(text)[0]
    assert "I cannot tell" not in NotebookAssistant({"orders": _SALES}).answer("how many were sold")[0]

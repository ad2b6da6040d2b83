"""Gaps are of the column that was said; a word of the data is no word for one."""

from __future__ import annotations

import pandas as pd
import pytest

from voice_widget.agents import Message
from voice_widget.agents.assistant.notebook import NotebookAssistant

VISITS = pd.DataFrame(
    {
        "ward": ["north", "north", "south", "south", None],
        "smoker": [True, False, True, True, False],
        "age": [30.0, None, 50.0, 60.0, 90.0],
        "bill": [100.0, 200.0, 300.0, None, 500.0],
        "discharged": pd.to_datetime(["2024-05-01", "", "2024-05-01", "2024-05-03", "2024-05-04"]),
    }
)
JOBS = pd.DataFrame(
    {
        "owner": ["Ana", "Ana", "Bo", "Dora"],
        "status": ["missing", "paid", "paid", "unpaid"],
        "% complete": [100, 50, 20, 0],
        "hours logged": [5, 6, 8, 1],
        "start": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-03-02"]),
    }
)


def said(frame: pd.DataFrame, text: str) -> str:
    return "".join(piece for piece in NotebookAssistant(frame).answer(text) if isinstance(piece, str))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("average bill excluding missing ages", "The average bill with known age is 300."),
        ("average bill without missing ages", "The average bill with known age is 300."),
        ("average bill ignoring missing values in age", "The average bill with known age is 300."),
        ("average age with no missing bill", "The average age with known bill is about 56.67."),
        ("highest bill excluding unknown wards", "The highest bill with known ward is 300."),
        ("average age except missing ward", "The average age with known ward is about 46.67."),
        ("average bill, missing age", "The average bill with no known age is 200."),
        (
            "average bill where age is not missing for smokers",
            "The average bill for smoker with known age is 200.",
        ),
        ("average bill where age is known for smokers", "The average bill for smoker with known age is 200."),
        (
            "how many rows have age not missing and bill missing",
            "There is 1 row with known age and no known bill, of 5.",
        ),
    ],
)
def test_what_is_missing_is_of_the_column_that_was_said(text: str, answer: str) -> None:
    assert said(VISITS, text) == answer


@pytest.mark.parametrize(
    "text",
    ["how many were discharged", "how many have been discharged", "how many discharged people are there"],
)
def test_how_many_were_done_asks_for_the_rows_or_the_days(text: str) -> None:
    assistant = NotebookAssistant(VISITS)
    asked = "The number of rows with known discharged, or of different values of it?"
    assert assistant.answer(text) == [asked]
    days = said(VISITS, "how many different discharged dates")
    assert days == "There are 3 different values of discharged."


def test_the_answer_to_that_counts_the_rows_that_have_one() -> None:
    asked = [Message("user", "how many were discharged"), Message("assistant", "…")]
    rows = NotebookAssistant(VISITS).answer("rows", asked)
    assert rows == ["There are 4 rows with known discharged, of 5."]
    most = said(VISITS, "which ward has the most discharged")
    assert most == "South has the most rows with known discharged, 2."


def test_a_word_of_the_data_is_none_for_a_gap() -> None:
    assert said(JOBS, "how many are not missing") == "There are 3 rows without status missing, of 4."
    assert "known" not in said(JOBS, "how many owners are complete")
    assert "known" not in said(JOBS, "what percentage of the rows are complete")


def test_days_have_no_hours_and_hours_add_up() -> None:
    assert said(JOBS, "rows by hour") == "Start holds days, without a time of day."
    assert said(JOBS, "hours logged by hour of the start") == "Start holds days, without a time of day."
    most = said(JOBS, "which owner has the most hours logged")
    assert most == "Ana has the highest total hours logged, 11."
    more = said(JOBS, "did Ana log more hours than Bo")
    assert more.startswith("Yes: the total hours logged is 11 for Ana")


def test_shares_of_one_are_no_percent_under_such_a_name() -> None:
    frame = pd.DataFrame({"bonus_pct": [0.0, 0.05, 0.1, 0.05], "salary": [5, 6, 7, 8]})
    assert said(frame, "how many rows have a bonus of 5 percent") == "There are 2 rows for bonus 0.05, of 4."
    assert said(frame, "how many rows have a bonus over 5 percent").startswith("There is 1 row")
    assert said(frame, "average bonus") == "The average bonus is 0.05."
    whole = frame.assign(bonus_pct=frame["bonus_pct"] * 100)
    assert said(whole, "average bonus") == "The average bonus is 5 percent."


def test_a_tenth_of_the_rows_is_not_one_row() -> None:
    frame = pd.DataFrame({"salary": [5, 6, 7, 8], "name": ["a", "b", "c", "d"]})
    assert "row with the lowest" not in said(frame, "bottom 10 percent of salaries")


def test_one_group_is_one_and_two_limits_are_joined() -> None:
    one = said(VISITS, "which wards have an average age above 50")
    assert one.startswith("There is 1: the average age by ward, where it is above 50, is 55 for")
    either = said(VISITS, "how many have an age above 80 or below 40")
    assert either == "There are 2 rows that have age above 80 or age below 40, of 5."


def test_what_is_offered_says_without_but_once() -> None:
    offer = said(VISITS, "how many athletes without north are there")
    assert offer.endswith("Shall I leave it out and tell you the number of rows without north?")


STAFF = pd.DataFrame(
    {
        "who": list("abcdef"),
        "remote": ["always", "never", "never", "sometimes", "always", "never"],
        "left": [True, False, False, True, False, False],
        "pay_keur": [30.0, 40.5, 50.0, 60.0, 70.0, 96.5],
        "overtime": [0.0, 0.0, 3.0, None, 5.0, 1.0],
    }
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how many never work remote", "There are 3 rows for never, of 6."),
        ("how many always work remote", "There are 2 rows for always, of 6."),
        ("how many stayed", "There are 4 rows for not left, of 6."),
        ("how many remained", "There are 4 rows for not left, of 6."),
        ("how many left", "There are 2 rows for left, of 6."),
        ("how many have overtime", "With overtime above 0, or with known overtime?"),
        ("how many have no overtime", "With overtime 0, or with no known overtime?"),
        (
            "how many have a pay above 80000",
            "I find no rows with pay keur above 80000. Pay keur goes from 30 to 96.5.",
        ),
        ("how many never with pay above 90", "There is 1 row for never with pay keur above 90, of 6."),
    ],
)
def test_which_rows_are_meant_is_never_passed_over(question: str, answer: str) -> None:
    [said] = [piece for piece in NotebookAssistant(STAFF).answer(question) if isinstance(piece, str)]
    assert said == answer

"""What goes on with a question keeps its times, and what may mean two things is asked."""

from __future__ import annotations

import pandas as pd
import pytest

from voice_widget.agents import Message
from voice_widget.agents.assistant.notebook import NotebookAssistant

DAYS = pd.date_range("2022-01-01", "2023-12-31", freq="D")
TRIPS = pd.DataFrame(
    {
        "day": DAYS,
        "origin": ["Oslo", "Rome", "Bonn"] * (len(DAYS) // 3) + ["Oslo"] * (len(DAYS) % 3),
        "destination": ["Rome", "Bonn", "Lima"] * (len(DAYS) // 3) + ["Lima"] * (len(DAYS) % 3),
        "late": [n % 4 == 0 for n in range(len(DAYS))],
    }
)
DELAYS = pd.DataFrame(
    {"airline": ["Blue", "Blue", "Polar", "Polar"], "delay": [-10.0, 0.0, 30.0, None], "price": [9, 8, 5, 4]}
)


def said(frame: pd.DataFrame, *questions: str) -> str:
    assistant, history, answer = NotebookAssistant(frame), list[Message](), ""
    for text in questions:
        answer = "".join(piece for piece in assistant.answer(text, history) if isinstance(piece, str))
        history += [Message("user", text), Message("assistant", answer)]
    return answer


@pytest.mark.parametrize(
    ("questions", "answer"),
    [
        (("how many rows in March 2023", "and in April"), "There are 30 rows in April 2023, of 730."),
        (("how many rows in 2023", "only in April"), "There are 30 rows in April 2023, of 730."),
        (
            ("how many rows in quarter 1 2023", "and in quarter 2"),
            "There are 91 rows in quarter 2 of 2023, of 730.",
        ),
        (("how many rows in March", "and in April"), "There are 60 rows in April, of 730."),
        (("how many rows in March 2023", "on Mondays"), "There are 4 rows in March 2023 on Monday, of 730."),
        (("how many rows on Mondays", "only in 2023"), "There are 52 rows on Monday in 2023, of 730."),
        (("how many rows in 2023", "not in April"), "There are 335 rows in 2023 outside of April, of 730."),
        (
            ("how many rows since June 2023", "in July"),
            "There are 31 rows since June 1, 2023 in July, of 730.",
        ),
        (("how many rows in March 2023", "and in 2022"), "There are 365 rows in 2022, of 730."),
        (("how many rows in March 2023", "and in May 2022"), "There are 31 rows in May 2022, of 730."),
        (
            ("how many rows in 2022 or 2023", "in April"),
            "There are 60 rows in 2022 or 2023 in April, of 730.",
        ),
    ],
)
def test_a_time_that_goes_on_keeps_the_year_and_the_days(questions: tuple[str, ...], answer: str) -> None:
    assert said(TRIPS, *questions) == answer


@pytest.mark.parametrize(
    ("questions", "answer"),
    [
        (("how many rows in 2023", "how many of those in 2022"), "I find no rows in 2023 in 2022."),
        (
            ("how many rows are late", "how many of them are not late"),
            "I find no rows for late and not late.",
        ),
        (
            ("how many rows since 2023", "how many of those before July 2023"),
            "There are 181 rows since January 1, 2023 before July 1, 2023, of 730.",
        ),
        (
            ("how many rows since 2023", "and before July 2023"),
            "There are 181 rows since January 1, 2023 before July 1, 2023, of 730.",
        ),
        (
            ("how many rows without Lima", "and not Oslo"),
            "There are 243 rows without Lima without Oslo, of 730.",
        ),
    ],
)
def test_of_those_keeps_all_that_was_said(questions: tuple[str, ...], answer: str) -> None:
    assert said(TRIPS, *questions).startswith(answer)


def test_a_second_limit_stands_beside_the_first_or_takes_its_place() -> None:
    first = "how many have a price above 4"
    both = "There are 2 rows with price above 4 and price below 9, of 4."
    assert said(DELAYS, first, "and a price below 9") == both
    assert said(DELAYS, first, "how many of those have a price below 9") == both
    assert said(DELAYS, first, "and how many of those have a price below 9") == both
    assert said(DELAYS, first, "what about a price above 5") == "There are 2 rows with price above 5, of 4."


def test_two_exclusions_stand_together() -> None:
    frame = pd.DataFrame({"city": ["Rome", "Oslo", "Bonn", "Bonn"], "tip": [1, 2, 3, 4]})
    assert said(frame, "average tip without Rome", "and not in Oslo") == (
        "The average tip without Rome without Oslo is 3.5."
    )
    assert said(frame, "total tip in Rome or Oslo", "not in Rome") == (
        "The total tip for Rome or Oslo without Rome is 2."
    )


def test_of_a_share_the_whole_goes_on_too() -> None:
    frame = pd.DataFrame({"ward": ["north", "north", "south"], "smoker": [True, False, True]})
    assert said(frame, "what percentage smoke", "in the north") == (
        "50 percent of the rows for north are smoker: 1 of 2."
    )
    assert said(frame, "what percentage of north people smoke", "and in south") == (
        "100 percent of the rows for south are smoker: 1 of 1."
    )


def test_the_second_one_is_not_the_first_again() -> None:
    assert said(DELAYS, "which airline has the highest average price", "and the second highest") == (
        "Polar has the second highest average price, 4.5."
    )


def test_minus_is_no_minimum() -> None:
    frame = pd.DataFrame({"city": ["Rome", "Oslo"], "min_temp": [1.0, 2.0], "tip": [1, 2]})
    assert "min temp" not in said(frame, "total tip in Rome", "minus Oslo").split(".")[0]


def test_a_value_of_two_columns_that_goes_on_is_asked() -> None:
    asked = said(TRIPS, "how many rows to Lima", "for Rome")
    assert asked == "Which one do you mean: destination Lima and origin Rome or destination Rome?"


def test_which_rows_are_the_whole_is_asked_by_their_columns() -> None:
    asked = said(TRIPS, "what percentage of rows for Rome are late")
    assert asked == "Which one do you mean: origin Rome or destination Rome?"


def test_from_and_to_say_which_of_two_columns() -> None:
    rows = int((TRIPS["origin"] == "Rome").sum())
    assert said(TRIPS, "how many rows from Rome").startswith(f"There are {rows} rows from Rome, of")
    assert said(TRIPS, "how many rows from Lima", "and to Rome").split(" rows ")[1].startswith("to Rome")


def test_the_worst_of_a_delay_is_the_highest_and_the_best_price_the_lowest() -> None:
    assert said(DELAYS, "which airline has the worst average delay") == (
        "Polar has the highest average delay, 30."
    )
    assert said(DELAYS, "which airline has the best average price") == (
        "Polar has the lowest average price, 4.5."
    )


def test_none_of_what_may_be_nought_or_missing_is_asked() -> None:
    assert said(DELAYS, "how many rows have no delay") == "With delay 0, or with no known delay?"


def test_small_talk_shows_no_rows() -> None:
    assert said(TRIPS, "who made you").startswith("I did not get that.")


def test_a_word_that_is_left_out_is_named_and_no_name_asked_that_was_said() -> None:
    assert "Did you mean" not in said(TRIPS, "which origin won the most rows")

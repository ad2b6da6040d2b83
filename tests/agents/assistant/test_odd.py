"""Lengths of time, names in an index, and words that were passed over and change what is asked."""

from __future__ import annotations

import pandas as pd
import pytest

from voice_widget.agents import Message, Show
from voice_widget.agents.assistant.notebook import NotebookAssistant

STAYS = pd.DataFrame(
    {
        "patient": ["P001", "P002", "P003", "P004", "P005"],
        "ward": ["maple", "cedar", "maple", "cedar", "birch"],
        "stay": pd.to_timedelta(["6h", "2D", "5D", "9D", "21D"]),
        "age": [30, 40, 50, 60, 75],
        "smoker": [True, False, True, False, False],
    }
)
RIDES = pd.DataFrame(
    {
        "ride": [7001, 7002, 7003, 7004],
        "pass": ["day", "month", "day", "day"],
        "started": pd.to_datetime(["2024-03-01", "2024-03-02", "2024-04-01", "2024-04-02"]),
        "distance_km": [2.0, 4.0, 4.5, 9.0],
    }
)
SHOWS = pd.DataFrame(
    {
        "show": ["Cats", "Faust", "Cats", "Oliver"],
        "town": ["Nice", "Bath", "York", "Bath"],
        "seats": [100, 200, 300, 400],
        "seats_sold": [90, 20, 300, 50],
    }
)
QUARTERS = pd.DataFrame(
    {"sales": [10, 20, 30, 50]},
    index=pd.MultiIndex.from_product([["north", "south"], ["Q1", "Q2"]], names=["region", "quarter"]),
)
UNCLEAR = "I am not sure what you corrected. Say the whole question once more."


def asked(frame: pd.DataFrame, *questions: str) -> str:
    """What is said to the last of these questions."""
    assistant, history, answer = NotebookAssistant(frame), list[Message](), ""
    for text in questions:
        answer = "".join(piece for piece in assistant.answer(text, history) if isinstance(piece, str))
        history += [Message("user", text), Message("assistant", answer)]
    return answer


def understood(frame: pd.DataFrame, *questions: str) -> bool:
    return not asked(frame, *questions).startswith("I did not get that.")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how many stayed longer than a week", "There are 2 rows with stay above 7 days, of 5."),
        ("how many stays of under 48 hours", "There is 1 row with stay below 2 days, of 5."),
        ("how many took more than two days", "There are 3 rows with stay above 2 days, of 5."),
        ("how many stays of exactly 48 hours", "There is 1 row for 2 days, of 5."),
        (
            "how many stays were between two and five days",
            "There are 2 rows with stay between 2 days and 5 days, of 5.",
        ),
        (
            "how many with stay above 2 days and below 10 days",
            "There are 2 rows with stay above 2 days and stay below 10 days, of 5.",
        ),
        ("share of stays above ten days", "20 percent of the rows have stay above 10 days: 1 of 5."),
        ("who stayed the longest", "P005 has the highest stay, 21 days."),
        ("what was the shortest stay", "The lowest stay is 6 hours."),
        (
            "which wards have an average stay above 5 days",
            "There are 2: the average stay by ward, where it is above 5 days, is 21 days for birch and "
            "5.5 days for cedar.",
        ),
        (
            "is the stay longer on maple than on cedar",
            "No: the average stay is 2.62 days for maple and 5.5 days for cedar.",
        ),
        ("stays above 3", "Stay is a length of time: is that seconds, minutes, hours or days?"),
        (
            "stays longer than a month",
            "Stay is a length of time, and I cannot convert month into that.",
        ),
    ],
)
def test_lengths_of_time_are_compared_in_the_unit_that_is_said(question: str, answer: str) -> None:
    assert asked(STAYS, question) == answer


def test_a_unit_behind_the_last_number_is_that_of_both() -> None:
    two = "There are 2 rows with distance between 3 and 5 kilometers, of 4."
    assert asked(RIDES, "how many rows between 3000 and 5000 meters") == two
    assert asked(RIDES, "how many rows between 3 and 5 kilometers") == two


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("total sales by region", "The total sales by region is 80 for south and 30 for north."),
        ("sales in the north", "The total sales for north is 30."),
        ("which quarter has the highest total sales", "Quarter Q2 has the highest total sales, 70."),
        ("total sales outside the north", "The total sales without north is 80."),
        ("how many regions", "There are 2 different values of region: north and south."),
        ("sort by region", "Sorted by region, lowest first. The first is north."),
        ("describe region", "Region has 2 different values. The most common is north, in 2 rows."),
    ],
)
def test_named_levels_of_an_index_are_columns(question: str, answer: str) -> None:
    assert asked(QUARTERS, question) == answer


def test_an_index_of_names_is_a_column() -> None:
    frame = pd.DataFrame({"sales": [10, 20]}, index=pd.Index(["north", "south"], name="region"))
    assert asked(frame, "which region has the highest sales") == "South has the highest sales, 20."
    assert asked(frame, "how many columns") == "There is 1 column: sales."


def test_rows_are_sorted_by_the_dates_of_their_index_though_one_comes_twice() -> None:
    days = pd.DatetimeIndex(["2024-03-02", "2024-03-01", "2024-03-02"], name="day")
    frame = pd.DataFrame({"rain": [1, 2, 3]}, index=days)
    [said, shown] = NotebookAssistant(frame).answer("sort by day")
    assert said == "Sorted by day, lowest first. The first is March 1, 2024."
    assert isinstance(shown, Show)
    assert list(shown.value["rain"]) == [2, 1, 3]


@pytest.mark.parametrize(
    "question",
    [
        "who owns P002",
        "who visited P003",
        "who has P004",
        "who works for P004",
        "how many work for P004",
        "who runs maple",
        "who pays for maple",
    ],
)
def test_who_does_something_to_what_is_named_stands_in_no_row(question: str) -> None:
    assert not understood(STAYS, question)


def test_who_belongs_to_what_is_named_does() -> None:
    assert asked(STAYS, "who lives in maple") == "Here are 2 rows for maple."
    assert asked(STAYS, "who is P002") == "Here is 1 row for P002."
    assert asked(STAYS, "how old is P003") == "The age for P003 is 50."


def test_a_name_is_no_percentile() -> None:
    assert not understood(STAYS, "is P003 a smoker")
    assert asked(STAYS, "p50 of age") == "The 50th percentile of age is 50."


@pytest.mark.parametrize("last", ["how many of those", "how many of them", "how many are there", "how many"])
def test_of_what_was_parted_the_groups_or_the_rows_may_be_counted(last: str) -> None:
    question = "How many of what: different values of ward or the rows?"
    assert asked(STAYS, "average age by ward", last) == question
    assert asked(STAYS, "average age by ward", last, "the rows") == "There are 5 rows in the table."
    three = "There are 3 different values of ward: maple, cedar and birch."
    assert asked(STAYS, "average age by ward", last, "ward") == three


@pytest.mark.parametrize(
    "last", ["how many are there", "how many people are there", "how many of them smoke"]
)
def test_of_the_group_that_was_told_or_of_all_may_be_counted(last: str) -> None:
    first = "which ward has the lowest average age"
    assert asked(STAYS, first, last) == "How many of what: maple or all rows?"
    assert asked(STAYS, first, last, "maple").startswith("There are 2 rows")


def test_names_that_were_counted_are_listed() -> None:
    three = "There are 3 values of ward: maple, cedar and birch."
    for last in ("which ones", "what are they", "list them", "show them"):
        assert asked(STAYS, "how many wards", last) == three
    assert asked(STAYS, "how many smoke", "who are they") == "Here are the first 2 rows for smoker."


def test_plus_adds_to_what_was_asked_before() -> None:
    assert asked(SHOWS, "total seats in Nice", "plus Bath") == "The total seats for Nice or Bath is 700."
    assert asked(SHOWS, "total seats in Nice", "and Bath") == "The total seats for Bath is 600."
    assert asked(SHOWS[["town", "seats"]], "total in Nice, plus Bath") == (
        "The total seats for Nice or Bath is 700."
    )


@pytest.mark.parametrize(
    "questions",
    [
        ("total seats of Cats, plus Bath",),
        ("total seats, plus Bath",),
        ("total seats of Cats", "plus Bath"),
    ],
)
def test_plus_picks_no_rows_from_among_the_others(questions: tuple[str, ...]) -> None:
    assert not understood(SHOWS, *questions)


def test_a_column_is_asked_for_with_its_verb_elsewhere() -> None:
    sold = "The total seats sold for Cats is 390."
    assert asked(SHOWS, "how many seats were sold for Cats") == sold
    assert asked(SHOWS, "how many seats did we sell for Cats") == sold
    assert asked(SHOWS, "how many seats are there for Cats") == "The total seats for Cats is 400."
    assert asked(SHOWS, "how many seats were not sold for Cats") == "I know only the seats sold."


def test_the_plural_of_what_numbers_the_rows_is_the_rows() -> None:
    by_month = "The number of rows by month is 2 for March 2024 and 2 for April 2024."
    assert asked(RIDES, "rides per month") == by_month
    assert asked(RIDES, "ride 7002") == "Here is 1 row for ride 7002."
    assert not understood(RIDES, "which pass had no rides")
    assert not understood(RIDES, "how many rides at seven")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how many rides a day", "The number of rows by day is the same everywhere, 1."),
        ("average rides a day", "1 row per day on average, over the 4 that have any."),
        ("how many rides a month", "The number of rows by month is 2 for March 2024 and 2 for April 2024."),
    ],
)
def test_what_happens_a_day_is_not_what_a_day_pass_is_for(question: str, answer: str) -> None:
    assert asked(RIDES, question) == answer
    assert asked(RIDES, "how many day rides") == "There are 3 rows for day, of 4."


@pytest.mark.parametrize(
    "question",
    ["average age or no", "how many smoke or no", "average age, scratch that", "average age no wait"],
)
def test_what_is_taken_back_at_the_end_is_not_answered(question: str) -> None:
    assert asked(STAYS, question) == UNCLEAR


def test_a_question_for_yes_or_no_may_end_in_or_no() -> None:
    assert asked(STAYS, "are there any smokers on maple or no") == "Yes, 2 rows for maple and smoker."


PRICED = SHOWS.assign(seat_price=[10.0, 40.0, 30.0, 20.0], open=[True, False, True, True])


def test_a_whole_name_is_not_taken_for_two() -> None:
    assert not understood(PRICED, "average of the two highest seat prices")
    assert asked(PRICED, "two highest seat prices") == (
        "Here are the 2 rows with the highest seat price. The first is 40."
    )


def test_a_yes_or_no_is_not_answered_by_rows_of_others() -> None:
    ends = "I can tell which ones stand at an end, not whether one is among them."
    assert asked(PRICED, "is Cats in the top two by seats sold") == ends
    assert not understood(PRICED, "is Cats open in Nice")
    assert asked(PRICED, "show the shows") == "There are 3 values of show: Cats, Faust and Oliver."
    assert asked(PRICED, "open the table") == "Here are the first 4 rows."


def test_of_the_row_that_was_told_more_can_be_asked() -> None:
    row = "The ward is birch, in the row with the highest age, 75."
    assert asked(STAYS, "who is the oldest", "what ward is it") == row
    assert asked(STAYS, "who is the oldest", "what is its ward") == row
    assert asked(STAYS, "who is the oldest", "which ward") == row
    three = "There are 3 values of ward: maple, cedar and birch."
    assert asked(STAYS, "who is the oldest", "which wards are there") == three
    by_ward = "The highest age by ward is 75 for birch, 60 for cedar and 50 for maple."
    assert asked(STAYS, "who is the oldest", "by ward") == by_ward
    assert not understood(STAYS, "how many smoke", "what ward is it")


@pytest.mark.parametrize(
    "question", ["the monthly salary", "average salary per month", "average monthly salary"]
)
def test_for_what_time_somebody_is_paid_stands_in_no_row(question: str) -> None:
    paid = pd.DataFrame(
        {"name": ["Ada", "Ben"], "salary": [900, 800], "hired": pd.to_datetime(["2024-01-05", "2024-02-05"])}
    )
    assert asked(paid, question) == "I do not know for what time the salary is."
    assert asked(paid, "average salary by month") == (
        "The average salary by month is 900 for January 2024 and 800 for February 2024."
    )


READINGS = pd.DataFrame(
    {
        "day": pd.to_datetime(["2024-07-01", "2024-07-01", "2024-07-02", "2024-08-01"]),
        "station": ["north", "south", "north", "north"],
        "rain": [0.0, 0.0, 5.0, 0.0],
        "growth": [1, -1, 2, -2],
    }
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how many days in July", "There are 2 different values of day in July."),
        ("how many dry days in July", "There is 1 different value of day for rain 0 in July."),
        (
            "days without rain per month",
            "The number of different day by month for rain 0 is 1 for July 2024 and 1 for August 2024.",
        ),
        ("how many rows in July", "There are 3 rows in July, of 4."),
        ("rows per month", "The number of rows by month is 3 for July 2024 and 1 for August 2024."),
    ],
)
def test_days_are_not_the_rows_of_a_day(question: str, answer: str) -> None:
    assert asked(READINGS, question) == answer


def test_how_many_grew_is_no_trend_of_their_number() -> None:
    assert not understood(READINGS, "how many grew")
    assert asked(READINGS, "how many have positive growth") == "There are 2 rows with growth above 0, of 4."


def test_of_a_value_in_two_columns_the_one_that_is_named_before_it_is_meant() -> None:
    ways = pd.DataFrame(
        {
            "from": ["Park", "Park", "Zoo"],
            "to": ["Zoo", "Park", "Park"],
            "fare": [1.0, 2.0, 3.0],
            "id": [1, 2, 3],
        }
    )
    assert asked(ways, "how many from Park to Zoo") == "There is 1 row for Park Zoo, of 3."
    assert asked(ways, "how many to the Park") == "There are 2 rows for Park, of 3."
    assert asked(ways, "total fare to Park") == "The total fare for Park is 5."
    assert asked(ways, "how many in Park") == "Which one do you mean: from Park or to Park?"


def test_what_no_row_can_be_at_once_is_not_answered_with_none() -> None:
    assert not understood(STAYS, "average age of smokers and non smokers")
    assert asked(STAYS, "average age in maple and in cedar") == "The average age for maple or cedar is 45."


def test_choices_of_several_tables_are_told_apart() -> None:
    days = pd.date_range("2023-11-01", periods=80)
    stays = pd.DataFrame({"came_on": days, "left_on": days + pd.Timedelta(days=2), "ward": "maple"})
    rides = pd.DataFrame({"started": days, "fare": 2.5})
    agent = NotebookAssistant({"stays": stays, "rides": rides})
    asked = "".join(p for p in agent.answer("how many in 2023") if isinstance(p, str))
    choices = (
        asked.removeprefix("Which one do you mean: ").removesuffix("?").replace(" or ", ", ").split(", ")
    )
    assert len(choices) == len(set(choices)) == 3
    assert "rides" in choices


def test_the_days_of_a_week_are_named_in_the_table() -> None:
    frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=10), "n": range(10)})
    [shown] = [
        p.value for p in NotebookAssistant(frame).answer("how many rows per weekday") if isinstance(p, Show)
    ]
    assert list(shown.index)[:2] == ["Monday", "Tuesday"]

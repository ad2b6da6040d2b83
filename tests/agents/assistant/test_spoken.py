"""Ways in which people put a question, by the plan of the same question put plainly."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.tables.plans import Asked, Plan, Refused
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.agents.assistant.understanding import State, understand

TODAY = datetime(2024, 3, 15)
PEOPLE = Lexicon(
    Table(
        pd.DataFrame(
            {
                "name": [f"person {n}" for n in range(60)],
                "dept": ["sales", "support", "sales"] * 20,
                "city": ["Bonn", "Ghent"] * 30,
                "salary": [30_000 + 700 * n for n in range(60)],
                "age": [20 + n % 41 for n in range(60)],
                "bonus": [None if n % 9 == 0 else 10.0 * n for n in range(60)],
                "hire_date": pd.date_range("2015-01-01", periods=60, freq="30D"),
                "manager": ["Ada", "Ben", "Cy"] * 20,
                "remote": [n % 3 == 0 for n in range(60)],
            }
        ),
        "people",
    )
)
WEATHER = Lexicon(
    Table(
        pd.DataFrame(
            {
                "date": pd.date_range("2023-01-01", periods=90),
                "station": ["quay", "hill", "farm"] * 30,
                "temperature": [n % 17 - 3.5 for n in range(90)],
                "rain_mm": [0.0, 2.5, 1.0] * 30,
                "status": [200, 404, 500] * 30,
            }
        ),
        "weather",
    )
)


def read(text: str, lexicon: Lexicon) -> object:
    return understand(text, State(), [lexicon], TODAY)[0]


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("whats the average salary city by city", "average salary by city"),
        ("what share of the people or remote", "what share of the people are remote"),
        ("how many people or in Bonn", "how many people are in Bonn"),
        ("average salary by dept then city", "average salary by dept and city"),
        ("id like to know how many people there are", "how many people are there"),
        ("how many cities do we deliver to", "how many cities"),
        ("which dept do we pay the most to on average", "which dept has the highest average salary"),
        ("what does a person earn on average in each city", "average salary by city"),
        (
            "how many people make between forty and fifty thousand",
            "how many salaries between 40000 and 50000",
        ),
        ("how many people earn 40000 at most", "how many people earn at most 40000"),
        ("how many people didnt get a bonus", "how many people have no bonus"),
        ("for how many people dont we know the bonus", "how many people have no bonus"),
        ("how many people work from home", "how many remote people"),
        ("who manages the most people", "which manager has the most people"),
        ("sort everybody by age, youngest ones first", "sort by age ascending"),
        ("sort by age with the youngest at the bottom", "sort by age descending"),
        ("put them in order of salary from smallest to biggest", "sort by salary ascending"),
        ("list the people from the youngest to the oldest", "sort by age ascending"),
        ("do older people earn more", "correlation of age and salary"),
        ("do age and salary go hand in hand", "correlation of age and salary"),
        ("how many people were hired in each year", "how many people by year"),
        ("average salary by the year people were hired", "average salary by year"),
        ("show the average salary per dept as a bar chart", "plot average salary by dept"),
        ("how many people over 40 are there", "how many people are older than 40"),
        ("how many people are 40+", "how many people are at least 40"),
        ("how many people are 30-40", "how many people with an age between 30 and 40"),
        ("average salary of people who are and are not remote", "average salary by remote"),
        ("how many people are and aren't remote", "how many people by remote"),
        ("how many people have at least one missing value", "how many people have missing values"),
        ("what percentage of the bonn people are remote", "what percentage of people from bonn is remote"),
        ("which dept is the smallest", "which dept has the fewest people"),
        ("what do we record about a person", "which columns are there"),
    ],
)
def test_people_are_asked_about_in_many_ways(said: str, plain: str) -> None:
    assert isinstance(read(plain, PEOPLE), Plan)
    assert read(said, PEOPLE) == read(plain, PEOPLE)


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("how cold did it get at the hill", "lowest temperature at the hill"),
        ("how hot did it get at most", "highest temperature"),
        ("how much did it rain in march", "how much rain in march"),
        ("how many dry readings", "how many readings without rain"),
        ("how many readings were below three degrees", "how many temperatures below 3"),
        (
            "how many readings had from one to two millimeters of rain",
            "how many readings have rain between 1 and 2",
        ),
        ("how many quays and how many farms", "how many readings by station for quay and farm"),
        ("how many 404 were there", "how many readings with status 404"),
        ("rain in the last month of 2023", "rain in december 2023"),
        ("what is the most rain on record", "highest rain"),
        ("missing temperatures", "how many temperatures are missing"),
    ],
)
def test_weather_is_asked_about_in_many_ways(said: str, plain: str) -> None:
    assert isinstance(read(plain, WEATHER), Plan)
    assert read(said, WEATHER) == read(plain, WEATHER)


def test_the_day_of_a_highest_reading_is_told_by_its_row() -> None:
    plan = read("on which day was the highest temperature", WEATHER)
    assert isinstance(plan, Plan)
    assert (plan.do, plan.end, plan.groups[0].unit) == ("extreme", "highest", "day")


@pytest.mark.parametrize(
    "said",
    [
        "total age",  # ages, prices and rates do not add up
        "how many people were paid",  # which ones, nothing tells
        "how many delivered people are there",
        "top three depts",  # by what?
        "how many people from",
        "how many people not just from bonn",
        "average salary of the tall people",
        "how many depts have a total flavour above 3",
    ],
)
def test_what_means_nothing_here_is_not_passed_over(said: str) -> None:
    assert isinstance(read(said, PEOPLE), Refused | Asked)

"""The judge of the assistant's answers, by values; and that every question has an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.agents.assistant_questions import blind, fresh, fuzz, heldout, seen, third

from .assistant_questions.judge import figures, judge
from .assistant_questions.question import (
    CAN,
    REFUSE,
    Facts,
    Gap,
    Mentions,
    Question,
    Share,
    Spread,
    Top,
    two,
)
from .assistant_questions.spoken import moments, numbers
from .assistant_questions.tables import TABLES, table

ORDERS = pd.DataFrame(
    {
        "region": ["north", "south", "north", "east", "south", "north"],
        "country": ["Germany", "France", "Spain", "Germany", "France", "Germany"],
        "revenue": [100.0, 250.0, 300.0, 50.5, 410.0, 36.25],
        "units": [1, 2, 3, 4, 5, 6],
        "date": pd.to_datetime(
            ["2023-01-05", "2023-01-20", "2023-02-03", "2023-03-03", "2023-03-09", "2023-03-30"]
        ),
    }
)


def verdict(right: Any, text: str, shown: Sequence[Any] = (), says: str = "what is it", **more: Any) -> str:
    also = [each if each is REFUSE else (lambda _, each=each: each) for each in more.pop("also", [])]
    question = Question(
        "orders", says, right if right is REFUSE else lambda _: right, "test", also=also, **more
    )
    return judge(question, text, shown, ORDERS)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("It is 4,202 grams.", [4202]),
        ("About 1.2 million.", [1.2e6]),
        ("roughly 4.2 thousand, or 4.2k", [4200, 4200]),
        ("twelve of them", [12]),
        ("one hundred and five point two five", [105.25]),
        ("a hundred and twenty-three thousand four hundred", [123_400]),
        ("minus three point five, or -3.5, or \u22123.5 degrees", [-3.5, -3.5, -3.5]),
        ("27.7 % or twenty eight percent", [27.7, 28]),
        ("the year twenty twenty three and two thousand and eight", [2023, 2008]),
        ("on March 3rd, 2023 there were 7", [7]),
        ("the 95th percentile is 541", [541]),
        ("that one is the right one", []),
        ("one order", [1]),
        ("$12.50 and €3", [12.5, 3]),
        ("u0012 and 3d are names", []),
        ("nineteen eighty-seven", [1987]),
        ("in twenty fifteen and twenty nineteen", [2015, 2019]),
    ],
)
def test_numbers_are_read_as_they_are_said(text: str, values: list[float]) -> None:
    assert [each.value for each in numbers(text)] == pytest.approx(values)


@pytest.mark.parametrize(
    ("text", "at", "freq"),
    [
        ("on March 3rd, 2023", "2023-03-03", "D"),
        ("the third of March 2023", "2023-03-03", "D"),
        ("3 Mar 2023", "2023-03-03", "D"),
        ("2023-03-03", "2023-03-03", "D"),
        ("2023-03-03 14:05:06", "2023-03-03 14:05:06", "D"),
        ("March 3, 2023 at 2:05 pm", "2023-03-03 14:05", "D"),
        ("the twenty-first of May 2022", "2022-05-21", "D"),
        ("in March 2023", "2023-03-01", "M"),
        ("2023-03", "2023-03-01", "M"),
        ("Q2 2023", "2023-04-01", "Q"),
        ("the third quarter of 2022", "2022-07-01", "Q"),
    ],
)
def test_dates_are_read_as_they_are_said(text: str, at: str, freq: str) -> None:
    (moment,) = moments(text)
    assert (moment.at, moment.freq) == (pd.Timestamp(at), freq)


@pytest.mark.parametrize(
    ("right", "text", "expected"),
    [
        (4201.7543, "The average is 4,201.75.", "right"),
        (4201.7543, "It's about 4,200 grams.", "right"),
        (4201.7543, "about 4.2 thousand", "right"),
        (4201.7543, "4202", "right"),
        (4201.7543, "about 4,000", "wrong"),  # one figure only
        (4201.7543, "about 4,300", "wrong"),
        (4201.7543, "4,201", "wrong"),  # neither rounded nor exact
        (1_234_567, "about 1.2 million", "right"),
        (1_234_567, "1.3 million", "wrong"),
        (12, "There are twelve.", "right"),
        (12, "There are thirteen.", "wrong"),
        (151, "There are 151 orders.", "right"),
        (151, "There are about 150 orders.", "right"),
        (151, "There are 150 orders.", "wrong"),  # a count is not rounded without a word
        (151, "151 of 600 orders.", "right"),
        (600, "151 of 600 orders.", "wrong"),
        (342, "The average is 4,202, over 342 rows.", "wrong"),
        (-3.25, "minus 3.25 degrees", "right"),
        (-3.25, "3.25 degrees", "wrong"),
        (0, "None of them.", "right"),
        (3, "None of them.", "wrong"),
        (0.8712, "0.87", "right"),
        (0.8712, "The correlation is 0.9.", "wrong"),
        (-0.089, "They hardly go together: -0.089.", "right"),
        (3204.0, "about 3.2 seconds", "right"),  # a column of milliseconds
        (5.0, "5", "right"),
        (5.3, "5", "wrong"),
        (7, "", "wrong"),
    ],
)
def test_figures(right: float, text: str, expected: str) -> None:
    assert verdict(right, text) == expected


def test_the_figure_of_the_question_is_no_answer() -> None:
    says = "how many orders have revenue above 300"
    assert verdict(300, "151 orders have revenue above 300.", says=says) == "wrong"
    assert verdict(151, "151 orders have revenue above 300.", says=says) == "right"
    assert verdict(300, "300 orders have revenue above 300.", says=says) == "right"
    assert verdict(3, "3", says="how many have 3 units") == "right"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't know 'atlantis'.", "refused"),
        ("There is no country called Atlantis. Did you mean Austria?", "refused"),
        ("Sorry, I did not understand 'not from'.", "refused"),
        ("Which column do you mean, revenue or units?", "refused"),
        ("There is no column flavour. The columns are region, country, revenue, units and date.", "refused"),
        ("I know no such city. There are three countries: Germany, France and Spain.", "refused"),
        ("I can't predict. You can ask me for the average of the last 3 months.", "refused"),
        ("I did not understand 'flavour', so the average is 191.13.", "wrong"),
        ("I don't know atlantis. The average is 191.13.", "wrong"),
        ("There is no atlantis: the average is 191.13.", "wrong"),
        ("I understood apples, but not 'green'.", "refused"),
        ("Nothing in it is called flavour. What shall I take?", "refused"),
        ("The average is 191.13.", "wrong"),
        ("The average is 191.13. Shall I plot it?", "wrong"),
        ("North has the most. Do you want to see more?", "wrong"),
        ("It was on January 20th, 2023. Do you want to see it?", "wrong"),
        ("Here is the revenue by region. Shall I plot it?", "wrong"),
        ("Yes, it is. Shall I plot it?", "wrong"),
        ("North, with 436.25.", "wrong"),
        ("Here are the rows.", "wrong"),
        ("4 people do not have a manager.", "wrong"),
    ],
)
def test_a_refusal_is_told_from_a_wrong_answer(text: str, expected: str) -> None:
    assert verdict(77.7, text) == expected
    assert verdict(REFUSE, text) == ("right" if expected == "refused" else "wrong")


def test_a_confident_answer_where_there_is_none_is_wrong() -> None:
    assert verdict(REFUSE, "The average is 4,202.", says="average sales in paris") == "wrong"
    assert verdict(REFUSE, "Here it is.", [ORDERS], says="sales by flavour") == "wrong"
    assert verdict(REFUSE, "There are 0 orders from Atlantis.", also=[0]) == "right"
    assert verdict(REFUSE, "There are 6 orders from Atlantis.", also=[0]) == "wrong"
    assert verdict(REFUSE, "There are no orders in December.", says="average revenue in december") == "right"
    assert verdict(REFUSE, "None of the 600 orders is from Atlantis.") == "right"
    assert verdict(REFUSE, "No orders match, so it is 4,202.") == "wrong"
    assert verdict(151, "There are no orders from Germany.") == "wrong"
    assert verdict(12.5, "I can't tell which month is last month.", also=[REFUSE]) == "right"


@pytest.mark.parametrize(
    ("right", "text", "expected"),
    [
        ("north", "North.", "right"),
        ("north", "South.", "wrong"),
        ("north", "The north comes first, before the south.", "right"),
        ("north", "The south comes first, before the north.", "wrong"),
        ("north", "That's the northern lights.", "wrong"),
        (Top("south", 660.0), "South, with a total of 660.", "right"),
        (Top("south", 660.0), "South, with 410.", "wrong"),
        (Top("south", 660.0), "North, with 660.", "wrong"),
        (Top("south", 330.0, "average|mean"), "South has the highest average, 330.", "right"),
        (Top("south", 330.0, "average|mean"), "South has the highest revenue, 330.", "wrong"),
        (Top(2, 17.0), "User 2, with 17 requests.", "right"),
        (Top(2, 17.0), "User 3, with 17 requests.", "wrong"),
        (Top(pd.Period("2023-03", "M"), 496.75), "March 2023, with 496.75", "right"),
        (Top(pd.Period("2023-03", "M"), 496.75), "March, with about 497", "right"),
        (Top(pd.Period("2023-03", "M"), 496.75), "April 2023, with 496.75", "wrong"),
        (Top("north"), "I don't know which one you mean.", "refused"),
    ],
)
def test_labels(right: Any, text: str, expected: str) -> None:
    assert verdict(right, text) == expected


def test_a_label_of_the_question_is_no_rival_unless_it_is_asked_for() -> None:
    says = "excluding germany which country has the highest revenue"
    assert verdict("France", "Without Germany, it is France.", says=says) == "right"
    assert verdict("France", "Germany.", says=says) == "wrong"
    says = "is it france or spain"
    assert verdict("France", "France, ahead of Spain.", says=says) == "right"
    assert verdict("France", "Spain, ahead of France.", says=says) == "wrong"


@pytest.mark.parametrize(
    ("right", "text", "expected"),
    [
        (Share(0.277), "27.7 percent", "right"),
        (Share(0.277), "About 28%.", "right"),
        (Share(0.277), "0.277", "right"),
        (Share(0.277), "27 percent", "wrong"),
        (Share(0.277), "72.3 percent", "wrong"),
        (Share(0.277), "277", "wrong"),
        (Share(0.25), "a quarter", "right"),
        (Share(0.25), "3 of 12", "right"),
        (Share(0.25), "4 of 12", "wrong"),
        (Share(0.49), "about half", "right"),
        (Share(0.35), "about half", "wrong"),
        (Gap(-1375.354), "Gentoo are 1,375 grams heavier.", "right"),
        (Gap(-1375.354), "1,275 grams", "wrong"),
        (True, "Yes, 56,610 against 44,126.", "right"),
        (True, "No.", "wrong"),
        (False, "No, nothing is missing.", "right"),
        (False, "Yes.", "wrong"),
        (True, "I don't know.", "refused"),
        (pd.Timestamp("2023-03-03"), "On March 3rd, 2023.", "right"),
        (pd.Timestamp("2023-03-03"), "On March 4th, 2023.", "wrong"),
        (pd.Timestamp("2023-03-03"), "In March 2023.", "wrong"),
        (pd.Timestamp("2023-03-03 23:59:36"), "On March 3rd, 2023 at 23:59.", "right"),
        (pd.Timestamp("2023-03-03 23:59:36"), "On March 3rd, 2023 at 22:59.", "wrong"),
        (Facts({"mean": 191.125, "min": 36.25, "max": 410.0}), "From 36.25 to 410, 191 on average.", "right"),
        (Facts({"mean": 191.125, "min": 36.25, "max": 410.0}), "From 36.25 to 500, 191 on average.", "wrong"),
        (Mentions(["average", "count", "plot"], 2), "I can count and plot.", "right"),
        (CAN, "Good morning.", "wrong"),
        (["north", "south", "east"], "North, south and east.", "right"),
        (["north", "south", "east"], "North and south.", "wrong"),
        (["north", "south"], "North, south and east.", "wrong"),
        (["revenue", "units"], "revenue and units", "right"),
        (["unit_price", "unitsSold", "Weight (kg)"], "Unit price, units sold and weight.", "right"),
        (["body_mass_g", "growth %"], "Body mass and growth.", "right"),
        (["revenue", "units"], "revenue, units and date", "wrong"),
    ],
)
def test_other_kinds(right: Any, text: str, expected: str) -> None:
    assert verdict(right, text) == expected


BY_REGION = ORDERS.groupby("region").revenue.sum()


@pytest.mark.parametrize(
    ("shown", "text", "expected"),
    [
        ([BY_REGION], "Here it is.", "right"),
        ([BY_REGION.sort_values()], "North has 436.25.", "right"),
        ([BY_REGION.rename("x").reset_index().iloc[::-1]], "The highest is 660, in the south.", "right"),
        ([BY_REGION.round(1)], "", "right"),
        ([BY_REGION * 2], "Here it is.", "wrong"),
        ([BY_REGION.iloc[:2]], "Here it is.", "wrong"),
        ([BY_REGION], "North has 660 and south 436.25.", "wrong"),
        ([], "East has 50.5, north about 436 and south 660.", "right"),
        ([], "50.5 in the east, 436 in the north and 660 in the south.", "right"),
        ([], "East has 50.5, north 660 and south 436.", "wrong"),
        ([], "The total is 1,146.75.", "wrong"),
        ([], "I did not understand by region.", "refused"),
        ([BY_REGION.to_frame().assign(rows=[1, 3, 2])], "There are 3 groups.", "right"),
    ],
)
def test_groups(shown: list[Any], text: str, expected: str) -> None:
    assert verdict(BY_REGION, text, shown) == expected


def test_groups_by_time_may_be_named_in_many_ways() -> None:
    right = ORDERS.groupby(ORDERS.date.dt.to_period("M")).revenue.sum()
    stamped = ORDERS.set_index("date").revenue.resample("ME").sum()
    assert verdict(right, "", [right]) == "right"
    assert verdict(right, "", [stamped]) == "right"
    assert verdict(right, "", [pd.Series(right.to_numpy(), ["2023-01", "2023-02", "2023-03"])]) == "right"
    assert (
        verdict(right, "", [pd.Series(right.to_numpy(), ["January 2023", "March 2023", "February 2023"])])
        == "wrong"
    )
    assert verdict(right, "350 in January 2023, 300 in February 2023 and 497 in March 2023.") == "right"
    years = ORDERS.groupby(ORDERS.date.dt.to_period("Y")).revenue.sum()
    assert verdict(years, "", [pd.DataFrame({"year": [2023], "sum": [1146.75]})]) == "right"


def test_two_groups_may_be_long_or_wide() -> None:
    right = ORDERS.groupby(["region", "country"]).revenue.sum()
    assert verdict(right, "", [right]) == "right"
    assert verdict(right, "", [right.reset_index()]) == "right"
    assert verdict(right, "", [right.unstack()]) == "right"
    assert verdict(right, "", [right.unstack(0, fill_value=0)]) == "right"
    assert verdict(right, "", [BY_REGION]) == "wrong"


def test_rows_are_compared_by_their_values() -> None:
    north = ORDERS[ORDERS.region == "north"]
    assert verdict(north, "Three rows.", [north]) == "right"
    assert verdict(north, "", [north[["revenue", "country"]].reset_index(drop=True)]) == "right"
    assert verdict(north, "", [north.assign(units=0)]) == "wrong"
    assert verdict(north, "", [ORDERS]) == "wrong"
    assert verdict(north, "", [ORDERS[ORDERS.region == "south"]]) == "wrong"
    assert verdict(north, "There are three.") == "wrong"
    best = ORDERS.sort_values("revenue", ascending=False)
    assert verdict(best, "", [best], ordered=True) == "right"
    assert verdict(best, "", [best.head(5)], ordered=True) == "right"
    assert verdict(best, "", [best.iloc[::-1]], ordered=True) == "wrong"
    assert verdict(best, "", [ORDERS], ordered=True) == "wrong"


def test_rows_that_are_equal_in_what_was_sorted_by_may_change_places() -> None:
    tied = ORDERS.assign(units=[5, 5, 4, 4, 3, 2])
    right, other = tied, tied.iloc[[1, 0, 3, 2, 4, 5]]
    assert verdict(right[["units", "country"]], "", [other[["units", "country"]]], ordered=True) == "right"
    unsorted = tied.iloc[[0, 2, 1, 3, 4, 5]]
    assert verdict(right[["units", "country"]], "", [unsorted[["units", "country"]]], ordered=True) == "wrong"


def test_one_cell_that_is_shown_answers_for_a_figure() -> None:
    assert verdict(1146.75, "Here it is.", [pd.DataFrame({"sum": [1146.75]})]) == "right"
    assert verdict(1146.75, "Here it is.", [pd.DataFrame({"sum": [1146.0]})]) == "wrong"
    assert verdict(1146.75, "It is 1,000.25.", [pd.DataFrame({"sum": [1146.75]})]) == "wrong"
    assert verdict(660.0, "Here it is.", [BY_REGION]) == "wrong"
    assert verdict(Top("south", 660.0), "", [BY_REGION.sort_values(ascending=False)]) == "right"
    assert verdict(Top("south", 660.0), "", [BY_REGION]) == "wrong"
    assert verdict(Top("south", 660.0), "", [ORDERS.iloc[[1, 2]]]) == "wrong"


def test_figures_that_are_drawn() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    ax = figure.subplots()
    ax.bar(BY_REGION.index.tolist(), BY_REGION.to_numpy())
    assert verdict(BY_REGION, "Here is the plot.", [figure]) == "right"
    assert verdict(BY_REGION + 1, "Here is the plot.", [figure]) == "wrong"
    points = pytest.importorskip("matplotlib.figure").Figure()
    points.subplots().scatter(ORDERS.units, ORDERS.revenue)
    assert verdict(ORDERS[["units", "revenue"]], "", [points]) == "right"
    assert verdict(ORDERS[["units", "revenue"]] * 2, "", [points]) == "wrong"
    hist = pytest.importorskip("matplotlib.figure").Figure()
    hist.subplots().hist(ORDERS.revenue, bins=4)
    assert verdict(Spread(ORDERS.revenue), "", [hist]) == "right"
    assert verdict(Spread(ORDERS.revenue.head(4)), "", [hist]) == "wrong"
    assert verdict(Spread(ORDERS.revenue), "", [ORDERS.region.value_counts()]) == "wrong"
    binned = pd.cut(ORDERS.revenue, 4).value_counts()
    assert verdict(Spread(ORDERS.revenue), "", [binned]) == "right"
    lines = pytest.importorskip("matplotlib.figure").Figure()
    monthly = ORDERS.groupby(ORDERS.date.dt.to_period("M")).revenue.sum()
    lines.subplots().plot(monthly.index.to_timestamp(), monthly.to_numpy())
    assert verdict(monthly, "", [lines]) == "right"
    assert verdict(monthly.iloc[::-1] * 3, "", [lines]) == "wrong"


SETS = {
    "seen": seen.QUESTIONS,
    "heldout": heldout.QUESTIONS,
    "fresh": fresh.QUESTIONS,
    "third and blind": [*third.QUESTIONS, *blind.QUESTIONS],
}
ALL = [each for each in SETS.values() for each in each]


@pytest.mark.parametrize("name", list(SETS))
def test_every_question_has_an_answer(name: str) -> None:
    for question in SETS[name]:
        assert question.table in TABLES
        for answer in question.answers(table(question.table)):
            assert _tells(answer), (question.says, answer)


def _tells(answer: Any) -> bool:
    if answer is REFUSE or isinstance(answer, Mentions):
        return True
    if isinstance(answer, (Share, Gap)):
        return bool(np.isfinite(answer.value)) and answer.value != 0
    if isinstance(answer, Top):
        return not pd.isna(answer.label) and (answer.value is None or bool(np.isfinite(answer.value)))
    if isinstance(answer, Facts):
        return all(np.isfinite(each) for each in answer.figures.values())
    if isinstance(answer, Spread):
        return answer.values.notna().any()
    if isinstance(answer, (pd.Series, pd.DataFrame)):
        return len(answer) > 0 and bool(answer.notna().to_numpy().any())
    if isinstance(answer, list):
        return len(answer) > 0
    if isinstance(answer, (str, pd.Timestamp)):
        return bool(answer) and not pd.isna(answer)
    return bool(np.isfinite(answer))


@pytest.mark.parametrize("name", list(SETS))
def test_the_questions_are_many_and_of_all_kinds(name: str) -> None:
    questions = SETS[name]
    assert len(questions) >= 160
    assert min(Counter(each.table for each in questions).values()) >= len(questions) / 8
    assert sum(each.right is REFUSE for each in questions) >= 0.07 * len(questions)
    assert len({(each.table, each.says, *each.before) for each in questions}) == len(questions)
    answers = Counter(
        repr(each.answers(table(each.table))[0]) for each in questions if each.right is not REFUSE
    )
    assert max(answers.values()) <= len(questions) / 20, answers.most_common(3)


@pytest.mark.parametrize("name", list(SETS))
def test_the_right_answer_is_right_and_another_is_not(name: str) -> None:
    """Each answer is told as a person would, and judged; then the same with another figure or name."""
    for question in SETS[name]:
        frame = table(question.table)
        right = question.answers(frame)[0]
        text, shown, other_text, other_shown = _told(right)
        assert judge(question, text, shown, frame) == "right", (question.says, text)
        if other_text is not None:
            assert judge(question, other_text, other_shown, frame) == "wrong", (question.says, other_text)


def _told(right: Any) -> tuple[str, list[Any], str | None, list[Any]]:
    if right is REFUSE:
        return "I did not understand that.", [], "It is 98,765.4.", []
    if isinstance(right, Mentions):
        return "I can count rows, plot, and take an average.", [], "Good day.", []
    if isinstance(right, (bool, np.bool_)):
        return ("Yes." if right else "No."), [], ("No." if right else "Yes."), []
    if isinstance(right, Share):
        return f"{100 * right.value:.1f} percent.", [], f"{100 * right.value + 3:.1f} percent.", []
    if isinstance(right, Gap):
        return f"{abs(right.value):,.2f}.", [], f"{abs(right.value) * 1.1:,.2f}.", []
    if isinstance(right, Top):
        name = right.label
        if isinstance(name, pd.Period):
            name = name.strftime("%B %d, %Y" if name.freqstr == "D" else "%B %Y")
        value = f"{right.value:,.4f}" if right.value is not None else "that"
        return f"It is {name}, with {value}.", [], f"It is {name}, with 98765.4.", []
    if isinstance(right, Facts):
        return ", ".join(f"{k} {v:,.2f}" for k, v in right.figures.items()), [], "It goes from 1 to 2.", []
    if isinstance(right, Spread):
        return "Here.", [right.values], "Here.", [right.values.head(3)]
    if isinstance(right, pd.Series):
        return "Here.", [right], "Here.", [right * 1.5 + 1]
    if isinstance(right, pd.DataFrame):
        return "Here.", [right], "Here.", [right.iloc[:1].assign(**{right.columns[-1]: 98765.4})]
    if isinstance(right, list):
        return f"{', '.join(map(str, right))}.", [], f"{', '.join(map(str, right[:-1]))}.", []
    if isinstance(right, pd.Timestamp):
        return right.strftime("On %B %d, %Y."), [], "On July 7th, 1907.", []
    if isinstance(right, str):
        return f"{right}.", [], "That is somebody.", []
    whole = isinstance(right, (int, np.integer))
    return f"It is {right:,}.", [], f"It is {right + 3 if whole else right * 1.07 + 0.01:,}.", []


def test_fuzz_gives_variants_of_each_kind_and_knows_the_old_answer() -> None:
    made = [each for question in ALL for each in fuzz.variants(question)]
    made += [each for name in TABLES for each in fuzz.quantified(name)]
    kinds = Counter(each.kind for each in made)
    assert set(kinds) == set(fuzz.KINDS)
    assert min(kinds.values()) >= 20, kinds
    assert all(each.question.says != each.plain.says for each in made)


def test_a_word_that_is_dropped_is_noticed() -> None:
    question = next(each for each in seen.QUESTIONS if each.says == "how many of them live on dream")
    by_kind = {each.kind: each for each in fuzz.variants(question)}
    for variant in by_kind.values():
        assert not variant.fine("124 of them live on Dream."), variant.question.says
        assert variant.fine("I did not understand that.")
    assert by_kind["negation"].fine("220 of them.", before="124.")
    assert not by_kind["negation"].fine("99 of them.", before="99.")
    assert not by_kind["unknown value"].fine("I don't know atlantis, so 124.")
    assert not by_kind["unknown group"].fine("")
    assert by_kind["time"].fine("None of them.")


def test_figures_are_those_of_the_answer() -> None:
    question = Question("orders", "how many have revenue above 300", len, "filter")
    assert figures(question, "151 of 600 orders have revenue above 300.", ORDERS) == [151]


def test_who_says_both_figures_has_compared() -> None:
    both = two(BY_REGION, "south", "north")
    assert verdict(True, "South has 660 and north 436.", also=[both]) == "right"
    assert verdict(True, "South has 660 and north 736.", also=[both]) == "wrong"

"""The default agent: right answers, kind refusals, nothing changed and nothing raised."""

from __future__ import annotations

import itertools
import logging
import re
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from voice_widget.agents import Message, Piece, Show, Turn
from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.notebook import NotebookAssistant
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.data import load

LOST = "I did not get that."


@pytest.fixture
def agent() -> NotebookAssistant:
    return NotebookAssistant(load())


@pytest.fixture(autouse=True)
def no_failure_is_hidden(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []


class Talk:
    """A talk with an assistant, which keeps nothing of it: what was said is the history of what comes."""

    def __init__(self, agent: NotebookAssistant) -> None:
        self.agent = agent
        self.history: list[Message] = []

    def pieces(self, text: str) -> list[Piece]:
        answer = self.agent.answer(text, self.history)
        told = "".join(piece for piece in answer if isinstance(piece, str))
        self.history += [Message("user", text), Message("assistant", told)]
        return answer

    def __call__(self, text: str) -> str:
        return "".join(piece for piece in self.pieces(text) if isinstance(piece, str))


def said(agent: NotebookAssistant, text: str) -> str:
    return "".join(piece for piece in agent.answer(text) if isinstance(piece, str))


def shown(agent: NotebookAssistant, text: str) -> Show:
    [show] = [piece for piece in agent.answer(text) if isinstance(piece, Show)]
    return show


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how many rows are there", "There are 344 penguins."),
        ("how many penguins are there?", "There are 344 penguins."),
        ("what is the average body mass", "The average body mass is about 4202 grams."),
        ("um what's the mean of the body mass please", "The average body mass is about 4202 grams."),
        ("median bill depth of gentoo", "The median bill depth for Gentoo is 15 millimeters."),
        ("what's the biggest flipper length", "The highest flipper length is 231 millimeters."),
        (
            "standard deviation of flipper length",
            "The standard deviation of flipper length is about 14.06 millimeters.",
        ),
        (
            "what is the average body mass by species",
            "body mass by species is 5076 grams for Gentoo, 3733 for Chinstrap and 3701 for Adelie.",
        ),
        ("by species what is the average body mass", "by species is 5076 grams for Gentoo"),
        ("compare body mass across islands", "The average body mass by island is 4716 grams for Biscoe"),
        ("which species has the highest body mass", "Gentoo has the highest average body mass, 5076 grams."),
        (
            "average body mass in two thousand seven",
            "body mass for year 2007 is about 4125 grams.",
        ),
        ("average body mass for female gentoo", "for female Gentoo is about 4680 grams."),
        ("how many female gentoo penguins are there", "There are 58 penguins for female Gentoo, of 344."),
        (
            "how many species are there",
            "3 different values of species: Adelie, Gentoo and Chinstrap.",
        ),
        ("count by island", "by island is 168 for Biscoe, 124 for Dream and 52 for Torgersen."),
        ("which island has the most penguins", "Biscoe has the most penguins, 168."),
        ("how many values are missing", "19 values are missing, in 5 columns: sex 11,"),
        ("how many values are missing in body mass", "There are 2 penguins with no known body mass, of 344."),
        ("describe body mass", "Body mass goes from 2700 to 6300 grams, about 4202 on average."),
        (
            "how many have a flipper length above two hundred and ten",
            "100 penguins with flipper length above 210 millimeters",
        ),
        ("is body mass related to flipper length", "strong positive correlation, 0.871."),
        ("what is the average species", "Species is text, so it has no average."),
    ],
)
def test_answers(agent: NotebookAssistant, question: str, answer: str) -> None:
    assert answer in said(agent, question)


def test_tables_that_are_shown(agent: NotebookAssistant) -> None:
    frame = load()
    means = shown(agent, "average body mass by species")
    assert means.label == "table · 3 rows"
    assert (
        means.value["average body mass"].to_dict() == frame.groupby("species")["body_mass_g"].mean().to_dict()
    )
    only = shown(agent, "show only gentoo females").value
    pd.testing.assert_frame_equal(only, frame[(frame["species"] == "Gentoo") & (frame["sex"] == "female")])
    heavy = shown(agent, "show rows where body mass is above four thousand five hundred").value
    pd.testing.assert_frame_equal(heavy, frame[frame["body_mass_g"] > 4500])
    some = shown(agent, "show rows where bill length is between forty and fifty").value
    pd.testing.assert_frame_equal(some, frame[frame["bill_length_mm"].between(40, 50)])
    assert list(shown(agent, "top five by body mass").value["body_mass_g"]) == [6300, 6050, 6000, 6000, 5950]
    assert list(shown(agent, "the three smallest body mass").value["body_mass_g"]) == [2700, 2850, 2850]
    assert shown(agent, "sort by year descending").value["year"].iloc[0] == 2009
    assert shown(agent, "sort by year").value["year"].iloc[0] == 2007
    assert len(shown(agent, "show the first twelve rows").value) == 12
    assert set(shown(agent, "what can you do").value.columns) == {"say", "what it does"}


@pytest.mark.parametrize(
    "text",
    [
        "the birch canoe slid on the smooth planks",
        "glue the sheet to the dark blue background",
        "it is easy to tell the depth of a well",
        "four score and seven years ago",
        "what is the weather tomorrow",
        "the bus stop is near the house",
        "my sister lives in a small town near the sea",
        "the",
        "",
        "?!",
        "数量",
    ],
)
def test_chatter_does_nothing(agent: NotebookAssistant, text: str) -> None:
    answer = agent.answer(text)
    assert len(answer) == 1
    assert str(answer[0]).startswith(LOST)


def test_suggestions_are_about_what_was_mentioned_and_work(agent: NotebookAssistant) -> None:
    answer = said(agent, "flipper length blah tomorrow weather sunshine")
    one, two = re.findall(r"(?:say|Or): (.*?[.?])(?: |$)", answer)
    assert "flipper length" in one
    for text in (one, two, *agent.examples()):
        assert not said(agent, text).startswith(LOST)


@pytest.mark.parametrize(
    "text", ["delete all rows", "drop the table", "set body mass to zero", "rename the species"]
)
def test_it_never_changes_the_data(text: str) -> None:
    frame = load()
    assert "never change" in said(NotebookAssistant(frame), text)
    pd.testing.assert_frame_equal(frame, load())


def test_it_asks_back_and_takes_the_answer(agent: NotebookAssistant) -> None:
    talk = Talk(agent)
    assert talk("what is the average bill") == "Which one do you mean: bill length or bill depth?"
    assert talk("the depth please") == "The average bill depth is about 17.15 millimeters."
    assert talk("what is the median").startswith("Which one do you mean: bill length, bill depth, flipper")
    assert talk("body mass") == "The median body mass is 4050 grams."


def test_it_names_the_word_and_offers_what_it_can_do_without_it(agent: NotebookAssistant) -> None:
    talk = Talk(agent)
    answer = talk("average body mass in atlantis")
    assert answer.startswith("I did not get that. I do not know “atlantis” here.")
    assert answer.endswith("Shall I tell you the average body mass without it?")
    assert talk("yes please") == "The average body mass is about 4202 grams."
    assert Talk(agent)("yes please").startswith(LOST)


def test_a_word_that_nobody_knows_is_taken_for_one_that_sounds_the_same(agent: NotebookAssistant) -> None:
    asked, same = ("what does a gentoo weigh on average", "what does a gentoo way on average")
    assert agent.answer(same)[0] == agent.answer(asked)[0]
    assert "5076" in str(agent.answer(same)[0])


def test_what_was_misheard_is_asked_for_and_not_guessed(agent: NotebookAssistant) -> None:
    talk = Talk(agent)
    assert talk("average flip her length") == "I did not get that. Did you mean flipper length?"
    assert talk("yes") == "The average flipper length is about 200.9 millimeters."


def test_a_question_after_asking_back_is_a_question_of_its_own(agent: NotebookAssistant) -> None:
    talk = Talk(agent)
    talk("what is the average bill")
    assert "by island" in talk("median body mass by island")
    assert talk("how many rows are there") == "There are 344 penguins."


def test_follow_ups(agent: NotebookAssistant) -> None:
    talk = Talk(agent)
    talk("what is the average body mass")
    assert "average body mass by island" in talk("and by island")
    assert "median body mass by island" in talk("what about the median")
    assert "median flipper length by island" in talk("and flipper length")
    assert "for female" in talk("and for females")
    assert "for male" in talk("what about males")
    assert "for female Gentoo" in talk("and for female gentoo")
    assert talk("and the weather tomorrow").startswith(LOST)
    assert talk("how about the average body mass by species").startswith(
        "The average body mass by species is 5076"  # a whole question keeps nothing of the last one
    )
    # "only" without a verb goes on with the question before it; with one it is a question of its own
    assert talk("only females on biscoe").startswith("The average body mass by species for female Biscoe is")
    assert talk("show only females on biscoe") == "Here are 80 rows for female Biscoe."
    assert (
        talk("how many of them are there in 2009")
        == "There are 28 penguins for female Biscoe and year 2009, of 344."
    )


def test_a_follow_up_may_ask_more_than_the_question_before_it(agent: NotebookAssistant) -> None:
    talk = Talk(agent)
    assert "5 rows" in talk("top five by bill length")
    assert "average bill length by island" in talk("and by island")
    talk("describe body mass")
    assert talk("what about the median") == "The median body mass is 4050 grams."


def test_two_talks_with_one_assistant_know_nothing_of_each_other(agent: NotebookAssistant) -> None:
    one, other = Talk(agent), Talk(agent)
    one("average body mass by species")
    other("how many rows are there")
    assert one("say that again").startswith("The average body mass by species")
    assert other("say that again") == "There are 344 penguins."
    assert one("and by island").startswith("The average body mass by island")
    assert other("and the median").startswith("Which one do you mean")


def test_repeat(agent: NotebookAssistant) -> None:
    talk = Talk(agent)
    assert talk("repeat") == "I have not said anything yet."
    first = talk.pieces("average body mass by species")
    assert talk("thank you") == "You are welcome."
    for text in ("say that again please", "repeat that"):
        again = talk.pieces(text)
        assert again[0] == first[0]
        assert isinstance(again[1], Show)
        assert again[1].value.equals(first[1].value)  # type: ignore[union-attr]


def test_it_goes_on_from_where_it_was_cut(agent: NotebookAssistant) -> None:
    assert agent.answer("go on") == ["I have not said anything yet."]
    question = Message("user", "average body mass by species")
    whole, shown = agent.answer(question.text)
    assert isinstance(whole, str)
    assert isinstance(shown, Show)
    cut = whole.index(" 3733")
    history = [question, Message("assistant", whole[:cut])]
    for text in ("Go on.", "please continue", "Okay, carry on."):
        assert agent.answer(text, history) == [whole[cut + 1 :]]  # and it is shown no second time
    # Nothing was heard: all of it. All was heard: it says so.
    assert agent.answer("go on", [question]) == [whole]
    assert agent.answer("go on", [question, Message("assistant", whole)]) == ["That was all."]
    # Cut again, and then asked for all of it.
    again = [*history, Message("user", "go on"), Message("assistant", whole[cut : cut + 6])]
    assert agent.answer("go on", again) == [whole[cut + 6 :]]
    assert agent.answer("say that again", again)[0] == whole


def test_it_does_not_call_a_function_of_ones_own_again_to_go_on(agent: NotebookAssistant) -> None:
    called: list[str] = []

    @agent.intent("save the picture")
    def save() -> str:
        called.append("save")
        return "It is saved as a file."

    history = [Message("user", "save the picture"), Message("assistant", "It is saved")]
    assert agent.answer("go on", history) == ["I do not know how that went on. Please ask again."]
    assert called == []


async def test_repeat_in_a_new_kernel_knows_the_history(agent: NotebookAssistant) -> None:
    turn = Turn("repeat", history=[Message("assistant", "Hello.")])
    assert [piece async for piece in agent(turn)] == ["Hello."]


def test_stop_says_little(agent: NotebookAssistant) -> None:
    assert agent.answer("stop") == agent.answer("never mind") == ["Okay."]


# --- data ------------------------------------------------------------------------------------------


def test_without_data_it_says_how_to_pass_some() -> None:
    agent = NotebookAssistant()
    for text in ("what is the average body mass", "how many rows are there", "help", "hello", "blah"):
        assert "VoiceWidget(data=df)" in said(agent, text)
    assert said(agent, "stop") == "Okay."
    assert agent.examples() == ["What can you do?"]
    assert "what can you do" in agent.hints().phrases


def test_it_sees_what_you_do_to_your_frame() -> None:
    frame = load()
    agent = NotebookAssistant(frame)
    assert said(agent, "average wing span").startswith(LOST)
    frame["wing_span"] = 2.5
    assert said(agent, "average wing span") == "The average wing span is 2.5."
    frame["wing_span"] = 3.5
    assert said(agent, "average wing span") == "The average wing span is 3.5."


def test_it_sees_values_that_come_in_place() -> None:
    frame = load()
    agent = NotebookAssistant(frame)
    assert said(agent, "how many penguins live on deception").startswith(LOST)
    frame.loc[frame.index[:7], "island"] = "Deception"
    assert said(agent, "how many penguins live on deception") == "There are 7 penguins for Deception, of 344."


def test_what_nobody_touched_is_not_read_anew_for_each_question_that_is_not_understood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame, read = load(), Lexicon._read
    agent = NotebookAssistant(frame)
    tables = list[Table]()
    monkeypatch.setattr(Lexicon, "_read", lambda self, table: (tables.append(table), read(self, table)))
    for island in ("deception", "livingston", "snow"):
        assert said(agent, f"how many penguins live on {island}").startswith(LOST)
    assert len(tables) == 2  # the first one as it came, and then as it may have become
    frame.loc[frame.index[:7], "island"] = "Snow"
    assert said(agent, "how many penguins live on snow") == "There are 7 penguins for Snow, of 344."
    assert len(tables) == 3


def test_values_of_a_column_with_very_many_are_found_when_they_are_said() -> None:
    frame = pd.DataFrame(
        {"code": [f"item {n}" for n in range(5000)], "name": ["Ada"] * 5000, "v": range(5000)}
    )
    frame.loc[41, "code"] = "Zanzibar"
    assert said(NotebookAssistant(frame), "average v for zanzibar") == "The average v for Zanzibar is 41."


def test_several_tables() -> None:
    orders = pd.DataFrame({"price": [1.0, 3.0], "city": ["Rome", "Oslo"]})
    agent = NotebookAssistant({"penguins": load(), "orders": orders})
    assert said(agent, "how many rows are there") == "There are 344 penguins."
    assert said(agent, "how many orders are there") == "There are 2 orders."
    talk = Talk(agent)
    talk("how many orders are there")
    assert talk("how many rows are there") == "There are 2 orders."
    assert said(agent, "what is the average body mass") == "The average body mass is about 4202 grams."
    assert said(agent, "what is the average price") == "The average price is 2."


ODD = {
    "empty": pd.DataFrame(),
    "no rows": pd.DataFrame({"a": pd.Series(dtype=float), "b": pd.Series(dtype=object)}),
    "no columns": pd.DataFrame(index=range(5)),
    "text": pd.DataFrame({"city": list("abcabc"), "note": ["x y z"] * 6}),
    "multi": pd.DataFrame(
        np.arange(24.0).reshape(6, 4),
        columns=pd.MultiIndex.from_product([["price", "volume"], ["mean", "max"]]),
    ),
    "duplicates": pd.DataFrame(
        np.arange(18.0).reshape(6, 3), columns=["price", "price", "tip"], index=list("aabbcc")
    ),
    "nothing": pd.DataFrame({"a": [np.nan] * 6, "b": [None] * 6, "c": range(6)}),
    "booleans": pd.DataFrame(
        {
            "active": [True, False] * 3,
            "smoker": pd.array([True, None, False] * 2, dtype="boolean"),
            "x": range(6),
        }
    ),
    "dates": pd.DataFrame(
        {
            "day": pd.date_range("2020-01-01", periods=6),
            "zoned": pd.date_range("2020-01-01", periods=6, tz="UTC"),
            "wait": pd.to_timedelta(range(6), unit="h"),
            "month": pd.period_range("2020-01", periods=6, freq="M"),
            "v": range(6),
        }
    ),
    "categories": pd.DataFrame(
        {"size": pd.Categorical(["s", "m", "l"] * 2, ["s", "m", "l", "xl"], ordered=True), "v": range(6)}
    ),
    "objects": pd.DataFrame(
        {
            "lists": [[1], [2], [3]] * 2,
            "mixed": [1, "a", None, 2.5, True, (1,)],
            "complex": [1 + 2j] * 6,
            "infinite": [np.inf, 1, 2, 3, 4, -np.inf],
            3: range(6),
            "": range(6),
            "数量": range(6),
        }
    ),
    "extension": pd.DataFrame(
        {
            "amount_usd": pd.array([1, 2, None, 4, 5, 6], dtype="Int64"),
            "kind": pd.array(list("xyzxyz"), dtype="string"),
            "bin": pd.cut(np.arange(6), 3),
            "sparse": pd.arrays.SparseArray([0, 0, 1, 0, 2, 0]),
            "big": np.array([2**63 + 5] * 6, dtype="uint64"),
        }
    ),
    "wide": pd.DataFrame(np.arange(600.0).reshape(3, 200), columns=[f"sensor_{i}" for i in range(200)]),
}
TABLE_QUESTIONS = [
    "how many rows are there",
    "which columns are there",
    "describe the table",
    "are there missing values",
    "what can you do",
    "show the table",
    "hello",
    "blah",
]
COLUMN_QUESTIONS = [
    "average {}",
    "maximum {}",
    "total {}",
    "standard deviation of {}",
    "describe {}",
    "count the {}",
    "how many {} are there",
    "sort by {} descending",
    "top 3 by {}",
    "plot {}",
    "show rows where {} is above 2",
    "show rows where {} is between 1 and 3",
    "missing values in {}",
]
PAIR_QUESTIONS = ["average {} by {}", "minimum {} by {}", "correlation of {} and {}", "plot {} by {}"]


@pytest.mark.parametrize("name", ODD)
def test_odd_tables_get_sane_sentences(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "voice_widget.agents.assistant.telling.plots.installed", lambda: False
    )  # plots have tests of their own
    frame = ODD[name]
    before = frame.copy(deep=True)
    agent = NotebookAssistant(frame)
    assert len(agent.hints().phrases) >= 40
    assert 2 <= len(agent.examples()) <= 4
    columns = agent.tools()[0]["parameters"]["properties"]["sort"].get("enum", [])[:5]
    pairs = [*itertools.pairwise(columns), *itertools.pairwise(columns[::-1])]
    questions = [
        *TABLE_QUESTIONS,
        *(q.format(column) for q in COLUMN_QUESTIONS for column in columns),
        *(q.format(*pair) for q in PAIR_QUESTIONS for pair in pairs),
    ]
    for question in questions:
        answer = agent.answer(question)
        assert isinstance(answer[0], str), question
        assert answer[0], question
        assert not re.search(r"\bnan\b|NaT|<NA>", said(agent, question)), question
        for piece in answer:
            if isinstance(piece, Show):
                assert repr(piece.value)
    pd.testing.assert_frame_equal(frame, before)


def test_booleans_speak_of_yes_and_no() -> None:
    agent = NotebookAssistant(ODD["booleans"])
    assert said(agent, "how many are active") == "There are 3 rows for active, of 6."
    assert "not smoker" in said(agent, "show only smoker no")
    assert said(agent, "how many are not active") == "There are 3 rows for not active, of 6."
    assert said(agent, "average active") == "The average active is 0.5."


def test_a_yes_means_nothing_without_its_column() -> None:
    agent = NotebookAssistant(pd.DataFrame({"smoker": ["Yes", "No", "No"], "tip": [3.0, 1.0, 2.0]}))
    assert said(agent, "yes").startswith(LOST)
    assert said(agent, "how many smoker no") == "There are 2 rows for not smoker, of 3."
    assert (
        said(agent, "average tip by smoker")
        == "The average tip by smoker is 3 for smoker and 1.5 for not smoker."
    )


def test_dates_are_spoken_as_dates() -> None:
    agent = NotebookAssistant(ODD["dates"])
    assert said(agent, "maximum day") == "The last day is January 6, 2020."
    assert said(agent, "average wait") == "The average wait is 2.5 hours."
    assert said(agent, "total day") == "Day holds no numbers, so it has no total."


# --- plots -----------------------------------------------------------------------------------------


def test_without_matplotlib_it_says_so_and_shows_the_numbers(
    agent: NotebookAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice_widget.agents.assistant.telling.plots.installed", lambda: False)
    answer = agent.answer("plot body mass")
    assert "pip install matplotlib" in str(answer[0])
    assert isinstance(answer[1], Show)


@pytest.mark.parametrize(
    "question",
    ["plot body mass", "plot species", "plot body mass against flipper length", "plot body mass by island"],
)
def test_with_matplotlib_it_draws_without_pyplot_windows(agent: NotebookAssistant, question: str) -> None:
    pytest.importorskip("matplotlib")
    picture = shown(agent, question)
    assert picture.label == "plot"
    assert picture.value._repr_png_().startswith(b"\x89PNG")
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


def test_odd_columns_are_drawn_too() -> None:
    pytest.importorskip("matplotlib")
    for name in ("dates", "booleans", "categories", "objects", "duplicates", "no rows"):
        agent = NotebookAssistant(ODD[name])
        for column in ODD[name].columns:
            assert said(agent, f"plot {column}")


# --- as an agent -----------------------------------------------------------------------------------


def test_an_answer_of_its_own_that_fails_is_logged_and_said(
    agent: NotebookAssistant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("voice_widget.agents.assistant.notebook.run", lambda plan, table: 1 / 0)
    assert said(agent, "how many rows are there") == "I could not work that out with this data."
    assert "how many rows are there" in caplog.text
    caplog.clear()


async def test_it_runs_on_any_thread() -> None:
    agent = NotebookAssistant(load())
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(said(agent, "how many rows are there")))
    thread.start()
    thread.join()
    pieces = [piece async for piece in agent(Turn("average body mass by species"))]
    assert answers == ["There are 344 penguins."]
    assert isinstance(pieces[0], str)
    assert isinstance(pieces[1], Show)


def test_a_turn_is_quick_on_many_rows() -> None:
    frame = pd.concat([load()] * 300, ignore_index=True)  # 103,200 rows
    agent = NotebookAssistant(frame)
    agent.answer("hello")

    def seconds(work: object) -> float:
        times = []
        for _ in range(5):
            begun = time.thread_time()
            work()  # type: ignore[operator]
            times.append(time.thread_time() - begun)
        return min(times)

    ours = seconds(lambda: agent.answer("what is the average body mass by species"))
    pandas = seconds(lambda: frame.groupby("species")["body_mass_g"].mean().sort_values())
    assert ours - pandas < 0.1


def test_a_flood_of_words_costs_little(agent: NotebookAssistant) -> None:
    begun = time.thread_time()
    agent.answer("bill length above two and body mass by species one two three four five " * 500)
    assert time.thread_time() - begun < 1.0


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "did the height rise",
            "Yes: the average height goes up, from 1 in January 2023 to 3 in March 2023.",
        ),
        ("did the depth rise", "No: the average depth goes down, from 3 in January 2023 to 1 in March 2023."),
        ("did the width fall", "No: the average width stays the same, 1."),
        ("second highest depth", "The second highest depth, 2."),
        ("second highest width", "I cannot say: several share the highest width."),
        (
            "how many have a depth of 3 or a height above 2",
            "There are 2 rows that are depth 3 or have height above 2, of 3.",
        ),
    ],
)
def test_ways_places_and_either(question: str, answer: str) -> None:
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2023-01-05", "2023-02-05", "2023-03-05"]),
            "height": [1.0, 2.0, 3.0],
            "depth": [3.0, 2.0, 1.0],
            "width": [1.0, 1.0, 1.0],
        }
    )
    assert NotebookAssistant(frame).answer(question)[0] == answer


def test_the_newest_are_the_last_by_their_date_wherever_they_stand() -> None:
    days = pd.to_datetime(["2023-03-05", "2023-01-05", "2023-02-05"])
    frame = pd.DataFrame({"day": days, "units": [1, 2, 3], "shop": ["north", "south", "south"]})
    agent = NotebookAssistant(frame)
    (shown,) = [p for p in agent.answer("show the two most recent rows") if isinstance(p, Show)]
    assert list(shown.value["units"]) == [1, 3]
    (shown,) = [p for p in agent.answer("show the last two rows") if isinstance(p, Show)]
    assert list(shown.value["units"]) == [2, 3]


def test_what_was_sold_most_may_be_pieces_or_rows() -> None:
    frame = pd.DataFrame({"shop": ["north", "south", "south"], "units": [9, 2, 3]})
    agent = NotebookAssistant(frame)
    assert agent.answer("which shop sold the most") == ["The total units, or the number of rows?"]
    history = [Message("user", "which shop sold the most"), Message("assistant", "The total units, or …?")]
    assert agent.answer("the units", history)[0] == "North has the highest total units, 9."


def test_a_year_is_no_number_of_groups() -> None:
    days = pd.to_datetime(["2023-03-05", "2023-01-05", "2024-02-05", "2024-02-06"])
    frame = pd.DataFrame({"day": days, "shop": ["north", "north", "south", "south"]})
    answer = NotebookAssistant(frame).answer("which shop had the most rows in 2023")
    assert answer[0] == "North has the most rows in 2023, 2."

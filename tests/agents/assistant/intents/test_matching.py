"""Hearing names in words, and how well an utterance fits a phrase."""

from __future__ import annotations

from enum import Enum

import pytest

from voice_widget.agents.assistant.intents.intents import Intents, lexicon
from voice_widget.agents.assistant.intents.matching import ALIKE, EXACT, PART, Heard, Lexicon, Name
from voice_widget.agents.assistant.intents.phrases import Phrase, expand
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.data import load
from voice_widget.errors import SettingError


@pytest.fixture(scope="module")
def words() -> Lexicon:
    return lexicon(Intents(), Table(load(), "penguins"))


def named(heard: Heard, kind: str) -> list[list[str]]:
    return [sorted(str(t) for t in m.targets) for m in heard.mentions if m.kind == kind]


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ("the body mass", [["body_mass_g"]]),
        ("body_mass_g", [["body_mass_g"]]),
        ("Body Mass in grams", [["body_mass_g"]]),
        ("the mass of the body", []),  # another order is no exact name
        ("flipper", [["flipper_length_mm"]]),
        ("flippers", [["flipper_length_mm"]]),
        ("the bill", [["bill_depth_mm", "bill_length_mm"]]),
        ("the length", [["bill_length_mm", "flipper_length_mm"]]),
        ("spicies", [["species"]]),
        ("flip her length", [["flipper_length_mm"]]),
        ("the smooth planks", []),
        ("yesterday", []),
    ],
)
def test_columns(words: Lexicon, said: str, columns: list[list[str]]) -> None:
    found = named(words.hear(said), "column")
    assert all(c in found for c in columns)
    if not columns:
        assert not any(m.score == EXACT for m in words.hear(said).mentions)


def test_values_tables_and_years(words: Lexicon) -> None:
    heard = words.hear("female gentoo penguins in 2007")
    assert named(heard, "value") == [["2007"], ["female"], ["Gentoo"]] or sorted(named(heard, "value")) == [
        ["2007"],
        ["Gentoo"],
        ["female"],
    ]
    assert named(heard, "table") != []
    assert named(words.hear("female"), "value") == [["female"]]  # and not "male"


def test_each_step_away_costs_more(words: Lexicon) -> None:
    scores = [max(m.score for m in words.hear(t).mentions) for t in ("body mass", "the mass", "bodi mas")]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == EXACT
    assert scores[1] == PART
    assert scores[2] <= ALIKE


def test_short_words_are_not_alike() -> None:
    words = Lexicon([Name(("age",), "column", "age"), Name(("sex",), "column", "sex")])
    assert words.hear("ago six cage").mentions[0].kind == "number"
    assert len(words.hear("ago six cage").mentions) == 1


def test_words_of_phrases_are_not_taken_for_names() -> None:
    words = Lexicon(
        [Name(("number", "of", "rows"), "column", "x", partial=True), Name(("rowes",), "column", "y")]
    )
    assert words.hear("how many rows").mentions == ()


def test_a_name_of_small_words_only() -> None:
    words = Lexicon([Name(("to",), "column", "to")])
    assert [m.targets for m in words.hear("average to").mentions] == [("to",)]


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


def score(phrase: str, said: str) -> float:
    intents = Intents()

    @intents.intent(phrase, name="it")
    def it(size: Size = Size.SMALL) -> None: ...

    match = Phrase(expand(phrase)[0]).match(lexicon(intents, None).hear(said), intents.all[0].slots)
    return match.score if match else 0.0


def test_a_phrase_fits_itself_and_free_wording() -> None:
    assert score("paint it {size}", "paint it large") == 1.0
    assert score("paint it {size}", "please could you paint that large") == 1.0
    assert score("paint it {size}", "large paint") == 1.0
    assert 0.5 < score("paint it {size}", "paint the wall large") < 1.0


def test_a_phrase_needs_its_keywords_and_its_blanks() -> None:
    assert score("paint it {size}", "paint it") == 0.0
    assert score("paint it {size}", "large") == 0.0
    assert score("paint it {size}", "the weather is large and lovely today") == 0.0


def test_what_is_left_unsaid_or_unused_costs() -> None:
    assert score("paint it", "paint it large") < score("paint it {size}", "paint it large")
    assert score("start the big engine", "start engine") < score(
        "start the big engine", "start the big engine"
    )


def test_phrases_of_small_words_only() -> None:
    assert score("what can you do", "what can you do") == 1.0
    assert score("what can you do", "what can you do please") > 0.75
    assert score("what can you do", "what do you want") == 0.0
    assert score("what can you do", "what can you do about the broken window") == 0.0


def test_optional_parts() -> None:
    assert expand("plot {a} [by {b}] [again]") == [
        "plot {a} by {b} again",
        "plot {a} by {b} ",
        "plot {a}  again",
        "plot {a}  ",
    ]


@pytest.mark.parametrize("text", ["plot {a", "plot [a", "plot a]", "plot {}", "", "  "])
def test_broken_phrases_are_refused(text: str) -> None:
    with pytest.raises(SettingError, match="cannot be read"):
        expand(text)

# ruff: noqa: RUF001 (phonetic symbols are meant as they are)
"""Names that were misheard as other words are found by their sounds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from voice_widget.engine.stages.recognisers.near_names import distance, near

SOUNDS: dict[str, Sequence[str]] = {
    "gentle": "dʒɛntəl",
    "flickers": "flɪkɚz",
    "flipper": "flɪpɚ",
    "gen": "dʒɛn",
    "2": "tuː",
    "gentoo": "dʒɛntuː",
    "chin": "tʃɪn",
    "strap": "stɹæp",
    "chinstrap": "tʃɪnstɹæp",
    "way": "weɪ",
    "weigh": "weɪ",
    "six": "sɪks",
    "sex": "sɛks",
    "had": "hæd",
    "ellie": "ɛliː",
    "adelie": "ædɛliː",
    "body": "bɑːdi",
    "mass": "mæs",
    "bodymass": "bɑːdimæs",
    "theatre": "θiətɚ",
    "birds": ["b", "ɜː", "d", "z"],
    "arch": ["ɑːɹ", "t", "ʃ"],
    "urchin": ["ɜː", "t", "ʃ", "ɪ", "n"],
    "in": "ɪn",
    "are": ["ɑːɹ"],
    "the": "ðə",
    "doesn't": ["d", "ʌ", "z", "n", "t"],
    "zone": ["z", "oʊ", "n"],
    "sand": "sænd",
    "sun": "sʌn",
    "on": "ɔn",
    "and": "ænd",
    "length": "lɛŋθ",
}
NAMES = ("Gentoo", "Chinstrap", "Adelie", "sex", "body mass", "weigh")


def phones(word: str) -> Sequence[str]:
    return SOUNDS.get(word.lower(), "")


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("What does a gentle way?", ["What does a gentle weigh?", "What does a Gentoo way?"]),
        ("a gen 2 here", ["a Gentoo here"]),
        ("Chin strap only", ["Chinstrap only"]),
        ("the female had Ellie", ["the female Adelie"]),
        ("mean bodymass", ["mean body mass"]),
    ],
)
def test_what_sounds_like_a_name_is_found(heard: str, meant: list[str]) -> None:
    assert [place.put_into(heard) for place in near(heard, NAMES, phones)] == meant


@pytest.mark.parametrize(
    "heard",
    [
        "how many Gentoo are there",  # a name already
        "six of them",  # everybody says six
        "the theatre",
        "body mass",
        "",
    ],
)
def test_what_does_not_is_left_alone(heard: str) -> None:
    assert near(heard, NAMES, phones) == []


def test_without_sounds_nothing_is_near() -> None:
    assert near("a gentle way", NAMES, lambda word: ()) == []


def test_sounds_of_a_kind_are_nearer_than_others() -> None:
    assert distance("pɪt", "pɪt") == 0
    assert 0 < distance("pɪt", "bɪt") == distance("pɪt", "pɛt") < distance("pɪt", "kɪt") < 1
    assert distance("", "abc") == distance("kɔɹ", "smɪ", 0.3) == 1


def test_a_small_word_before_a_name_may_have_been_heard_as_its_beginning() -> None:
    places = near("the birds arch in strap?", NAMES, phones)
    assert places[0].put_into("the birds arch in strap?") == "the birds are Chinstrap?"
    assert (places[0].name, places[0].distance) == ("Chinstrap", 0.0)
    urchin = near("the birds urchin strap?", NAMES, phones)
    assert [place.said for place in urchin][:1] == ["are Chinstrap"]
    assert "Chinstrap" in [place.said for place in urchin]  # the sound decides between them


def test_a_name_that_sounds_the_same_needs_no_word_before_it() -> None:
    assert [place.said for place in near("chin strap", NAMES, phones)][:1] == ["Chinstrap"]


def test_a_name_may_be_said_of_several() -> None:
    assert [place.said for place in near("flickers", ["flipper"], phones)][:1] == ["flippers"]
    of_one = near("flickers", ["Flipper", "flipper"], phones)
    assert [place.said for place in of_one] == ["Flipper"]


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("What doesn't Gentoo weigh?", "What does a Gentoo weigh?"),
        ("What doesn't gen 2 weigh?", "What does a Gentoo weigh?"),
        ("What isn’t Adelie?", "What is an Adelie?"),
    ],
)
def test_an_article_before_a_name_may_have_been_heard_as_a_negation(heard: str, meant: str) -> None:
    assert meant in [place.put_into(heard) for place in near(heard, NAMES, phones)]


@pytest.mark.parametrize(
    "heard", ["What doesn't body mass say?", "Gentoo doesn't", "What does Gentoo weigh?"]
)
def test_an_article_stands_only_before_a_name_of_which_there_is_one(heard: str) -> None:
    assert [place for place in near(heard, NAMES, phones) if place.said.startswith("does")] == []


def test_the_end_of_several_may_have_been_heard_as_the_beginning_of_what_follows() -> None:
    def found(heard: str) -> list[str]:
        places = near(heard, ("flipper length", "Gentoo"), phones)
        return [place.put_into(heard) for place in places if place.said.startswith("flippers ")]

    assert "longest flippers on average" in found("longest flipper zone average")
    assert found("the flipper sand the sun") == ["the flippers and the sun"]
    assert found("the flipper theatre") == found("Gentoo zone") == []

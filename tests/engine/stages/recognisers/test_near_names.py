# ruff: noqa: RUF001 (phonetic symbols are meant as they are)
"""Names that were misheard as other words are found by their sounds."""

from __future__ import annotations

import pytest

from voice_widget.engine.stages.recognisers.near_names import distance, near

SOUNDS = {
    "gentle": "dʒɛntəl",
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
}
NAMES = ("Gentoo", "Chinstrap", "Adelie", "sex", "body mass", "weigh")


def phones(word: str) -> str:
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

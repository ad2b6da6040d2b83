"""Spoken numbers to values and back."""

from __future__ import annotations

import pytest

from voice_widget.agents.assistant.language.numbers import Found, find, spell, spell_words


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("four thousand two hundred", [4200]),
        ("twenty one point four one", [21.41]),
        ("zero point zero five", [0.05]),
        ("minus three point five", [-3.5]),
        ("4200", [4200]),
        ("-3.5", []),  # splitting has made "minus 3.5" of it
        ("minus 3.5", [-3.5]),
        ("a hundred", [100]),
        ("a penguin", []),
        ("one hundred and two", [102]),
        ("two thousand and seven", [2007]),
        ("two thousand seven", [2007]),
        ("nineteen ninety eight", [1998]),
        ("twenty ten", [2010]),
        ("twenty twenty three", [2023]),
        ("two and a half", [2.5]),
        ("one point five million", [1_500_000]),
        ("five k", [5000]),
        ("three hundred thousand and twelve", [300_012]),
        ("five six", [5, 6]),
        ("between four and five", [4, 5]),
        ("between one hundred and two hundred", [100, 200]),
        ("between one hundred and five", [100, 5]),
        ("between one hundred and five and two hundred", [105, 200]),
        ("first ten rows", [10]),
        ("thousand", []),
        ("point", []),
        ("and", []),
        ("", []),
    ],
)
def test_find(said: str, values: list[float]) -> None:
    assert [n.value for n in find(said.split())] == pytest.approx(values)


def test_places_are_those_of_the_words() -> None:
    words = ["rows", "above", "minus", "four", "hundred", "by", "species"]
    assert find(words) == [Found(2, 5, -400.0)]


@pytest.mark.parametrize(
    "value", [0, 7, 13, 20, 21, 99, 100, 101, 110, 999, 1000, 1001, 4200, 12_345, 10**6, 2_000_017]
)
def test_what_is_spelled_is_found_again(value: float) -> None:
    for number in (value, -value, value + 0.25):
        assert [n.value for n in find(spell(number).split())] == [number]


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e30])
def test_what_nobody_says_is_not_spelled(value: float) -> None:
    assert spell(value) == ""


def test_words_without_digits() -> None:
    assert spell_words(["q", "4", "2.5"]) == ["q", "four", "two", "point", "five"]

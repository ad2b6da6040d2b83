"""An answer that is wrong is not taken for right."""

from __future__ import annotations

import pytest

from tests.answers import holds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("There are 3 species: Adelie, Gentoo and Chinstrap.", "3"),
        ("It is 3.", "3"),
        ("3, of 344.", "3"),
        ("It weighs 5,076 grams.", "5076"),
        ("There are 1,234,567 rows.", "1234567"),
        ("About 19.77% of the rows.", "19.77"),
        ("Gentoo has the longest.", "Gentoo"),
        ("The longest are Gentoo's.", "Gentoo"),
        ("Off by -3.", "-3"),
    ],
)
def test_what_stands_there_whole_is_found(text: str, expected: str) -> None:
    assert holds(text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("There are 344 penguins.", "3"),
        ("There are 43.", "3"),
        ("It is 3.5 on average.", "3"),
        ("It is 0.3.", "3"),
        ("It is .3.", "3"),
        ("There are 1,003.", "3"),
        ("There are 3,001.", "3"),
        ("It falls by -3.", "3"),
        ("It falls by \u22123.", "3"),
        ("About 19.771 percent.", "19.77"),
        ("It is 16300 grams.", "6300"),
        ("Gentoos have the longest.", "Gentoo"),
        ("", "3"),
    ],
)
def test_what_is_only_a_piece_of_another_number_or_word_is_not(text: str, expected: str) -> None:
    assert not holds(text, expected)

"""Splitting, stems, synonyms and sounds."""

from __future__ import annotations

import pytest

from voice_widget.agents.assistant.language.words import keyword, sound, split, stem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bill_length_mm", ["bill", "length", "mm"]),
        ("totalBill", ["total", "bill"]),
        ("HTTPStatusCode", ["http", "status", "code"]),
        ("What's the average?", ["whats", "the", "average"]),
        ("2,500.5 grams", ["2500.5", "grams"]),
        ("1,2", ["1", "2"]),
        ("-3 °C", ["minus", "3", "c"]),
        ("covid-19", ["covid", "19"]),
        ("5%", ["5", "percent"]),
        ("Größe café", ["grosse", "cafe"]),
        ("数量", ["数量"]),
        ("", []),
    ],
)
def test_split(text: str, words: list[str]) -> None:
    assert split(text) == words


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("island", "islands"),
        ("box", "boxes"),
        ("entry", "entries"),
        ("class", "classes"),
        ("female", "females"),
    ],
)
def test_a_plural_has_the_stem_of_its_singular(one: str, many: str) -> None:
    assert stem(one) == stem(many)


@pytest.mark.parametrize("word", ["mass", "status", "analysis", "gas", "yes"])
def test_what_only_looks_like_a_plural_stays_apart(word: str) -> None:
    assert stem(word) in (word, word[:-1])
    assert stem("mas") != stem("mass")


def test_synonyms_are_one_keyword() -> None:
    assert keyword("per") == keyword("each") == keyword("by") == "by"
    assert keyword("records") == keyword("row") == "row"
    assert keyword("gentoo") == "gentoo"


def test_sounds() -> None:
    assert sound("mass") == sound("mas")
    assert sound("phone") == sound("fone")
    assert sound("bill") != sound("flipper")
    assert sound("male") != sound("female")

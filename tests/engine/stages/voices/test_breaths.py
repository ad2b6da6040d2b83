import itertools

import pytest

from voice_widget.engine.stages.voices.breaths import breaths
from voice_widget.engine.stages.voices.spoken_text import said


def cut(text, first=32, most=200):
    return [" ".join(word.text for word in piece) for piece in breaths(said(text), first, most)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Yes.", ["Yes."]),
        ("The average is nineteen dollars.", ["The average is nineteen dollars."]),
        (
            "I did not understand that. Could you say it in another way?",
            ["I did not understand that.", "Could you say it in another way?"],
        ),
        (
            "The average total bill of the north is about nineteen dollars and the highest is fifty.",
            ["The average total bill", "of the north is about nineteen dollars and the highest", "is fifty."],
        ),
        (
            "Well, it is higher on Sunday and lower on Monday.",
            ["Well, it is higher on Sunday", "and lower on Monday."],
        ),
        (
            "one two three four five six seven eight nine ten eleven",
            ["one two three four five six", "seven eight nine ten eleven"],
        ),
        (
            "pneumonoultramicroscopicsilicovolcanoconiosis is long",
            ["pneumonoultramicroscopicsilicovolcanoconiosis", "is long"],
        ),
        ("", []),
    ],
)
def test_a_text_is_cut_where_one_breathes(text, pieces):
    assert cut(text) == pieces


def test_pieces_grow_but_not_without_end_and_lose_nothing():
    text = "word " * 200
    pieces = cut(text, 20, 90)
    assert [len(piece) for piece in pieces[:4]] == [19, 49, 89, 89]
    assert " ".join(pieces) == text.strip()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Gentoo has the highest average length.", ["Gentoo has", "the highest average length."]),
        ("Hello! I can answer questions.", ["Hello!", "I can answer questions."]),
        ("About seventeen point six millimetres.", ["About seventeen", "point six millimetres."]),
        ("The average mass of the Gentoo is this.", ["The average mass", "of the Gentoo is this."]),
    ],
)
def test_the_first_piece_is_short_and_ends_where_a_person_would_stop(text, pieces):
    assert cut(text, 20) == pieces


def test_a_piece_is_made_while_the_one_before_it_sounds():
    text = "Yes. " + "word " * 200
    sizes = [len(piece) + 1 for piece in cut(text, 20)]
    assert sizes[0] == 5
    assert all(size <= max(20, 2.5 * before) + 1 for before, size in itertools.pairwise(sizes))

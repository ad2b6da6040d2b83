import pytest

from voice_widget.engine.stages.kokoro_text import begin_at, breaths, sounds
from voice_widget.engine.stages.spoken_text import said


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
            ["The average total bill", "of the north is about nineteen dollars and the highest is fifty."],
        ),
        (
            "Well, it is higher on Sunday and lower on Monday.",
            ["Well, it is higher on Sunday", "and lower on Monday."],
        ),
        ("one two three four five six seven eight", ["one two three four five six", "seven eight"]),
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
    assert [len(piece) for piece in pieces[:4]] == [19, 39, 79, 89]
    assert " ".join(pieces) == text.strip()


@pytest.mark.parametrize(
    ("ipa", "known"),
    [
        ("t\u0283\u02c8\u0251\u02d0\u0279d\u0292", "\u02a7\u02c8\u0251\u0279\u02a4"),  # charge
        ("d\u02c8e\u026a", "d\u02c8A"),  # day
        ("t\u02c8o\u028a\u027e\u0259l", "t\u02c8OT\u1d4al"),  # total
        ("h\u0259l\u02c8o\u028a", "h\u0259l\u02c8O"),  # hello
        ("d\u02c8\u0251\u02d0l\u025az", "d\u02c8\u0251l\u0259\u0279z"),  # dollars
        ("b\u02c8\u028c\u0294n\u0329", "b\u02c8\u028ct\u1d4an"),  # button
    ],
)
def test_sounds_are_those_that_the_model_knows(ipa, known):
    assert sounds(ipa) == known


@pytest.mark.parametrize(
    ("alone", "whole", "starts"),
    [
        (["a", "b"], "a b", [0, 2]),
        (["two words", "b"], "two words b", [0, 10]),
        (["ov", "the", "in", "the"], "ovthe inthe", [0, 2, 6, 8]),
        (["xyz", "abc"], "abc", [0, 0]),
        (["abc", "xyz"], "abc", [0, 2]),
        (["A", "lot", "of"], "e lotov", [0, 2, 5]),
        (["", "abc"], "abc", [0, 0]),
        ([], "", []),
    ],
)
def test_words_are_found_in_the_sounds(alone, whole, starts):
    assert begin_at(alone, whole) == starts

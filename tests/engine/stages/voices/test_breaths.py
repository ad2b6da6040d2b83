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

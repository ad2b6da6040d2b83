import pytest

from voice_widget.engine.stages.voices.kokoro_text import begin_at, sounds


@pytest.mark.parametrize(
    ("ipa", "known"),
    [
        ("t\u0283\u02c8\u0251\u02d0\u0279d\u0292", "\u02a7\u02c8\u0251\u0279\u02a4"),  # charge
        ("d\u02c8e\u026a", "d\u02c8A"),  # day
        ("t\u02c8o\u028a\u027e\u0259l", "t\u02c8OT\u1d4al"),  # total
        ("h\u0259l\u02c8o\u028a", "h\u0259l\u02c8O"),  # hello
        ("d\u02c8\u0251\u02d0l\u025az", "d\u02c8\u0251l\u0259\u0279z"),  # dollars
        ("b\u02c8\u028c\u0294n\u0329", "b\u02c8\u028ct\u1d4an"),  # button
        ("a\u026a d\u026ad", "\u02ccI d\u026ad"),  # I did
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

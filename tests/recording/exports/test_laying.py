from __future__ import annotations

from itertools import pairwise

import pytest

from tests.recording.exports.samples import ON_ONE_LINE, STRANGE, TEXTS, Talk, said, word
from voice_widget.recording.exports.laying import apart, laid, line, pieces, tiers


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_stands_on_one_line_of_characters_that_can_be_written(name: str):
    assert line(TEXTS[name]) == ON_ONE_LINE[name]
    line(TEXTS[name]).encode()


def test_what_has_no_end_lasts_to_the_next_of_its_side_or_to_the_end():
    utterances, duration = STRANGE["no end"]
    assert [(one.seq, one.end_ms) for one in laid(utterances, duration)] == [(1, 600), (2, 700), (3, 1000)]


def test_what_is_laid_lies_after_zero_in_order_and_ends_after_it_begins():
    mixed = [said(3, "user", 700, 300), said(2, "user", 700, 800), said(1, "assistant", -100, -50)]
    assert [(one.seq, one.start_ms, one.end_ms) for one in laid(mixed, 900)] == [
        (1, 0, 0),
        (2, 700, 800),
        (3, 700, 700),
    ]


@pytest.mark.parametrize("talk", STRANGE.values(), ids=STRANGE)
def test_what_lies_apart_neither_overlaps_nor_is_lost(talk: Talk):
    for _, _, own in tiers(laid(*talk)):
        found = apart((one.start_ms, one.end_ms or 0, one.seq) for one in own)
        assert [seq for _, _, seq in found] == [one.seq for one in own]
        assert all(start < end for start, end, _ in found)
        assert all(before[1] <= after[0] for before, after in pairwise(found))


def test_the_earlier_is_clipped_at_the_later_and_does_not_come_again():
    assert apart([(0, 900, "a"), (400, 600, "b")]) == [(0, 400, "a"), (400, 600, "b")]


def test_both_sides_have_a_tier_and_no_name_comes_twice():
    assert [(name, side) for name, side, _ in tiers([])] == [("user", "user"), ("assistant", "assistant")]
    same = laid(*STRANGE["one name for both"])
    assert [(name, side) for name, side, _ in tiers(same)] == [
        ("P 1", "user"),
        ("P 1_assistant", "assistant"),
    ]
    three = [said(1, "user", 0, 1, speaker="a"), said(2, "user", 2, 3, speaker="b")]
    assert [name for name, _, _ in tiers(three, lambda _: "x")] == ["x", "x_user", "x_assistant"]
    assert [name for name, _, _ in tiers([*three, said(3, "user", 4, 5, speaker="c")], lambda _: "x")] == [
        "x",
        "x_user",
        "x_user_2",
        "x_assistant",
    ]


def test_a_text_falls_into_words_with_times_and_what_stands_between_them():
    one = said(1, "user", 0, 900, "this is, it", word("is", 100, 200), word("it", 300, 400, "estimated"))
    assert [(text, timed and timed.start_ms) for text, timed in pieces(one)] == [
        ("this ", None),
        ("is", 100),
        (", it", None),
    ]


def test_an_estimated_word_keeps_its_place_for_those_after_it():
    words = word("it", 0, 1, "estimated"), word("is", 2, 3, "estimated"), word("it", 4, 5)
    assert list(pieces(said(1, "user", 0, 900, "it is it", *words))) == [("it is ", None), ("it", words[2])]


def test_words_without_blanks_between_them_are_found_too():
    words = word("今日", 0, 1), word("は", 2, 3), word("晴れ", 4, 5)
    assert list(pieces(said(1, "user", 0, 900, "今日は晴れ", *words))) == [(one.text, one) for one in words]


@pytest.mark.parametrize("talk", STRANGE.values(), ids=STRANGE)
def test_the_pieces_are_the_text(talk: Talk):
    for one in laid(*talk):
        assert "".join(text for text, _ in pieces(one)) == one.text

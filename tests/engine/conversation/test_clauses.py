"""Clauses and the times of their words, by values."""

from __future__ import annotations

import pytest

from tests.engine.conversing import words_of
from voice_widget.engine.conversation.clauses import LONGEST, Clause, ClauseCutter, Timed, at_end
from voice_widget.engine.stages.contracts import Word

LONG = "All of these words stand before the comma"  # 41 characters


def test_space_at_the_end_waits_for_what_may_follow() -> None:
    cutter = ClauseCutter()
    cutter.push("Let me look ")
    assert cutter.flush() == ["Let me look"]
    assert cutter.flush() == []
    cutter.push("Done")
    assert cutter.flush() == [" Done"]


def cut(text: str, size: int) -> list[str]:
    cutter = ClauseCutter()
    out = []
    for at in range(0, len(text), size):
        out += cutter.push(text[at : at + size])
    return out + cutter.flush()


CASES = [
    ("One. Two! Three? Four; five: six", ["One.", " Two!", " Three?", " Four;", " five:", " six"]),
    ("It is 3.5 dollars. Or 1,000.25? Yes.", ["It is 3.5 dollars.", " Or 1,000.25?", " Yes."]),
    ("It is 10:30 now. Go.", ["It is 10:30 now.", " Go."]),
    ("Fruit, e.g. apples, i.e. food. Yes.", ["Fruit, e.g. apples, i.e. food.", " Yes."]),
    ("Dr. Smith vs. J. F. Doe etc. won. Fine.", ["Dr. Smith vs. J. F. Doe etc. won.", " Fine."]),
    ("In the U.S. it rains. Yes.", ["In the U.S. it rains.", " Yes."]),
    ("No. 5 is it. No. That is all.", ["No. 5 is it.", " No.", " That is all."]),
    ("1. First of all. 2. Second.", ["1. First of all.", " 2. Second."]),
    ("The sum is 3. The next is 4.", ["The sum is 3.", " The next is 4."]),
    (f"{LONG}, and go on", [f"{LONG},", " and go on"]),
    ("Yes, well, that is short", ["Yes, well, that is short"]),
    (f"{LONG} of 1,000 things", [f"{LONG} of 1,000 things"]),
    ('He said "Stop." Then (really?) he left.', ['He said "Stop."', " Then (really?)", " he left."]),
    ("What?! No... Well", ["What?!", " No...", " Well"]),
    ("A line\nand another \n\nlast", ["A line", "\nand another", " \n\nlast"]),
    ("\u4f60\u597d\u3002\u518d\u89c1\uff01", ["\u4f60\u597d\u3002", "\u518d\u89c1\uff01"]),
    ("a.b c", ["a.b c"]),
    (". . .", [".", " .", " ."]),
    ("", []),
]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(("text", "clauses"), CASES)
def test_text_is_cut_where_one_would_breathe_however_it_arrives(
    text: str, clauses: list[str], size: int
) -> None:
    assert cut(text, size) == clauses
    assert "".join(clauses) == text


def test_a_clause_is_given_as_soon_as_the_space_behind_it_is_there() -> None:
    cutter = ClauseCutter()
    assert cutter.push("It is three.") == []
    assert cutter.push(" ") == ["It is three."]


def test_text_without_punctuation_is_spoken_in_pieces_at_spaces() -> None:
    text = "word " * 200
    pieces = cut(text, 7)
    assert "".join(pieces) == text.rstrip()
    assert max(map(len, pieces)) <= LONGEST
    assert all(piece.startswith(" word") for piece in pieces[1:])


def test_a_stop_far_behind_does_not_keep_a_long_clause_whole() -> None:
    text = "word " * 60 + "1. End"
    cutter = ClauseCutter()
    first, *_ = cutter.push(text)
    assert len(first) <= LONGEST


def test_one_endless_word_waits_for_its_end() -> None:
    assert cut("x" * 500 + " and", 50) == ["x" * 500, " and"]


def test_the_first_word_is_given_with_the_first_sound_and_each_other_when_the_next_one_starts() -> None:
    clause = Clause(' "Well," he said.', "speech_1")
    assert clause.spoken == '"Well," he said.'
    clause.offset_ms = 1000
    # The spans of a voice need not hold the punctuation.
    assert clause.feed(100, [Word(1, 5, 10)]) == [Timed(' "Well,"', 1010, None)]
    assert clause.feed(100, [Word(8, 10, 120), Word(11, 15, 180)]) == [Timed(" he", 1120, 1180)]
    assert not clause.done
    assert clause.finish() == [Timed(" said.", 1180, 1200)]
    assert clause.done
    assert clause.cut() == ""


def test_words_that_make_no_sense_lose_no_text() -> None:
    clause = Clause("one two", "speech_1")
    pieces = clause.feed(100, [Word(4, 7, 50), Word(0, 3, 60), Word(900, 950, 70)])
    pieces += clause.finish()
    assert "".join(piece.text for piece in pieces) == "one two"
    assert all(piece.start_ms <= piece.end_ms for piece in pieces if piece.end_ms is not None)


def test_a_word_that_starts_after_the_audio_has_no_negative_length() -> None:
    clause = Clause("one two", "speech_1")
    assert clause.feed(100, [Word(0, 3, 50), Word(4, 7, 150)]) == [Timed("one", 50, None)]
    assert clause.finish() == [Timed(" two", 150, 150)]


def test_a_word_of_which_the_first_sound_does_not_tell_is_given_all_the_same() -> None:
    clause = Clause(" one two three", "speech_1")
    assert clause.feed(0, []) == []
    assert clause.feed(100, []) == [Timed(" one", 0, None, True)]
    assert clause.feed(400, [Word(0, 3, 110), Word(4, 7, 200), Word(8, 13, 300)]) == [Timed(" two", 200, 300)]
    assert clause.finish() == [Timed(" three", 300, 500)]


def test_without_word_times_they_are_estimated_by_characters() -> None:
    clause = Clause(" ab abcdefg. ", "speech_1")
    clause.offset_ms = 100
    assert clause.feed(1300, []) == [Timed(" ab", 100, None, True)]
    assert clause.finish() == [Timed(" abcdefg. ", 400, 1400, True)]


def test_a_time_that_the_voice_did_not_tell_is_marked() -> None:
    clause = Clause("one two three four", "speech_1")
    words = [Word(0, 3, 0), Word(4, 7, 100), Word(8, 13, 200, True), Word(14, 18, 300)]
    # From a told time to a guessed one is a guess too.
    assert [piece.estimated for piece in clause.feed(400, words) + clause.finish()] == [
        False,
        True,
        True,
        False,
    ]


def test_a_clause_that_is_cut_keeps_what_was_not_given() -> None:
    clause = Clause("one two three", "speech_1")
    clause.feed(300, words_of("one two three")[:2])
    assert clause.cut() == " two three"
    assert clause.cut() == ""
    assert clause.done


def test_text_without_sound_is_never_heard() -> None:
    assert at_end(" :-)", 99.2) == Timed(" :-)", 100, 100)


def test_nothing_to_speak_is_done_from_the_start() -> None:
    assert Clause(" ...", None).done


def test_a_book_without_a_stop_is_cut_as_fast_as_it_comes():
    """Once every clause looked through the whole rest: a megabyte took the engine minutes."""
    text = "word " * 200_000
    cutter = ClauseCutter()
    clauses = cutter.push(text) + cutter.flush()
    assert "".join(clauses) == text.rstrip()
    assert max(map(len, clauses)) <= LONGEST

"""Words and their times: told, shared out, or unknown, and always marked as what they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tables.test_transcript import row
from voice_widget.tables.words import Piece, WordsTable, words_frame

SAID = [Piece("The ", 0, 200), Piece("tip ", 200, 500), Piece("is ", 500, 650), Piece("three.", 650, 1000)]


def answer(**changes: Any) -> Any:
    given = {"role": "assistant", "text": "The tip is three.", "text_heard": "The tip is three."}
    return row(2, **(given | changes))


def listed(rows: list[Any], pieces: Any = None) -> list[tuple[Any, ...]]:
    table = words_frame(rows, pieces)
    assert (table.dtypes == words_frame([]).dtypes).all()
    columns = (table[name].astype(object).where(table[name].notna(), None) for name in table)
    return [cells[3:] for cells in zip(*columns, strict=True)]


def test_the_engine_tells_its_times():
    table = words_frame([answer()], {"item_2": SAID})
    assert table["word"].tolist() == ["The", "tip", "is", "three."]
    assert table["start_ms"].tolist() == [1200, 1400, 1700, 1850]
    assert table["end_ms"].tolist() == [1400, 1700, 1850, 2200]
    assert set(table["source"]) == {"engine"}
    assert set(table["seq"]) == {2}
    assert set(table["item_id"]) == {"item_2"}
    assert set(table["role"]) == {"assistant"}


def test_another_service_is_named_as_one_and_a_guess_as_one():
    guessed = [*SAID[:2], SAID[2]._replace(estimated=True), SAID[3]]
    told = listed([answer(model="gpt-realtime-2.1")], {"item_2": guessed})
    assert [source for *_, source in told] == ["service", "service", "estimated", "service"]


def test_only_what_was_heard_is_there_and_nothing_after_the_end():
    cut = answer(text_heard="The tip", end_ms=1600, interrupted=True)
    assert listed([cut], {"item_2": SAID}) == [("The", 1200, 1400, "engine"), ("tip", 1400, 1600, "engine")]


def test_words_without_times_share_the_turn_out_by_length():
    assert listed([row(1, text="How many?", start_ms=0, end_ms=900)]) == [
        ("How", 0, 300, "estimated"),
        ("many?", 300, 900, "estimated"),
    ]


@pytest.mark.parametrize(
    "changes", [{"start_ms": None}, {"end_ms": None}, {"start_ms": None, "end_ms": None}]
)
def test_unknown_times_stay_unknown(changes: dict[str, Any]):
    assert listed([row(1, text="How many?", **changes)]) == [
        ("How", None, None, None),
        ("many?", None, None, None),
    ]


def test_a_turn_that_sounds_has_the_times_that_were_told():
    sounding = answer(text="The tip", text_heard=None, end_ms=None, status="in_progress")
    assert listed([sounding], {"item_2": SAID[:2]}) == [
        ("The", 1200, 1400, "engine"),
        ("tip", 1400, 1700, "engine"),
    ]


@pytest.mark.parametrize("text", ["", "   "])
def test_who_says_nothing_has_no_words(text: str):
    assert listed([row(1, text=text)]) == []


def test_what_was_typed_was_not_spoken():
    assert listed([row(1, source="typed")]) == []


def test_pieces_of_several_words_and_words_of_several_pieces():
    pieces = [
        Piece("The tip", 0, 700),
        Piece("s are", 700, 1200),
        Piece(" ", 1200, 1200),
        Piece("ten.", 1300),
    ]
    text = "The tips are ten."
    told = listed([answer(text=text, text_heard=text, start_ms=0, end_ms=2000)], {"item_2": pieces})
    assert told == [
        ("The", 0, 300, "estimated"),
        ("tips", 400, 800, "estimated"),
        ("are", 900, 1200, "estimated"),
        ("ten.", 1300, 1300, "engine"),
    ]


def test_times_of_another_text_are_not_taken():
    told = listed([answer(text="It is three.", text_heard="It is three.")], {"item_2": SAID})
    assert {source for *_, source in told} == {"estimated"}


def test_a_row_is_read_again_when_it_has_changed():
    table, first = WordsTable(), answer(text="The", text_heard=None, end_ms=None)
    assert len(table.frame([first], {"item_2": SAID[:1]})) == 1
    grown = answer(text="The tip", text_heard=None, end_ms=None)
    assert table.frame([grown], {"item_2": SAID[:1]})["source"].isna().all()
    assert table.frame([grown], {"item_2": SAID[:2]})["source"].tolist() == ["engine", "engine"]
    earlier = row(1, text="Hello")
    assert table.frame([earlier, grown], {"item_2": SAID[:2]})["word"].tolist() == ["Hello", "The", "tip"]

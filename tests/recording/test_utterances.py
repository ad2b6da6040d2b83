"""What was said when, on the recording's timeline."""

from __future__ import annotations

from typing import Any

from voice_widget.realtime.state.records import Row
from voice_widget.recording.spoken import SpokenWord
from voice_widget.recording.utterances import offsets, stretches, utterances


def row(seq: int, role: str, text: str, start: int | None, end: int | None, **fields: Any) -> Row:
    made: Any = {
        "seq": seq,
        "item_id": f"i{seq}",
        "role": role,
        "text": text,
        "start_ms": start,
        "end_ms": end,
    }
    made |= {"text_heard": None, "call_id": "c", "interrupted": False, "source": "speech", "started_at": None}
    made |= {"status": "completed"}
    return made | fields  # type: ignore[no-any-return]


def test_rows_lie_where_their_calls_do():
    rows = [
        row(1, "user", "One.", 100, 900),
        row(2, "assistant", "Two, three.", 800, 1500, text_heard="Two,", interrupted=True),
        row(3, "user", "Four.", 50, None, call_id="d"),
    ]
    found = utterances(rows, [], {"c": 1000.25, "d": 500.0}, {"assistant": "R"})
    assert [(one.seq, one.speaker, one.text, one.start_ms, one.end_ms, one.interrupted) for one in found] == [
        (3, "user", "Four.", 550, None, False),
        (1, "user", "One.", 1100, 1900, False),
        (2, "R", "Two,", 1800, 2500, True),
    ]


def test_what_did_not_sound_is_left_out():
    rows = [
        row(1, "user", "typed", 0, 1, source="typed"),
        row(2, "user", "", 0, 1),
        row(3, "user", "no time", None, None),
        row(4, "assistant", "not heard", 0, 1, text_heard=" "),
        row(5, "user", "of a call that lies nowhere", 0, 1, call_id="x"),
    ]
    assert utterances(rows, [], {"c": 0.0}) == []


def test_speech_that_nobody_wrote_down_is_there_without_a_text():
    (one,) = utterances([row(1, "user", "", 10, 20, status="no_transcript")], [], {"c": 5.0})
    assert (one.text, one.start_ms, one.end_ms) == ("", 15, 25)


def test_words_go_with_their_row():
    words = [
        {"item_id": "i1", "word": "One", "start_ms": 100, "end_ms": 300, "source": "engine"},
        {"item_id": "i1", "word": "more", "start_ms": None, "end_ms": None, "source": None},
        {"item_id": "else", "word": "two", "start_ms": 1, "end_ms": 2, "source": "service"},
    ]
    (one,) = utterances([row(1, "user", "One more", 100, 900)], words, {"c": 50.0})
    assert one.words == (SpokenWord("One", 150, 350, "engine"),)


def test_where_no_sound_says_it_the_moments_of_rows_do():
    rows = [
        row(1, "user", "x", 2000, 2500, started_at="1970-01-01T00:00:12.000+00:00", call_id="d"),
        row(2, "user", "x", 4000, 4500, started_at="1970-01-01T00:00:13.900+00:00", call_id="d"),
        row(3, "user", "x", None, None, started_at="1970-01-01T00:00:01.000+00:00", call_id="e"),
        row(4, "user", "x", 0, 1, started_at="1970-01-01T00:00:50.000+00:00"),
    ]
    calls = [{"call_id": "c", "offset_ms": 7.0}, {"call_id": "d", "offset_ms": None}]
    assert offsets(rows, calls, 5.0) == {"c": 7.0, "d": 4900.0}


def test_turns_lie_to_the_sample_and_end_by_the_next_of_their_side():
    rows = [
        row(1, "user", "", 0, None),
        row(2, "assistant", "Over it.", 500, 1000),
        row(3, "user", "Next.", 2000, 10**15),
        row(4, "user", "typed", 0, 1, source="typed"),
        row(5, "user", "of a call that lies nowhere", 0, 1, call_id="x"),
        row(6, "assistant", "backwards", 2500, 2400),
        row(7, "assistant", "before all", -9, None),
    ]
    assert stretches(rows, {"c": 0.25}, 72_000) == {
        1: (6, 48_006),
        2: (12_006, 24_006),
        3: (48_006, 72_000),
        6: (60_006, 60_006),
        7: (0, 12_006),
    }

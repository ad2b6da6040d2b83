"""What is written down of a talk is what the session knows, at any moment."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.tapes import NAMES, load
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.wire.events import parse
from voice_widget.realtime.wire.fields import LOCAL_FIELDS
from voice_widget.tables import ledger as ledgers
from voice_widget.tables.ledger import Ledger
from voice_widget.tables.words import Piece


class Talk:
    """A session and its ledger, as a talk has them."""

    def __init__(self) -> None:
        self.session = Session()
        self.ledger = Ledger(self.session)

    def take(self, event: dict[str, Any], at: float, *, sent: bool = False) -> None:
        event = event if event["type"] in LOCAL_FIELDS else parse(event, forgiving=not sent)
        self.ledger.observe(event, at, self.session.apply(event, at, sent=sent))


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_are_the_sessions_after_every_event(name: str):
    often, once = Talk(), Talk()
    lines, _ = load(name)
    for line in lines:
        for talk in (often, once):
            talk.take(line["event"], line["at"], sent=line["sent"])
        assert often.ledger.read().rows == often.session.rows
    assert once.ledger.read().rows == once.session.rows


def test_an_answer_is_cut_by_the_length_of_its_sound():
    talk = Talk()
    second = "A" * 64_000  # of 24 kHz
    events: list[dict[str, Any]] = [
        {"type": "voice_widget.call.connecting", "transport": "memory"},
        {"type": "session.created", "session": {}},
        {"type": "response.created", "response": {"id": "r", "output": []}},
        {"type": "response.output_item.added", "response_id": "r", "item": {"id": "a", "type": "message"}},
        {
            "type": "response.output_audio_transcript.delta",
            "response_id": "r",
            "item_id": "a",
            "delta": "one two ",
        },
        {
            "type": "response.output_audio_transcript.delta",
            "response_id": "r",
            "item_id": "a",
            "delta": "six ten",
        },
        {"type": "response.output_audio.delta", "response_id": "r", "item_id": "a", "delta": second},
        {"type": "output_audio_buffer.started", "response_id": "r", "audio_ms": 1000},
        {"type": "output_audio_buffer.cleared", "response_id": "r", "audio_ms": 1500},
        {"type": "response.done", "response": {"id": "r", "status": "cancelled", "output": []}},
        {"type": "voice_widget.call.closed"},
    ]
    for number, event in enumerate(events):
        talk.take(event, 10.0 + number)
    [row] = talk.ledger.read().rows
    assert row["text_heard"] == "one two"


def test_what_was_used_is_numbered_when_the_oldest_goes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ledgers, "MOST_USED", 2)
    talk = Talk()
    talk.take({"type": "voice_widget.call.connecting", "transport": "memory"}, 1.0)
    for number in range(5):
        talk.take({"type": "response.created", "response": {"id": f"r{number}", "output": []}}, 2.0 + number)
        done = {"id": f"r{number}", "status": "completed", "output": []}
        talk.take({"type": "response.done", "response": done}, 2.5 + number)
    records = talk.ledger.read()
    assert (records.first, [one.cells[1] for one in records.counted]) == (3, ["r3", "r4"])


def test_word_times_are_kept_by_whatever_name_they_come():
    talk = Talk()
    place = {"response_id": "r", "item_id": "a"}
    for event in (
        {"type": "voice_widget.call.connecting", "transport": "memory"},
        {"type": "response.created", "response": {"id": "r", "output": []}},
        {
            "type": "response.output_audio_transcript.delta",
            **place,
            "delta": "Hi",
            "audio_start_ms": 0,
            "audio_end_ms": 200,
            "estimated": True,
        },
        {"type": "response.audio_timestamp.delta", "item_id": "b", "text": "Ho", "audio_offset_ms": 50},
        {"type": "response.audio_timestamp.delta", "item_id": "b", "text": 3, "audio_offset_ms": "x"},
    ):
        talk.take(event, 1.0)
    assert talk.ledger.read().pieces == {"a": [Piece("Hi", 0, 200, True)], "b": [Piece(" Ho", 50, None)]}


def test_reading_changes_nothing_that_was_read():
    talk = Talk()
    lines, _ = load("voice_turn")
    half = len(lines) // 2
    for line in lines[:half]:
        talk.take(line["event"], line["at"], sent=line["sent"])
    read = talk.ledger.read()
    kept = [dict(row) for row in read.rows], list(read.counted), dict(read.pieces)
    for line in lines[half:]:
        talk.take(line["event"], line["at"], sent=line["sent"])
    assert ([dict(row) for row in read.rows], list(read.counted), dict(read.pieces)) == kept
    assert talk.ledger.read().version > read.version

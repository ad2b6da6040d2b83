"""The events that are kept give the same rows as those that were heard, bit for bit."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.realtime.tapes import NAMES, load
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.wire.events import parse
from voice_widget.realtime.wire.fields import LOCAL_FIELDS
from voice_widget.recording.replay import REDACTED, replay
from voice_widget.tables.event_log import UNDERSTOOD, UNREADABLE, EventLog, Line, understood
from voice_widget.tables.ledger import Ledger


class Both:
    """Hears a talk as the kernel does, and keeps its events."""

    def __init__(self) -> None:
        self.session, self.log = Session(), EventLog()
        self.ledger = Ledger(self.session)
        self.at = 1_700_000_000.125

    def __call__(self, event: dict[str, Any], *, sent: bool = False, wait: float = 0.1) -> None:
        self.at += wait
        self.log.add(event, "sent" if sent else "received", self.at, self.session.call_id)
        self.ledger.observe(event, self.at, self.session.apply(event, self.at, sent=sent))

    def same(self) -> bool:
        replayed, live = replay(self.log.lines()), self.ledger.read()
        assert replayed.rows == self.session.rows
        assert [one.cells for one in replayed.records.counted] == [one.cells for one in live.counted]
        assert replayed.uses == self.ledger.uses()
        return replayed.records.pieces == live.pieces


@pytest.mark.parametrize("name", NAMES)
def test_every_tape_gives_its_rows_again(name: str) -> None:
    lines, _ = load(name)
    both = Both()
    for line in lines:
        event = line["event"]
        if event["type"] not in LOCAL_FIELDS:
            event = parse(json.dumps(event), forgiving=not line["sent"])
        both.at = line["at"]
        both(event, sent=line["sent"], wait=0)
    assert both.session.rows
    assert both.same()


@pytest.mark.parametrize("seed", range(30))
def test_so_does_a_tape_that_was_shuffled_and_broken(seed: int) -> None:
    chance = random.Random(seed)
    lines, _ = load(chance.choice(NAMES))
    both = Both()
    for line in chance.choices(lines, k=3 * len(lines)):
        event = dict(line["event"])
        if chance.random() < 0.3:
            event.pop(chance.choice(list(event)))
        if "type" in event:
            both(event, sent=line["sent"], wait=chance.random())
    assert both.same()


def test_marks_of_the_page_give_the_same_times() -> None:
    both = Both()
    both({"type": "voice_widget.call.connecting", "transport": "comm"})
    both({"type": "voice_widget.call.joined", "call_id": "rtc_1"})
    both({"type": "session.created", "session": {}})
    for at_ms, side, voiced in ((1003.4, "user", True), (1801.7, "user", False)):
        both({"type": "voice_widget.page.voiced", "side": side, "voiced": voiced, "at_ms": at_ms})
    both({"type": "input_audio_buffer.committed", "item_id": "u"})
    both({"type": "response.created", "response": {"id": "r"}})
    item = {"id": "a", "type": "message", "role": "assistant"}
    both({"type": "response.output_item.added", "response_id": "r", "item": item})
    for at_ms, voiced in ((2250.2, True), (3100.9, False)):
        mark = {"side": "assistant", "voiced": voiced, "at_ms": at_ms}
        both({"type": "voice_widget.page.voiced", **mark})
    both({"type": "response.done", "response": {"id": "r", "status": "completed"}})
    assert "page" in {row["time_source"] for row in both.session.rows}
    assert both.same()


@pytest.mark.parametrize("delta", ["AAAA", "AAA=", "AA==", "A" * 4801, ""])
def test_sound_counts_by_its_length_to_the_byte(delta: str) -> None:
    both = Both()
    both({"type": "voice_widget.call.connecting", "transport": "memory"})
    both({"type": "response.created", "response": {"id": "r"}})
    item = {"id": "a", "type": "message", "role": "assistant"}
    both({"type": "response.output_item.added", "response_id": "r", "item": item})
    both({"type": "response.output_audio.delta", "response_id": "r", "item_id": "a", "delta": delta})
    text = {"response_id": "r", "item_id": "a", "delta": "One two three four."}
    both({"type": "response.output_audio_transcript.delta", **text})
    both({"type": "output_audio_buffer.started", "response_id": "r", "audio_ms": 100})
    both({"type": "conversation.item.truncate", "item_id": "a", "audio_end_ms": 50}, sent=True)
    heard = [turn.audio_ms for turn in both.session._context.rows]
    session = Session()
    for line in both.log.lines():
        session.apply(understood(json.loads(line.event)), line.at, sent=line.direction == "sent")
    again = [turn.audio_ms for turn in session._context.rows]
    assert again == heard
    assert both.same()


def line(event: dict[str, Any], direction: Any = "received") -> Line:
    return Line(1.0, direction, event["type"], None, json.dumps(event), None)


def test_an_error_is_understood_as_it_was() -> None:
    typed = {"type": "message", "role": "user", "id": "t", "content": [{"type": "input_text", "text": "Hi."}]}
    create = {"type": "conversation.item.create", "event_id": "event_1", "item": typed}
    raw = {"type": "error", "error": {"type": "invalid_request_error", "message": "No."}}
    call = line({"type": "voice_widget.call.connecting", "transport": "memory"}, "local")
    told = {**raw, UNDERSTOOD: {**raw["error"], "event_id": "event_1"}}  # type: ignore[dict-item]
    assert replay([call, line(create, "sent"), line(raw)]).rows[0]["status"] == "in_progress"
    assert replay([call, line(create, "sent"), line(told)]).rows[0]["status"] == "failed"


def test_what_cannot_be_read_costs_itself() -> None:
    call = line({"type": "voice_widget.call.connecting", "transport": "memory"}, "local")
    started = line({"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 5})
    odd = [Line(1.0, "received", "x", None, text, None) for text in ("{", "[]", '"x"')]
    passed = line({"type": UNREADABLE, "error": {"code": "c", "message": "m", "next_step": ""}})
    replayed = replay([call, odd[0], passed, *odd[1:], started])
    assert [row["item_id"] for row in replayed.rows] == ["u"]


def test_a_turn_that_was_blanked_stays_so() -> None:
    both = Both()
    both({"type": "voice_widget.call.connecting", "transport": "memory"})
    both({"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 0})
    done = {"item_id": "u", "transcript": "█"}
    both({"type": "conversation.item.input_audio_transcription.completed", **done})
    row = {**both.session.rows[0], "text": "", "seq": 7}
    blanked = replay([*both.log.lines(), line({"type": REDACTED, "row": row}, "local")]).rows
    assert blanked == [{**both.session.rows[0], "text": ""}]

"""What a turn said is nowhere any more, and all else is as it was."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.realtime.tapes import NAMES, load
from tests.recording.test_replay import Both
from voice_widget.errors import SettingError, StateError
from voice_widget.realtime.state.records import Row
from voice_widget.realtime.wire.events import parse
from voice_widget.realtime.wire.fields import LOCAL_FIELDS
from voice_widget.recording.redaction import AROUND_MS, Blanking, blank, note, stretch, turn_of
from voice_widget.recording.replay import replay
from voice_widget.tables.event_log import EventLog, Line


def tape(name: str) -> Both:
    both = Both()
    for line in load(name)[0]:
        event = line["event"]
        if event["type"] not in LOCAL_FIELDS:
            event = parse(json.dumps(event), forgiving=not line["sent"])
        both.at = line["at"]
        both(event, sent=line["sent"], wait=0)
    return both


def redacted(lines: list[Line], seq: int) -> list[Line]:
    found = replay(lines)
    row = turn_of(found.rows, seq)
    log = EventLog()
    log.add(note(row), "local", lines[-1].at, None)
    return [*map(Blanking(row, found.session, lines), lines), *log.lines()]


@pytest.mark.parametrize("name", NAMES)
def test_words_are_gone_and_all_else_is_as_it_was(name: str):
    lines = tape(name).log.lines()
    rows = replay(lines).rows
    for row in rows:
        if row["status"] == "in_progress" or not row["text"]:
            continue
        left = redacted(lines, row["seq"])
        others = {x["text"] for x in rows if x is not row}
        words = [word for word in re.findall(r"\w{4,}", row["text"]) if not any(word in x for x in others)]
        kept = "\n".join(line.event for line in left if "function" not in line.event)  # tools were told of it
        assert [word for word in words if re.search(rf"\b{word}\b", kept)] == []
        assert replay(left).rows == [blank(x) if x["seq"] == row["seq"] else x for x in rows]


def test_a_live_session_forgets_the_words_too():
    both = tape("voice_turn")
    row = both.session.rows[0]
    assert row["text"] in {message["text"] for message in both.session.history()}
    both(note(row))
    assert both.session.rows[0] == blank(row)
    assert row["item_id"] not in {message["item_id"] for message in both.session.history()}
    both(
        {"type": "conversation.item.input_audio_transcription.delta", "item_id": row["item_id"], "delta": "x"}
    )
    assert both.session.rows[0]["text"] == ""
    assert both.same()


def line(event: dict[str, Any], direction: Any = "received") -> Line:
    return Line(1.0, direction, event["type"], None, json.dumps(event), None)


def test_other_ids_and_texts_without_one_are_found():
    both = Both()
    both({"type": "voice_widget.call.connecting", "transport": "memory"})
    both({"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 0})
    both({"type": "input_audio_buffer.committed", "item_id": "u"})
    item = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": "my secret"}],
    }
    both({"type": "conversation.item.added", "item": {**item, "id": "known otherwise"}})
    typed = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "my secret"}]}
    both({"type": "conversation.item.create", "event_id": "e", "item": typed}, sent=True)
    heard = {
        "item_id": "known otherwise",
        "transcript": "my secret",
        "logprobs": [{"token": "secret", "bytes": [1]}],
    }
    both({"type": "conversation.item.input_audio_transcription.completed", **heard})
    left = redacted(both.log.lines(), 1)
    assert [x.event for x in left if "secret" in x.event or "bytes" in x.event] == []
    assert [x.type for x in left[:-1]] == [x.type for x in both.log.lines()]


def test_what_an_agent_says_is_found_by_its_response():
    both = Both()
    both({"type": "voice_widget.call.connecting", "transport": "memory"})
    both({"type": "response.created", "response": {"id": "r"}})
    message = {"id": "a", "type": "message", "role": "assistant"}
    both({"type": "response.output_item.added", "response_id": "r", "item": message})
    both({"type": "voice_widget.reply.delta", "response_id": "r", "delta": "the secret"}, sent=True)
    told = {"name": "wizard", "details": {"acts": [{"text": "the secret", "thought_ms": 7}]}}
    both({"type": "voice_widget.agent.remarked", "response_id": "r", **told})
    both({"type": "voice_widget.reply.delta", "response_id": "other", "delta": "the rest"}, sent=True)
    spoken = {"response_id": "r", "item_id": "a", "delta": "the secret"}
    both({"type": "response.output_audio_transcript.delta", **spoken})
    both({"type": "response.output_audio.delta", **{**spoken, "delta": "AAAA"}})
    both({"type": "response.done", "response": {"id": "r", "status": "completed"}})
    both({"type": "voice_widget.call.closed"})
    kept = "\n".join(x.event for x in redacted(both.log.lines(), 1))
    assert "secret" not in kept
    assert "the rest" in kept
    assert '"thought_ms": 7' in kept
    assert "<4 characters of audio>" in kept


def row(seq: int, start: int | None, end: int | None, **fields: Any) -> Row:
    made: Any = {
        "seq": seq,
        "item_id": f"item_{seq}",
        "start_ms": start,
        "end_ms": end,
        "call_id": "c",
        "status": "completed",
        **fields,
    }
    return made


def test_the_stretch_is_the_turns_own_and_a_little_around_it():
    rows = [row(1, 1000, 2000), row(2, 3000, 4000)]
    assert stretch(rows, rows[1], {"c": 500}, 60_000) == (3500 - AROUND_MS, 4500 + AROUND_MS)
    assert stretch(rows, rows[0], {"c": -1950}, 60_000) == (0, 50 + AROUND_MS)
    assert stretch(rows, rows[0], {"c": None}, 60_000) is None
    assert stretch(rows, rows[0], {}, 60_000) is None


def test_a_turn_whose_times_nobody_knows_goes_with_all_around_it():
    rows = [
        row(1, 1000, 2000),
        row(2, None, None),
        row(3, 5000, 6000),
        row(4, None, None),
        row(5, 9, 9, call_id="d"),
    ]
    assert stretch(rows, rows[1], {"c": 500}, 60_000) == (2500, 5500)
    assert stretch(rows, rows[3], {"c": 500}, 60_000) == (6500, 60_000)
    assert stretch(rows[1:2], rows[1], {"c": 500}, 60_000) == (0, 60_000)


def test_what_cannot_be_redacted_is_said_by_name():
    rows = [row(1, 0, None)]
    with pytest.raises(StateError) as running:
        turn_of(rows, 1, {rows[0]["item_id"]})
    assert running.value.code == "turn_runs"
    with pytest.raises(SettingError) as none:
        turn_of(rows, 2)
    assert none.value.code == "unknown_turn"

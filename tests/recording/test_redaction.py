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
from voice_widget.recording.redaction import AROUND_MS, Blanking, blank, blank_tools, note, stretch, turn_of
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
        told = [line.event for line in left if not re.search("function|mcp_list_tools", line.event)]
        kept = "\n".join(told)  # tools have names, and words of their own
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


def test_what_tools_were_given_for_a_turn_and_what_they_gave_goes_with_it():
    both = Both()
    both({"type": "voice_widget.call.connecting", "transport": "memory"})
    said = "conversation.item.input_audio_transcription.completed"
    for number, name in ((1, "Smith"), (2, "Jones")):
        both({"type": said, "item_id": f"u{number}", "transcript": f"Book for {name}."})
        both({"type": "response.created", "response": {"id": f"r{number}"}})
        named = {"call_id": f"c{number}", "name": "book"}
        delta = {
            "response_id": f"r{number}",
            "item_id": f"f{number}",
            **named,
            "delta": f'{{"who": "{name}"}}',
        }
        both({"type": "response.function_call_arguments.delta", **delta})
        given = f'{{"who": "{name}"}}'
        call = {"id": f"f{number}", "type": "function_call", **named, "arguments": given}
        done = {"id": f"r{number}", "status": "completed", "output": [call]}
        both({"type": "response.done", "response": done})
        tool: dict[str, Any] = {"tool_call_id": f"c{number}", "number": number}
        both({"type": "voice_widget.tool.taken", **tool})
        both({"type": "voice_widget.tool.approval_requested", **tool})
        both({"type": "voice_widget.tool.previewed", **tool, "text": f"A table for {name}."})
        edited = {"approved": True, "by": "page", "arguments": given}
        both({"type": "voice_widget.tool.approval_answered", **tool, **edited})
        both({"type": "voice_widget.tool.progress", **tool, "text": f"For {name}."})
        output = json.dumps({"error": f"{name} is unknown."})
        ended = {
            "status": "failed",
            "output": output,
            "error": f"{name} is unknown.",
            "late_call_id": f"l{number}",
        }
        both({"type": "voice_widget.tool.deferred", **tool, "output": "Started."})
        both({"type": "voice_widget.tool.ended", **tool, **ended})
        late = {"type": "function_call", "name": "book", "call_id": f"l{number}", "arguments": given}
        both({"type": "conversation.item.create", "event_id": f"e{number}", "item": late}, sent=True)
        late = {"type": "function_call_output", "call_id": f"l{number}", "output": output}
        both({"type": "conversation.item.create", "event_id": f"f{number}", "item": late}, sent=True)
    left = redacted(both.log.lines(), 1)
    kept = "\n".join(line.event for line in left)
    assert "Smith" not in kept
    assert kept.count("Jones") == "\n".join(line.event for line in both.log.lines()).count("Jones")
    before, after = replay(both.log.lines()).uses, replay(left).uses
    assert after[1] == before[1]
    words = {
        "arguments": "",
        "approved_arguments": "",
        "preview": "",
        "progress": "",
        "output": "",
        "error": "",
    }
    assert after[0] == {**before[0], **words}
    both(note(replay(both.log.lines()).rows[0]))
    assert both.session.uses.rows() == after  # so does a talk that still runs


def test_so_it_does_in_a_table_whose_events_are_gone():
    rows = [row(1, 0, 1, role="user"), row(2, 1, 2, role="assistant"), row(3, 2, 3, role="user")]
    uses = [
        {"seq": seq, "turn_id": f"item_{seq}", "arguments": "secret", "output": None}
        for seq in (None, 1, 2, 3)
    ]
    left = blank_tools(uses, rows, rows[0])
    assert [use["arguments"] for use in left] == ["secret", "", "", "secret"]
    assert left[1]["output"] is None


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


def test_of_a_turn_that_was_edited_both_texts_are_gone():
    both = tape("typed_turn") if "typed_turn" in NAMES else tape(NAMES[0])
    row = next(row for row in both.session.rows if row["role"] == "user")
    old, new = both.session.shown_as(row["item_id"]), "item_new"
    text = "Something quite different."
    both({"type": "voice_widget.item.editing", "item_id": row["item_id"], "new_item_id": new})
    part = {"type": "input_text", "text": text}
    item = {"id": new, "type": "message", "role": "user", "content": [part]}
    both({"type": "conversation.item.create", "event_id": "e", "item": item}, sent=True)
    both({"type": "conversation.item.added", "item": item, "previous_item_id": old})
    both({"type": "conversation.item.deleted", "item_id": old})
    both({"type": "voice_widget.item.edited", "item_id": row["item_id"], "text": text})
    lines = both.log.lines()
    rows = replay(lines).rows
    edited = next(x for x in rows if x["item_id"] == row["item_id"])
    assert (edited["text"], edited["text_before"]) == (text, row["text"])
    left = redacted(lines, edited["seq"])
    kept = "\n".join(line.event for line in left)
    assert "different" not in kept
    assert replay(left).rows == [blank(x) if x is edited else x for x in rows]

"""The rules, by values: a record in, deviations out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.realtime.tapes import FOLDER
from voice_widget.commands.check import findings
from voice_widget.commands.check.findings import FINDINGS
from voice_widget.commands.check.options import TALKS
from voice_widget.commands.check.probes import PROBES
from voice_widget.commands.check.record import OPENED, Deviation, Entry, Lack, Record, Way, shown
from voice_widget.commands.check.rules.errors import BAD, COLLIDES
from voice_widget.commands.check.rules.events import refused
from voice_widget.commands.check.rules.responses import responses
from voice_widget.commands.check.verdict import deviations

CAPTURED = next((at for parent in FOLDER.parents if (at := parent / "shared" / "tapes").exists()), None)
"""Captured sessions, where there are any beside the repository; what mattered is in tapes of our own."""


def record(
    *events: dict[str, Any], way: Way = "websocket", sent: tuple[int, ...] = (), **more: Any
) -> Record:
    """These events; those whose numbers are in ``sent`` are ours."""
    entries = [
        Entry(
            number * 0.1,
            number in sent,
            event if number in sent or "event_id" in event else {"event_id": f"event_{number}", **event},
        )
        for number, event in enumerate(events)
    ]
    return Record(way, "typed", tuple(entries), **more)


def named(
    *events: dict[str, Any], way: Way = "websocket", sent: tuple[int, ...] = ()
) -> list[tuple[str, str, str]]:
    return [(d.name, d.event, d.field) for d in deviations(record(*events, way=way, sent=sent))]


def tape(path: Path, way: Way) -> Record:
    entries = []
    for number, text in enumerate(path.read_text().splitlines()):
        line = json.loads(text)
        event = line.get("event")
        if event is None or event["type"].startswith("voice_widget."):
            continue
        if event["type"] == "input_audio_buffer.append":
            event = {"type": event["type"], "audio_ms": 100}
        elif event["type"].endswith("audio.delta"):
            event = {**event, "delta": "AAEAAQ=="}  # the tapes hold the beginning of it only
        entries.append(Entry(number * 0.1, line["sent"], event))
    return Record(way, "typed", tuple(entries))


# --- tapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["text_turn", "voice_turn", "function_call", "push_to_talk", "barge_in_generating"]
)
def test_nothing_deviates_on_a_tape_of_a_talk(name: str) -> None:
    assert deviations(tape(FOLDER / f"{name}.jsonl", "webrtc")) == []


def test_the_older_dialect_is_named_by_its_names() -> None:
    found = deviations(tape(FOLDER / "beta_names.jsonl", "websocket"))
    assert {d.name for d in found if FINDINGS[d.name].severity == "breaks"} == {"older_shape", "older_name"}
    names = {(d.event, d.expected) for d in found if d.field == "type"}
    assert ("response.audio.done", "`response.output_audio.done`") in names
    assert ("response.done", '"output_audio"') in {(d.event, d.expected) for d in found}


@pytest.mark.skipif(CAPTURED is None, reason="no captured sessions here")
@pytest.mark.parametrize("service", ["openai", "azure"])
def test_nothing_deviates_in_captured_sessions(service: str) -> None:
    assert CAPTURED is not None
    tapes = [path for path in sorted(CAPTURED.glob(f"{service}_ws*")) if path.suffix == ".jsonl"]
    assert tapes
    for path in tapes:
        way: Way = "sideband" if "sideband" in path.name else "websocket"
        assert deviations(tape(path, way)) == [], path.name


@pytest.mark.skipif(CAPTURED is None, reason="no captured sessions here")
def test_what_deviates_in_captured_sessions_of_other_services() -> None:
    assert CAPTURED is not None
    live = deviations(tape(CAPTURED / "azure_voice_live_ws__tool_call_round.jsonl", "websocket"))
    assert {d.name for d in live} == {"older_shape", "older_name", "step_left_out"}
    xai = deviations(tape(CAPTURED / "xai_ws__audio_in_server_vad_turn.jsonl", "websocket"))
    assert {d.name for d in xai} == {
        "older_shape",
        "older_name",
        "unknown_event",
        "field_missing",
        "status_details_no_object",
        "usage_at_top",
        "step_left_out",
        "transcription_in_progress",
    }


# --- each event ----------------------------------------------------------------------------------


def test_what_the_types_of_the_openai_package_refuse() -> None:
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": 5}]}
    event = {"type": "response.done", "event_id": "e", "response": {"id": 1, "output": [message]}}
    assert refused(event, "response.done") == [
        ("response.id", "string_type", 1),
        ("response.output[0].content[0].transcript", "string_type", 5),
    ]
    assert refused({"type": "error", "event_id": "e", "error": {"message": "x"}}, "error") == [
        ("error.type", "missing", {"message": "x"})
    ]
    assert refused({"type": "ping"}, "ping") == []


def test_of_several_shapes_that_one_counts_that_was_meant() -> None:
    call = {"type": "function_call", "call_id": "call_1", "name": "f"}
    added = {"type": "conversation.item.added", "event_id": "e", "item": call}
    assert refused(added, "conversation.item.added") == [("item.arguments", "missing", call)]
    session = {"type": "realtime", "audio": {"output": {"format": {"type": "audio/pcm", "rate": 16000}}}}
    created = {"type": "session.created", "event_id": "e", "session": session}
    assert [path for path, _, _ in refused(created, "session.created")] == [
        "session.audio.output.format.rate"
    ]


def test_a_field_is_named_once() -> None:
    done = {"type": "response.output_audio.done", "response_id": 7, "item_id": "i", "output_index": 0}
    assert ("field_type", "response.output_audio.done", "response_id") in named(done)
    assert len([x for x in named(done) if x[2] == "response_id"]) == 1
    assert ("field_missing", "response.output_audio.done", "content_index") in named(done)


def test_what_cannot_be_read_is_named() -> None:
    unread = Record("websocket", "typed", (Entry(0, False, None, "4 bytes that are no JSON"),))
    assert deviations(unread) == [Deviation("not_json", "(no event)", "", "4 bytes that are no JSON")]
    assert named({"type": []}) == [("not_json", "(no event)", "type")]


def test_our_own_events_are_no_deviation() -> None:
    assert named({"type": "voice_widget.transcription.partial", "item_id": "i", "text": "a"}) == []


# --- the session ---------------------------------------------------------------------------------


def test_what_comes_first_counts_from_each_opening() -> None:
    opened, created = {"type": OPENED}, {"type": "session.created", "session": {"type": "realtime"}}
    other = {"type": "rate_limits.updated", "rate_limits": []}
    twice = named(opened, created, other, opened, {**created, "event_id": "e"}, sent=(0, 3))
    assert twice == []
    assert named(opened, other, created, sent=(0,)) == [("session_created_late", "session.created", "")]


def test_a_refused_update_is_not_compared_with_what_is_in_force() -> None:
    update = {"type": "session.update", "event_id": "mine", "session": {"instructions": "A"}}
    updated = {"type": "session.updated", "session": {"type": "realtime", "instructions": "B"}}
    error = {"type": "error", "error": {"type": "t", "code": "c", "message": "m", "event_id": "mine"}}
    assert [name for name, _, _ in named(update, updated, sent=(0,))] == ["setting_not_in_force"]
    assert named(update, error, updated, sent=(0,)) == []


def test_a_server_may_add_to_the_instructions() -> None:
    update = {"type": "session.update", "session": {"instructions": "Be brief."}}
    updated = {
        "type": "session.updated",
        "session": {"type": "realtime", "instructions": "Be brief. Be safe."},
    }
    assert named(update, updated, sent=(0,)) == []


# --- answers -------------------------------------------------------------------------------------


def created(response_id: str = "resp_1") -> dict[str, Any]:
    return {"type": "response.created", "response": {"id": response_id, "status": "in_progress"}}


def done(response_id: str = "resp_1", status: str = "completed", **more: Any) -> dict[str, Any]:
    response = {"id": response_id, "status": status, "usage": {"total_tokens": 1}, "output": [], **more}
    return {"type": "response.done", "response": response}


def test_events_without_an_id_belong_to_the_response_that_is_going_on() -> None:
    delta = {"type": "response.output_text.delta", "item_id": "item_1", "delta": "a"}
    [response] = responses(record(created(), delta, done()))
    assert response.id == "resp_1"
    assert [step.kind for step in response.items["item_1"].steps] == ["response.output_text.delta"]


def test_responses_are_told_apart_and_stand_in_order() -> None:
    found = responses(record(created("a"), created("b"), done("b"), done("a", "cancelled")))
    assert [(response.id, response.status) for response in found] == [("a", "cancelled"), ("b", "completed")]


def test_what_was_on_its_way_may_follow_a_cancelled_response() -> None:
    late = {"type": "response.output_text.delta", "response_id": "resp_1", "item_id": "i", "delta": "a"}
    late |= {"output_index": 0, "content_index": 0}
    cancelled = done(status="cancelled", status_details={"type": "cancelled", "reason": "client_cancelled"})
    assert named(created(), cancelled, late) == []
    assert ("after_done", "response.output_text.delta", "") in named(created(), done(), late)


def test_an_answer_that_goes_on_lacks_nothing() -> None:
    item = {"id": "item_1", "type": "message", "role": "assistant", "content": []}
    added = {"type": "response.output_item.added", "response_id": "resp_1", "output_index": 0, "item": item}
    assert named(created(), added) == []


def test_a_playout_that_ends_before_it_begins() -> None:
    buffer = [{"type": f"output_audio_buffer.{x}", "response_id": "resp_1"} for x in ("stopped", "started")]
    assert ("wrong_order", "output_audio_buffer.stopped", "") in named(
        created(), *buffer, done(), way="webrtc"
    )
    assert named(created(), *buffer[::-1], done(), way="webrtc") == []


def test_only_whole_samples_of_pcm_have_two_bytes() -> None:
    sound = {"type": "response.output_audio.delta", "response_id": "resp_1", "item_id": "i", "delta": "AQID"}
    sound |= {"output_index": 0, "content_index": 0}
    session = {"type": "realtime", "audio": {"output": {"format": {"type": "audio/pcmu"}}}}
    updated = {"type": "session.updated", "session": session}
    assert ("audio_odd_bytes", "response.output_audio.delta", "delta") in named(created(), sound)
    assert named(updated, created(), sound) == []


# --- speech --------------------------------------------------------------------------------------


def test_times_lie_within_the_sound_that_was_sent() -> None:
    append = {"type": "input_audio_buffer.append", "audio_ms": 500}
    started = {"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 300}
    stopped = {"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 9_000}
    assert named(append, started, stopped, sent=(0,)) == [
        ("speech_times", "input_audio_buffer.speech_stopped", "audio_end_ms")
    ]
    assert named(append, started, stopped, sent=(0,), way="webrtc") == []
    early = {**stopped, "audio_end_ms": 200}
    assert named(append, started, early, sent=(0,)) == [
        ("speech_times", "input_audio_buffer.speech_stopped", "audio_end_ms")
    ]


def test_speech_that_ends_before_it_begins() -> None:
    stopped = {"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 10}
    assert named(stopped, way="webrtc") == [("wrong_order", "input_audio_buffer.speech_stopped", "")]


# --- errors --------------------------------------------------------------------------------------


def refusing(note: str, **error: Any) -> list[str]:
    told = {"type": "invalid_request_error", "code": "c", "message": "m", "event_id": "mine", **error}
    entries = (
        Entry(0, True, {"type": "response.create", "event_id": "mine"}, note),
        Entry(1, False, {"type": "error", "event_id": "e", "error": told}),
    )
    return [deviation.name for deviation in deviations(Record("websocket", "typed", entries))]


def test_an_error_names_the_request_that_it_refuses() -> None:
    assert refusing(BAD) == []
    assert refusing(BAD, event_id=None) == ["error_without_event_id"]
    assert refusing(BAD, event_id="other") == ["error_other_event_id"]
    assert refusing("", event_id=None) == []  # a server may be in trouble of its own


def test_a_collision_has_a_name_of_its_own() -> None:
    assert refusing(COLLIDES, code="conversation_already_has_active_response") == []
    assert refusing(COLLIDES) == ["active_response_unnamed"]


# --- all together --------------------------------------------------------------------------------


def test_what_was_waited_for_comes_first_and_everything_once() -> None:
    lack = Lack("no_answer", "response.created", "nothing within 5 s")
    found = deviations(record({"type": "ping"}, {"type": "ping"}, lacks=(lack, lack)))
    assert [d.name for d in found] == ["no_answer", "unknown_event"]


def test_every_finding_has_a_place_where_it_is_found_and_each_found_one_its_sentence() -> None:
    folder = Path(findings.__file__).parent
    code = "\n".join(path.read_text() for path in folder.rglob("*.py") if path.name != "findings.py")
    assert [name for name in FINDINGS if f'"{name}"' not in code] == []
    used = re.findall(r'(?:Deviation|lack|NoWay)\(\s*"(\w+)"', code)
    assert len(used) > 60
    assert set(used) <= set(FINDINGS)


def test_the_options_name_the_talks_there_are() -> None:
    assert tuple(PROBES) == TALKS


def test_a_long_value_is_cut() -> None:
    assert shown("x" * 100) == '"' + "x" * 59 + "…"

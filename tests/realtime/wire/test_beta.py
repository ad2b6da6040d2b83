"""From today's shapes to the old ones, checked by the old types and by the way back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.beta.realtime import RealtimeClientEvent, RealtimeServerEvent, Session
from pydantic import TypeAdapter

from tests.realtime.tapes import PROPER, load, play
from voice_widget.realtime.session import session as current
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.beta import old_client_event, old_server_event, old_session
from voice_widget.realtime.wire.events import CLIENT_EVENTS, OWN, SERVER_EVENTS, parse
from voice_widget.realtime.wire.fields import LOCAL_FIELDS

CLIENT: TypeAdapter[Any] = TypeAdapter(RealtimeClientEvent)
SERVER: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
ITEM = {"id": "i", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}


def translated(event: dict[str, Any], sent: bool) -> list[dict[str, Any]]:
    return [old_client_event(event)] if sent else old_server_event(event)


@pytest.mark.parametrize("name", PROPER)
def test_a_tape_told_in_old_words_comes_to_the_same(name: str) -> None:
    lines, _ = load(name)
    session = current.Session()
    for line in lines:
        event = line["event"]
        if event["type"] in LOCAL_FIELDS:
            session.apply(event, line["at"], sent=line["sent"])
            continue
        for old in translated(parse(event), line["sent"]):
            session.apply(parse(json.dumps(old)), line["at"], sent=line["sent"])
    wanted = play(name).session
    assert session.rows == wanted.rows


# There were no MCP servers then.
@pytest.mark.parametrize("name", [name for name in PROPER if not name.startswith("mcp_")])
def test_the_old_types_accept_every_event_of_the_tapes(name: str) -> None:
    for line in load(name)[0]:
        event = line["event"]
        if event["type"] in LOCAL_FIELDS or event["type"].startswith(OWN):
            continue
        for old in translated(parse(event), line["sent"]):
            # Models had a closed list of names then.
            old.get("session", {}).pop("model", None)
            # The pacer of a session by WebSocket tells of itself without one.
            old.setdefault("event_id", "event_0")
            (CLIENT if line["sent"] else SERVER).validate_python(old)


FULL = SessionConfig(
    instructions="Be brief.",
    voice="alloy",
    speed=1.2,
    output_modalities=("audio",),
    turn_detection={"type": "server_vad", "threshold": 0.4, "idle_timeout_ms": None},
    transcription={"model": "whisper-1"},
    noise_reduction={"type": "near_field"},
    tools=({"type": "function", "name": "f", "parameters": {}},),
    tool_choice="auto",
    max_output_tokens=50,
    input_format={"type": "audio/pcmu"},
    output_format={"type": "audio/pcm", "rate": 24000},
)


def test_a_session_in_the_old_shape() -> None:
    old = old_session(FULL.session())
    assert old == {
        "instructions": "Be brief.",
        "voice": "alloy",
        "speed": 1.2,
        "modalities": ["text", "audio"],
        "turn_detection": {"type": "server_vad", "threshold": 0.4},
        "input_audio_transcription": {"model": "whisper-1"},
        "input_audio_noise_reduction": {"type": "near_field"},
        "tools": [{"type": "function", "name": "f", "parameters": {}}],
        "tool_choice": "auto",
        "max_response_output_tokens": 50,
        "input_audio_format": "g711_ulaw",
        "output_audio_format": "pcm16",
    }
    Session.model_validate(old)


def test_a_session_comes_back_from_the_old_shape() -> None:
    shown = FULL.full("sess_1", 99.0)
    event = parse({"type": "session.created", "event_id": "e", "session": old_session(shown)})
    del shown["audio"]["input"]["turn_detection"]["idle_timeout_ms"]  # there was none
    assert event["session"] == shown


def test_what_was_switched_off_stays_switched_off() -> None:
    config = SessionConfig(turn_detection=None, transcription=None, noise_reduction=None)
    old = old_session(config.session())
    assert old == {
        "turn_detection": None,
        "input_audio_transcription": None,
        "input_audio_noise_reduction": None,
    }
    assert SessionConfig.from_session(old) == config


@pytest.mark.parametrize(
    ("session", "old"),
    [
        ({"type": "realtime"}, {}),
        ({"voice": "alloy", "modalities": ["text"]}, {"voice": "alloy", "modalities": ["text"]}),
        ({"audio": None, "tracing": "auto"}, {"tracing": "auto"}),
        ({"audio": {"output": {"voice": {"id": "voice_7"}}}}, {"voice": "voice_7"}),
        ({"output_modalities": ["text"]}, {"modalities": ["text"]}),
        ({"audio": {"input": {"format": {"type": "audio/pcma"}}}}, {"input_audio_format": "g711_alaw"}),
        # There is no old word for these: the service will say so.
        (
            {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 8000}, "gain": 2}}},
            {
                "input_audio_format": {"type": "audio/pcm", "rate": 8000},
                "audio": {"input": {"gain": 2}},
            },
        ),
        ({"audio": {"output": {"format": {"type": "opus"}}}}, {"output_audio_format": {"type": "opus"}}),
    ],
)
def test_settings_in_the_old_shape(session: dict[str, Any], old: dict[str, Any]) -> None:
    before = json.dumps(session)
    assert old_session(session) == old
    assert json.dumps(session) == before


def test_a_clients_events_in_the_old_shape() -> None:
    update = {"type": "session.update", "event_id": "e", "session": FULL.session()}
    old = old_client_event(update)
    assert old == {"type": "session.update", "event_id": "e", "session": old_session(FULL.session())}
    create = {
        "type": "response.create",
        "response": {
            "output_modalities": ["audio"],
            "audio": {"output": {"voice": "echo", "format": {"type": "audio/pcma"}}},
            "max_output_tokens": "inf",
            "input": [ITEM, "odd"],
        },
    }
    before = json.dumps(create)
    assert old_client_event(create)["response"] == {
        "modalities": ["text", "audio"],
        "voice": "echo",
        "output_audio_format": "g711_alaw",
        "max_response_output_tokens": "inf",
        "input": [{**ITEM, "content": [{"type": "text", "text": "a"}]}, "odd"],
    }
    assert json.dumps(create) == before
    assert parse(old_client_event(create)) == create
    item = {"type": "conversation.item.create", "item": ITEM}
    assert old_client_event(item)["item"]["content"] == [{"type": "text", "text": "a"}]
    for event in (old, old_client_event(item)):
        CLIENT.validate_python(event)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.create"},
        {"type": "session.update"},
        {"type": "conversation.item.create"},
        {"type": "input_audio_buffer.append", "audio": "AAAA"},
        {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "1"}},
        {"type": "conversation.item.create", "item": {"content": ["odd", {"type": "input_text"}]}},
        {"type": "my.own", "session": {"type": "realtime"}},
    ],
)
def test_what_has_no_old_name_goes_out_as_it_is(event: dict[str, Any]) -> None:
    assert old_client_event(event) == event


def test_a_transcription_session_has_its_own_old_events() -> None:
    session = {"type": "transcription", "audio": {"input": {"format": {"type": "audio/pcm"}}}}
    flat = {"input_audio_format": "pcm16"}
    (updated,) = old_server_event({"type": "session.updated", "event_id": "e", "session": session})
    assert updated == {"type": "transcription_session.updated", "event_id": "e", "session": flat}
    assert old_client_event({"type": "session.update", "session": session}) == {
        "type": "transcription_session.update",
        "session": flat,
    }
    assert parse(updated)["session"]["type"] == "transcription"


def test_every_event_of_a_server_has_an_old_name_or_none() -> None:
    known = {
        member.model_fields["type"].annotation.__args__[0]
        for member in RealtimeServerEvent.__origin__.__args__  # type: ignore[attr-defined]
    }
    told = {old["type"] for kind in SERVER_EVENTS for old in old_server_event({"type": kind})}
    assert told == known - {"transcription_session.updated"}  # that one depends on the session


def test_every_event_of_a_client_is_known_to_old_servers() -> None:
    assert {old_client_event({"type": kind})["type"] for kind in CLIENT_EVENTS} == CLIENT_EVENTS


def test_a_servers_events_in_the_old_shape() -> None:
    (created,) = old_server_event(
        {"type": "conversation.item.added", "event_id": "e", "previous_item_id": None, "item": ITEM}
    )
    assert created["type"] == "conversation.item.created"
    assert created["item"]["content"] == [{"type": "text", "text": "a"}]
    (done,) = old_server_event(
        {
            "type": "response.done",
            "event_id": "e",
            "response": {
                "id": "r",
                "output_modalities": ["audio"],
                "max_output_tokens": 9,
                "audio": {"output": {"voice": "alloy", "format": {"type": "audio/pcm", "rate": 24000}}},
                "output": [{**ITEM, "content": [{"type": "output_audio", "transcript": "a"}]}],
            },
        }
    )
    # Responses were told under this name of the limit even then.
    assert done["response"] == {
        "id": "r",
        "modalities": ["text", "audio"],
        "max_output_tokens": 9,
        "voice": "alloy",
        "output_audio_format": "pcm16",
        "output": [{**ITEM, "content": [{"type": "audio", "transcript": "a"}]}],
    }
    (call,) = old_server_event(
        {
            "type": "response.function_call_arguments.done",
            "event_id": "e",
            "response_id": "r",
            "item_id": "i",
            "output_index": 0,
            "call_id": "c",
            "name": "f",
            "arguments": "{}",
        }
    )
    assert "name" not in call
    for event in (created, done, call):
        SERVER.validate_python(event)


def test_events_that_came_later_are_not_told() -> None:
    assert old_server_event({"type": "conversation.item.done", "item": ITEM}) == []
    assert old_server_event({"type": "mcp_list_tools.completed", "item_id": "i"}) == []


def test_our_own_events_pass() -> None:
    event = {"type": "voice_widget.reply.requested", "response_id": "r"}
    assert old_server_event(event) == [event]

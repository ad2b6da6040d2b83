"""Whatever stands in a field of a client's event is taken, or refused by one error; the session goes on."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.conversing import Talk
from voice_widget.engine.conversation.actions import Action, Send
from voice_widget.engine.media.sinks import Sink
from voice_widget.errors import ProtocolError
from voice_widget.realtime.wire.beta import Dialect, old_server_event
from voice_widget.realtime.wire.events import dump, parse

# What cannot be hashed or ordered, is of a wrong type or too large, or has a strange type of its own.
STRANGE: list[Any] = [
    *([], {}, [[]], [{}], [None], [7], ["x"]),
    *(None, True, 7, -1, 0, 1.5, 1e300, 10**30, "", "x", "\0", "\ud800"),
    *({"type": []}, {"type": {}}, {"type": 7}, {"type": None}, {"type": "x"}, {"id": []}, {"name": []}),
    *({"type": "function", "name": []}, {"type": "function", "name": "x", "parameters": []}),
    {"type": "message", "role": [], "content": []},
]
LOOK = {
    "type": "function",
    "name": "look",
    "description": "Looks.",
    "parameters": {"type": "object", "properties": {"far": {"type": "string"}}, "required": ["far"]},
}
TURNS = {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 500, "idle_timeout_ms": 6000}
SESSION = {
    "type": "realtime",
    "model": "m",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "tools": [LOOK, {"type": "mcp", "server_label": "s", "server_url": "https://example.org"}],
    "tool_choice": {"type": "function", "name": "look"},
    "max_output_tokens": 5,
    "tracing": "auto",
    "truncation": "auto",
    "prompt": {"id": "pmpt_1"},
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "w", "language": "en", "prompt": "p\nq", "keywords": ["a"]},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": TURNS,
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "anna", "speed": 1.0},
    },
}
OLD_SESSION = {
    "modalities": ["text", "audio"],
    "voice": "anna",
    "input_audio_format": "pcm16",
    "output_audio_format": "pcm16",
    "input_audio_transcription": {"model": "w"},
    "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
    "temperature": 0.8,
    "max_response_output_tokens": 5,
    "tools": [LOOK],
    "tool_choice": "auto",
}
CONTENT = [
    {"type": "input_text", "text": "hi"},
    {"type": "input_audio", "transcript": "t"},
    {"type": "input_image", "image_url": "data:", "detail": "low"},
]
ITEM = {"id": "item_x", "type": "message", "role": "user", "content": CONTENT}
ANSWER = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "t"}]}
RESPONSE = {
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "audio": {"output": {"voice": "anna", "format": {"type": "audio/pcm", "rate": 24000}}},
    "tools": [LOOK],
    "tool_choice": {"type": "function", "name": "look"},
    "max_output_tokens": 5,
    "metadata": {"a": "b"},
    "conversation": "none",
    "input": [ITEM, {"type": "item_reference", "id": "seed"}],
}
REPLY = {"response_id": "resp_1"}
EVENTS: list[dict[str, Any]] = [
    {"type": "session.update", "session": SESSION},
    {"type": "session.update", "session": OLD_SESSION},
    {"type": "transcription_session.update", "session": {"input_audio_format": "pcm16"}},
    {"type": "input_audio_buffer.append", "audio": "AAAA"},
    {"type": "conversation.item.create", "previous_item_id": "root", "item": ITEM},
    {"type": "conversation.item.create", "item": ANSWER},
    {
        "type": "conversation.item.create",
        "item": {"type": "function_call", "name": "look", "call_id": "c", "arguments": "{}"},
    },
    {
        "type": "conversation.item.create",
        "item": {"type": "function_call_output", "call_id": "c", "output": "o"},
    },
    {"type": "conversation.item.retrieve", "item_id": "seed"},
    {"type": "conversation.item.truncate", "item_id": "seed", "content_index": 0, "audio_end_ms": 10},
    {"type": "conversation.item.delete", "item_id": "seed"},
    {"type": "response.create", "response": RESPONSE},
    {"type": "response.create", "response": {"text": "hi", "modalities": ["text"], "voice": "anna"}},
    {"type": "response.cancel", "response_id": "resp_1"},
    {"type": "voice_widget.reply.delta", **REPLY, "delta": "d"},
    {"type": "voice_widget.reply.call", **REPLY, "call_id": "c", "name": "look", "arguments": "{}"},
    {"type": "voice_widget.reply.done", **REPLY, "error": {"code": "c", "message": "m", "next_step": "n"}},
]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands, and where something unknown could."""
    if at:
        yield at
    if isinstance(value, dict):
        for name in (*value, "unknown"):
            yield from places(value.get(name), (*at, name))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from places(member, (*at, number))


def put(event: dict[str, Any], at: tuple[Any, ...], value: Any) -> str:
    event = copy.deepcopy({"event_id": "mine", **event})
    place: Any = event
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = value
    return json.dumps(event)


CASES = [
    pytest.param(event, at, value, id=f"{event['type']} {'.'.join(map(str, at))} {value!r:.30}")
    for event in EVENTS
    for at in places(event)
    for value in STRANGE
]


@pytest.mark.parametrize(("event", "at", "value"), random.Random(20).sample(CASES, 600))
def test_a_strange_value_is_taken_or_refused(event: dict[str, Any], at: tuple[Any, ...], value: Any) -> None:
    for dialect in ("current", "beta"):
        say(put(event, at, value), dialect)


@pytest.mark.parametrize("event", EVENTS, ids=[event["type"] for event in EVENTS])
@pytest.mark.parametrize("value", [[], {}, [[]], 7], ids=repr)
def test_a_strange_type_is_refused_wherever_it_stands(event: dict[str, Any], value: Any) -> None:
    for at in places(event):
        if at[-1] == "type" and at[:2] != ("session", "prompt"):
            say(put(event, at, value), "current")


def say(raw: str, dialect: Dialect) -> None:
    """Say it in the middle of an answer, and go on."""
    talk = Talk(media="websocket", voices=["anna"])
    talk.agent()
    talk.client("conversation.item.create", item={"id": "seed", **ANSWER})
    talk.client("response.create")
    sink = Sink(lambda text: None, kernel=True, dialect=dialect)
    try:
        event = sink.said(parse(raw))
    except ProtocolError:
        return
    actions = talk.core.client_event(event, now_ms=1, origin="me")
    check(actions)
    check(talk.core.client_event({"type": "response.cancel"}, now_ms=2))
    [updated] = sent(
        talk.core.client_event({"type": "session.update", "session": {"type": "realtime"}}, now_ms=3)
    )[:1]
    assert updated["type"] == "session.updated"
    assert talk.core.configuration.language
    check(talk.core.tick(1e6))


def check(actions: list[Action]) -> None:
    events = sent(actions)
    assert [event["type"] for event in events].count("error") <= 1
    for event in events:
        for told in (event, *old_server_event(event)):
            dump(told)


def sent(actions: list[Action]) -> list[dict[str, Any]]:
    return [action.event for action in actions if isinstance(action, Send)]

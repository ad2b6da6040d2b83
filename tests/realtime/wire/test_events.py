from __future__ import annotations

import json
import re
from typing import Any

import pytest

from voice_widget.errors import ProtocolError
from voice_widget.realtime.wire.beta import RENAMED
from voice_widget.realtime.wire.events import CLIENT_EVENTS, OWN, SERVER_EVENTS, check, dump, new_id, parse


def test_the_vocabulary_is_complete() -> None:
    assert len(CLIENT_EVENTS) == 11
    assert len(SERVER_EVENTS) == 45  # 46 in the types, of which `conversation.item.created` is an old name
    assert not any(name.startswith(OWN) for name in CLIENT_EVENTS | SERVER_EVENTS)


@pytest.mark.parametrize(
    "raw", ['{"type":"x.y","a":{"b":[1]}}', b'{"type":"x.y","a":{"b":[1]}}', {"type": "x.y", "a": {"b": [1]}}]
)
def test_unknown_events_and_fields_are_kept(raw: Any) -> None:
    assert parse(raw) == {"type": "x.y", "a": {"b": [1]}}
    assert parse('{"type":"response.cancel","strange":1,"event_id":"e"}') == {
        "type": "response.cancel",
        "strange": 1,
        "event_id": "e",
    }


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (b"\xff", "not JSON"),
        ('{"type":"x","n":NaN}', "NaN is no JSON number"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "no object"),
        ("3", "no object"),
        ("{}", "no `type`"),
        ('{"type":null}', "no `type`"),
        ('{"type":""}', "no `type`"),
        ('{"type":7}', "no `type`"),
        ('{"type":["response.create"]}', "no `type`"),
        ('{"type":{}}', "no `type`"),
        ('{"type":"error","error":"no"}', "`error` of `error` must be an object, not a text."),
        ('{"type":"error","error":{"code":5}}', "`error.code` of `error` must be a text, not the number 5."),
        (
            '{"type":"response.done","response":{"output":[{"content":[{"text":true}]}]}}',
            "`response.output[0].content[0].text` of `response.done` must be a text, not true.",
        ),
        ('{"type":"response.done","response":{"output":{}}}', "must be a list, not an object."),
        (
            '{"type":"response.done","response":{"audio":{"output":{"voice":[]}}}}',
            "must be a name, not a list.",
        ),
        (
            '{"type":"response.output_text.delta","content_index":-1}',
            "must be a whole number from 0, not the number -1.",
        ),
        (
            '{"type":"input_audio_buffer.speech_started","audio_start_ms":-3}',
            "must be a number of milliseconds from 0",
        ),
        (
            '{"type":"input_audio_buffer.speech_started","audio_start_ms":1e999}',
            "a number beyond all measure",
        ),
        (
            '{"type":"input_audio_buffer.speech_started","audio_start_ms":false}',
            "must be a number, not false.",
        ),
        ('{"type":"x","event_id":4}', "`event_id` of `x` must be a text"),
        ({"type": "error", "error": ()}, "not something else."),
        ('{"type":"voice_widget.call.failed"}', "cannot come from outside"),
        ('{"type":"voice_widget.page.voiced"}', "cannot come from outside"),
    ],
)
def test_what_is_refused_and_why(raw: Any, said: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse(raw)
    assert said in caught.value.message
    assert caught.value.code == "invalid_event"


def test_the_field_is_named_for_programs_too() -> None:
    with pytest.raises(ProtocolError) as caught:
        parse({"type": "response.create", "response": {"instructions": 1}})
    assert caught.value.param == "response.instructions"


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "9" * 5_000])
def test_a_number_that_is_none_costs_a_service_that_field_only(number: str) -> None:
    raw = f'{{"type": "response.done", "response": {{"id": "r", "usage": {{"total_tokens": {number}}}}}}}'
    assert parse(raw, forgiving=True)["response"] == {"id": "r", "usage": {"total_tokens": None}}
    with pytest.raises(ProtocolError):
        parse(raw)


def test_missing_fields_pass_the_door_and_fail_the_full_check() -> None:
    event = parse('{"type":"conversation.item.create","item":null}')
    with pytest.raises(ProtocolError) as caught:
        check(event, complete=True)
    assert (caught.value.code, caught.value.param) == ("missing_required_parameter", "item")
    assert caught.value.message == "`item` of `conversation.item.create` is missing."


@pytest.mark.parametrize(("old", "new"), sorted(RENAMED.items()))
def test_old_names(old: str, new: str) -> None:
    assert parse({"type": old, "event_id": "e"}) == {"type": new, "event_id": "e"}


def test_an_old_transcription_session_is_one_still() -> None:
    event = parse({"type": "transcription_session.update", "session": {"input_audio_format": "pcm16"}})
    assert event["session"]["type"] == "transcription"


@pytest.mark.parametrize(
    "kind", ["conversation.item.created", "response.output_item.done", "conversation.item.retrieved"]
)
def test_old_content_of_assistant_items(kind: str) -> None:
    item = {
        "id": "i",
        "role": "assistant",
        "content": [{"type": "text", "text": "a"}, {"type": "audio", "transcript": "b"}, {"type": "other"}],
    }
    raw = {"type": kind, "response_id": "r", "item": item}
    content = parse(raw)["item"]["content"]
    assert [part["type"] for part in content] == ["output_text", "output_audio", "other"]
    assert item["content"][0]["type"] == "text"  # type: ignore[index]  # what was given is as it was


@pytest.mark.parametrize(
    "item",
    [
        {"id": "i", "role": "user", "content": [{"type": "text"}]},
        {"id": "i", "role": "assistant", "content": [{"type": "output_text"}]},
        {"id": "i", "role": "assistant"},
    ],
)
def test_other_items_stay_as_they_are(item: dict[str, Any]) -> None:
    assert parse({"type": "conversation.item.added", "item": item})["item"] == item


@pytest.mark.parametrize(
    ("kind", "current"), [("output_audio", "audio"), ("output_text", "text"), ("audio", "audio"), ("x", "x")]
)
def test_parts_keep_their_short_names(kind: str, current: str) -> None:
    event = {"type": "response.content_part.done", "response_id": "r", "item_id": "i", "part": {"type": kind}}
    assert parse(event)["part"]["type"] == current


def test_old_session() -> None:
    old = {
        "id": "sess",
        "modalities": ["text", "audio"],
        "voice": "alloy",
        "speed": 1.2,
        "temperature": 0.8,
        "input_audio_format": "g711_ulaw",
        "output_audio_format": "strange",
        "input_audio_transcription": None,
        "turn_detection": None,
        "max_response_output_tokens": 7,
        "client_secret": {"value": "ek_x"},
    }
    assert parse({"type": "session.created", "session": old})["session"] == {
        "type": "realtime",
        "id": "sess",
        "output_modalities": ["audio"],
        "max_output_tokens": 7,
        "audio": {
            "output": {"voice": "alloy", "speed": 1.2, "format": "strange"},
            "input": {"format": {"type": "audio/pcmu"}, "transcription": None, "turn_detection": None},
        },
    }


def test_what_stands_at_its_new_place_wins() -> None:
    session = {
        "voice": "old",
        "modalities": ["text"],
        "audio": {"output": {"voice": "new"}},
        "output_modalities": ["audio"],
    }
    got = parse({"type": "session.update", "session": session})["session"]
    assert got["audio"]["output"]["voice"] == "new"
    assert got["output_modalities"] == ["audio"]


def test_a_current_session_stays_as_it_is_but_for_its_token() -> None:
    session = {"type": "realtime", "tools": [], "client_secret": {"value": "ek_x"}}
    assert parse({"type": "session.updated", "session": session})["session"] == {
        "type": "realtime",
        "tools": [],
    }


def test_old_responses() -> None:
    created = parse(
        {
            "type": "response.create",
            "response": {"modalities": ["text"], "voice": "v", "output_audio_format": {"type": "audio/pcm"}},
        }
    )
    assert created["response"] == {
        "output_modalities": ["text"],
        "audio": {"output": {"voice": "v", "format": {"type": "audio/pcm"}}},
    }
    done = parse(
        {
            "type": "response.done",
            "response": {
                "id": "r",
                "output": [{"role": "assistant", "content": [{"type": "text", "text": "a"}]}],
            },
        }
    )
    assert done["response"]["output"][0]["content"][0]["type"] == "output_text"
    tokens = parse(
        {"type": "response.create", "response": {"max_response_output_tokens": 9, "input": ["odd"]}}
    )
    assert tokens["response"] == {"max_output_tokens": 9, "input": ["odd"]}


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert parse('{"type":"x","a":"\\ud83d\\ude00 \\uD83d"}')["a"] == "😀 ?"


def test_dump_is_compact_and_reads_back() -> None:
    event = {"type": "x", "a": [1, "ü\ud800"]}
    assert " " not in dump({"type": "x", "a": [1, 2]})
    assert json.loads(dump(event)) == event
    dump(event).encode("utf-8")


@pytest.mark.parametrize("value", [float("nan"), {1}, b""])
def test_dump_names_what_json_cannot_say(value: Any) -> None:
    with pytest.raises(ProtocolError, match="cannot be written as JSON"):
        dump({"type": "x", "a": value})


def test_ids() -> None:
    assert re.fullmatch(r"item_[0-9a-f]{16}", new_id("item"))
    assert new_id("event") != new_id("event")

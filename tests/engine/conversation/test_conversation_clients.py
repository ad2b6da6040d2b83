"""What clients may ask for, and what a bad message costs: one error to its sender, and nothing else."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest

from tests.engine.conversing import Talk, kinds, short
from voice_widget.engine.conversation.actions import Close, Send
from voice_widget.engine.media.peer import MOST_MESSAGE_BYTES
from voice_widget.errors import ProtocolError
from voice_widget.realtime.wire.events import dump


def text(said: str, **fields: Any) -> dict[str, Any]:
    content = [{"type": "input_text", "text": said}]
    return {"type": "message", "role": "user", "content": content, **fields}


def order(talk: Talk) -> list[str]:
    """The conversation's items as the previous ids tell it."""
    ids: list[str] = []
    for event in talk.events("conversation.item.added"):
        before = event["previous_item_id"]
        ids.insert(0 if before is None else ids.index(before) + 1, event["item"]["id"])
    return ids


# --- items -----------------------------------------------------------------------------------------


def test_items_go_to_the_end_to_the_front_or_behind_another_one() -> None:
    talk = Talk()
    behind: list[tuple[str, dict[str, Any]]] = [
        ("a", {}),
        ("b", {}),
        ("c", {"previous_item_id": "a"}),
        ("d", {"previous_item_id": "root"}),
        ("e", {"previous_item_id": "c"}),
    ]
    for item_id, fields in behind:
        out = talk.client("conversation.item.create", item=text("x", id=item_id), **fields)
        assert kinds(out) == ["conversation.item.added", "conversation.item.done"]
    assert order(talk) == ["d", "a", "c", "e", "b"]
    assert [event["previous_item_id"] for event in talk.events("conversation.item.done")] == [
        None,
        "a",
        "a",
        None,
        "c",
    ]


ITEMS = [
    text("how much"),
    {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Three."}]},
    {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Three."}]},
    {"type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": "how much"}]},
    {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_1", "output": "42"},
]


@pytest.mark.parametrize("item", ITEMS, ids=[f"{item['type']} {item.get('role', '')}" for item in ITEMS])
def test_items_of_all_kinds_are_kept_as_they_are(item: dict[str, Any]) -> None:
    talk = Talk()
    talk.client("conversation.item.create", item=copy.deepcopy(item))
    added = talk.last("conversation.item.added")["item"]
    assert {name: added[name] for name in item} == item
    assert added["id"].startswith("item_")
    assert added.get("status") == (None if item["type"] == "function_call_output" else "completed")
    retrieved = talk.client("conversation.item.retrieve", item_id=added["id"])
    assert kinds(retrieved) == ["conversation.item.retrieved"]
    assert talk.last("conversation.item.retrieved")["item"] == added


def test_old_names_of_an_assistant_s_text_are_taken() -> None:
    talk = Talk()
    item = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Three."}]}
    talk.client("conversation.item.create", item=item)
    assert talk.last("conversation.item.added")["item"]["content"] == [
        {"type": "output_text", "text": "Three."}
    ]


def test_a_call_without_an_id_gets_one() -> None:
    talk = Talk()
    talk.client("conversation.item.create", item={"type": "function_call", "name": "look", "arguments": "{}"})
    assert talk.last("conversation.item.added")["item"]["call_id"] == "call_1"


def test_images_and_sound_are_not_echoed() -> None:
    talk = Talk()
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60000)).decode()
    content = [
        {"type": "input_image", "image_url": f"data:image/png;base64,{png}"},
        {"type": "input_image", "image_url": "https://example.org/cat.png"},
        {"type": "input_audio", "audio": "AAAA", "transcript": "how much"},
    ]
    talk.client("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    assert talk.last("conversation.item.added")["item"]["content"] == [
        {"type": "input_image", "description": "PNG image, 60,008 bytes"},
        {"type": "input_image", "image_url": "https://example.org/cat.png", "description": "image"},
        {"type": "input_audio", "transcript": "how much"},
    ]


BAD_ITEMS = [
    ({"type": "mcp_approval_response"}, "invalid_value", "item.type"),
    ({}, "invalid_value", "item.type"),
    ({"type": "message", "role": "tool", "content": []}, "invalid_value", "item.role"),
    ({"type": "message", "role": "user"}, "missing_required_parameter", "item.content"),
    (text("x", content=[{"type": "output_text", "text": "x"}]), "unsupported_content_type", "item.content"),
    (text("x", content=[{"type": "input_text"}]), "missing_required_parameter", "text"),
    (text("x", content=[{"type": "input_audio", "audio": "AA"}]), "unsupported_content_type", "item.content"),
    (text("x", content=[{"type": "input_image", "image_url": 3}]), "invalid_value", "image_url"),
    ({"type": "function_call_output", "call_id": "call_1"}, "missing_required_parameter", "output"),
    ({"type": "function_call", "name": "look"}, "missing_required_parameter", "arguments"),
    (text("x", id="taken"), "item_create_invalid_item_id", "item.id"),
]


@pytest.mark.parametrize(("item", "code", "param"), BAD_ITEMS)
def test_items_that_cannot_be_are_refused_and_change_nothing(
    item: dict[str, Any], code: str, param: str
) -> None:
    talk = Talk()
    talk.client("conversation.item.create", item=text("x", id="taken"))
    assert kinds(talk.client("conversation.item.create", item=item)) == ["error"]
    error = talk.last("error")["error"]
    assert (error["code"], error["param"], error["event_id"]) == (code, param, "mine_2")
    assert error["type"] == "invalid_request_error"
    assert len(talk.core.items) == 1


def test_an_item_cannot_go_behind_one_that_is_not_there() -> None:
    talk = Talk()
    talk.client("conversation.item.create", item=text("x"), previous_item_id="none")
    assert talk.last("error")["error"]["code"] == "item_create_invalid_previous_item_id"
    assert len(talk.core.items) == 0


def test_a_deleted_item_is_gone() -> None:
    talk = Talk()
    talk.client("conversation.item.create", item=text("x", id="a"))
    assert kinds(talk.client("conversation.item.delete", item_id="a")) == ["conversation.item.deleted"]
    assert talk.last("conversation.item.deleted")["item_id"] == "a"
    for what in ("retrieve", "delete"):
        assert kinds(talk.client(f"conversation.item.{what}", item_id="a")) == ["error"]
        assert talk.last("error")["error"]["code"] == f"item_{what}_invalid_item_id"


def test_a_spoken_item_shows_its_text_once_it_is_known_unless_it_is_gone() -> None:
    talk = Talk()
    item_id = talk.start()[0].event["item_id"]  # type: ignore[union-attr]
    talk.stop()
    talk.final("how much")
    talk.client("conversation.item.retrieve", item_id=item_id)
    content = talk.last("conversation.item.retrieved")["item"]["content"]
    assert content == [{"type": "input_audio", "transcript": "how much"}]
    item_id = talk.start()[0].event["item_id"]  # type: ignore[union-attr]
    talk.stop()
    talk.client("conversation.item.delete", item_id=item_id)
    assert kinds(talk.final("how much")) == ["conversation.item.input_audio_transcription.completed"]


# --- responses -------------------------------------------------------------------------------------


def test_a_response_can_be_asked_for_with_other_settings() -> None:
    tools = [{"type": "function", "name": name} for name in ("look", "count")]
    talk = Talk({"instructions": "Be brief.", "tools": tools}, voices=["anna", "bert"])
    talk.agent()
    asked = {
        "instructions": "Sing.",
        "output_modalities": ["audio"],
        "audio": {"output": {"voice": {"id": "bert"}}},
        "tool_choice": {"type": "function", "name": "count"},
        "max_output_tokens": 100,
        "metadata": {"topic": "tips"},
    }
    talk.client("response.create", response=asked)
    request = talk.last("voice_widget.reply.requested")
    assert (request["instructions"], request["tools"]) == ("Sing.", [tools[1]])
    response = talk.last("response.created")["response"]
    assert response["metadata"] == {"topic": "tips"}
    assert response["max_output_tokens"] == 100
    assert response["audio"]["output"]["voice"] == "bert"


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ({}, ["look"]),
        ({"tool_choice": "none"}, []),
        ({"tools": []}, []),
        ({"tool_choice": "required"}, ["look"]),
    ],
)
def test_the_tools_on_offer(asked: dict[str, Any], offered: list[str]) -> None:
    talk = Talk({"tools": [{"type": "function", "name": "look"}]})
    talk.agent()
    talk.client("response.create", response=asked)
    assert [tool["name"] for tool in talk.last("voice_widget.reply.requested")["tools"]] == offered


def test_input_of_its_own_goes_to_the_agent() -> None:
    talk = Talk()
    talk.agent()
    talk.client("response.create", response={"input": []})
    assert talk.last("voice_widget.reply.requested")["input"] == []


BAD_RESPONSES = [
    ({"audio": {"output": {"voice": "carl"}}}, "response.audio.output.voice"),
    ({"audio": "loud"}, "response.audio"),
    ({"audio": {"output": 1}}, "response.audio.output"),
    ({"text": 3}, "response.text"),
    ({"tools": "all"}, "response.tools"),
    ({"input": "x"}, "response.input"),
    ({"output_modalities": "audio"}, "response.output_modalities"),
    ({"metadata": 3}, "response.metadata"),
    ({"max_output_tokens": "many"}, "response.max_output_tokens"),
    (3, "response"),
]


@pytest.mark.parametrize(("asked", "param"), BAD_RESPONSES)
def test_responses_that_cannot_be_are_refused(asked: Any, param: str) -> None:
    talk = Talk(voices=["anna"])
    assert kinds(talk.client("response.create", response=asked)) == ["error"]
    assert talk.last("error")["error"]["param"] == param
    assert talk.core.answers.quiet


def test_one_response_at_a_time() -> None:
    talk = Talk()
    talk.agent()
    talk.client("response.create")
    assert kinds(talk.client("response.create")) == ["error"]
    assert talk.last("error")["error"]["code"] == "conversation_already_has_active_response"
    talk.done()
    assert kinds(talk.client("response.create"))[0] == "response.created"


def test_a_response_out_of_band_runs_beside_and_enters_no_conversation() -> None:
    talk = Talk()
    talk.agent()
    main = talk.ask()
    asked = {"conversation": "none", "output_modalities": ["text"], "metadata": {"topic": "mood"}}
    talk.client("response.create", response=asked)
    beside = talk.response_id
    assert talk.last("response.created")["response"]["conversation_id"] is None
    before = len(talk.events("conversation.item.added"))
    talk.say("Happy.", beside)
    talk.client("voice_widget.reply.call", response_id=beside, call_id="call_1", name="look", arguments="{}")
    talk.done(beside)
    assert len(talk.events("conversation.item.added")) == before
    assert talk.outcome()["id"] == beside
    assert [item["type"] for item in talk.outcome()["output"]] == ["message", "function_call"]
    talk.done(main)
    assert talk.outcome()["id"] == main


def test_talking_over_an_answer_leaves_the_one_beside_it() -> None:
    talk = Talk()
    talk.agent()
    main = talk.ask()
    talk.client("response.create", response={"conversation": "none", "output_modalities": ["text"]})
    beside = talk.response_id
    talk.start(2000)
    assert talk.outcome()["id"] == main
    talk.done(beside)
    assert (talk.outcome()["id"], talk.outcome()["status"]) == (beside, "completed")


def test_talking_over_stops_whatever_is_spoken() -> None:
    talk = Talk()
    talk.agent()
    talk.ask()
    talk.client("response.create", response={"conversation": "none", "text": "One. Two."})
    speech = next(iter(talk.speaking))
    talk.take(talk.core.speech_audio(speech, 40, []))
    talk.start(2000)
    assert [event["response"]["status"] for event in talk.events("response.done")] == [
        "cancelled",
        "cancelled",
    ]
    assert kinds(talk.actions)[-1] == "output_audio_buffer.cleared"


# --- bad messages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ({"type": "session.destroy"}, "invalid_value", "type"),
        ({"type": "voice_widget.reply.requested", "response_id": "resp_1"}, "invalid_value", "type"),
        ({"type": "conversation.item.retrieve"}, "missing_required_parameter", "item_id"),
        ({"type": "conversation.item.retrieve", "item_id": 3}, "invalid_event", "item_id"),
        ({"type": "response.cancel", "response_id": 3}, "invalid_event", "response_id"),
        ({"type": "session.update", "session": {"audio": {}}}, "missing_required_parameter", "session.type"),
        ({"type": "voice_widget.reply.delta", "delta": "x"}, "missing_required_parameter", "response_id"),
        ({"type": "input_audio_buffer.commit", "event_id": 3}, "invalid_event", "event_id"),
        ({}, "invalid_event", "type"),
    ],
)
def test_a_bad_message_costs_one_error_to_its_sender(event: dict[str, Any], code: str, param: str) -> None:
    talk = Talk()
    out = talk.take(talk.core.client_event(event, now_ms=0, origin="page_1"))
    assert kinds(out) == ["error"]
    assert isinstance(out[0], Send)
    assert out[0].to == "page_1"
    error = out[0].event["error"]
    assert (error["code"], error["param"], error["event_id"]) == (code, param, None)


def test_an_unknown_type_is_answered_with_the_known_ones() -> None:
    talk = Talk()
    talk.client("session.destroy")
    assert "session.update" in talk.last("error")["error"]["message"]


def test_a_message_that_could_not_be_read_is_refused_with_its_next_step() -> None:
    talk = Talk()
    error = ProtocolError("The message is too large.", code="too_large", next_step="Send less.")
    out = talk.take(talk.core.refuse(error, event_id="event_7", origin="page_1"))
    assert isinstance(out[0], Send)
    assert out[0].event["error"] == {
        "type": "invalid_request_error",
        "code": "too_large",
        "message": "The message is too large. Send less.",
        "param": None,
        "event_id": "event_7",
    }


def test_a_session_that_has_lasted_too_long_says_so_and_closes() -> None:
    talk = Talk()
    out = talk.take(talk.core.expire())
    assert kinds(out) == ["error", "Close"]
    assert out[1] == Close("session_expired")
    assert talk.last("error")["error"]["code"] == "session_expired"


def test_instructions_that_fit_no_message_are_refused() -> None:
    talk = Talk()
    talk.client("session.update", session={"type": "realtime", "instructions": "x" * 65_536})
    assert talk.last("session.updated")["session"]["instructions"] == "x" * 65_536
    out = talk.client("session.update", session={"type": "realtime", "instructions": "x" * 65_537})
    assert kinds(out) == ["error"]
    error = talk.last("error")["error"]
    assert (error["code"], error["param"]) == ("string_above_max_length", "session.instructions")
    assert len(talk.core.session()["instructions"]) == 65_536


@pytest.mark.parametrize("media", ["webrtc", "websocket"])
def test_an_answer_without_end_is_spoken_for_five_minutes_and_its_text_ends_there(media: str) -> None:
    talk = Talk(media=media)
    talk.agent()
    response_id = talk.ask()
    said = 0
    while not talk.events("response.done"):
        said += 1
        assert said < 1000
        talk.say("word " * 100 + "end. ")
        talk.now += 100
        talk.voice()
    outcome = talk.outcome()
    assert outcome["status"] == "incomplete"
    assert outcome["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    text = outcome["output"][0]["content"][0]["transcript"]
    assert len(text) * 10 == pytest.approx(300_000, rel=0.02)  # as much text as was spoken
    deltas = talk.events("response.output_audio_transcript.delta")
    assert "".join(delta["delta"] for delta in deltas) == text
    assert max(delta.get("audio_end_ms", 0) for delta in deltas) <= 300_000
    assert short(talk.actions[-1]) in ("response.done", "EndOfSpeech")
    assert any(short(action) == "EndOfSpeech" for action in talk.actions)
    assert talk.speaking == {}
    seen = len(talk.actions)
    talk.say("more.", response_id)
    talk.done(response_id)
    assert len(talk.actions) == seen
    # The next answer is spoken as ever.
    talk.ask(at=400_000)
    talk.say("Short.")
    talk.done()
    assert talk.speaking


@pytest.mark.parametrize("piece", [7, 1000, 100_000])
def test_a_written_answer_without_end_ends_where_its_events_still_fit_a_message(piece: int) -> None:
    talk = Talk({"output_modalities": ["text"]})
    talk.agent()
    response_id = talk.ask()
    wrote = 0
    while not talk.events("response.done"):
        assert wrote < 200_000
        wrote += piece
        talk.say("é" * piece)
    outcome = talk.outcome()
    assert outcome["status"] == "incomplete"
    assert outcome["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    (text,) = (part["text"] for part in outcome["output"][0]["content"])
    assert text == "é" * 32_768
    assert text == talk.last("response.output_text.done")["text"]
    assert "".join(event["delta"] for event in talk.events("response.output_text.delta")) == text
    assert all(len(dump(event)) <= MOST_MESSAGE_BYTES for event in talk.events())
    seen = len(talk.actions)
    talk.say("more", response_id)
    talk.done(response_id)
    assert len(talk.actions) == seen
    talk.ask(at=400_000)
    talk.say("Short.")
    talk.done()
    assert talk.outcome()["status"] == "completed"


def test_a_long_text_that_is_written_verbatim_ends_there_too() -> None:
    talk = Talk({"output_modalities": ["text"]})
    talk.client("response.create", response={"text": "x" * 40_000})
    assert talk.outcome()["status"] == "incomplete"
    assert len(talk.outcome()["output"][0]["content"][0]["text"]) == 32_768

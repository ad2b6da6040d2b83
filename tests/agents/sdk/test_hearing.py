"""A call's events in the words of the SDK."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.agents.sdk.hearing import Hearing, called


def heard(*events: dict[str, Any]) -> list[Any]:
    hearing = Hearing()
    return [told for event in events for told in hearing.heard(event)]


MADE = {"id": "a1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
SPOKEN = {**MADE, "status": "completed", "content": [{"type": "output_audio", "transcript": "Yes."}]}
WHERE = {"response_id": "r1", "item_id": "a1", "content_index": 0}
BEGINS = {"type": "response.created", "response": {"id": "r1", "conversation_id": "c"}}


def test_an_answer_is_heard_from_its_begin_to_its_end() -> None:
    told = heard(
        BEGINS,
        {"type": "response.output_item.added", "response_id": "r1", "item": MADE},
        {"type": "response.output_audio_transcript.delta", "delta": "Yes.", **WHERE},
        {"type": "response.output_audio.delta", "delta": "AAAA", **WHERE},
        {"type": "response.output_audio.done", **WHERE},
        {"type": "response.output_item.done", "response_id": "r1", "item": SPOKEN},
        {
            "type": "response.done",
            "response": {"id": "r1", "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}},
        },
    )
    assert [event.type for event in told] == [
        "turn_started",
        "item_updated",
        "transcript_delta",
        "audio_done",
        "item_updated",
        "usage",
        "turn_ended",
    ]
    assert (told[0].response_id, told[2].delta, told[2].response_id) == ("r1", "Yes.", "r1")
    assert (told[4].item.status, told[4].item.content[0].transcript) == ("completed", "Yes.")
    assert (told[5].usage.input_tokens, told[5].usage.output_tokens, told[5].usage.total_tokens) == (3, 2, 5)


def test_a_fault_is_told_and_a_harmless_race_is_not() -> None:
    fault, race = {"code": "invalid_value", "message": "No."}, {"code": "response_cancel_not_active"}
    (told,) = heard({"type": "error", "error": race}, {"type": "error", "error": fault})
    assert (told.type, told.error) == ("error", fault)


def test_what_the_user_says_has_its_text_once_it_is_known() -> None:
    item = {
        "id": "u1",
        "role": "user",
        "type": "message",
        "content": [{"type": "input_audio", "transcript": None}],
    }
    transcribed = {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1"}
    told = heard(
        {"type": "conversation.item.added", "item": item},
        {**transcribed, "transcript": "two", "status": "in_progress"},
        {**transcribed, "transcript": "two seats"},
    )
    assert [event.type for event in told] == ["item_updated", "input_audio_transcription_completed"]
    assert (told[0].item.role, told[0].item.content[0].type, told[1].transcript) == (
        "user",
        "input_audio",
        "two seats",
    )


def test_what_is_cut_is_told_as_interrupted_whoever_cuts() -> None:
    began = {"type": "response.output_item.added", "response_id": "r1", "item": MADE}
    told = heard(BEGINS, began, {"type": "output_audio_buffer.cleared", "response_id": "r1"})
    assert (told[-1].type, told[-1].item_id) == ("audio_interrupted", "a1")
    cut = {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 5}
    assert [(event.type, event.item_id) for event in Hearing().sent(cut)] == [("audio_interrupted", "a1")]
    assert list(Hearing().sent({"type": "response.create"})) == []


def test_what_was_said_is_known_by_its_beginning_and_an_aside_is_never_the_latest() -> None:
    hearing = Hearing()

    def says(response_id: str, *words: str) -> None:
        for word in words:
            delta = {"type": "response.output_audio_transcript.delta", "delta": word}
            list(hearing.heard({**delta, "response_id": response_id, "item_id": f"{response_id}_a"}))

    list(hearing.heard({"type": "response.created", "response": {"id": "r1", "conversation_id": "c"}}))
    says("r1", "Four ", "dollars.")
    list(hearing.heard({"type": "response.created", "response": {"id": "r2", "conversation_id": "c"}}))
    says("r2", "Done.")
    list(hearing.heard({"type": "response.created", "response": {"id": "r3", "conversation_id": None}}))
    says("r3", "Four more.")
    assert hearing.latest == "r2"
    told = [hearing.response_of(text) for text in ("Four", "Four dollars.", "Done", "Never said")]
    assert told == ["r1", "r1", "r2", "r2"]


def test_responses_beside_the_conversation_are_not_its_business() -> None:
    aside = {"id": "r1", "conversation_id": None}
    assert (
        heard(
            {"type": "response.created", "response": aside},
            {"type": "response.output_text.delta", "delta": "no", **WHERE},
            {"type": "response.done", "response": aside},
        )
        == []
    )


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.created"},
        {"type": "response.output_item.added", "item": {"type": "message"}},
        {"type": "conversation.item.added", "item": {"type": "message", "role": "tool", "id": "x"}},
        {"type": "response.output_audio_transcript.delta", "response_id": "r1"},
        {"type": "something.new"},
    ],
)
def test_what_makes_no_sense_is_passed_over(event: dict[str, Any]) -> None:
    assert heard(event) == []


@pytest.mark.parametrize(
    ("role", "parts", "texts"),
    [
        ("user", [{"text": "Hi."}], ["Hi."]),
        ("assistant", [{"text": "Hi."}, {"type": "output_text", "text": "So."}], ["Hi.", "So."]),
        ("user", [{"type": "video"}, {"type": "input_text", "text": "Look."}], ["Look."]),
        ("system", [{"type": "input_image"}], []),
        ("user", None, []),
    ],
    ids=["no type", "no type, assistant", "a kind that the SDK has not", "no words", "no content"],
)
def test_a_message_is_heard_whatever_parts_it_has(role: str, parts: Any, texts: list[str]) -> None:
    item = {"id": "i", "type": "message", "role": role, "content": parts}
    (told,) = heard({"type": "conversation.item.added", "item": item})
    assert [part.text for part in told.item.content] == texts


def test_a_function_call_is_an_item_and_then_a_call() -> None:
    item, call = called("call_1", "book", "{}", "f1")
    assert (item.type, item.item.status, item.item.output) == ("item_updated", "in_progress", None)  # type: ignore[union-attr]
    assert (call.type, call.name, call.call_id, call.id) == ("function_call", "book", "call_1", "f1")  # type: ignore[union-attr]

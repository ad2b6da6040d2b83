"""Images that are sent: to whom, as what, and what becomes of them when a call is lost or refuses them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.talking import Stage
from voice_widget.errors import SettingError, StateError, VoiceWidgetError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.openai import OpenAI
from voice_widget.services.scripted import ScriptedService
from voice_widget.services.scripted_session import ScriptedConnection
from voice_widget.talk import retrying as waits
from voice_widget.talk.images import MOST_BYTES, MOST_BYTES_BY_PAGE, most_bytes, parts_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
PART = {"type": "input_image", "image_url": URL}


def seeing(service: Any) -> Any:
    service.capabilities = replace(service.capabilities, images=True)
    return service


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(waits, "WAITS_S", (0.01, 0.01, 0.01))
    made = Stage(seeing(ScriptedService([])), SessionConfig())
    made.talk.connect().result(20)
    yield made
    made.close()


def created(stage: Stage) -> list[Any]:
    return [event["item"]["content"] for event in stage.client_events("conversation.item.create")]


@pytest.mark.parametrize(
    ("service", "by_webrtc", "most"),
    [
        (OpenAI(api_key="x"), True, MOST_BYTES),
        (OpenAI(api_key="x", sideband=False), True, MOST_BYTES_BY_PAGE),
        (OpenAI(api_key="x", sideband=False), False, MOST_BYTES),
        (OpenAI("gpt-realtime-mini", api_key="x"), True, MOST_BYTES),
        (OpenAI("gpt-4o-realtime-preview", api_key="x"), True, 0),
        (OpenAI("mine", api_key="x", base_url="http://127.0.0.1:1/v1"), True, 0),
        (OpenAI("mine", api_key="x", base_url="http://127.0.0.1:1/v1", images=True), True, MOST_BYTES),
        (OpenAI(api_key="x", images=False), True, 0),
        (OpenAI(api_key="x", dialect="beta"), True, 0),
        (ScriptedService([]), False, 0),
    ],
)
def test_who_sees_and_how_much(service: Any, by_webrtc: bool, most: int) -> None:
    assert most_bytes(service, by_webrtc=by_webrtc) == most


@pytest.mark.parametrize("most", [MOST_BYTES, MOST_BYTES_BY_PAGE])
def test_they_fit_into_a_message_with_the_longest_text(most: int) -> None:
    message = {MOST_BYTES: 262_144, MOST_BYTES_BY_PAGE: 65_535}[most]
    parts = parts_of([PNG[:8] + bytes(most - 8)], seeing(ScriptedService([])), by_webrtc=False)
    assert len(parts[0]["image_url"]) + 4000 + 500 < message


def test_an_image_goes_with_its_text_as_one_item_and_becomes_one_row(stage: Stage) -> None:
    stage.talk.send_text("What is this?", [PNG, PNG]).result(10)
    assert created(stage) == [[PART, PART, {"type": "input_text", "text": "What is this?"}]]
    assert len(stage.client_events("response.create")) == 1
    row = stage.finished(1)[0]
    assert (row["role"], row["source"], row["text"], row["images"]) == ("user", "typed", "What is this?", 2)
    assert URL not in str(row)


def test_an_image_alone_is_a_turn(stage: Stage) -> None:
    stage.talk.send_text("", [PNG]).result(10)
    row = stage.finished(1)[0]
    assert (row["text"], row["images"], row["status"]) == ("", 1, "completed")


@pytest.mark.parametrize(
    ("images", "code"),
    [([b"%PDF-1.7"], "image_invalid"), ([PNG, b""], "image_invalid"), ([PNG * 7000], "images_too_large")],
)
def test_what_cannot_be_sent_is_refused_at_once(stage: Stage, images: list[bytes], code: str) -> None:
    with pytest.raises(SettingError) as refused:
        stage.talk.send_text("Look.", images)
    assert refused.value.code == code
    assert created(stage) == []


def test_a_service_that_sees_none_says_so(stage: Stage) -> None:
    stage.talk.service.capabilities = replace(stage.talk.service.capabilities, images=False)
    with pytest.raises(StateError) as refused:
        stage.talk.send_text("Look.", [PNG])
    assert refused.value.code == "no_images"
    stage.talk.send_text("Without it.").result(10)


def test_a_page_s_images_are_the_buffers_of_its_message(stage: Stage) -> None:
    message = {"type": "send_text", "page": "p", "request_id": "r", "text": "Look."}
    stage.talk.handle(message, [memoryview(PNG)])
    stage.message("request.done")
    assert created(stage) == [[PART, {"type": "input_text", "text": "Look."}]]
    stage.talk.handle({**message, "request_id": "r2"}, [memoryview(b"%PDF")])
    assert stage.message("request.failed")["error"]["code"] == "image_invalid"


def test_a_service_that_refuses_it_is_quoted_and_the_talk_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear = ScriptedConnection._on_conversation_item_create

    def refuse(self: Any, event: dict[str, Any]) -> None:
        if PART not in event["item"]["content"]:
            hear(self, event)
            return
        error = {"type": "invalid_request_error", "code": "invalid_image", "message": "It is too dark."}
        self._emit("error", error={**error, "event_id": event["event_id"]})

    monkeypatch.setattr(ScriptedConnection, "_on_conversation_item_create", refuse)
    with pytest.raises(VoiceWidgetError, match="too dark") as refused:
        stage.talk.send_text("Look.", [PNG]).result(10)
    assert refused.value.code == "invalid_image"
    assert stage.states()["connection_state"] == "connected"
    stage.talk.send_text("Never mind.").result(10)
    rows = stage.finished(2)
    assert [(row["text"], row["status"]) for row in rows[:2]] == [
        ("Look.", "failed"),
        ("Never mind.", "completed"),
    ]
    assert stage.talk.session.retold(rows[0]["item_id"]) is None


@pytest.mark.parametrize("text", ["What is this?", ""])
def test_another_call_is_told_of_the_image_too(stage: Stage, text: str) -> None:
    stage.talk.send_text(text, [PNG]).result(10)
    row = stage.finished(1)[0]
    item = stage.talk.session.conversation()[0]
    assert item["content"] == [PART, *([{"type": "input_text", "text": text}] if text else [])]
    assert item["id"] == row["item_id"]
    assert stage.talk.session.retold(row["item_id"]) == item

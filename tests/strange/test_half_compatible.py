"""A fault in one field, a word in another place, an end that is half said: whole talks that go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.services.dialects import TRANSCRIPTION
from tests.strange.double import Double, Line
from tests.talking import Stage
from voice_widget.call import outbox
from voice_widget.errors import ServiceUnavailable
from voice_widget.realtime.wire.events import Event

HELLO = ["hello", "Hello to you."]
Open = Callable[[Double], Stage]


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"mild in {city}"


@pytest.fixture
def talk() -> Iterator[Open]:
    stages: list[Stage] = []

    def begin(double: Double) -> Stage:
        stages.append(Stage(double, tools=[get_weather]))
        stages[-1].talk.connect().result(10)
        return stages[-1]

    yield begin
    for stage in stages:
        stage.close()


def texts(stage: Stage) -> list[str]:
    return [row["text"] for row in stage.rows()]


def words(of: str, change: Callable[[Event], Event | None]) -> Callable[[Event], Iterator[Event]]:
    def said(event: Event) -> Iterator[Event]:
        changed = change(event) if event["type"].startswith(of) else event
        if changed is not None:
            yield changed

    return said


ERRORS: list[Event] = [
    {"error": {"message": "Overloaded."}},
    {"error": {"message": "Overloaded.", "event_id": None}},
    {"error": {"message": "Overloaded.", "event_id": "event_of_theirs"}},
    {"error": {"message": "Overloaded.", "event_id": 5}},
    {"error": {"message": "Overloaded.", "code": 429}},
    {"error": {"message": "Overloaded.", "param": "response.instructions"}},
    {"error": "Overloaded.", "code": "overloaded"},
    {"error": ["Overloaded."]},
    {"error": {"error": {"message": "Overloaded."}}},
    {"message": "Overloaded.", "code": 503},
    {"detail": "Overloaded."},
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_refused_question_is_told_and_the_next_one_is_answered(talk: Open, error: Event) -> None:
    refused: list[Event] = []

    def hear(event: Event, line: Line) -> bool:
        if event["type"] != "response.create" or refused:
            return False
        refused.append(event)
        line.say({"type": "error", **error})
        return True

    stage = talk(Double(hear=hear))
    stage.talk.send_text("hello").result(10)
    stage.wait(lambda: "Overloaded." in (stage.states().get("error") or {}).get("message", ""))
    stage.has(activity="idle")
    stage.talk.send_text("hello").result(10)
    stage.wait(lambda: texts(stage) == ["hello", *HELLO])


FRAMES: list[Event | str] = [
    {"type": "server_error", "message": "Overloaded."},
    {"error": {"message": "Overloaded."}},
    {"type": "OverloadedError", "error": {"message": "Overloaded."}},
    {"message": "Overloaded.", "code": 503},
    "Error: Overloaded.",
    {"type": "response.error", "error": {"message": "Overloaded."}},
    {"type": "response.failed", "response": {"error": {"message": "Overloaded."}}},
    {"type": "response.done", "response": {"id": "r", "status": "failed", "error": "Overloaded."}},
]


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("frame", FRAMES, ids=repr)
def test_an_error_that_is_no_error_event_ends_the_wait_in_its_own_words(
    talk: Open, frame: Event | str, shown: bool
) -> None:
    def hear(event: Event, line: Line) -> bool:
        if event["type"] == "response.create":
            line.say(frame)
        return event["type"] == "response.create" or not shown

    stage = talk(Double(hear=hear))
    sent = stage.talk.send_text("hello")
    if shown:
        sent.result(10)
    else:
        assert "Overloaded." in str(sent.exception(10))
    stage.wait(lambda: "Overloaded." in (stage.states().get("error") or {}).get("message", ""))
    assert stage.states()["error"]["next_step"] == "Wait a moment and try again."
    stage.has(activity="idle")


def test_a_text_that_says_nothing_of_an_error_keeps_nobody_waiting(
    talk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SILENT_S", 0.05)

    def hear(event: Event, line: Line) -> bool:
        if event["type"] in ("conversation.item.create", "response.create"):
            line.say("Welcome.")
            return True
        return False

    stage = talk(Double(hear=hear))
    error = stage.talk.send_text("hello").exception(10)
    assert isinstance(error, ServiceUnavailable)
    assert error.code == "answer_timeout"
    assert set(stage.problems) == {"invalid_event", "answer_timeout"}
    stage.has(activity="idle")


FIELDS = {
    "status_details": ["ok", [1], 7],
    "status": [7, {}],
    "output": ["x", None, {}],
    "usage": ["7", [7]],
    "id": [3, None, []],
    "conversation_id": [[], 7],
    "metadata": ["m"],
}


@pytest.mark.parametrize(("field", "value"), [(name, value) for name in FIELDS for value in FIELDS[name]])
def test_a_bad_field_of_a_response_costs_that_field(talk: Open, field: str, value: Any) -> None:
    def change(event: Event) -> Event:
        if "response" not in event:
            return event
        return {**event, "response": {**event["response"], field: value}}

    stage = talk(Double(words("response.", change)))
    for count in (1, 2):
        stage.talk.send_text("hello").result(10)
        stage.wait(lambda count=count: texts(stage) == HELLO * count)
    stage.has(activity="speaking")
    assert stage.problems == []


def test_an_end_that_names_nothing_ends_the_sound_too(talk: Open) -> None:
    stage = talk(Double(words("response.done", lambda event: {**event, "response": None})))
    stage.talk.send_text("hello").result(10)
    stage.finished(2)
    stage.has(activity="idle", assistant_speaking=False)


BUSY: list[Event] = [
    {"code": "conversation_already_has_active_response", "message": "No.", "event_id": None},
    {"code": None, "message": "Conversation already has an active response in progress: resp_1"},
    {"message": "A response is already in progress."},
    {"type": "conversation_already_has_active_response", "message": "No."},
]


@pytest.mark.parametrize("error", BUSY, ids=repr)
@pytest.mark.parametrize("known", [True, False])
def test_what_a_tool_gave_is_spoken_though_the_service_was_quicker(
    talk: Open, error: Event, known: bool
) -> None:
    asked: list[Event] = []
    begins = {"type": "response.created", "response": {"id": "theirs"}}

    def hear(event: Event, line: Line) -> bool:
        asked.extend([event] if event["type"] == "response.create" else [])
        if event["type"] != "response.create" or len(asked) != 2:
            return False
        told = [begins, {"type": "error", "error": error}]
        for said in told if known else reversed(told):
            line.say(said)
        line.say({"type": "response.done", "response": {"id": "theirs", "status": "completed"}})
        return True

    stage = talk(Double(hear=hear))
    stage.talk.send_text("weather").result(10)
    stage.wait(lambda: texts(stage)[-1] == "It is mild in Oslo.")
    assert stage.problems == []


@pytest.mark.parametrize("last", ["completed", None])
def test_a_transcript_that_grows_is_one_turn_and_whole(talk: Open, last: str | None) -> None:
    def said(event: Event) -> Iterator[Event]:
        if event["type"] == f"{TRANSCRIPTION}.completed":
            for text in ("good", "good mor"):
                yield {**event, "transcript": text, "status": "in_progress"}
            event = {**event, "status": last}
        if event["type"] != f"{TRANSCRIPTION}.delta":
            yield event

    stage = talk(Double(said))
    stage.talk.play(np.full(30_000, 0x1010, np.int16), 24_000, "max").result(10)
    stage.wait(lambda: [row["text"] for row in stage.turns][:1])
    assert stage.turns[0]["text"] == "good morning"


ARGUMENTS: list[dict[str, Any]] = [
    {},
    {"item_id": None},
    {"response_id": None},
    {"arguments": {"city": "Oslo"}},
    {"call_id": 12},
]


@pytest.mark.parametrize("changed", ARGUMENTS, ids=repr)
@pytest.mark.parametrize("output", [None, [], "none"])
def test_a_tool_that_only_its_arguments_announce_is_run(
    talk: Open, changed: dict[str, Any], output: Any
) -> None:
    def said(event: Event) -> Iterator[Event]:
        kind, item = event["type"], event.get("item") or {}
        if item.get("type") == "function_call" or kind.endswith("arguments.delta"):
            return
        if kind == "response.function_call_arguments.done":
            event = {**event, **changed}
        if kind == "response.done" and not any("role" in item for item in event["response"]["output"]):
            event = {**event, "response": {**event["response"], "output": output}}
        yield event

    stage = talk(Double(said))
    stage.talk.send_text("weather").result(10)
    stage.wait(lambda: texts(stage)[-1] == "It is mild in Oslo.")
    assert stage.problems == []


@pytest.mark.parametrize("reason", ["content_filter", "max_output_tokens", "odd", None, {"x": 1}])
def test_an_answer_that_ended_early_is_told(talk: Open, reason: Any) -> None:
    def change(event: Event) -> Event:
        details = {"type": "incomplete", "reason": reason}
        return {**event, "response": {**event["response"], "status": "incomplete", "status_details": details}}

    stage = talk(Double(words("response.done", change)))
    stage.talk.send_text("hello").result(10)
    notice = stage.wait(lambda: stage.states().get("notice"))
    assert notice["code"] == "answer_incomplete"
    assert notice["next_step"]
    row = stage.rows()[-1]
    assert (row["status"], row["stop_reason"]) == ("incomplete", reason if isinstance(reason, str) else None)
    means = {"content_filter": "content_filter", "max_output_tokens": "token_limit"}
    assert row["stopped_by"] == (means.get(reason, "unknown") if isinstance(reason, str) else "unknown")


def test_tools_that_lead_to_tools_for_ever_are_stopped_by_name(talk: Open) -> None:
    calls: list[str] = []

    def hear(event: Event, line: Line) -> bool:
        questions = [one for one in line.sent if one.get("item", {}).get("role") == "user"]
        if event["type"] != "response.create" or len(questions) != 1:
            return False
        calls.append(f"call_{len(calls)}")
        item = {"id": f"f{calls[-1]}", "type": "function_call", "status": "completed", "call_id": calls[-1]}
        item |= {"name": "get_weather", "arguments": '{"city": "Oslo"}'}
        response = {"id": f"r{calls[-1]}"}
        line.say({"type": "response.created", "response": {**response, "status": "in_progress"}})
        line.say({"type": "response.output_item.done", "response_id": response["id"], "item": item})
        line.say({"type": "response.done", "response": {**response, "status": "completed", "output": [item]}})
        return True

    stage = talk(double := Double(hear=hear))
    stage.talk.send_text("weather").result(10)
    stage.wait(lambda: (stage.states().get("error") or {}).get("code") == "tools_endless")
    stage.has(activity="idle")
    assert stage.problems == ["tools_endless"]
    (line,) = double.lines
    gave = "function_call_output"
    stage.wait(lambda: [one.get("item", {}).get("type") for one in line.sent].count(gave) == len(calls))
    stage.talk.send_text("hello").result(10)
    stage.wait(lambda: texts(stage) == ["weather", *HELLO])
    assert len(calls) == 50
    stage.has(activity="idle", error=None)

"""Errors that name nothing of ours, and answers that nobody ends: whole talks with a service that does so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.strange.double import Double, Line
from tests.talking import FakePage, Stage
from voice_widget.call import call as call_module
from voice_widget.call import outbox as outbox_module
from voice_widget.realtime.state.changes import Problem
from voice_widget.realtime.wire.events import Event

Open = Callable[..., Stage]
WORDS = "Nobody can do that."


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "GREETING_S", 0.02)
    monkeypatch.setattr(call_module, "LAST_WORD_S", 0.02)
    monkeypatch.setattr(outbox_module, "GRACE_S", 0.02)


@pytest.fixture
def talk() -> Iterator[Open]:
    stages: list[Stage] = []

    def begin(double: Double, transport: str = "memory") -> Stage:
        stages.append(Stage(double, transport=transport))
        return stages[-1]

    yield begin
    for stage in stages:
        stage.close()


def refusing(kind: str, **error: Any) -> Callable[[Event, Line], bool]:
    """Refuse the first event of a type in these words."""
    refused: list[Event] = []

    def hear(event: Event, line: Line) -> bool:
        if event["type"] != kind or refused:
            return False
        refused.append(event)
        line.say({"type": "error", "event_id": "of_the_service", "error": {"message": WORDS, **error}})
        return True

    return hear


def texts(stage: Stage) -> list[str]:
    return [row["text"] for row in stage.rows()]


NAMELESS: list[dict[str, Any]] = [{}, {"event_id": None}, {"event_id": "of_the_service"}]


@pytest.mark.parametrize("error", NAMELESS)
@pytest.mark.parametrize("way", ["sideband", "greeted socket", "socket that waits"])
def test_refused_settings_are_named_by_the_services_own_words(
    talk: Open, way: str, error: dict[str, Any]
) -> None:
    double = Double(hear=refusing("session.update", **error), greets=way == "greeted socket")
    stage = talk(double, "webrtc" if way == "sideband" else "memory")
    if way == "sideband":
        FakePage(stage).call()
    else:
        stage.talk.connect().result(10)
    told = {
        "code": "setting_refused",
        "message": f"The settings of this call were not taken: {WORDS}",
        "next_step": "The call goes on with the service's own; correct the setting and call again.",
    }
    stage.has(connection_state="connected", error=told, notice=told)
    stage.talk.send_text("hello").result(10)
    stage.wait(lambda: texts(stage) == ["hello", "Hello to you."])
    assert stage.states()["error"] == told  # they are not in force for that


@pytest.mark.parametrize(
    "words",
    [
        {"message": "Audio content of 1000ms is already shorter than 1500ms", "code": "invalid_value"},
        {"message": "Unknown event type: conversation.item.truncate"},
        {"message": "Only model output audio messages can be truncated"},
    ],
)
@pytest.mark.parametrize("error", NAMELESS)
def test_an_ordinary_interruption_is_no_error(
    talk: Open, words: dict[str, Any], error: dict[str, Any]
) -> None:
    double = Double(hear=refusing("conversation.item.truncate", **error, **words))
    stage = talk(double)
    stage.talk.connect().result(10)
    stage.talk.send_text("story").result(10)
    stage.wait(lambda: any(e.event["type"] == "output_audio_buffer.started" for e in stage.talk.events))
    stage.talk.interrupt().result(10)
    stage.wait(lambda: stage.client_events("conversation.item.truncate"))
    stage.talk.send_text("hello").result(10)
    stage.wait(lambda: texts(stage)[-1] == "Hello to you.")
    assert stage.problems == []


@pytest.mark.parametrize("error", NAMELESS)
def test_a_sound_that_is_refused_leaves_the_question_alone(talk: Open, error: dict[str, Any]) -> None:
    words = {"message": "Unknown event type input_audio_buffer.append"}

    def hear(event: Event, line: Line) -> bool:
        if event["type"] == "input_audio_buffer.append":
            line.say({"type": "error", "error": {**words, **error}})
        return event["type"] in ("input_audio_buffer.append", "response.create")

    double = Double(hear=hear)
    stage = talk(double)
    stage.talk.connect().result(10)
    asked = stage.talk.send_text("hello")
    stage.wait(lambda: stage.client_events("response.create"))
    told = len(stage.problems)
    stage.wait(lambda: len(stage.problems) > told)
    asked.result(10)
    assert stage.states()["activity"] == "thinking"
    assert words["message"] in stage.states()["error"]["message"]


@pytest.mark.parametrize("kind", ["nothing more", "an error"])
@pytest.mark.parametrize("transport", ["memory", "webrtc"])
def test_an_answer_that_nobody_ends_holds_no_question(
    talk: Open, monkeypatch: pytest.MonkeyPatch, transport: str, kind: str
) -> None:
    monkeypatch.setattr(outbox_module, "SILENT_S" if kind == "nothing more" else "DOUBT_S", 0.05)
    double = Double()
    stage = talk(double, transport)
    if transport == "webrtc":
        FakePage(stage).call()
    else:
        stage.talk.connect().result(10)
    stage.talk.send_text("story")  # it has no end by itself
    stage.wait(lambda: len(texts(stage)) == 2 and texts(stage)[1])
    line = double.lines[0]
    line.session._speaker._open = None  # the service has forgotten it
    if kind == "an error":
        stage.talk.send_text("hello")
        line.say({"type": "error", "error": {"type": "server_error", "message": WORDS}})
    stage.wait(lambda: "answer_unended" in stage.problems)
    error = next(c.error for c in stage.changes if isinstance(c, Problem) and "unended" in c.error["code"])
    assert (WORDS in error["message"]) == (kind == "an error")
    assert error["next_step"].startswith("Ask again")
    if kind == "nothing more":
        stage.talk.send_text("hello")
    stage.wait(lambda: "Hello to you." in texts(stage))
    (story,) = [row for row in stage.rows() if row["text"] == "Once upon a time"]
    assert story["status"] == "failed"


def test_an_answer_without_a_name_that_nobody_asked_for_nor_ends(
    talk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "SILENT_S", 0.05)
    double = Double()
    stage = talk(double)
    stage.talk.connect().result(10)
    double.lines[0].say({"type": "response.created", "response": {}})
    stage.wait(lambda: stage.problems == ["answer_unended"])
    stage.has(activity="idle")

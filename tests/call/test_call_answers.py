"""Errors that name nothing, answers that nobody wants, and what waits for them: one call, event by event."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.call.test_call import SPEECH, FakeService, Held, audio, done
from voice_widget.call import call as call_module
from voice_widget.call import deliveries
from voice_widget.call import outbox as outbox_module
from voice_widget.errors import ServiceRefused, ServiceUnavailable
from voice_widget.realtime.answering.response_queue import BUSY
from voice_widget.realtime.wire.events import Event

ITEM: Event = {"type": "conversation.item.create", "item": {"id": "item_1", "type": "message"}}
CREATE: Event = {"type": "response.create"}


def error(**fields: Any) -> Event:
    return {"type": "error", "error": fields}


def created(response_id: str) -> Event:
    return {"type": "response.created", "response": {"id": response_id}}


@pytest.mark.parametrize("named", [None, "event_of_the_server"])
async def test_an_error_that_names_none_of_ours_is_the_answer_to_what_was_asked(named: str | None) -> None:
    held = Held(FakeService())
    await held.until("session.update")
    delivery = held.call.outbox.deliver([ITEM, CREATE])
    await held.until("response.create")
    await held.call.send(CREATE)
    held.line.say(error(type="server_error", message="Overloaded.", event_id=named))
    with pytest.raises(ServiceRefused, match="Overloaded"):
        await asyncio.wait_for(asyncio.shield(delivery.asked), 20)
    await held.until("response.create", 2)  # what waited behind it
    await held.end()


async def test_an_error_that_names_none_is_shown_in_the_words_in_which_the_verb_fails() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    held.call.outbox.deliver([CREATE])
    asked = await held.until("response.create")
    refusal = held.call.outbox.refusal(error(message="Overloaded."))
    assert refusal is not None
    assert refusal.event["error"] == {"message": "Overloaded.", "event_id": asked["event_id"]}
    assert refusal.told is not None
    assert refusal.told.message == "The service refused it: Overloaded."
    await held.end()


@pytest.mark.parametrize(
    ("code", "said", "step"),
    [
        ("server_error", "The model is overloaded.", "Wait a moment and try again."),
        (None, "We are at capacity, try later.", "Wait a moment and try again."),
        ("rate_limit_exceeded", "No.", "Wait a moment and try again."),
        ("server_error", "It burns.", "Try again."),
        ("insufficient_quota", "Too many.", "Add credit to the account, or use another key."),
        ("content", "Not with me.", "Say it in another way"),
    ],
)
def test_what_to_do_about_a_turn_that_is_not_taken_is_what_its_error_says(
    code: str | None, said: str, step: str
) -> None:
    told = {"code": code, "message": said}
    assert deliveries._refusal(told).next_step.startswith(step)
    lost = ServiceUnavailable(said, code=code or "connection_lost")
    assert deliveries.Fatal(3, lost).next_step.startswith(step)
    assert deliveries.Fatal(3).next_step == "Say it in another way, or later."


async def test_a_race_that_names_none_is_asked_again_and_not_told() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    delivery = held.call.outbox.deliver([CREATE])
    await held.until("response.create")
    busy = error(code=None, message="Conversation already has an active response in progress: r1.")
    held.line.say(created("r1"), busy, done("r1"))
    await held.until("response.create", 2)
    assert not delivery.asked.done()
    refusal = held.call.outbox.refusal(busy)
    assert refusal is not None
    assert refusal.event["error"]["code"] == BUSY
    await held.end()


async def test_an_error_that_names_none_answers_what_has_waited_longest() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    held.call.outbox.deliver([CREATE])
    await held.until("response.create")
    asked = asyncio.create_task(held.call.outbox.ask({"type": "session.update", "session": {}}))
    await held.until("session.update", 2)
    held.line.say(error(message="Not now."), error(message="Not so."))
    assert (await asyncio.wait_for(asked, 20))["error"]["message"] == "Not so."
    asked = asyncio.create_task(held.call.outbox.ask({"type": "session.update", "session": {}}))
    await held.until("session.update", 3)
    delivery = held.call.outbox.deliver([CREATE])
    await held.until("response.create", 2)
    held.line.say(error(message="Not so."))
    assert (await asyncio.wait_for(asked, 20))["type"] == "error"
    assert not delivery.received.done()
    await held.end()


async def test_an_error_about_a_setting_answers_the_change() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    delivery = held.call.outbox.deliver([CREATE])
    await held.until("response.create")
    asked = asyncio.create_task(held.call.outbox.ask({"type": "session.update", "session": {}}))
    await held.until("session.update", 2)
    held.line.say(error(message="No.", param="session.voice"))
    assert (await asyncio.wait_for(asked, 20))["type"] == "error"
    assert not delivery.received.done()
    await held.end()


async def test_an_answer_that_does_not_come_is_given_way_to_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox_module, "WAY_S", 0.02)
    held = Held(FakeService())
    await held.until("session.update")
    held.line.say(created("r1"))
    await held.until("response.created")
    await held.call.send(CREATE)
    cancelled = {"id": "r1", "status": "cancelled", "status_details": {"reason": "turn_detected"}}
    held.line.say(SPEECH, {"type": "response.done", "response": cancelled})
    await held.until("response.done")
    assert "response.create" not in held.types("sent")
    held.line.say({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 9, "item_id": "u"})
    await held.until("response.create")
    await held.end()


async def talked_over(held: Held) -> None:
    """A question is asked while an answer is made, over which the user begins to speak."""
    await held.until("session.update")
    held.line.say(created("r1"))
    await held.until("response.created")
    await held.call.send(CREATE)
    cancelled = {"id": "r1", "status": "cancelled", "status_details": {"reason": "turn_detected"}}
    held.line.say(SPEECH, {"type": "response.done", "response": cancelled})
    await held.until("response.done")


@pytest.mark.parametrize("begins", [True, False])
async def test_speech_of_which_there_is_no_sign_any_more_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, begins: bool
) -> None:
    monkeypatch.setattr(outbox_module, "WAY_S", 0.01)
    monkeypatch.setattr(outbox_module, "SIGN_S", 0.01)
    held = Held(FakeService())
    if begins:
        await talked_over(held)
    else:  # it was the end of an answer, and nothing is asked until later
        await held.until("session.update")
        held.line.say(created("r1"), SPEECH, done("r1"))
        await held.until("response.done")
        await held.call.send(CREATE)
    await held.until("response.create")
    assert held.session.user_speaking  # nobody has said that it ended
    await held.end()


async def test_a_user_who_speaks_for_long_is_not_talked_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "WAY_S", 0.01)
    monkeypatch.setattr(outbox_module, "SIGN_S", 0.01)
    asked, looked = 0, asyncio.Event()

    def look(at: float, seconds: float) -> bool:
        nonlocal asked
        asked += 1
        if asked > 3:
            looked.set()
        return hears(at, seconds)

    held = Held(FakeService())
    hears = held.session.hears_user
    monkeypatch.setattr(held.session, "hears_user", look)
    held.voiced(True)
    await talked_over(held)
    await asyncio.wait_for(looked.wait(), 20)
    assert "response.create" not in held.types("sent")
    held.voiced(False)
    await held.until("response.create")
    await held.end()


@pytest.mark.parametrize("transport", ["memory", "webrtc"])
async def test_an_answer_that_is_interrupted_before_it_begins_is_not_heard(transport: str) -> None:
    held = Held(FakeService(), transport=transport)
    await held.until("session.update")
    await held.call.send(CREATE)
    await held.call.interrupt()
    assert "response.cancel" not in held.types("sent")
    held.line.say(created("resp_1"))
    assert (await held.until("response.cancel"))["response_id"] == "resp_1"
    if transport == "memory":
        held.line.say(audio(1000), done())
        await held.until("response.done")
        held.line.now_ms = 400
        held.line.say({"type": "custom"})
        await held.until("custom")
        assert "output_audio_buffer.started" not in held.types("local")
    await held.end()


async def test_a_session_whose_time_is_over_is_known_by_the_sentence_too() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    said = "Your session hit the maximum duration of 60 minutes."
    held.line.say(error(type="server_error", code=None, message=said), None)
    with pytest.raises(ServiceUnavailable) as raised:
        await asyncio.wait_for(held.task, 20)
    assert raised.value.code == "session_expired"


async def test_what_a_service_said_before_it_hung_up_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "GREETING_S", 0.01)
    service = FakeService()
    service.mute = True
    held = Held(service)
    await held.until("session.update")
    held.line.say(error(message="There is no such model.", event_id=None), None)
    with pytest.raises(ServiceUnavailable, match="It said: There is no such model") as raised:
        await asyncio.wait_for(held.task, 20)
    assert raised.value.code == "call_ended"

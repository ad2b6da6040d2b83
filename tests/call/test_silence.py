"""Services that say nothing although something is due."""

from __future__ import annotations

import asyncio

import pytest

from tests.call.test_call import FakeService, Held
from voice_widget.call import outbox as outbox_module
from voice_widget.call import silence as silence_module
from voice_widget.errors import ServiceUnavailable
from voice_widget.realtime.wire.events import Event

CREATE: Event = {"type": "response.create"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUIET_S", "ANSWER_S", "SLOW_S", "GRACE_S"):
        monkeypatch.setattr(silence_module, name, 0.02)


async def connected(transport: str = "memory") -> Held:
    held = Held(FakeService(), transport=transport)
    await held.until("session.updated" if transport == "webrtc" else "session.update")
    held.call.media("connected")
    await asyncio.wait_for(held.call.connected.wait(), 20)
    return held


async def test_a_socket_that_goes_mute_when_something_was_asked_is_given_up() -> None:
    held = await connected()
    await held.call.send(CREATE)
    with pytest.raises(ServiceUnavailable) as raised:
        await asyncio.wait_for(held.task, 20)
    assert raised.value.code == "service_silent"
    assert held.line.sent[-1] == {
        "type": "session.update",
        "session": {"type": "realtime"},
        "event_id": held.line.sent[-1]["event_id"],
    }


async def test_a_socket_that_goes_mute_when_the_user_has_spoken_is_given_up() -> None:
    held = await connected()
    held.call.silence.voice()
    with pytest.raises(ServiceUnavailable) as raised:
        await asyncio.wait_for(held.task, 20)
    assert raised.value.code == "service_silent"


async def test_a_mute_sideband_is_replaced() -> None:
    held = await connected("webrtc")
    held.line._mute = True
    held.call.silence.voice()
    await held.until("session.updated", 2)
    assert len(held.service.connections) == 2
    assert held.service.connections[0].closed
    await held.end()


async def test_a_service_that_lives_is_not_given_up_for_saying_nothing() -> None:
    held = await connected("webrtc")
    held.call.silence.voice()
    await held.until("session.updated", 2)  # it was asked, and has answered
    await held.call.send(CREATE)
    await held.until("session.updated", 5)  # and again, as long as an answer is due
    assert len(held.service.connections) == 1
    await held.end()


async def test_a_request_that_is_never_answered_has_an_end_and_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox_module, "SILENT_S", 0.02)
    monkeypatch.setattr(outbox_module, "GRACE_S", 0.01)
    held = await connected("webrtc")
    delivery = held.call.outbox.deliver([CREATE])
    later = held.call.outbox.deliver([CREATE])
    with pytest.raises(ServiceUnavailable) as raised:
        await asyncio.wait_for(asyncio.shield(delivery.received), 20)
    assert raised.value.code == "answer_timeout"
    assert not later.received.done()
    assert ("local", "response.done") in [(way, event["type"]) for way, event in held.seen]
    assert held.session.error is not None
    assert held.session.error["code"] == "answer_timeout"
    await held.until("response.create", 2)
    await held.end()


BUFFER = "input_audio_buffer."
SPOKEN: list[Event] = [
    {"type": BUFFER + "speech_started", "item_id": "u1", "audio_start_ms": 100},
    {"type": BUFFER + "speech_stopped", "item_id": "u1", "audio_end_ms": 900},
]


async def test_a_spoken_question_that_is_never_answered_has_an_end_and_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each one, also the second."""
    monkeypatch.setattr(outbox_module, "SILENT_S", 0.02)
    monkeypatch.setattr(outbox_module, "GRACE_S", 0.01)
    held = await connected("webrtc")
    for number in (1, 2):
        held.line.say(*({**event, "item_id": f"u{number}"} for event in SPOKEN))
        await held.until("response.done", number)
        assert held.session.error is not None
        assert held.session.error["code"] == "answer_timeout"
        assert "has not begun to answer" in held.session.error["message"]
        assert held.session.activity == "idle"
    await held.end()


BEGUN: Event = {"type": "response.created", "response": {"id": "r1"}}


@pytest.mark.parametrize("first", [SPOKEN, [*SPOKEN, BEGUN], [CREATE], [CREATE, BEGUN]], ids=len)
async def test_an_answer_that_was_due_when_the_sideband_broke_has_an_end_and_a_name(
    monkeypatch: pytest.MonkeyPatch, first: list[Event]
) -> None:
    monkeypatch.setattr(outbox_module, "SILENT_S", 30.0)
    monkeypatch.setattr(outbox_module, "GRACE_S", 0.01)
    held = await connected("webrtc")
    if first[0] == CREATE:
        await held.call.send(CREATE)
    held.line.say(*(event for event in first if event != CREATE))
    await held.until(first[-1]["type"])
    held.line.say(ServiceUnavailable("broken"))
    await held.until("session.updated", 2)
    catching_up = held.call.outbox._catching_up
    assert catching_up is not None
    await catching_up
    monkeypatch.setattr(outbox_module, "SILENT_S", 0.02)
    held.call.outbox._doubtful.set()  # it looks again how long it has to wait
    await held.until("response.done")
    assert held.session.error is not None
    assert held.session.error["code"] == ("answer_unended" if BEGUN in first else "answer_timeout")
    assert held.session.activity == "idle"
    assert not held.call.outbox._responses.due
    await held.end()


async def test_an_answer_that_comes_by_the_new_sideband_is_not_overdue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = await connected("webrtc")
    held.line.say(*SPOKEN, BEGUN)
    await held.until("response.created")
    held.line.say(ServiceUnavailable("broken"))
    await held.until("session.updated", 2)
    held.line.say({"type": "response.done", "response": {"id": "r1", "status": "completed"}})
    await held.until("response.done")
    assert not held.call.outbox._responses.due
    await held.end()


async def test_a_service_that_is_not_to_answer_by_itself_owes_no_answer_to_speech(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox_module, "SILENT_S", 0.0)
    monkeypatch.setattr(outbox_module, "GRACE_S", 0.01)
    held = await connected("webrtc")
    detection = {"type": "server_vad", "create_response": False}
    session = {"audio": {"input": {"turn_detection": detection}}}
    held.line.say({"type": "session.updated", "session": session}, *SPOKEN)
    await held.until(BUFFER + "speech_stopped")
    assert not held.call.outbox._responses.due
    assert held.session.activity == "idle"
    await held.end()


async def test_a_text_that_is_understood_gives_the_answer_its_time_again() -> None:
    held = await connected("webrtc")
    held.line.say(*SPOKEN)
    await held.until(BUFFER + "speech_stopped")
    held.call.outbox._response_at -= 20.0
    before = held.call.outbox._response_at
    heard = "conversation.item.input_audio_transcription."
    held.line.say({"type": heard + "completed", "item_id": "u1", "transcript": "hello"})
    await held.until(heard + "completed")
    assert held.call.outbox._response_at >= before + 20.0
    await held.end()


async def test_what_the_service_cannot_cut_has_ended_as_if_it_were_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox_module, "DOUBT_S", 0.02)
    monkeypatch.setattr(outbox_module, "GRACE_S", 0.01)
    held = await connected("webrtc")
    where = {"response_id": "resp_1", "item_id": "item_1"}
    held.line.say({"type": "response.created", "response": {"id": "resp_1"}})
    held.line.say({"type": "response.output_text.delta", **where, "delta": "I was"})
    await held.until("response.output_text.delta")
    await held.call.interrupt()
    await held.call.send(CREATE)
    held.line.say({"type": "error", "error": {"message": "Nothing to cancel", "code": None}})
    await held.until("response.create")
    assert held.session.error is None
    (row,) = held.session.rows
    assert (row["status"], row["interrupted"], row["stop_reason"]) == ("incomplete", True, "client_cancelled")
    await held.end()

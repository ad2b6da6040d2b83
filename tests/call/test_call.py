"""One call, event by event, against a service played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from voice_widget.audio.memory import MemoryAudio
from voice_widget.call import call as call_module
from voice_widget.call import flood as flood_module
from voice_widget.call import outbox as outbox_module
from voice_widget.call import release as release_module
from voice_widget.call.by_peer import PeerPath
from voice_widget.call.by_socket import SocketPath
from voice_widget.call.call import Call
from voice_widget.call.joined import JoinedPath
from voice_widget.call.outbox import Refusal
from voice_widget.call.ways import Offer, Path
from voice_widget.errors import ServiceError, ServiceRefused, ServiceUnavailable
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event, dump
from voice_widget.services import Answer, Capabilities

CREATED: Event = {"type": "session.created", "session": {"id": "sess_1"}}
UPDATED: Event = {"type": "session.updated", "session": {"id": "sess_1"}}


class FakeConnection:
    """Says what it is told to say.

    A session's socket greets. A sideband says nothing until it gets settings, and then that they are in
    force: so do those captured of OpenAI and Azure.
    """

    def __init__(self, sideband: bool = False, mute: bool = False) -> None:
        self.says: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        self.sent: list[Event] = []
        self.now_ms = 0.0
        self.closed = False
        self._sideband, self._mute = sideband, mute
        if not (sideband or mute):
            self.say(CREATED)

    def audio_ms(self) -> float:
        return self.now_ms

    @property
    def asked(self) -> list[str]:
        """The types of what was sent, but the settings with which every connection begins."""
        return [event["type"] for event in self.sent if event["type"] != "session.update"]

    def say(self, *events: Event | Exception | None) -> None:
        for event in events:
            self.says.put_nowait(event)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self.says.get()) is not None:
            if isinstance(event, Exception):
                raise event
            yield event

    async def send(self, event: Event) -> None:
        self.sent.append(event)
        if event["type"] == "session.update" and self._sideband and not self._mute:
            self.say(UPDATED)

    async def close(self) -> None:
        self.closed = True
        self.say(None)


class FakeService:
    """Hands out connections."""

    name = "fake"
    model = "fake"

    def __init__(self, **capabilities: Any) -> None:
        usual = {"webrtc": True, "sideband": True, "kernel_agent": True}
        self.capabilities = Capabilities(**usual | capabilities)
        self.connections: list[FakeConnection] = []
        self.hung_up: list[str] = []
        self.mute = False

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        return Answer("answer", "rtc_1")

    async def connect(self, *, call_id: str | None = None, **_: Any) -> FakeConnection:
        self.connections.append(FakeConnection(sideband=call_id is not None, mute=self.mute))
        return self.connections[-1]

    async def hangup(self, call_id: str) -> None:
        self.hung_up.append(call_id)


def _now() -> float:
    return asyncio.get_running_loop().time()


class Held:
    """A call that runs beside the test."""

    def __init__(self, service: FakeService, config: SessionConfig | None = None, transport: str = "memory"):
        self.service = service
        self.seen: list[tuple[str, Event]] = []
        self.refusals: list[Refusal] = []
        self.told: list[dict[str, Any]] = []  # to the pages
        self._news = asyncio.Event()
        config = config or SessionConfig()
        self.session = Session()
        path = self.way(config, transport)
        self.session.apply({"type": "voice_widget.call.connecting", "transport": transport}, _now())
        if not path.sound_apart:
            self.session.apply({"type": "voice_widget.call.media", "state": "connected"}, _now())
        self.call = Call(
            path,
            config,
            number=3,
            observe=self._observe,
            user_speaks=lambda: self.session.hears_user(_now(), outbox_module.SIGN_S),
        )
        self.task = asyncio.create_task(self.call.run())

    def way(self, config: SessionConfig, transport: str) -> Path:
        """How the service is reached."""
        reached: Any = self.service
        if transport != "webrtc":
            return SocketPath(reached, config, audio=MemoryAudio)
        offer = Offer("page_1", "req_1", "offer")
        return PeerPath(reached, config, offer=offer, page=self._page, reply=lambda message: None)

    def _page(self, message: dict[str, Any], buffers: Any) -> None:
        self.told.append(message)
        self._news.set()

    def _observe(self, event: Event, direction: str, refusal: Refusal | None = None, /) -> None:
        self.seen.append((direction, event))
        if refusal is not None:
            self.refusals.append(refusal)
            event = refusal.event
        self.session.apply(event, _now(), sent=direction in ("sent", "page"))
        self.call.understood(self.session)
        self._news.set()

    def voiced(self, voiced: bool) -> None:
        """The page hears the user, or hears nothing any more."""
        self._observe(
            {"type": "voice_widget.page.voiced", "side": "user", "voiced": voiced, "at_ms": 0}, "local"
        )

    def types(self, direction: str) -> list[str]:
        return [event["type"] for way, event in self.seen if way == direction]

    async def until(self, kind: str, count: int = 1) -> Event:
        """Wait until an event of that type was seen so often; gives the last."""
        async with asyncio.timeout(20):
            while True:
                found = [event for _, event in self.seen if event["type"] == kind]
                if len(found) >= count:
                    return found[-1]
                self._news.clear()
                await self._news.wait()

    async def end(self) -> None:
        self.call.end()
        await asyncio.wait_for(self.task, 20)

    @property
    def line(self) -> FakeConnection:
        return self.service.connections[-1]


def audio(ms: int, response_id: str = "resp_1") -> Event:
    import base64

    delta = base64.b64encode(bytes(48 * ms)).decode()
    return {
        "type": "response.output_audio.delta",
        "response_id": response_id,
        "item_id": "item_1",
        "content_index": 0,
        "delta": delta,
    }


def done(response_id: str = "resp_1") -> Event:
    return {"type": "response.done", "response": {"id": response_id, "status": "completed"}}


SPEECH: Event = {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "u"}


async def test_the_settings_are_sent_first_and_without_the_model() -> None:
    held = Held(FakeService(), SessionConfig(model="m", voice="marin"))
    await held.until("session.update")
    (update,) = held.line.sent
    assert update["session"] == {"type": "realtime", "audio": {"output": {"voice": "marin"}}}
    await held.end()
    assert held.line.closed
    assert held.call.call_id == "sess_1"


@pytest.mark.parametrize("event_id", ["", "same"])
async def test_an_id_that_all_events_have_silences_nobody(event_id: str) -> None:
    held = Held(FakeService())
    await held.until("session.update")
    delta: Event = {"type": "response.output_text.delta", "response_id": "r", "item_id": "i"}
    for word in ("one", "two", "two"):
        held.line.say({**delta, "event_id": event_id, "delta": word})
    held.line.say({**done(), "event_id": event_id})
    await held.until("response.done")
    words = [event["delta"] for _, event in held.seen if event["type"] == delta["type"]]
    assert words == ["one", "two", "two"]
    await held.end()


async def test_the_ledger_says_what_was_played() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    held.line.say(audio(300), done())
    await held.until("response.done")
    held.line.now_ms = 100
    held.line.say({"type": "voice_widget.clock"})
    started = await held.until("output_audio_buffer.started")
    assert started["audio_ms"] == 0
    held.line.now_ms = 1000
    held.line.say({"type": "voice_widget.clock"})
    stopped = await held.until("output_audio_buffer.stopped")
    assert stopped["audio_ms"] == 300
    assert "voice_widget.clock" not in held.types("received")
    await held.end()


async def test_talking_over_it_cuts_and_tells_the_service_what_was_heard() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    held.line.say(audio(1000), done())
    await held.until("response.done")
    held.line.now_ms = 400
    held.line.say(SPEECH)
    cut = await held.until("conversation.item.truncate")
    assert (cut["item_id"], cut["audio_end_ms"]) == ("item_1", 400)
    assert held.types("local")[-2:] == ["output_audio_buffer.started", "output_audio_buffer.cleared"]
    assert held.line.sent[-1] == cut
    await held.end()


async def test_nothing_is_cut_before_anything_was_heard() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    held.line.say(audio(1000), done(), SPEECH)
    await held.until("output_audio_buffer.cleared")
    await held.end()
    assert "conversation.item.truncate" not in held.types("sent")


@pytest.mark.parametrize(
    "detection", [None, {"type": "server_vad", "interrupt_response": False}], ids=["push-to-talk", "off"]
)
async def test_nothing_is_cut_where_that_was_switched_off(detection: Any) -> None:
    held = Held(FakeService(), SessionConfig(turn_detection=detection))
    await held.until("session.update")
    held.line.say(audio(1000), done())
    await held.until("response.done")
    held.line.now_ms = 400
    held.line.say(SPEECH, {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 9, "item_id": "u"})
    await held.until("input_audio_buffer.speech_stopped")
    assert "output_audio_buffer.cleared" not in held.types("local")
    await held.end()


async def test_interrupting_cancels_first_and_clears_then() -> None:
    held = Held(FakeService(), transport="webrtc")
    await held.until("session.updated")
    held.line.say({"type": "response.created", "response": {"id": "resp_1"}})
    await held.until("response.created")
    await held.call.interrupt()
    assert held.line.asked == ["response.cancel", "output_audio_buffer.clear"]
    held.line.say(done())
    await held.until("response.done")
    await held.call.interrupt()
    assert held.line.asked[2:] == ["output_audio_buffer.clear"]
    await held.end()
    assert held.service.hung_up == ["rtc_1"]


async def test_settings_that_are_too_large_to_begin_with_end_the_call() -> None:
    held = Held(
        FakeService(sideband=False, kernel_agent=False), SessionConfig(instructions="x" * 70_000), "webrtc"
    )
    await held.until("voice_widget.call.joined")
    path = held.call.path
    assert isinstance(path, PeerPath)
    assert path.relay is not None
    path.relay.feed(1, 0, [dump(CREATED)])
    with pytest.raises(ServiceRefused) as raised:
        await asyncio.wait_for(held.task, 20)
    assert raised.value.code == "settings_too_large"
    assert "session.update has 70," in raised.value.message
    assert [m for m in held.told if m["type"] == "relay.send"] == []


async def test_settings_that_a_call_cannot_begin_with_are_said() -> None:
    held = Held(FakeService())
    update = await held.until("session.update")
    event: Event = {
        "type": "error",
        "error": {"code": "invalid_value", "message": "No.", "event_id": update["event_id"]},
    }
    held.line.say(event)
    await held.until("error")
    refusal = held.call.outbox.refusal(event)
    assert refusal is not None
    assert (refusal.of_settings, refusal.final) == (True, False)
    told = refusal.told
    assert told is not None
    assert (told.code, told.message) == ("invalid_value", "The settings of this call were not taken: No.")
    assert "service's own" in told.next_step
    assert not held.call.over
    refusal = held.call.outbox.refusal({"type": "error", "error": {"code": "x"}})
    assert refusal is not None
    assert refusal.told is None
    await held.end()


async def test_updates_are_answered_each_by_its_own() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    first = asyncio.create_task(held.call.outbox.ask({"type": "session.update", "session": {"n": 1}}))
    second = asyncio.create_task(held.call.outbox.ask({"type": "session.update", "session": {"n": 2}}))
    await held.until("session.update", 3)
    refused = held.line.sent[1]["event_id"]
    held.line.say(
        {"type": "session.updated", "session": {"n": 0}},  # of the settings sent at the start
        {"type": "error", "error": {"code": "invalid_value", "event_id": refused}},
        {"type": "session.updated", "session": {"n": 2}},
    )
    assert (await asyncio.wait_for(first, 20))["type"] == "error"
    assert (await asyncio.wait_for(second, 20))["session"] == {"n": 2}
    await held.end()


async def test_an_update_that_is_never_answered_is_named() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    with pytest.raises(ServiceUnavailable) as raised:
        await held.call.outbox.ask({"type": "session.update", "session": {}}, 0.02)
    assert raised.value.code == "update_timeout"
    await held.end()


@pytest.mark.parametrize(
    "error",
    [
        {"code": "session_expired", "message": "60 minutes"},
        # Reported of Azure, not captured.
        {
            "type": "server_error",
            "code": None,
            "message": "Your session hit the maximum duration of 60 minutes.",
        },
        {"code": "server_error", "message": "The session has expired."},
    ],
)
async def test_a_session_whose_time_is_over_is_named(error: dict[str, Any]) -> None:
    held = Held(FakeService())
    await held.until("session.update")
    held.line.say({"type": "error", "error": error}, None)
    with pytest.raises(ServiceUnavailable) as raised:
        await asyncio.wait_for(held.task, 20)
    assert raised.value.code == "session_expired"


async def test_a_call_that_the_service_ends_is_named() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    held.line.say(None)
    with pytest.raises(ServiceUnavailable) as raised:
        await asyncio.wait_for(held.task, 20)
    assert raised.value.code == "call_ended"


async def test_without_a_way_to_follow_there_is_no_call() -> None:
    held = Held(FakeService(sideband=False), transport="webrtc")
    with pytest.raises(ServiceError) as raised:
        await asyncio.wait_for(held.task, 20)
    assert raised.value.code == "no_sideband"
    assert held.service.hung_up == ["rtc_1"]


async def test_a_turn_that_waited_when_the_sideband_broke_is_sent_on_the_new_one() -> None:
    held = Held(FakeService(), transport="webrtc")
    held_created = {"type": "response.created", "response": {"id": "resp_1"}}
    await held.until("session.updated")
    held.line.say(held_created)
    await held.until("response.created")
    await held.call.send({"type": "response.create", "response": {"text": "Later."}})
    assert held.line.asked == []
    held.line.say(ServiceUnavailable("broken"))
    await held.until("session.updated", 2)
    await held.until("response.create")
    assert held.service.connections[1].asked == ["response.create"]
    await held.end()


async def test_a_sideband_that_breaks_at_once_again_is_lost() -> None:
    held = Held(FakeService(), transport="webrtc")
    await held.until("session.updated")
    held.line.say({"type": "response.created", "response": {"id": "r"}}, ServiceUnavailable("broken"))
    await held.until("session.updated", 2)
    held.line.say(ServiceUnavailable("broken again"))
    with pytest.raises(ServiceUnavailable, match="broken again"):
        await asyncio.wait_for(held.task, 20)


async def test_a_mistake_of_ours_ends_the_call_and_releases_it() -> None:
    held = Held(FakeService(), transport="webrtc")
    await held.until("session.updated")

    async def mistake() -> None:
        raise ZeroDivisionError

    held.call.spawn(mistake())
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(held.task, 20)
    assert held.service.hung_up == ["rtc_1"]
    assert held.line.closed


async def test_a_service_that_does_not_let_go_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_module, "RELEASE_S", 0.02)
    service = FakeService()

    async def forever(call_id: str) -> None:
        await asyncio.Event().wait()

    service.hangup = forever  # type: ignore[method-assign]
    held = Held(service, transport="webrtc")
    await held.until("session.updated")
    await held.end()


async def test_nothing_is_started_or_sent_after_the_end() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    await held.end()
    sent = len(held.line.sent)
    await held.call.send({"type": "response.create"})
    assert held.call.spawn(asyncio.sleep(0)) is None
    assert len(held.line.sent) == sent


async def test_an_update_in_a_call_that_breaks_off_is_named() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    asked = asyncio.create_task(held.call.outbox.ask({"type": "session.update", "session": {}}))
    await held.until("session.update", 2)
    held.line.say(ServiceUnavailable("broken"))
    with pytest.raises(ServiceUnavailable) as raised:
        await asyncio.wait_for(asked, 20)
    assert raised.value.code == "call_lost"
    assert raised.value.message == "The call broke off before the service had answered: broken"
    with pytest.raises(ServiceUnavailable, match="broken"):
        await asyncio.wait_for(held.task, 20)
    with pytest.raises(ServiceUnavailable, match="broke off"):
        await held.call.outbox.ask({"type": "session.update", "session": {}})


async def test_a_text_that_could_not_be_sent_goes_over_the_new_sideband() -> None:
    held = Held(FakeService(), transport="webrtc")
    await held.until("session.updated")

    async def broken(event: Event) -> None:
        raise ServiceUnavailable("broken")

    held.line.send = broken  # type: ignore[method-assign]
    item = {"type": "conversation.item.create", "item": {"id": "item_1", "type": "message"}}
    delivery = held.call.outbox.deliver([item, {"type": "response.create"}])
    await held.until("response.create")
    held.line.say(ServiceUnavailable("broken"))
    await held.until("response.create", 2)
    assert held.line.asked == ["conversation.item.create", "response.create"]
    held.line.say({"type": "conversation.item.added", "item": {"id": "item_1"}})
    await asyncio.wait_for(delivery.received, 20)
    assert not delivery.asked.done()
    held.line.say({"type": "response.created", "response": {"id": "resp_1"}}, done())
    await asyncio.wait_for(delivery.asked, 20)
    await held.end()


async def test_a_text_that_the_service_refuses_is_named() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    item = {"type": "conversation.item.create", "item": {"id": "item_1", "type": "message"}}
    delivery = held.call.outbox.deliver([item, {"type": "response.create"}])
    await held.until("response.create")
    held.line.say({"type": "error", "error": {"code": "too_long", "event_id": delivery.event_ids[0]}})
    with pytest.raises(ServiceError) as raised:
        await asyncio.wait_for(delivery.received, 20)
    assert raised.value.code == "too_long"
    await held.end()


@pytest.mark.parametrize("sounds", [True, False])
@pytest.mark.parametrize("failed", [True, False])
async def test_a_response_that_never_ends_has_an_end_and_a_name(
    monkeypatch: pytest.MonkeyPatch, sounds: bool, failed: bool
) -> None:
    """Where an error came in the midst of it, at once; else after a while."""
    monkeypatch.setattr(outbox_module, "DOUBT_S" if failed else "SILENT_S", 0.02)
    monkeypatch.setattr(outbox_module, "GRACE_S", 0.01)
    held = Held(FakeService())
    await held.until("session.update")
    held.line.say({"type": "response.created", "response": {"id": "resp_1"}})
    item = {"id": "item_1", "type": "message", "role": "assistant"}
    held.line.say({"type": "response.output_item.added", "response_id": "resp_1", "item": item})
    if sounds:
        held.line.say({**audio(1000), "delta": "AAEA" * 16_000})
    await held.until("response.output_audio.delta" if sounds else "response.output_item.added")
    await held.call.send({"type": "response.create"})
    if failed:
        held.line.say({"type": "error", "error": {"type": "server_error", "message": "It burns."}})
    await held.until("response.create")
    assert held.session.error is not None
    assert held.session.error["code"] == "answer_unended"
    assert ("It burns." in held.session.error["message"]) == failed
    assert held.session.error["next_step"].startswith("Ask again")
    assert [row["status"] for row in held.session.rows] == ["failed"]
    monkeypatch.setattr(outbox_module, "SILENT_S", 30.0)
    held.line.now_ms = 5000
    held.line.say({"type": "response.created", "response": {"id": "resp_2"}}, done("resp_2"))
    if sounds:
        await held.until("output_audio_buffer.stopped")
    await held.until("response.done", 2)
    assert (held.session.activity, held.session.assistant_speaking) == ("idle", False)
    await held.end()


async def test_a_response_that_goes_on_after_an_error_is_not_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "DOUBT_S", 0.02)
    monkeypatch.setattr(outbox_module, "GRACE_S", 0.01)
    held = Held(FakeService())
    await held.until("session.update")
    where = {"response_id": "resp_1", "item_id": "item_1"}
    held.line.say({"type": "response.created", "response": {"id": "resp_1"}})
    held.line.say({"type": "error", "error": {"message": "A word was lost."}})
    held.line.say({"type": "response.output_text.delta", **where, "delta": "I was"})
    await held.until("response.output_text.delta")
    assert held.call.outbox._responses.doubt is None
    held.line.say(done())
    await held.until("response.done")
    assert "response.done" not in held.types("local")
    await held.end()


async def test_an_answer_that_paused_has_its_time_after_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "DOUBT_S", 0.1)
    monkeypatch.setattr(outbox_module, "GRACE_S", 0.01)
    held = Held(FakeService())
    await held.until("session.update")
    held.line.say({"type": "response.created", "response": {"id": "resp_1"}})
    await held.until("response.created")
    held.call.outbox._response_at -= 20.0
    at = asyncio.get_running_loop().time()
    held.line.say({"type": "error", "error": {"message": "A word was lost."}})
    await held.until("response.done")
    assert asyncio.get_running_loop().time() - at >= 0.1
    await held.end()


@pytest.mark.parametrize("late", ["completed", "failed"])
async def test_what_still_comes_of_a_response_that_was_given_up_is_taken(
    monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    monkeypatch.setattr(outbox_module, "SILENT_S", 0.02)
    monkeypatch.setattr(outbox_module, "GRACE_S", 0.01)
    held = Held(FakeService())
    await held.until("session.update")
    where = {"response_id": "resp_1", "item_id": "item_1"}
    held.line.say({"type": "response.created", "response": {"id": "resp_1"}})
    held.line.say({"type": "response.output_text.delta", **where, "delta": "I was"})
    await held.until("response.done")
    monkeypatch.setattr(outbox_module, "SILENT_S", 30.0)
    held.line.say({"type": "response.output_text.delta", **where, "delta": " away."})
    held.line.say({"type": "response.done", "response": {"id": "resp_1", "status": late}})
    await held.until("response.done", 2)
    assert [row["text"] for row in held.session.rows] == ["I was away."]
    assert (held.session.error is None) == (late == "completed")
    assert held.session.activity == "idle"
    await held.end()


async def test_an_event_that_came_already_counts_once() -> None:
    held = Held(FakeService())
    await held.until("session.update")
    sound = {**audio(300), "event_id": "same"}
    held.line.say(sound, sound, done())
    await held.until("response.done")
    held.line.now_ms = 1000
    held.line.say({"type": "voice_widget.clock"})
    assert (await held.until("output_audio_buffer.stopped"))["audio_ms"] == 300
    await held.end()


async def test_a_flood_is_read_no_faster_than_it_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood_module, "BREATH", 5)
    monkeypatch.setattr(flood_module, "BREATHS", 10**6)
    held = Held(FakeService())
    await held.until("session.update")
    waiting = [flood_module.MOST_BEHIND + 1]
    held.call._flood.behind = lambda: waiting[0]
    held.line.say(*({"type": "custom", "event_id": f"e{n}"} for n in range(20)))
    await held.until("custom", 3)
    await asyncio.sleep(0)
    assert held.types("received").count("custom") < 9
    waiting[0] = 0
    await held.until("custom", 20)
    await held.end()


async def test_a_mistake_in_an_event_costs_that_event(caplog: pytest.LogCaptureFixture) -> None:
    held = Held(FakeService())
    await held.until("session.update")
    observe = held.call.observe

    def trips(event: Event, direction: Any, refusal: Any = None, /) -> None:
        if event["type"] == "custom":
            raise ZeroDivisionError
        observe(event, direction, refusal)

    held.call.observe = trips
    held.line.say({"type": "custom"}, done())
    await held.until("response.done")
    assert "passed over" in caplog.text
    await held.end()


# --- how a session begins ---


async def test_a_sideband_is_spoken_to_before_it_says_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "GREETING_S", 60.0)  # as a socket is that does not greet
    held = Held(FakeService(), SessionConfig(model="m", voice="marin"), "webrtc")
    held.call.media("connected")
    await asyncio.wait_for(held.call.connected.wait(), 20)
    (update,) = held.line.sent
    assert update["session"] == {"type": "realtime", "audio": {"output": {"voice": "marin"}}}
    assert held.types("received") == ["session.updated"]
    await held.end()


@pytest.mark.parametrize("transport", ["webrtc", "memory"])
async def test_whatever_a_session_says_shows_that_it_lives(transport: str) -> None:
    service = FakeService()
    service.mute = True
    held = Held(service, transport=transport)
    await held.until("voice_widget.call.joined" if transport == "webrtc" else "session.update")
    held.line.say({"type": "conversation.created", "conversation": {"id": "conv_1"}})
    held.call.media("connected")
    await asyncio.wait_for(held.call.connected.wait(), 20)
    await held.end()


async def test_what_the_page_hears_shows_that_the_session_lives() -> None:
    service = FakeService()
    service.mute = True
    held = Held(service, transport="webrtc")
    await held.until("session.update")
    held.call.media("connected")
    assert not held.call.connected.is_set()
    held.call.heard_by_page()
    assert held.call.connected.is_set()
    await held.end()


async def test_a_socket_that_waits_for_settings_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "GREETING_S", 0.01)
    service = FakeService()
    service.mute = True
    held = Held(service, SessionConfig(voice="marin"))
    await held.until("session.update")
    held.line.say(UPDATED)
    await asyncio.wait_for(held.call.connected.wait(), 20)
    assert [event["type"] for event in held.line.sent] == ["session.update"]
    await held.end()


@pytest.mark.parametrize("named", ["ours", "their own", None])
@pytest.mark.parametrize("transport", ["webrtc", "memory"])
async def test_a_refusal_of_the_settings_is_named_and_shows_that_the_session_lives(
    monkeypatch: pytest.MonkeyPatch, transport: str, named: str | None
) -> None:
    monkeypatch.setattr(call_module, "GREETING_S", 0.01)
    monkeypatch.setattr(call_module, "LAST_WORD_S", 0.01)
    service = FakeService()
    service.mute = True
    held = Held(service, transport=transport)
    update = await held.until("session.update")
    held.call.media("connected")
    event_id = update["event_id"] if named == "ours" else named
    held.line.say({"type": "error", "error": {"message": "No.", "event_id": event_id}})
    await held.until("error")
    assert not held.call.connected.is_set()  # it may be why there is no session
    await asyncio.wait_for(held.call.connected.wait(), 20)
    told = held.refusals[0]
    assert told.told is not None
    assert told.told.message == "The settings of this call were not taken: No."
    assert held.session.error is not None
    await held.end()


async def test_a_refusal_that_is_the_last_word_is_why_there_was_no_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(call_module, "GREETING_S", 0.01)
    service = FakeService()
    service.mute = True
    held = Held(service)
    update = await held.until("session.update")
    held.line.say({"type": "error", "error": {"message": "No.", "event_id": update["event_id"]}}, None)
    with pytest.raises(ServiceUnavailable, match="It said: No"):
        await asyncio.wait_for(held.task, 20)
    assert not held.call.connected.is_set()


@pytest.mark.parametrize("code", ["loading", "model_not_found", None])
async def test_the_last_words_are_told_however_the_line_broke(code: str | None) -> None:
    held = Held(FakeService())
    await held.until("session.update")
    broke = ServiceUnavailable("It broke (code 1011).", code="connection_lost", next_step="Call again.")
    held.line.say({"type": "error", "error": {"message": "Model is loading.", "code": code}}, broke)
    with pytest.raises(ServiceUnavailable) as raised:
        await asyncio.wait_for(held.task, 20)
    told = "It broke (code 1011). It said: Model is loading."
    assert (raised.value.message, raised.value.code) == (told, "connection_lost")
    assert raised.value.next_step == "Call again."


@pytest.mark.parametrize("broke", [ServiceRefused("Closed: auth.", code="forbidden"), None])
async def test_last_words_about_access_are_why_the_call_ended(broke: ServiceError | None) -> None:
    held = Held(FakeService())
    await held.until("session.update")
    held.line.say({"type": "error", "error": {"message": "Bad key.", "code": "invalid_api_key"}}, broke)
    with pytest.raises(ServiceRefused, match="It said: Bad key") as raised:
        await asyncio.wait_for(held.task, 20)
    assert raised.value.code == "invalid_api_key"


async def test_another_clients_refusal_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "LAST_WORD_S", 0.01)

    class Beside(Held):
        def way(self, config: SessionConfig, transport: str) -> Path:
            reached: Any = self.service
            return JoinedPath(reached, "rtc_1")

    service = FakeService()
    service.mute = True
    held = Beside(service)
    await held.until("session.update")
    held.line.say({"type": "error", "error": {"message": "No.", "event_id": "theirs"}})
    await asyncio.wait_for(held.call.connected.wait(), 20)  # who is refused something is in a call
    assert [refusal.told for refusal in held.refusals] == [None]
    await held.end()


async def test_a_session_that_says_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "ACKNOWLEDGE_S", 0.01)
    service = FakeService()
    service.mute = True
    held = Held(service, transport="webrtc")
    with pytest.raises(ServiceUnavailable) as raised:
        await asyncio.wait_for(held.task, 20)
    assert raised.value.code == "session_timeout"


async def test_the_wait_for_a_session_begins_with_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "ACKNOWLEDGE_S", 0.01)
    service = FakeService()
    connected, connect = asyncio.Event(), service.connect

    async def slow(**options: Any) -> FakeConnection:
        await connected.wait()
        return await connect(**options)

    service.connect = slow  # type: ignore[method-assign]
    held = Held(service)
    waited, _ = await asyncio.wait({held.task}, timeout=0.1)
    assert not waited
    connected.set()
    await asyncio.wait_for(held.call.connected.wait(), 20)
    await held.end()


async def test_a_new_sideband_is_asked_what_is_in_force() -> None:
    held = Held(FakeService(), transport="webrtc")
    await held.until("session.updated")
    held.line.say({"type": "response.created", "response": {"id": "r"}}, ServiceUnavailable("broken"))
    await held.until("session.updated", 2)
    assert held.line.sent[0]["session"] == {"type": "realtime"}
    await held.end()

"""Talks by the other ways: a page that posts, one that relays, a call that was joined; and how they end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.page.test_sealing import PageKey
from tests.talking import FakePage, PeerService, Stage
from voice_widget.errors import ServiceRefused, ServiceUnavailable, SettingError, StateError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.changes import Problem
from voice_widget.realtime.wire.events import Event, dump
from voice_widget.services import Answer, Capabilities, Secret
from voice_widget.services.clock import ManualClock
from voice_widget.talk import notices as notices_module
from voice_widget.talk import retrying as retrying_module
from voice_widget.threads.loop import call, loop

URL = "https://example.org/v1/realtime/calls"
Open = Callable[..., Stage]


class Remote(PeerService):
    """A service that is not our engine."""

    def __init__(self, script: Any = (), *, sideband: bool = True, clock: Any = None) -> None:
        super().__init__(script, clock or ManualClock(1.7e9))
        self.capabilities = Capabilities(webrtc=True, sideband=sideband, secrets=True)
        self.secrets = 0
        self.asked: list[tuple[Any, ...]] = []

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        answer = await super().answer(offer, session)
        return answer if self.capabilities.sideband else Answer(answer.sdp)

    async def secret(self, session: SessionConfig) -> Secret:
        self.secrets += 1
        return Secret(f"ek_secret_{self.secrets}", url=URL)

    async def accept(self, call_id: str, session: SessionConfig) -> None:
        self.asked.append(("accept", call_id, session.voice))

    async def reject(self, call_id: str, status_code: int) -> None:
        self.asked.append(("reject", call_id, status_code))

    async def refer(self, call_id: str, target_uri: str) -> None:
        raise ServiceRefused("No.", code="not_found", next_step="Look for it.")


class PostingPage(FakePage):
    """A page that posts its offers itself, and relays."""

    def __init__(self, stage: Stage, name: str = "page_1") -> None:
        super().__init__(stage, name)
        self.key = PageKey()
        self.number = 0

    def open(self) -> dict[str, Any]:
        self.request = self.ask("call.open", sdp="the offer", microphone=True, key=self.key.public)
        return self.reply(self.request)

    def token(self, secret: dict[str, Any]) -> str:
        return self.key.open(secret, self.request)

    def up(self, answer: dict[str, Any]) -> None:
        self.say("call.peer", call=answer["call"], state="connected")
        self.stage.is_state("connected")
        self.stage.wait(lambda: self.stage.states().get("call_started_at"))

    def relays(self, call: int, *events: Event) -> None:
        first, self.number = self.number + 1, self.number + len(events)
        self.say("relay.events", call=call, first=first, lost=0, events=[dump(event) for event in events])


@pytest.fixture
def open_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stage]]:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    stages: list[Stage] = []

    def make(service: Any, **options: Any) -> Stage:
        stages.append(Stage(service, **{"transport": "webrtc", **options}))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def cut(service: PeerService, number: int = -1) -> None:
    loop().call_soon_threadsafe(service.connections[number].cut)


# --- the page posts ---


def test_a_page_gets_a_token_of_its_own_for_every_call(open_stage: Open) -> None:
    service = Remote()
    stage = open_stage(service, flow="ephemeral")
    for number in (1, 2):
        page = PostingPage(stage)
        page.say("call.pending")
        secret = page.open()
        assert (secret["type"], page.token(secret)) == ("secret", f"ek_secret_{number}")
        page.say("call.posted", call=secret["call"], call_id=f"rtc_{number}")
        page.up(secret)
        assert stage.states()["call_id"] == f"rtc_{number}"
        page.say("call.hang_up", reason="user")
        stage.is_state("disconnected")
    assert service.offers == []
    assert "ek_secret" not in repr(stage.messages) + repr(stage.changes) + repr(list(stage.talk.events))


def test_a_page_that_has_no_key_is_told_what_to_do(open_stage: Open) -> None:
    stage = open_stage(Remote(), flow="ephemeral")
    page = FakePage(stage)
    page.say("call.pending")
    reply = page.reply(page.ask("call.open", sdp="v=0", microphone=True))
    assert (reply["type"], reply["error"]["code"]) == ("request.failed", "cannot_unseal")
    stage.is_state("error")


def test_a_token_that_has_expired_is_replaced_once(open_stage: Open) -> None:
    stage = open_stage(Remote(), flow="ephemeral")
    page = PostingPage(stage)
    page.say("call.pending")
    page.open()
    for _ in range(2):  # it may be delivered twice
        page.say("call.failed", code="post_refused", detail="401 the token ek_secret_1 has expired")
    wanted = stage.message("call.offer_wanted")
    assert (wanted["reason"], wanted["page"], wanted["talk"]) == ("connect", "page_1", page.talk)
    page.say("call.pending", talk=wanted["talk"])
    page.key = PageKey()
    secret = page.open()
    assert page.token(secret) == "ek_secret_2"
    assert stage.states()["connection_state"] == "connecting"
    page.say("call.failed", code="post_refused", detail="401 the token ek_secret_2 has expired")
    stage.is_state("error")
    error = stage.states()["error"]
    assert error["code"] == "post_refused"
    assert "ek_secret" not in error["message"]
    assert "401" in error["message"]


@pytest.mark.parametrize(
    ("code", "detail"),
    [("post_refused", "404 no such model"), ("post_failed", "Failed to fetch"), ("answer_invalid", "<html>")],
)
def test_what_the_page_could_not_post_ends_the_call(open_stage: Open, code: str, detail: str) -> None:
    stage = open_stage(Remote(), flow="ephemeral")
    page = PostingPage(stage)
    page.say("call.pending")
    page.open()
    page.say("call.failed", code=code, detail=detail)
    stage.is_state("error")
    error = stage.states()["error"]
    assert (error["code"], detail in error["message"], bool(error["next_step"])) == (code, True, True)


# --- the page relays ---


def test_a_talk_by_relay_alone(open_stage: Open) -> None:
    stage = open_stage(Remote(sideband=False), flow="ephemeral")
    page = PostingPage(stage)
    page.say("call.pending")
    secret = page.open()
    page.say("call.posted", call=secret["call"], call_id="")
    number = secret["call"]
    assert stage.message("relay")["after"] == 0
    page.relays(number, {"type": "session.created", "event_id": "1", "session": {"id": "sess_1"}})
    page.up(secret)
    item = {"id": "item_1", "type": "message", "role": "user", "content": []}
    page.relays(number, {"type": "conversation.item.added", "event_id": "2", "item": item})
    heard = {"type": "conversation.item.input_audio_transcription.completed", "item_id": "item_1"}
    page.relays(number, {**heard, "event_id": "3", "content_index": 0, "transcript": "Hello."})
    (row,) = stage.finished(1)
    assert (row["text"], row["call_id"]) == ("Hello.", "sess_1")
    sent = stage.talk.send_text("And typed.")
    stage.wait(lambda: any(m["events"][0]["type"] == "response.create" for m in stage.sent("relay.send")))
    typed = next(e for m in stage.sent("relay.send") for e in m["events"] if "item" in e)
    page.relays(number, {"type": "conversation.item.added", "event_id": "4", "item": typed["item"]})
    sent.result(20)


def test_an_event_that_cannot_be_read_has_a_next_step(open_stage: Open) -> None:
    stage = open_stage(Remote(sideband=False))
    page = PostingPage(stage)
    page.say("call.pending")
    answer = page.open()
    stage.message("relay")
    page.relays(answer["call"], {"type": "conversation.item.added", "event_id": "1", "item": 5})
    stage.wait(lambda: stage.problems)
    (error,) = (c.error for c in stage.changes if isinstance(c, Problem))
    assert error["code"] == "invalid_event"
    assert "passed over" in error["next_step"]


def test_why_an_answer_ended_early_is_a_notice_until_the_next_answer(open_stage: Open) -> None:
    stage = open_stage(Remote(sideband=False))
    page = PostingPage(stage)
    page.say("call.pending")
    answer = page.open()
    stage.message("relay")
    reason = {"type": "incomplete", "reason": "max_output_tokens"}
    page.relays(
        answer["call"],
        {"type": "response.done", "response": {"id": "r1", "status": "incomplete", "status_details": reason}},
    )
    notice = stage.wait(lambda: stage.states().get("notice"))
    assert notice["code"] == "answer_incomplete"
    assert "go on" in notice["next_step"]
    page.relays(answer["call"], {"type": "response.done", "response": {"id": "r2", "status": "completed"}})
    stage.has(notice=None)


def test_only_the_page_that_holds_the_call_is_believed(open_stage: Open) -> None:
    stage = open_stage(Remote(sideband=False))
    page, other = PostingPage(stage), PostingPage(stage, "page_2")
    page.say("call.pending")
    answer = page.open()
    stage.message("relay")
    other.relays(answer["call"], {"type": "session.created", "session": {"id": "sess_evil"}})
    page.relays(answer["call"] + 1, {"type": "session.created", "session": {"id": "sess_late"}})
    page.number = 0
    page.relays(answer["call"], {"type": "session.created", "session": {"id": "sess_1"}})
    page.up(answer)
    assert stage.states()["call_id"] == "sess_1"


# --- reconnecting ---


def test_a_retry_after_the_last_try_goes_on_with_the_conversation(open_stage: Open) -> None:
    service = Remote([{"hear": "a", "say": "b"}], clock=ManualClock(1.7e9, auto=True))
    stage = open_stage(service, transport="memory")
    stage.talk.connect().result(20)
    stage.finished(2)
    service.gone = True
    cut(service)
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "reconnect_failed"
    service.gone = False
    service.script = type(service.script)(())
    stage.talk.connect().result(20)
    replayed = [e["item"]["content"][0]["text"] for e in stage.client_events("conversation.item.create")]
    assert replayed == ["a", "b"]
    stage.talk.disconnect().result(20)
    stage.talk.connect().result(20)
    # Whoever hung up begins anew.
    assert len(stage.client_events("conversation.item.create")) == 2


BUSY = ServiceRefused("Too many.", code="429", next_step="Wait.", passing=True)
DOWN = ServiceUnavailable("HTTP status 503.", next_step="Wait.")
DENIED = ServiceRefused("Who are you?", code="invalid_api_key", next_step="Check the key.")


def refuse(service: Remote, error: Exception, *, times: int) -> list[Any]:
    """The next attempts to connect fail; gives them as they come."""
    connect, tries = service.connect, []

    async def refused(**options: Any) -> Any:
        tries.append(options)
        if len(tries) <= times:
            raise error
        return await connect(**options)

    service.connect = refused  # type: ignore[method-assign]
    return tries


@pytest.mark.parametrize("error", [BUSY, DOWN])
def test_what_passes_is_a_failed_try_and_no_end(open_stage: Open, error: Exception) -> None:
    service = Remote()
    stage = open_stage(service, transport="memory")
    stage.talk.connect().result(20)
    tries = refuse(service, error, times=2)
    cut(service)
    stage.wait(lambda: len(tries) == 3)
    stage.is_state("connected")


def test_what_passes_does_not_pass_for_ever(open_stage: Open) -> None:
    service = Remote()
    stage = open_stage(service, transport="memory")
    stage.talk.connect().result(20)
    tries = refuse(service, BUSY, times=9)
    cut(service)
    stage.is_state("error")
    assert (stage.states()["error"]["code"], len(tries)) == ("reconnect_failed", 3)


def test_a_refusal_for_good_ends_the_tries_at_once(open_stage: Open) -> None:
    service = Remote()
    stage = open_stage(service, transport="memory")
    stage.talk.connect().result(20)
    tries = refuse(service, DENIED, times=9)
    cut(service)
    stage.is_state("error")
    assert (stage.states()["error"]["code"], len(tries)) == ("invalid_api_key", 1)


@pytest.mark.parametrize(
    ("detail", "goes_on"), [("429 slow down", True), ("503 later", True), ("401 who?", False), ("", False)]
)
def test_what_a_page_may_not_post_in_a_try(open_stage: Open, detail: str, goes_on: bool) -> None:
    stage = open_stage(Remote(), flow="ephemeral")
    page = PostingPage(stage)
    page.say("call.pending")
    secret = page.open()
    page.say("call.posted", call=secret["call"], call_id="rtc_1")
    page.up(secret)
    page.say("call.peer", call=secret["call"], state="failed")
    stage.message("call.offer_wanted")
    page.open()
    page.say("call.failed", code="post_refused", detail=detail)
    if goes_on:
        stage.message("call.offer_wanted", 2)
    else:
        stage.is_state("error")
        assert stage.states()["error"]["code"] == "post_refused"
        assert len(stage.sent("call.offer_wanted")) == 1


def test_the_end_of_a_session_is_said_before_and_taken_back_after(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices_module, "WARN_S", 120.0)
    clock = ManualClock(1.7e9)
    service = Remote(clock=clock)
    stage = open_stage(service, transport="memory")
    stage.talk.connect().result(20)
    line = stage.talk._dialler

    def ends(at: Any) -> None:
        event = {"type": "session.updated", "session": {"expires_at": at}}
        call(lambda: stage.talk._journal.observe(line.call, event, "received"))

    for nonsense in (0, -1, 1e300, 1.7e9, 2.0e9):
        ends(nonsense)
    assert stage.states().get("notice") is None
    ends(clock.time() + 119)
    stage.wait(lambda: (stage.states().get("notice") or {}).get("code") == "session_ending")
    at = time.strftime("%H:%M", time.localtime(clock.time() + 119))
    assert at in stage.states()["notice"]["message"]
    stage.talk.disconnect().result(20)
    stage.has(notice=None)


# --- sound by comm ---


def test_a_talk_by_comm(open_stage: Open) -> None:
    service = Remote()
    stage = open_stage(service, transport="comm")
    page = FakePage(stage)
    page.say("call.pending")
    answer = page.reply(page.ask("call.open", sdp="", microphone=True))
    assert (answer["type"], answer["sdp"]) == ("answer", "")
    number = answer["call"]
    page.say("call.peer", call=number, state="connected")
    stage.wait(lambda: stage.states().get("call_started_at"))
    stage.is_state("connected")
    page.deliver({"type": "audio", "call": number}, b"\1\0" * 960)
    commit = {"type": "input_audio_buffer.commit"}
    page.say("client_event", call=number, event=commit, sent=False)
    page.say("client_event", call=number, event={"type": "voice_widget.call.closed"}, sent=False)
    stage.wait(lambda: stage.client_events("input_audio_buffer.commit"))
    line = stage.talk._dialler
    delta = {"type": "response.output_audio.delta", "response_id": "r", "item_id": "i", "content_index": 0}
    connection = service.connections[-1]
    assert line.call is not None
    heard = line.call._take({**delta, "delta": "AAAA" * 640, "event_id": "a1"})
    asyncio.run_coroutine_threadsafe(heard, loop()).result(20)
    sound = stage.message("audio")
    assert (sound["call"], len(stage.buffers[stage.messages.index(sound)][0])) == (number, 1920)
    page.say("audio.played", call=number, played_ms=40.0, cleared=False)
    stage.wait(lambda: any(e.event["type"] == "output_audio_buffer.started" for e in stage.talk.events))
    page.say("call.hang_up", reason="user")
    stage.is_state("disconnected")
    assert connection is service.connections[0]
    assert stage.message("call.close")["keep_microphone"] is False


# --- beside a running call ---


def test_a_call_is_joined_followed_and_left(open_stage: Open) -> None:
    service = Remote()
    stage = open_stage(service)
    stage.talk.join("rtc_phone").result(20)
    stage.is_state("connected")
    assert stage.states()["call_id"] == "rtc_phone"
    with pytest.raises(StateError, match="no sound"):
        stage.talk.play(b"\0\0").result(20)
    page = FakePage(stage)
    page.say("call.pending")
    reply = page.reply(page.ask("call.open", sdp="v=0", microphone=True))
    assert reply["error"]["code"] == "call_running"
    stage.talk.disconnect().result(20)
    stage.is_state("disconnected")
    stage.talk.close().result(20)
    assert (service.hung_up, service.offers) == ([], [])
    assert stage.sent("call.offer_wanted") == stage.sent("call.close") == []


def test_a_joined_call_that_ends_is_no_failure(open_stage: Open) -> None:
    service = Remote()
    stage = open_stage(service)
    stage.talk.join("rtc_phone").result(20)
    connection = service.connections[-1]
    asyncio.run_coroutine_threadsafe(connection.close(), loop()).result(20)
    stage.is_state("disconnected")
    stage.wait(lambda: (stage.states().get("notice") or {}).get("code") == "call_over")
    assert stage.states().get("error") is None
    assert "reconnecting" not in stage.history_of("connection_state")
    stage.talk.join("rtc_other").result(20)
    stage.has(notice=None)


def test_only_a_broken_sideband_is_got_back(open_stage: Open) -> None:
    service = Remote()
    stage = open_stage(service)
    stage.talk.join("rtc_phone").result(20)
    connect, tries = service.connect, []

    async def broken(**options: Any) -> Any:
        tries.append(options)
        if len(tries) == 1:
            raise ServiceUnavailable("Not now.", next_step="Wait.")
        return await connect(**options)

    service.connect = broken  # type: ignore[method-assign]
    cut(service)
    stage.wait(lambda: len(tries) == 2 and stage.states()["connection_state"] == "connected")
    assert [options["call_id"] for options in tries] == ["rtc_phone"] * 2


def test_a_call_that_is_gone_when_its_sideband_is_back_has_ended(open_stage: Open) -> None:
    service = Remote()
    stage = open_stage(service)
    stage.talk.join("rtc_phone").result(20)

    async def gone(**options: Any) -> Any:
        raise ServiceRefused("No such call.", code="call_not_found", next_step="Press Call.")

    service.connect = gone  # type: ignore[method-assign]
    cut(service)
    stage.wait(lambda: (stage.states().get("notice") or {}).get("code") == "call_over")
    stage.is_state("disconnected")


def test_a_call_that_cannot_be_joined_is_named(open_stage: Open) -> None:
    service = Remote()
    service.gone = True
    stage = open_stage(service)
    with pytest.raises(ServiceUnavailable):
        stage.talk.join("rtc_phone").result(20)
    stage.is_state("error")
    with pytest.raises(SettingError):
        stage.talk.join("  ")


def calls_tools(service: PeerService, *names: str) -> None:
    """The model of the last call wants these tools."""

    def say() -> None:
        connection = service.connections[-1]
        connection._emit("response.created", response={"id": "resp_1"})
        for number, name in enumerate(names):
            item = {"type": "function_call", "id": f"f{number}", "call_id": f"c{number}", "name": name}
            connection._emit("response.output_item.done", response_id="resp_1", item=item)
        connection._emit("response.done", response={"id": "resp_1", "status": "completed"})
        connection._wake.set()

    loop().call_soon_threadsafe(say)


@pytest.mark.parametrize(
    ("names", "answers"),
    [(("theirs",), []), (("ours",), ["c0", "response.create"]), (("theirs", "ours"), ["c1"])],
)
def test_tools_of_others_are_theirs_to_answer(
    open_stage: Open, names: tuple[str, ...], answers: list[str]
) -> None:
    service = Remote()
    stage = open_stage(service, tools=[ours], agent=lambda turn: "Yes.")
    stage.talk.join("rtc_phone").result(20)
    before = len(service.connections[-1].received)
    calls_tools(service, *names)
    stage.wait(lambda: any(e.event["type"] == "response.done" for e in stage.talk.events))
    stage.wait(lambda: len(service.connections[-1].received) >= before + len(answers))
    stage.talk.send_text("After all that.").result(20)
    said = service.connections[-1].received[before:]
    told = [e.get("item", {}).get("call_id") or e["type"] for e in said]
    told = [what for what in told if not what.startswith("voice_widget.")]  # the double's own agent
    assert told[: told.index("conversation.item.create")] == answers


def ours() -> str:
    """Give what we have."""
    return "ours"


def test_in_ones_own_call_a_tool_that_is_not_there_is_said_to_the_model(open_stage: Open) -> None:
    service = Remote()
    stage = open_stage(service, transport="memory", tools=[ours], agent=lambda turn: "Yes.")
    stage.talk.connect().result(20)
    calls_tools(service, "another")
    stage.wait(lambda: stage.client_events("response.create"))
    (item,) = (e["item"] for e in stage.client_events("conversation.item.create"))
    assert "There is no tool 'another'" in item["output"]


def test_phone_calls_are_the_services_business(open_stage: Open) -> None:
    service = Remote()
    stage = open_stage(service)
    stage.talk.accept("rtc_1").result(20)
    stage.talk.reject("rtc_2", 486).result(20)
    stage.talk.hangup_call("rtc_3").result(20)
    assert service.asked == [("accept", "rtc_1", None), ("reject", "rtc_2", 486)]
    assert service.hung_up == ["rtc_3"]
    with pytest.raises(ServiceRefused):
        stage.talk.refer("rtc_4", "tel:+1").result(20)
    plain = open_stage(PeerService([]))
    with pytest.raises(StateError) as raised:
        plain.talk.accept("rtc_1")
    assert raised.value.code == "no_phone_calls"


# --- what is no way ---


@pytest.mark.parametrize("options", [{"transport": "carrier pigeon"}, {"flow": "sideways"}])
def test_an_unknown_way_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        Stage(PeerService([]), **options)

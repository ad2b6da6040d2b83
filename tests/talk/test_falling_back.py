"""A call whose page finds no path goes on by comm: the page's part is played by the test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.talking import FakePage, PeerService, Stage
from voice_widget.call import media as media_module
from voice_widget.call.by_peer import ByPeer
from voice_widget.call.by_socket import ByComm
from voice_widget.call.ice import Ice
from voice_widget.errors import PageError, ServiceRefused, ServiceUnavailable, VoiceWidgetError
from voice_widget.page.failures import page_error
from voice_widget.services.clock import ManualClock
from voice_widget.talk import retrying as retrying_module
from voice_widget.talk.falling_back import (
    CONNECT_MS,
    NO_OTHER_MS,
    OF_THE_PATH,
    RELAYED_MS,
    by_comm,
    connect_ms,
    failed_both_ways,
    way_instead,
)

Open = Callable[..., Stage]
BOTH = ByPeer("unified", ByComm())


def echo(turn: Any) -> str:
    return f"You said {turn.text}"


@pytest.fixture
def open_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stage]]:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    stages: list[Stage] = []

    def make(service: Any = None, **options: Any) -> Stage:
        service = service or PeerService([], ManualClock(1.7e9))
        stages.append(Stage(service, **{"transport": "webrtc", "falls_back": True, **options}))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def transports(stage: Stage) -> list[tuple[str, str | None]]:
    """How each call was to go, and because of what."""
    begun = [e.event for e in stage.talk.events if e.event["type"] == "voice_widget.call.connecting"]
    return [(event["transport"], event.get("because")) for event in begun]


def finds_no_path(stage: Stage, page: FakePage, code: str = "ice_failed") -> dict[str, Any]:
    """The page's offer is answered and leads nowhere; what it is asked then."""
    asked = len(stage.sent("call.offer_wanted"))
    page.reply(page.ask("call.open", sdp="the offer", microphone=True))
    page.say("call.failed", code=code, detail="2500 ms")
    return stage.message("call.offer_wanted", asked + 1)


def goes_on(stage: Stage, page: FakePage) -> int:
    """The page calls by comm."""
    answer = page.reply(page.ask("call.open", sdp="", microphone=True))
    assert answer["type"] == "answer", answer
    assert answer["sdp"] == ""
    page.say("call.peer", call=answer["call"], state="connected")
    stage.is_state("connected")
    return int(answer["call"])


# --- the table ---


@pytest.mark.parametrize(
    ("way", "error", "falls_back"),
    [
        (BOTH, page_error("ice_failed"), True),
        (BOTH, page_error("channel_not_open"), True),
        (BOTH, page_error("microphone_denied"), False),
        (BOTH, page_error("post_refused"), False),
        (BOTH, ServiceUnavailable("Gone.", code="ice_failed"), False),
        (ByPeer("unified"), page_error("ice_failed"), False),
        (ByComm(), page_error("ice_failed"), False),
    ],
)
def test_only_a_failure_of_the_path_leads_to_another_way(
    way: Any, error: VoiceWidgetError, falls_back: bool
) -> None:
    instead = way_instead(way, error)
    assert (instead is not None) == falls_back
    assert instead is None or instead.transport == "comm"


def test_a_peer_that_has_another_way_is_waited_for_less_long() -> None:
    assert connect_ms(BOTH) == CONNECT_MS == 2_500
    ice = Ice("stun:stun.example.org")
    assert connect_ms(ByPeer("unified", ByComm(), ice)) == RELAYED_MS == 8_000
    assert connect_ms(ByPeer("unified")) == connect_ms(ByPeer("unified", None, ice)) == NO_OTHER_MS


def test_an_error_after_both_ways_names_both() -> None:
    second = ServiceUnavailable("No socket there.", next_step="Ask who runs it.")
    error = failed_both_ways(second, page_error("ice_failed"))
    assert error is second
    assert "no network path" in error.message
    assert "By comm it failed too: No socket there." in error.message
    assert str(error).endswith("Ask who runs it.")
    assert failed_both_ways(PageError("So."), None).message == "So."


def test_each_failure_is_told_with_its_reason() -> None:
    told = {code: by_comm(code) for code in OF_THE_PATH}
    assert all("goes through the kernel" in notice["message"] for notice in told.values())
    assert len({notice["message"] for notice in told.values()}) == len(OF_THE_PATH) == 5
    assert "UDP" in told["ice_failed"]["next_step"]


def test_a_browser_without_webrtc_goes_on_by_comm_before_it_has_offered_anything(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.say("call.failed", code="no_webrtc", detail="")  # the microphone is allowed: nothing was said before
    wanted = stage.message("call.offer_wanted")
    assert (wanted["talk"], wanted["transport"], wanted["reason"]) == (page.talk, "comm", "reconnect")
    goes_on(stage, page)
    assert stage.talk.service.offers == []


# --- a run ---


@pytest.mark.parametrize("code", ["ice_failed", "channel_not_open"])
def test_a_call_without_a_path_goes_on_by_comm_and_says_so(open_stage: Open, code: str) -> None:
    service = PeerService([], ManualClock(1.7e9))
    stage = open_stage(service, agent=echo)
    page = FakePage(stage)
    page.say("call.pending")
    wanted = finds_no_path(stage, page, code)
    assert {name: wanted[name] for name in ("page", "talk", "reason", "transport")} == {
        "page": "page_1",
        "talk": page.talk,
        "reason": "reconnect",
        "transport": "comm",
    }
    assert stage.sent("call.close")[-1]["keep_microphone"] is True
    stage.wait(lambda: service.hung_up == ["rtc_1"])
    assert stage.states()["connection_state"] == "connecting"
    assert stage.states().get("error") is None
    assert goes_on(stage, page) == 2
    assert transports(stage) == [("webrtc", None), ("comm", code)]
    assert stage.states()["notice"]["code"] == "by_comm"
    assert "through the kernel" in stage.states()["notice"]["message"]
    stage.talk.send_text("Hello?").result(10)
    assert stage.message("audio")["call"] == 2

    def heard() -> bool:
        page.say("audio.played", call=2, played_ms=1_000.0 * next(seconds), cleared=False)
        return len(stage.turns) == 2

    seconds = itertools.count(1)
    stage.wait(heard)
    assert stage.texts() == [("user", "Hello?", "completed"), ("assistant", "You said Hello?", "completed")]
    page.say("call.hang_up", reason="user")
    stage.is_state("disconnected")
    stage.has(notice=None)


def test_the_next_call_tries_webrtc_first(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.say("call.pending")
    finds_no_path(stage, page)
    goes_on(stage, page)
    page.say("call.hang_up", reason="user")
    stage.is_state("disconnected")
    page.call()
    assert transports(stage)[-1] == ("webrtc", None)
    assert stage.talk.service.offers == ["the offer", "the offer"]
    assert stage.states().get("notice") is None


def test_python_waits_for_the_call_by_comm(open_stage: Open) -> None:
    stage = open_stage()
    connected = stage.talk.connect()
    assert stage.message("call.offer_wanted")["transport"] == "webrtc"
    page = FakePage(stage)
    page.say("call.pending", talk=stage.message("call.offer_wanted")["talk"])
    finds_no_path(stage, page)
    assert not connected.done()
    goes_on(stage, page)
    connected.result(10)


def test_a_failure_that_is_told_twice_or_late_changes_nothing(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.say("call.pending")
    finds_no_path(stage, page)
    page.say("call.failed", code="ice_failed", detail="late")
    goes_on(stage, page)
    page.say("call.failed", code="ice_failed", detail="later")
    page.reply(page.ask("set", name="muted", value=True))
    assert stage.states()["connection_state"] == "connected"


def test_a_page_that_says_nothing_at_all_is_asked_by_comm_too(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_module, "MEDIA_S", 0.05)
    stage = open_stage()
    page = FakePage(stage)
    page.say("call.pending")
    page.reply(page.ask("call.open", sdp="the offer", microphone=True))
    assert stage.message("call.offer_wanted")["transport"] == "comm"
    monkeypatch.setattr(media_module, "MEDIA_S", 20.0)
    goes_on(stage, page)


def test_who_chose_webrtc_gets_the_error_that_names_the_other_way(open_stage: Open) -> None:
    stage = open_stage(falls_back=False)
    page = FakePage(stage)
    page.say("call.pending")
    answer = page.reply(page.ask("call.open", sdp="the offer", microphone=True))
    assert answer["connect_ms"] == NO_OTHER_MS
    page.say("call.failed", code="ice_failed", detail="15000 ms")
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "ice_failed"
    assert 'transport="comm"' in stage.states()["error"]["next_step"]
    assert transports(stage) == [("webrtc", None)]


def test_a_lost_call_whose_peer_cannot_be_had_again_goes_on_by_comm(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    number = page.call()
    page.say("call.peer", call=number, state="failed")
    assert stage.message("call.offer_wanted")["transport"] == "webrtc"
    assert finds_no_path(stage, page)["transport"] == "comm"
    goes_on(stage, page)
    assert [transport for transport, _ in transports(stage)] == ["webrtc", "webrtc", "comm"]
    assert stage.states()["notice"]["code"] == "by_comm"


def test_a_service_that_no_socket_reaches_is_named_with_both_failures(open_stage: Open) -> None:
    service = PeerService([])
    connect = service.connect

    async def no_sockets(*, call_id: str | None = None, session: Any = None) -> Any:
        if call_id is None:
            raise ServiceRefused("It takes calls by WebRTC only.", next_step="Ask who runs it.")
        return await connect(call_id=call_id, session=session)

    service.connect = no_sockets  # type: ignore[method-assign]
    stage = open_stage(service)
    page = FakePage(stage)
    page.say("call.pending")
    finds_no_path(stage, page)
    page.ask("call.open", sdp="", microphone=True)
    stage.is_state("error")
    error = stage.states()["error"]
    assert "no network path" in error["message"]
    assert "By comm it failed too: It takes calls by WebRTC only." in error["message"]
    assert error["next_step"] == "Ask who runs it."
    stage.wait(lambda: service.hung_up == ["rtc_1"])

"""Talks by webrtc: the page's part is played by the test, message by message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.talking import FakePage, PeerService, Stage
from voice_widget.call import call as call_module
from voice_widget.call import media as media_module
from voice_widget.errors import PageError, ServiceUnavailable, StateError, VoiceWidgetError
from voice_widget.page.failures import MERELY_SHOWN, PAGE_ERRORS
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted import ScriptedService
from voice_widget.talk import offers as offers_module
from voice_widget.talk import retrying as retrying_module
from voice_widget.threads.loop import call, loop

Open = Callable[..., Stage]


@pytest.fixture
def open_stage() -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def make(service: Any = None, config: SessionConfig | None = None, **options: Any) -> Stage:
        service = service or PeerService([], ManualClock(1.7e9))
        stages.append(Stage(service, config, transport="webrtc", **options))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between tries."""
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))


def cut(service: PeerService, number: int = -1) -> None:
    """Break a sideband."""
    loop().call_soon_threadsafe(service.connections[number].cut)


# --- a call ---


def test_a_click_becomes_a_call(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.say("call.pending")
    stage.is_state("connecting")
    stage.has(holder="page_1")
    page.offer()
    assert stage.talk.service.offers == ["the offer"]
    assert stage.states()["call_id"] == "rtc_1"
    assert stage.states()["call_started_at"] > 0
    page.say("call.hang_up", reason="user")
    stage.is_state("disconnected")
    stage.wait(lambda: stage.talk.service.hung_up == ["rtc_1"])
    stage.has(holder="", call_started_at=0.0)


def test_connected_needs_the_session_and_the_media(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    answer = page.reply(page.ask("call.open", sdp="v=0", microphone=True))
    stage.wait(lambda: stage.talk.session.settings is not None)
    assert stage.states()["connection_state"] == "connecting"
    page.say("call.peer", call=answer["call"], state="connected")
    stage.is_state("connected")


def test_python_connects_by_asking_a_page(open_stage: Open) -> None:
    stage = open_stage()
    connected = stage.talk.connect()
    wanted = stage.message("call.offer_wanted")
    assert (wanted["reason"], wanted["page"]) == ("connect", "")
    page = FakePage(stage)
    page.say("call.pending")
    page.offer()
    connected.result(20)
    stage.has(holder="page_1")


def test_a_page_that_never_comes_is_named(open_stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers_module, "HELLO_S", 0.05)
    stage = open_stage()
    with pytest.raises(Exception, match="No page"):
        stage.talk.connect().result(20)
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "no_page"


def test_a_page_that_is_there_and_does_not_call_is_waited_for_and_that_is_said(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offers_module, "HELLO_S", 0.05)
    stage = open_stage()
    stage.talk.page_is_there()
    connected = stage.talk.connect()
    stage.wait(lambda: (stage.states().get("notice") or {}).get("code") == "no_page")
    FakePage(stage).call()
    connected.result(20)
    stage.has(notice=None)
    stage.talk.disconnect().result(20)
    monkeypatch.setattr(offers_module, "PENDING_S", 0.05)
    with pytest.raises(Exception, match="No page"):
        stage.talk.connect().result(20)


def test_a_service_that_cannot_answer_pages_is_named_at_once(open_stage: Open) -> None:
    stage = open_stage(ScriptedService([]))
    with pytest.raises(VoiceWidgetError) as raised:
        stage.talk.connect().result(4)
    assert raised.value.code == "no_webrtc_service"


def test_an_offer_that_nobody_has_answered_is_good_for_the_next_try(open_stage: Open, quick: None) -> None:
    service = PeerService([])
    failures = [ServiceUnavailable("Overloaded."), ServiceUnavailable("Overloaded.")]
    answer = service.answer

    async def overloaded(offer: str, session: Any) -> Any:
        if failures:
            raise failures.pop()
        return await answer(offer, session)

    service.answer = overloaded  # type: ignore[method-assign]
    stage = open_stage(service)
    page = FakePage(stage)
    page.call()
    assert service.offers == ["the offer"]
    assert stage.sent("call.close") == []
    assert stage.states()["reconnect_attempts"] == 0


def test_call_pressed_twice_keeps_the_first_call(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    reply = page.reply(page.ask("call.open", sdp="v=0", microphone=True))
    assert (reply["type"], reply["error"]["code"]) == ("request.failed", "call_running")
    assert stage.states()["connection_state"] == "connected"
    assert len(stage.talk.service.offers) == 1


def test_another_page_is_told_who_holds_the_call(open_stage: Open) -> None:
    stage = open_stage()
    first, second = FakePage(stage), FakePage(stage, "page_2")
    first.call()
    reply = second.reply(second.ask("call.open", sdp="v=0", microphone=True))
    assert reply["error"]["code"] == "held_elsewhere"
    stage.has(holder="page_1")


def test_another_page_may_hang_up_only_on_purpose(open_stage: Open) -> None:
    stage = open_stage()
    first, second = FakePage(stage), FakePage(stage, "page_2")
    number = first.call()
    second.say("call.hang_up", talk=first.talk, reason="page_gone")
    second.say("call.failed", code="microphone_denied", detail="")
    second.say("call.peer", call=number, state="failed")
    second.reply(second.ask("set", name="muted", value=True))  # everything before it was handled
    assert stage.states()["connection_state"] == "connected"
    second.say("call.hang_up", talk="", reason="user")
    stage.is_state("disconnected")
    assert stage.message("call.close")["keep_microphone"] is False


def test_the_page_that_goes_ends_its_call_and_the_next_one_is_told_why(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    page.say("call.hang_up", talk=page.talk, reason="page_gone")
    stage.is_state("disconnected")
    notice = stage.wait(lambda: stage.states().get("notice"))
    assert notice["code"] == "page_left"
    assert (stage.states()["holder"], stage.states().get("error")) == ("", None)
    FakePage(stage, "page_2").call()
    assert stage.states().get("notice") is None


def test_who_hangs_up_is_told_nothing(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    page.say("call.hang_up", talk=page.talk, reason="user")
    stage.is_state("disconnected")
    assert stage.states().get("notice") is None


def test_a_stale_hang_up_does_not_end_the_next_call(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    first, talk = page.call(), page.talk
    page.say("call.hang_up", reason="user")
    stage.is_state("disconnected")
    second = page.call()
    page.say("call.hang_up", talk=talk, reason="user")
    page.reply(page.ask("set", name="muted", value=True))
    assert second == first + 1
    assert stage.states()["connection_state"] == "connected"


def test_hanging_up_while_the_browser_asks_for_the_microphone(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.say("call.pending")
    stage.is_state("connecting")
    page.say("call.hang_up", reason="user")
    stage.is_state("disconnected")
    assert page.call() == 1


def test_the_kernel_is_heard_of_while_a_call_runs(open_stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers_module, "BEAT_S", 0.02)
    stage = open_stage()
    FakePage(stage).call()
    stage.message("beat", 4)


# --- which talk is meant ---


def test_hanging_up_and_calling_again_leaves_the_call_that_is_wanted(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.say("call.pending")
    first = page.talk
    page.say("call.hang_up", reason="user")
    number = page.call()
    assert stage.states()["connection_state"] == "connected"
    assert [m["talk"] for m in stage.sent("call.close")] == [first]
    assert (number, page.talk != first) == (1, True)


def test_an_offer_after_the_end_starts_nothing(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.say("call.pending")
    stage.is_state("connecting")
    stage.talk.disconnect().result(20)
    reply = page.reply(page.ask("call.open", sdp="v=0", microphone=True))
    assert (reply["type"], reply["error"]["code"]) == ("request.failed", "call_ended")
    page.say("call.failed", code="ice_failed", detail="")
    page.reply(page.ask("set", name="muted", value=True))
    assert stage.states()["connection_state"] == "disconnected"
    assert stage.talk.service.offers == []


def test_a_page_that_answers_python_too_late_starts_nothing(open_stage: Open) -> None:
    stage = open_stage()
    connected = stage.talk.connect()
    wanted = stage.message("call.offer_wanted")
    stage.talk.disconnect().result(20)
    with pytest.raises(Exception, match="has ended"):
        connected.result(20)
    assert stage.message("call.close")["talk"] == wanted["talk"]
    page = FakePage(stage)
    page.say("call.pending", talk=wanted["talk"])
    reply = page.reply(page.ask("call.open", sdp="v=0", microphone=True))
    assert reply["error"]["code"] == "call_ended"
    assert stage.states()["connection_state"] == "disconnected"


def test_a_page_that_calls_anew_has_given_the_old_talk_up(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    first = page.call()
    assert page.call() == first + 1
    stage.wait(lambda: stage.talk.service.hung_up == ["rtc_1"])


def test_hanging_up_between_two_calls_names_the_talk(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (30.0,))
    stage = open_stage()
    page = FakePage(stage)
    number = page.call()
    page.say("call.peer", call=number, state="failed")
    assert stage.message("call.close")["keep_microphone"] is True
    page.say("call.hang_up", reason="user")
    stage.is_state("disconnected")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("offers", [False, True])
def test_a_try_that_fails_on_the_page_is_followed_by_another(open_stage: Open, offers: bool) -> None:
    stage = open_stage()
    page = FakePage(stage)
    number = page.call()
    page.say("call.peer", call=number, state="failed")
    stage.message("call.offer_wanted")
    if offers:
        page.reply(page.ask("call.open", sdp="the offer", microphone=True))
    page.say("call.failed", code="ice_failed", detail="")
    stage.message("call.offer_wanted", 2)
    page.offer()
    assert stage.states().get("error") is None


@pytest.mark.usefixtures("quick")
def test_an_offer_whose_try_fails_is_answered(open_stage: Open) -> None:
    service = PeerService([])
    stage = open_stage(service)
    page = FakePage(stage)
    number = page.call()
    page.say("call.peer", call=number, state="failed")
    stage.message("call.offer_wanted")

    async def refuse(*_: Any) -> Any:
        raise ServiceUnavailable("Not yet.", next_step="Wait.")

    answer, service.answer = service.answer, refuse  # type: ignore[method-assign]
    assert page.reply(page.ask("call.open", sdp="v=0", microphone=True))["error"]["message"] == "Not yet."
    service.answer = answer  # type: ignore[method-assign]
    stage.message("call.offer_wanted", 2)
    page.offer()


@pytest.mark.usefixtures("quick")
def test_a_microphone_that_is_refused_ends_the_talk_also_in_a_try(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    number = page.call()
    page.say("call.peer", call=number, state="failed")
    stage.message("call.offer_wanted")
    page.say("call.failed", code="microphone_denied", detail="")
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "microphone_denied"


def test_the_kernel_is_heard_of_from_the_click_on(open_stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers_module, "BEAT_S", 0.02)
    stage = open_stage()
    FakePage(stage).say("call.pending")
    stage.message("beat", 3)
    assert stage.states()["connection_state"] == "connecting"


def test_the_first_beat_comes_once_a_while_has_passed_for_the_click_has_better_to_do(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offers_module, "BEAT_S", 0.3)
    stage = open_stage()
    page = FakePage(stage)
    clicked = time.monotonic()
    page.call()
    stage.message("beat")
    assert time.monotonic() - clicked >= 0.3


# --- what a page cannot do ---


@pytest.mark.parametrize("code", sorted(set(PAGE_ERRORS) - MERELY_SHOWN))
def test_what_the_page_could_not_do_is_said_in_words(open_stage: Open, code: str) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.say("call.pending")
    page.say("call.failed", code=code, detail="NotAllowedError")
    stage.is_state("error")
    error = stage.states()["error"]
    assert (error["code"], error["next_step"]) == (code, PAGE_ERRORS[code][1])
    assert error["message"].startswith(PAGE_ERRORS[code][0].rstrip("."))
    stage.has(holder="")


def test_an_insecure_page_is_told_the_line_to_run(open_stage: Open) -> None:
    stage = open_stage()
    FakePage(stage).say("call.failed", code="page_not_secure", detail="")
    stage.is_state("error")
    assert "ssh -L" in stage.states()["error"]["next_step"]


def test_a_blocked_sound_ends_no_call(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    page.say("call.failed", code="playback_blocked", detail="")
    stage.wait(lambda: (stage.states().get("notice") or {}).get("code") == "playback_blocked")
    assert stage.states()["connection_state"] == "connected"
    assert stage.states()["notice"]["next_step"] == "Press Play the sound."
    page.say("call.plays")
    stage.has(notice=None)


def test_a_sound_that_was_stopped_is_no_news_once_the_call_is_over(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    page.say("call.failed", code="sound_stopped", detail="")
    stage.wait(lambda: (stage.states().get("notice") or {}).get("code") == "sound_stopped")
    stage.talk.disconnect().result(20)
    stage.is_state("disconnected")
    stage.has(notice=None)


def test_what_the_service_notes_is_back_when_the_sound_plays(open_stage: Open) -> None:
    service = PeerService([], ManualClock(1.7e9))
    note = {"code": "missing_parts", "message": "No parts.", "next_step": "Install them."}
    service.notice = note  # type: ignore[attr-defined]
    stage = open_stage(service)
    page = FakePage(stage)
    page.call()
    page.say("call.failed", code="playback_blocked", detail="")
    page.say("call.plays")
    page.reply(page.ask("set", name="muted", value=False))
    assert [n and n["code"] for n in stage.history_of("notice")] == [
        "missing_parts",
        "playback_blocked",
        "missing_parts",
    ]


def test_a_network_without_a_path_offers_no_half_of_a_command() -> None:
    assert "`" not in PAGE_ERRORS["ice_failed"][1]


def test_an_unknown_failure_is_kept_with_its_detail(open_stage: Open) -> None:
    stage = open_stage()
    FakePage(stage).say("call.failed", code="cosmic_rays", detail="bit 3")
    stage.is_state("error")
    assert "cosmic_rays: bit 3" in stage.states()["error"]["message"]


# --- what a page asks and reports ---


def test_a_choice_in_the_panel_is_answered(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    assert page.reply(page.ask("set", name="voice", value="two"))["type"] == "request.done"
    stage.has(voice="two")
    assert page.reply(page.ask("set", name="turn_detection", value=None))["type"] == "request.done"
    assert stage.states()["turn_detection"] is None
    refused = page.reply(page.ask("set", name="voice", value="three"))
    assert refused["error"]["code"] == "unknown_voice"
    assert stage.states()["voice"] == "two"


def test_typed_text_without_a_call_makes_one_on_that_page(open_stage: Open) -> None:
    stage = open_stage(agent=lambda turn: f"You typed {turn.text}.")
    page = FakePage(stage)
    request = page.ask("send_text", text="hello")
    wanted = stage.message("call.offer_wanted")
    assert (wanted["page"], wanted["reason"]) == ("page_1", "connect")
    page.say("call.pending")
    page.offer()
    assert page.reply(request)["type"] == "request.done"
    stage.wait(lambda: any(r["text"] == "You typed hello." for r in stage.rows()))


def test_typed_nothing_is_refused(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    assert page.reply(page.ask("send_text", text="  "))["error"]["code"] == "no_text"


def test_interrupt_from_a_page_without_the_sound_goes_by_the_sideband(open_stage: Open) -> None:
    stage = open_stage()
    first, second = FakePage(stage), FakePage(stage, "page_2")
    number = first.call()
    # The holder has acted on its own media and sends a copy of what it told the service.
    cleared = {"type": "output_audio_buffer.clear", "event_id": "e1"}
    first.say("client_event", call=number, event=cleared)
    first.say("interrupt")
    first.reply(first.ask("set", name="muted", value=False))
    assert stage.client_events("output_audio_buffer.clear") == []
    assert [e.event["event_id"] for e in stage.talk.events if e.direction == "page"] == ["e1"]
    second.say("interrupt")
    stage.wait(lambda: stage.client_events("output_audio_buffer.clear"))


def test_marks_of_the_page_become_times(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    number = page.call()
    page.say("voiced", call=number, side="user", voiced=True, at_ms=100.0)
    page.say("voiced", call=number, side="user", voiced=False, at_ms=400.0)
    page.reply(page.ask("set", name="muted", value=False))
    marks = [e.event for e in stage.talk.events if e.event["type"] == "voice_widget.page.voiced"]
    assert [(m["side"], m["voiced"], m["at_ms"]) for m in marks] == [
        ("user", True, 100.0),
        ("user", False, 400.0),
    ]


def test_a_message_that_is_delivered_twice_counts_once(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.times = 2
    page.say("call.pending")
    page.say("call.open", request_id="open_1", sdp="v=0", microphone=True)
    call = stage.message("answer")["call"]
    page.say("call.peer", call=call, state="connected")
    stage.has(connection_state="connected")
    page.say("send_text", request_id="text_1", text="Hello.")
    for event in ({"type": "response.create", "event_id": "event_page_1"}, {"type": "response.cancel"}):
        page.say("client_event", call=call, event=event, sent=False)
    page.say("voiced", call=call, side="user", voiced=True, at_ms=100.0)
    page.say("set", request_id="set_1", name="voice", value="two")
    stage.wait(lambda: stage.client_events("conversation.item.create"))
    stage.wait(
        lambda: any(e.get("event_id") == "event_page_1" for e in stage.client_events("response.create"))
    )
    stage.message("request.done", 2)
    page.say("client_event", call=call, event={"type": "response.cancel", "event_id": ["odd"]}, sent=True)
    page.reply(page.ask("set", name="muted", value=False))
    assert [m["request_id"] for m in stage.messages if m["type"] == "answer"] == ["open_1"]
    assert stage.sent("request.failed") == []
    assert [m["request_id"] for m in stage.sent("request.done")].count("text_1") == 1
    assert len(stage.client_events("conversation.item.create")) == 1
    twice = [e["event_id"] for e in stage.client_events("response.create")]
    assert len(twice) == len(set(twice))
    assert len([e for e in stage.client_events("response.cancel") if e.get("event_id") != ["odd"]]) == 1
    assert [e.event["type"] for e in stage.talk.events].count("voice_widget.page.voiced") == 1
    voices = [e["session"] for e in stage.client_events("session.update") if "voice" in str(e)]
    assert len(voices) <= 1


def test_a_recording_is_played_by_the_page(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    playing = stage.talk.play(b"\1\0\2\0", 24_000)
    message = stage.message("play")
    assert message["sample_rate"] == 24_000
    assert stage.buffers[stage.messages.index(message)] == [b"\1\0\2\0"]
    assert not playing.done()
    page.say("played", request_id=message["request_id"])
    playing.result(20)


def test_a_recording_that_the_page_cannot_play_ends_the_verb_with_the_reason(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    playing = stage.talk.play(b"\1\0\2\0", 24_000)
    request_id = stage.message("play")["request_id"]
    page.say("play.failed", request_id="another", code="play_failed", detail="")
    page.say("play.failed", request_id=request_id, code="play_failed", detail="the context is closed")
    with pytest.raises(PageError, match="the context is closed") as raised:
        playing.result(20)
    assert raised.value.info()["code"] == "play_failed"
    page.say("played", request_id=request_id)  # too late: it changes nothing
    assert stage.states()["connection_state"] == "connected"


def test_a_recording_that_the_end_cuts_off_says_so(open_stage: Open) -> None:
    stage = open_stage()
    FakePage(stage).call()
    playing = stage.talk.play(b"\1\0", 24_000)
    stage.message("play")
    stage.talk.disconnect().result(20)
    with pytest.raises(Exception, match="has ended"):
        playing.result(20)


def test_a_recording_into_a_call_that_is_lost_has_to_be_played_again(open_stage: Open, quick: None) -> None:
    stage = open_stage()
    page = FakePage(stage)
    number = page.call()
    playing = stage.talk.play(b"\1\0", 24_000)
    request_id = stage.message("play")["request_id"]
    page.say("call.peer", call=number, state="failed")
    stage.message("call.offer_wanted")
    page.offer()
    page.say("played", request_id=request_id)  # what the service has not heard
    with pytest.raises(StateError, match="Play it again") as raised:
        playing.result(20)
    assert raised.value.code == "call_lost"
    assert stage.talk._saying._playing == {}


# --- what breaks ---


def test_a_sideband_that_breaks_is_attached_again_and_the_call_goes_on(open_stage: Open) -> None:
    service = PeerService([], ManualClock(1.7e9))
    stage = open_stage(service)
    page = FakePage(stage)
    page.call()
    cut(service)
    stage.wait(lambda: len(service.connections) == 2)
    stage.talk.say("Still here.").result(20)
    stage.wait(lambda: any(r["text"] == "Still here." for r in stage.rows()))
    assert stage.sent("call.offer_wanted") == []
    assert "reconnecting" not in stage.history_of("connection_state")


@pytest.mark.usefixtures("quick")
def test_a_lost_call_gets_a_new_offer_from_the_page_that_held_it(open_stage: Open) -> None:
    service = PeerService([{"hear": "a", "say": "b"}])
    service.refuses_sidebands = True
    stage = open_stage(service)
    page = FakePage(stage)
    number = page.call()
    stage.wait(lambda: len(stage.rows()) == 2)
    cut(service)
    closing = stage.message("call.close")
    assert (closing["talk"], closing["keep_microphone"]) == (page.talk, True)
    wanted = stage.message("call.offer_wanted")
    assert (wanted["page"], wanted["talk"], wanted["reason"]) == ("page_1", page.talk, "reconnect")
    assert stage.states()["connection_state"] == "reconnecting"
    assert stage.states()["reconnect_attempts"] == 1
    # Another page must not slip in.
    other = FakePage(stage, "page_2")
    assert other.reply(other.ask("call.open", sdp="v=0", microphone=True))["type"] == "request.failed"
    assert page.offer() == number + 1
    stage.wait(lambda: len(stage.rows()) == 4)
    assert [r["call_id"] for r in stage.rows()] == ["rtc_1", "rtc_1", "rtc_2", "rtc_2"]
    assert stage.states()["reconnect_attempts"] == 0
    assert stage.states().get("error") is None


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("state", ["failed", "closed"])
def test_lost_media_means_a_new_offer(open_stage: Open, state: str) -> None:
    stage = open_stage()
    page = FakePage(stage)
    number = page.call()
    page.say("call.peer", call=number, state=state)
    stage.message("call.offer_wanted")
    assert page.offer() == number + 1


@pytest.mark.usefixtures("quick")
def test_media_may_come_back_by_itself_but_not_for_ever(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = open_stage()
    page = FakePage(stage)
    number = page.call()
    page.say("call.peer", call=number, state="disconnected")
    stage.is_state("reconnecting")
    page.say("call.peer", call=number, state="connected")
    stage.is_state("connected")
    assert stage.sent("call.offer_wanted") == []
    monkeypatch.setattr(media_module, "MEDIA_BACK_S", 0.02)
    page.say("call.peer", call=number, state="disconnected")
    stage.message("call.offer_wanted")


@pytest.mark.usefixtures("quick")
def test_after_three_tries_it_ends_and_says_why(open_stage: Open) -> None:
    service = PeerService([])
    stage = open_stage(service)
    FakePage(stage).call()
    starts = service.starts
    service.gone = True
    cut(service)
    stage.is_state("error")
    assert service.starts - starts == 3
    assert stage.history_of("reconnect_attempts")[-1] == 3
    assert stage.states()["error"]["next_step"]
    assert stage.sent("call.close")[-1]["keep_microphone"] is False
    stage.has(holder="")


@pytest.fixture
def unfollowed(open_stage: Open, monkeypatch: pytest.MonkeyPatch, quick: None) -> tuple[Stage, PeerService]:
    """A talk whose calls only the page can follow, and which waits for a page's offer for a moment."""
    monkeypatch.setattr(offers_module, "OFFER_S", 0.02)
    service = PeerService([])
    service.refuses_sidebands = True
    return open_stage(service), service


def test_a_page_that_does_not_come_back_ends_the_talk(
    unfollowed: tuple[Stage, PeerService],
) -> None:
    stage, service = unfollowed
    FakePage(stage).call()
    cut(service)
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "no_page"


def test_a_second_page_is_not_taken_for_the_one_that_holds_the_call_loaded_again(
    unfollowed: tuple[Stage, PeerService],
) -> None:
    stage, service = unfollowed
    page = FakePage(stage)
    number = page.call()
    FakePage(stage, "page_2").say("hello")  # a second tab
    page.say("voiced", call=number, side="user", voiced=True, at_ms=10.0)  # and the first is there still
    cut(service)
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "no_page"


def test_a_page_that_was_loaded_again_without_a_farewell_ends_the_talk_and_the_next_one_is_told_why(
    unfollowed: tuple[Stage, PeerService],
) -> None:
    stage, service = unfollowed
    FakePage(stage).call()
    FakePage(stage, "page_2").say("hello")  # the same one, loaded again, says hello
    cut(service)
    stage.is_state("disconnected")
    assert stage.states().get("error") is None
    assert stage.states()["notice"]["code"] == "page_left"
    assert stage.history_of("reconnect_attempts")[-1] == 1
    service.refuses_sidebands = False
    FakePage(stage, "page_2").call()
    assert stage.states().get("notice") is None


@pytest.mark.usefixtures("quick")
def test_hanging_up_while_it_is_got_back(open_stage: Open) -> None:
    service = PeerService([])
    service.refuses_sidebands = True
    stage = open_stage(service)
    page = FakePage(stage)
    number = page.call()
    cut(service)
    stage.message("call.offer_wanted")
    page.say("call.hang_up", reason="user")
    stage.is_state("disconnected")
    assert page.call() == number + 1


async def _taken_without_a_word(event: dict[str, Any]) -> None:
    pass


def test_a_session_that_is_never_acknowledged_is_named(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_module, "ACKNOWLEDGE_S", 0.05)
    monkeypatch.setattr(retrying_module, "WAITS_S", ())
    service = PeerService([])
    original = service.connect

    async def mute(**arguments: Any) -> Any:
        connection = await original(**arguments)
        connection._outbox.clear()
        connection.send = _taken_without_a_word
        return connection

    service.connect = mute  # type: ignore[method-assign]
    stage = open_stage(service)
    page = FakePage(stage)
    page.ask("call.open", sdp="v=0", microphone=True)
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "session_timeout"


def test_media_that_never_comes_is_named(open_stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_module, "MEDIA_S", 0.05)
    stage = open_stage()
    page = FakePage(stage)
    page.ask("call.open", sdp="v=0", microphone=True)
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "ice_failed"


def test_a_service_that_does_not_start_is_named(open_stage: Open, quick: None) -> None:
    service = PeerService([])
    service.gone = True
    stage = open_stage(service)
    page = FakePage(stage)
    page.say("call.pending")
    stage.is_state("error")
    assert stage.states()["error"]["message"] == "The call did not come about in 4 tries: It is gone."
    assert stage.sent("call.close")[-1]["keep_microphone"] is False


def test_fifty_calls_leave_nothing_behind(open_stage: Open) -> None:
    service = PeerService([], ManualClock(1.7e9))
    stage = open_stage(service)
    page = FakePage(stage)
    counts = []
    for _ in range(50):
        page.call()
        page.say("call.hang_up", reason="user")
        stage.is_state("disconnected")
        stage.wait(lambda: len(service.hung_up) == len(service.offers))
        counts.append(call(lambda: len(asyncio.all_tasks())))
    assert len(service.offers) == 50
    assert counts[-1] <= counts[0] + 2

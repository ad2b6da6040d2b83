"""Offers that are answered before anybody calls; the page's part is played by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.talking import FakePage, PeerService, Stage
from voice_widget.errors import ServiceRefused
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import Answer
from voice_widget.services.clock import ManualClock
from voice_widget.talk import ahead as ahead_module

Open = Callable[..., Stage]


class AheadService(PeerService):
    """One that does not mind, and may refuse.

    Documents: the embedded engine makes a call with its answer, and forgets it if no peer comes.
    """

    def __init__(self, *, minds: bool = False) -> None:
        super().__init__([], ManualClock(1.7e9))
        self.capabilities = replace(self.capabilities, answers_ahead=not minds)
        self.refuses = 0

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        if self.refuses:
            self.refuses -= 1
            raise ServiceRefused("Too many calls.", code="too_many_sessions", next_step="Hang up.")
        await super().answer(offer, session)
        return Answer(f"answer {len(self.offers)}", f"rtc_{len(self.offers)}")


@pytest.fixture
def open_stage() -> Iterator[Open]:
    stages: list[Stage] = []

    def make(service: Any = None, **options: Any) -> Stage:
        stages.append(Stage(service or AheadService(), **{"transport": "webrtc", **options}))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def prepared(page: FakePage, sdp: str = "the offer") -> str:
    """The answer ahead of the call."""
    answer = page.reply(page.ask("call.prepare", sdp=sdp))
    assert (answer["type"], answer["call"]) == ("answer", 0)
    return str(answer["sdp"])


def test_a_call_takes_the_answer_that_is_there(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    assert prepared(page) == "answer 1"
    assert stage.states().get("connection_state", "disconnected") == "disconnected"
    page.say("call.pending")
    opened = page.reply(page.ask("call.open", sdp="the offer", microphone=True))
    assert (opened["sdp"], opened["call"]) == ("answer 1", 1)
    page.say("call.peer", call=1, state="connected")
    stage.is_state("connected")
    assert stage.talk.service.offers == ["the offer"]
    assert stage.states()["call_id"] == "rtc_1"
    page.say("call.hang_up", reason="user")
    stage.wait(lambda: stage.talk.service.hung_up == ["rtc_1"])


def test_settings_of_meanwhile_are_in_force_from_the_beginning(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    prepared(page)
    stage.talk.update(voice="two").result(10)
    page.call()
    greeting = stage.client_events("session.update")[0]
    assert greeting["session"]["audio"]["output"]["voice"] == "two"


def test_what_nobody_calls_with_is_let_go_of(open_stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead_module, "AHEAD_S", 0.05)
    stage = open_stage()
    page = FakePage(stage)
    prepared(page)
    stage.wait(lambda: stage.talk.service.hung_up == ["rtc_1"])
    # The same offer is answered anew then.
    page.say("call.pending")
    assert page.reply(page.ask("call.open", sdp="the offer", microphone=True))["sdp"] == "answer 2"


def test_a_call_with_another_offer_has_its_own_answer(open_stage: Open) -> None:
    stage = open_stage()
    other, page = FakePage(stage, "page_2"), FakePage(stage)
    prepared(other, "another offer")
    page.call()
    assert stage.talk.service.offers == ["another offer", "the offer"]
    stage.wait(lambda: stage.talk.service.hung_up == ["rtc_1"])


def test_each_page_has_its_own_and_there_are_few(open_stage: Open) -> None:
    stage = open_stage()
    pages = [FakePage(stage, f"page_{number}") for number in range(ahead_module.MOST + 1)]
    answers = [prepared(page, f"offer of {page.name}") for page in pages]
    assert answers == ["answer 1", "answer 2", "answer 3", "answer 4", ""]
    pages[1].say("call.pending")
    opened = pages[1].reply(pages[1].ask("call.open", sdp="offer of page_1", microphone=True))
    assert opened["sdp"] == "answer 2"
    stage.wait(lambda: sorted(stage.talk.service.hung_up) == ["rtc_1", "rtc_3", "rtc_4"])


def test_a_service_that_is_paid_is_not_asked(open_stage: Open) -> None:
    stage = open_stage(AheadService(minds=True))
    page = FakePage(stage)
    assert prepared(page) == ""
    page.call()
    assert stage.talk.service.offers == ["the offer"]


def test_in_a_call_and_where_the_page_posts_nothing_is_asked(open_stage: Open) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    assert prepared(page, "another offer") == ""
    assert stage.talk.service.offers == ["the offer"]
    posting = open_stage(flow="ephemeral")
    assert prepared(FakePage(posting)) == ""
    assert posting.talk.service.offers == []


def test_a_refusal_is_told_in_the_call_only(open_stage: Open) -> None:
    service = AheadService()
    service.refuses = 2
    stage = open_stage(service)
    page = FakePage(stage)
    assert prepared(page) == ""
    assert stage.states().get("error") is None
    page.say("call.pending")
    refused = page.reply(page.ask("call.open", sdp="the offer", microphone=True))
    assert refused["type"] == "request.failed"
    assert refused["error"]["code"] == "too_many_sessions"


def test_with_the_widget_it_ends(open_stage: Open) -> None:
    stage = open_stage()
    prepared(FakePage(stage))
    stage.close()
    assert stage.talk.service.hung_up == ["rtc_1"]

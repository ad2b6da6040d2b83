"""A page asks for the ICE servers of its offer; the page's part is played by the test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.talking import FakePage, PeerService, Stage
from voice_widget.call import ice as ice_module
from voice_widget.call.ice import Ice
from voice_widget.errors import SettingError
from voice_widget.realtime.settings.ice_servers import IceServer
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import Answer
from voice_widget.services.clock import ManualClock
from voice_widget.talk import retrying as retrying_module

Open = Callable[..., Stage]
TURN = {"urls": ["turn:turn.example.org"], "username": "me", "credential": "pa55word"}


class Given(PeerService):
    """An engine: it takes the servers, too."""

    def __init__(self) -> None:
        super().__init__([], ManualClock(1.7e9))
        self.capabilities = replace(self.capabilities, ice_servers=True, answers_ahead=True)
        self.given: list[list[dict[str, Any]]] = []

    async def answer(
        self, offer: str, session: SessionConfig, *, ice_servers: Sequence[IceServer] = ()
    ) -> Answer:
        self.given.append([server.dump() for server in ice_servers])
        return await super().answer(offer, session)


@pytest.fixture
def open_stage() -> Iterator[Open]:
    stages: list[Stage] = []

    def make(given: Any, service: Any = None, **options: Any) -> Stage:
        service = service or PeerService([], ManualClock(1.7e9))
        stages.append(Stage(service, transport="webrtc", ice=Ice(given), **options))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def wanted(page: FakePage, talk: str | None = None) -> dict[str, Any]:
    return page.reply(page.ask("ice.wanted", key="", **({} if talk is None else {"talk": talk})))


def raises() -> Any:
    raise ConnectionError("pa55word")


def test_a_page_gets_them_and_the_talk_begins(open_stage: Open) -> None:
    stage = open_stage(TURN)
    page = FakePage(stage)
    assert json.loads(wanted(page)["sealed"]) == [TURN]
    stage.is_state("connecting")
    page.offer()


def test_who_only_points_at_call_begins_nothing(open_stage: Open) -> None:
    stage = open_stage(TURN)
    page = FakePage(stage)
    assert json.loads(wanted(page, "")["sealed"]) == [TURN]
    assert "connection_state" not in stage.states()


def test_a_function_is_asked_for_each_offer(open_stage: Open) -> None:
    asked = iter(range(1, 9))
    stage = open_stage(lambda: {**TURN, "credential": f"number {next(asked)}"})
    page = FakePage(stage)
    told = [json.loads(wanted(page, "")["sealed"])[0]["credential"] for _ in range(2)]
    assert told == ["number 1", "number 2"]


def test_the_engine_gets_those_of_the_offer_also_ahead_of_a_call(open_stage: Open) -> None:
    asked = iter(range(1, 9))
    service = Given()
    stage = open_stage(lambda: {**TURN, "credential": f"number {next(asked)}"}, service)
    page = FakePage(stage)
    wanted(page, "")
    page.reply(page.ask("call.prepare", sdp="ahead"))
    page.call()
    assert [servers[0]["credential"] for servers in service.given] == ["number 1", "number 1"]


def test_no_event_and_no_message_but_the_one_holds_a_credential(open_stage: Open) -> None:
    stage = open_stage(TURN, Given())
    page = FakePage(stage)
    wanted(page)
    page.offer()
    others = [message for message in stage.messages if message["type"] != "ice.servers"]
    assert "pa55word" not in str(others) + str(stage.changes) + str([e.event for e in stage.talk.events])


@pytest.mark.parametrize("pending", [True, False])
def test_a_function_that_raises_ends_the_call_by_name(open_stage: Open, pending: bool) -> None:
    stage = open_stage(raises)
    page = FakePage(stage)
    if pending:
        page.say("call.pending")
    reply = wanted(page)
    assert (reply["type"], reply["error"]["code"]) == ("request.failed", "ice_servers_failed")
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "ice_servers_failed"
    assert "pa55word" not in str(stage.states())


@pytest.mark.parametrize("pending", [True, False])
def test_where_there_is_another_way_the_call_goes_on_by_that_and_says_why(
    open_stage: Open, pending: bool
) -> None:
    stage = open_stage(raises, falls_back=True)
    page = FakePage(stage)
    if pending:
        page.say("call.pending")
    assert wanted(page)["error"]["code"] == "ice_servers_failed"
    asked = stage.message("call.offer_wanted")
    assert (asked["talk"], asked["transport"], asked["reason"]) == (page.talk, "comm", "reconnect")
    answer = page.reply(page.ask("call.open", sdp="", microphone=True))
    page.say("call.peer", call=answer["call"], state="connected")
    stage.is_state("connected")
    notice = stage.states()["notice"]
    assert notice["message"].startswith(
        "The function of `ice_servers` gave none: the sound of this call goes"
    )
    assert "pa55word" not in str(stage.states())


@pytest.mark.parametrize("falls_back", [True, False])
def test_who_only_looks_for_addresses_ends_no_call_and_gets_those_of_the_last_offer(
    open_stage: Open, falls_back: bool
) -> None:
    asked: list[int] = []

    def once() -> Any:
        asked.append(1)
        if len(asked) > 1:
            raise ConnectionError
        return TURN

    stage = open_stage(once, falls_back=falls_back)
    page = FakePage(stage)
    wanted(page)  # for an offer
    looking = page.reply(page.ask("ice.wanted", key="", talk="", offers=False))
    assert (json.loads(looking["sealed"]), len(asked)) == ([TURN], 1)
    stage.is_state("connecting")
    page.offer()
    never = open_stage(raises, falls_back=falls_back)
    page = FakePage(never)
    page.say("call.pending")
    never.is_state("connecting")
    assert page.reply(page.ask("ice.wanted", key="", talk="", offers=False))["type"] == "request.failed"
    page.offer()


def test_so_it_is_where_it_was_asked_ahead_and_the_call_came_meanwhile(open_stage: Open) -> None:
    goes_on = threading.Event()

    def late() -> Any:
        goes_on.wait(10)
        raise ConnectionError

    stage = open_stage(late)
    page = FakePage(stage)
    request = page.ask("ice.wanted", key="", talk="")
    page.say("call.pending")
    stage.is_state("connecting")
    goes_on.set()
    assert page.reply(request)["error"]["code"] == "ice_servers_failed"
    stage.is_state("error")


def test_a_function_that_hangs_is_a_call_that_failed_and_none_that_is_stuck(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ice_module, "ASK_S", 0.1)
    goes_on = threading.Event()
    stage = open_stage(goes_on.wait)
    page = FakePage(stage)
    try:
        assert wanted(page)["error"]["code"] == "ice_servers_failed"
        stage.is_state("error")
    finally:
        goes_on.set()


def test_a_lost_call_tries_again_where_the_function_fails_once(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    fails: list[bool] = []

    def sometimes() -> Any:
        if fails:
            fails.clear()
            raise ConnectionError
        return TURN

    stage = open_stage(sometimes)
    page = FakePage(stage)
    wanted(page)
    number = page.offer()
    fails.append(True)
    page.say("call.peer", call=number, state="failed")
    stage.message("call.offer_wanted")
    assert wanted(page)["type"] == "request.failed"
    stage.message("call.offer_wanted", 2)
    assert wanted(page)["type"] == "ice.servers"
    page.offer()
    assert stage.states().get("error") is None


def test_media_that_stopped_and_found_no_way_again_is_what_failed(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01,))
    stage = open_stage(TURN)
    page = FakePage(stage)
    number = page.call()
    page.say("call.peer", call=number, state="failed")
    stage.message("call.offer_wanted")
    page.say("call.failed", code="ice_failed", detail="failed")
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "media_stopped"


@pytest.mark.parametrize("transport", ["comm", "memory"])
def test_where_no_peer_looks_for_its_way_they_are_refused(transport: str) -> None:
    with pytest.raises(SettingError, match=f"have no use by {transport}"):
        Stage(PeerService([], ManualClock(1.7e9)), transport=transport, ice=Ice(TURN))
    Stage(PeerService([], ManualClock(1.7e9)), transport=transport, ice=Ice(None)).close()

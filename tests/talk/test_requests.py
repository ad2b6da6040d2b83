"""Requests about calls that are not the talk's own: they end with the talk, and the talk with them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from tests.talking import Stage
from voice_widget.errors import StateError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.scripted import ScriptedService
from voice_widget.threads.loop import call, loop, submit


class Phones(ScriptedService):
    """Takes requests and answers when it is told to."""

    def __init__(self) -> None:
        super().__init__([])
        self.answers = asyncio.Event()
        self.asked: Future[None] = Future()
        self.open = 0
        self.done: list[str] = []

    async def _ask(self, what: str) -> None:
        self.open += 1
        self.asked.set_result(None)
        try:
            await self.answers.wait()
            self.done.append(what)
        finally:
            self.open -= 1

    async def accept(self, call_id: str, session: SessionConfig) -> None:
        await self._ask("accept")

    async def reject(self, call_id: str, status_code: int) -> None:
        await self._ask("reject")

    async def refer(self, call_id: str, target_uri: str) -> None:
        await self._ask("refer")

    async def hangup(self, call_id: str) -> None:
        await self._ask("hangup")


VERBS: dict[str, Callable[[Any], Future[None]]] = {
    "accept": lambda talk: talk.accept("rtc_1"),
    "reject": lambda talk: talk.reject("rtc_1"),
    "refer": lambda talk: talk.refer("rtc_1", "tel:+1"),
    "hangup": lambda talk: talk.hangup_call("rtc_1"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_request_that_has_no_answer_ends_with_the_talk(verb: str) -> None:
    service = Phones()
    talk = Stage(service).talk
    asked = VERBS[verb](talk)
    service.asked.result(20)
    talk.close().result(20)
    with pytest.raises(StateError, match="The widget is closed"):
        asked.result(1)
    assert service.open == 0


def test_what_was_asked_for_before_the_end_is_still_done() -> None:
    service = Phones()
    talk = Stage(service).talk
    asked = talk.hangup_call("rtc_1")
    service.asked.result(20)
    assert talk.holds  # the kernel's end waits for it
    left = talk.leave()
    call(service.answers.set)
    left.result(20)
    asked.result(20)
    assert service.done == ["hangup"]
    assert not talk.holds


@pytest.mark.parametrize("verb", ["_connect", "_join", "_hang_up_call", "say"])
def test_what_comes_after_the_end_by_another_thread_begins_nothing(verb: str) -> None:
    service = Phones()
    talk = Stage(service).talk
    talk.close().result(20)
    late = {
        "_connect": lambda: talk._connect(),
        "_join": lambda: talk._join("rtc_1"),
        "_hang_up_call": lambda: talk._requests.run(talk._hang_up_call("rtc_1")),
        "say": lambda: talk._saying.verbatim("Hello."),
    }
    with pytest.raises(StateError, match="The widget is closed"):
        submit(late[verb]()).result(20)
    assert not talk.holds
    assert service.open == 0


@pytest.mark.parametrize("verb", ["connect", "join", "send_text", "say", "play"])
def test_what_was_asked_for_just_before_the_end_calls_nobody(verb: str) -> None:
    service = Phones()
    talk = Stage(service).talk
    words = {"connect": (), "join": ("rtc_1",), "play": (bytes(960),)}.get(verb, ("Hello.",))
    gate = threading.Event()
    loop().call_soon_threadsafe(gate.wait, 20)
    asked = getattr(talk, verb)(*words)
    ended = talk.close()
    gate.set()
    ended.result(20)
    with pytest.raises(StateError, match="The widget is closed"):
        asked.result(20)
    assert service.connections == []

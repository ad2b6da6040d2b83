"""A typed turn, a tool call and an interruption with services that speak the protocol in their own way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.services.dialects import DIALECTS, SPOKEN, Dialect, DialectServer, Session
from tests.talking import FakePage, Stage
from tests.widget_page import Page, pages  # noqa: F401
from voice_widget import OpenAI, VoiceWidget
from voice_widget.threads.loop import submit

TALKING = [dialect for dialect in DIALECTS if dialect.answers]
Served = Callable[[Dialect], tuple[DialectServer, OpenAI]]


def named(dialect: Dialect) -> str:
    return dialect.name


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"mild in {city}"


@pytest.fixture
def served() -> Iterator[Served]:
    servers: list[DialectServer] = []

    def make(dialect: Dialect) -> tuple[DialectServer, OpenAI]:
        server = DialectServer(dialect)
        servers.append(server)
        url = submit(server.start()).result(10)
        return server, OpenAI("m", "sk-test", url, dialect="beta" if dialect.old else "current")

    yield make
    for server in servers:
        submit(server.stop()).result(10)


class Relaying(FakePage):
    """A page whose data channel is one session of a dialect."""

    def __init__(self, stage: Stage, dialect: Dialect) -> None:
        super().__init__(stage)
        self.session = Session(dialect, self._hear, sound=False)
        self.number = 0
        self._said: list[str] = []
        self._told = self._done = 0

    def call(self) -> int:
        self.say("call.pending")
        answer = self.reply(self.ask("call.open", sdp="v=0", microphone=True))
        assert answer["type"] == "answer", answer
        self.number = answer["call"]
        self.say("call.peer", call=self.number, state="connected")
        self.session.greet()
        return self.number

    def _hear(self, event: dict[str, Any]) -> None:
        self._said.append(json.dumps(event))

    def pump(self) -> bool:
        """Carry what waits, either way."""
        for message in self.stage.messages[self._done :]:
            self._done += 1
            if message["type"] == "relay.send":
                for event in message["events"]:
                    self.session.hear(event)
        if self._told < len(self._said) and self.stage.sent("relay"):
            first, events = self._told + 1, self._said[self._told :]
            self._told = len(self._said)
            self.say("relay.events", call=self.number, first=first, lost=0, events=events)
        return True


def rows_of(stage: Stage) -> list[tuple[str, str]]:
    return [(row["role"], row["text"]) for row in stage.rows() if row["text"]]


TALK = [
    ("user", "hello"),
    ("assistant", "Hello to you."),
    ("user", "weather"),
    ("assistant", "It is mild in Oslo."),
    ("user", "story"),
]


def hold(stage: Stage, heard: list[dict[str, Any]], carry: Callable[[], bool] = lambda: True) -> None:
    """A typed turn, a tool call, an interruption, and a turn after it; the rows are right."""

    def wait(condition: Callable[[], Any]) -> None:
        stage.wait(lambda: carry() and condition())

    def idle() -> bool:
        return stage.states().get("activity") in ("idle", "listening")

    def answered(count: int) -> bool:
        return sum(e["type"] == "response.done" for e in received(stage)) >= count

    stage.talk.send_text("hello")
    wait(lambda: rows_of(stage) == TALK[:2] and answered(1))
    stage.talk.send_text("weather")
    wait(lambda: rows_of(stage) == TALK[:4] and answered(3))
    outputs = [e["item"] for e in heard if e["type"] == "conversation.item.create" and "output" in e["item"]]
    assert [item["output"] for item in outputs] == ["mild in Oslo"]
    stage.talk.send_text("story")
    wait(lambda: rows_of(stage)[:5] == TALK and began(stage))
    stopped = stage.talk.interrupt()
    wait(stopped.done)
    stopped.result()
    wait(lambda: answered(4))
    stage.talk.send_text("hello")
    wait(lambda: rows_of(stage)[-2:] == TALK[:2] and answered(5))
    wait(idle)
    rows = stage.rows()
    story = [row for row in rows if row["seq"] > 4][1]
    assert story["role"] == "assistant"
    assert story["interrupted"], story
    assert [row["role"] for row in rows] == ["user", "assistant"] * 4
    assert stage.states()["connection_state"] == "connected"
    assert not stage.states().get("error"), stage.states()["error"]


def received(stage: Stage) -> list[dict[str, Any]]:
    return [dict(e.event) for e in stage.talk.events if e.direction == "received"]


def began(stage: Stage) -> bool:
    """The story is heard, or as much as there is to hear."""
    created = [e for e in received(stage) if e["type"] == "response.created"]
    return len(created) == 4 and bool(stage.states().get("assistant_speaking"))


@pytest.mark.parametrize("dialect", TALKING, ids=named)
def test_a_talk_from_memory(served: Served, dialect: Dialect) -> None:
    server, service = served(dialect)
    stage = Stage(service, tools=[get_weather])
    try:
        stage.talk.connect().result(10)
        hold(stage, server.sessions[0].heard)
    finally:
        stage.close()


@pytest.mark.parametrize("dialect", TALKING, ids=named)
def test_a_spoken_turn_from_memory(served: Served, dialect: Dialect) -> None:
    _server, service = served(dialect)
    stage = Stage(service)
    try:
        stage.talk.connect().result(10)
        stage.talk.play(b"\x10\x10" * 30_000, 24_000, "max").result(10)
        stage.wait(lambda: [row["text"] for row in stage.turns] == [SPOKEN, "Hello to you."])
        assert [(row["role"], row["text"]) for row in stage.rows()] == [
            ("user", SPOKEN),
            ("assistant", "Hello to you."),
        ]
        assert not stage.states().get("error"), stage.states()["error"]
    finally:
        stage.close()


@pytest.mark.parametrize("dialect", [dialect for dialect in TALKING if dialect.offers], ids=named)
def test_a_talk_that_a_page_relays(served: Served, dialect: Dialect) -> None:
    _server, service = served(dialect)
    stage = Stage(service, transport="webrtc", tools=[get_weather])
    try:
        page = Relaying(stage, dialect)
        page.call()
        stage.wait(lambda: page.pump() and stage.states().get("connection_state") == "connected")
        hold(stage, page.session.heard, page.pump)
    finally:
        stage.close()


@pytest.mark.parametrize("dialect", [dialect for dialect in DIALECTS if not dialect.answers], ids=named)
def test_a_service_that_holds_no_conversation_says_so_itself(
    served: Served,
    dialect: Dialect,
    pages: list[Page],  # noqa: F811
) -> None:
    _server, service = served(dialect)
    widget = VoiceWidget(service=service, transport="memory")
    try:
        widget.connect().result(10)
        asked = widget.send_text("hello")
        with pytest.raises(Exception, match="Unknown event type") as raised:
            asked.result(10)
        assert raised.value.code == "unknown_event"  # type: ignore[attr-defined]
        assert [row["text"] for row in widget.transcript] in ([], ["hello"])
    finally:
        widget.close()


def test_every_belief_says_where_it_comes_from() -> None:
    known = ("capture", "document", "code", "guess")
    for dialect in DIALECTS:
        assert dialect.beliefs, dialect.name
        assert all(source.startswith(known) for _, source in dialect.beliefs), dialect.name

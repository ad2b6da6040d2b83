"""What was said before a talk reaches who answers, whatever the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.talking import FakePage, PeerService, Stage
from voice_widget.agents import Turn
from voice_widget.services import Capabilities
from voice_widget.services.scripted import ScriptedService
from voice_widget.services.scripted_session import ScriptedConnection
from voice_widget.talk import retrying as retrying_module
from voice_widget.threads.loop import loop

HISTORY = [
    {"role": "user", "content": "My name is Ann."},
    {"role": "assistant", "content": "Hello, Ann."},
]
TOLD = [("user", "input_text", "My name is Ann."), ("assistant", "output_text", "Hello, Ann.")]
Open = Callable[..., Stage]


class Told(ScriptedService):
    """A double of a service that makes its answers itself, and so has to be told."""

    def __init__(self, script: Any) -> None:
        super().__init__(script)
        self.capabilities = Capabilities()


@pytest.fixture
def open_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    stages: list[Stage] = []

    def make(service: Any, **options: Any) -> Stage:
        stages.append(Stage(service, **{"history": HISTORY, **options}))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def told(connection: ScriptedConnection) -> list[tuple[str, str, str]]:
    items = [e["item"] for e in connection.received if e["type"] == "conversation.item.create"]
    return [(i["role"], i["content"][0]["type"], i["content"][0]["text"]) for i in items if "role" in i]


def test_an_agent_of_the_kernel_knows_it_and_the_service_is_told_nothing(open_stage: Open) -> None:
    def agent(turn: Turn) -> str:
        return f"I know {len(turn.history)} turns; you said: {turn.history[0].text}"

    service = ScriptedService([{"hear": "who am I", "say": ""}])
    stage = open_stage(service, agent=agent)
    stage.talk.connect().result(20)
    _, answer = stage.finished(2)
    assert answer["text"] == "I know 2 turns; you said: My name is Ann."
    assert stage.client_events("conversation.item.create") == []


def test_another_service_is_told_before_it_is_asked_anything(open_stage: Open) -> None:
    service = Told([])
    stage = open_stage(service)
    stage.talk.send_text("Who am I?").result(20)
    (line,) = service.connections
    assert told(line) == [*TOLD, ("user", "input_text", "Who am I?")]
    assert [(row["seq"], row["text"]) for row in stage.rows()] == [(1, "Who am I?")]


def test_a_call_by_webrtc_is_told_by_its_sideband(open_stage: Open) -> None:
    service = PeerService([], kernel_agent=False)
    stage = open_stage(service, transport="webrtc")
    FakePage(stage).call()
    stage.wait(lambda: told(service.connections[0]) == TOLD)


def test_a_service_without_a_sideband_is_told_by_the_page(open_stage: Open) -> None:
    service = PeerService([], kernel_agent=False)
    service.capabilities = Capabilities(webrtc=True, dialect="beta")
    stage = open_stage(service, transport="webrtc")
    page = FakePage(stage)
    page.say("call.pending")
    number = page.reply(page.ask("call.open", sdp="the offer", microphone=True))["call"]
    page.say("call.peer", call=number, state="connected")
    page.say("relay.events", call=number, first=1, lost=0, events=['{"type": "session.created"}'])

    def items() -> list[Any]:
        sent = [event for message in stage.sent("relay.send") for event in message["events"]]
        return [event["item"] for event in sent if event["type"] == "conversation.item.create"]

    stage.wait(lambda: len(items()) == 2)
    # The older dialect calls what an assistant wrote otherwise.
    assert [(i["role"], i["content"][0]["type"]) for i in items()] == [
        ("user", "input_text"),
        ("assistant", "text"),
    ]


def test_a_lost_call_is_got_back_with_it_and_with_the_talk(open_stage: Open) -> None:
    service = PeerService([{"hear": "a", "say": "b"}], kernel_agent=False)
    stage = open_stage(service)
    stage.talk.connect().result(20)
    stage.finished(2)
    loop().call_soon_threadsafe(service.connections[0].cut)
    rows = stage.finished(4)
    assert [row["text"] for row in rows] == ["a", "b", "a", "b"]
    first, second = service.connections
    assert told(first) == TOLD
    known = [*TOLD, ("user", "input_text", "a"), ("assistant", "output_text", "b")]
    stage.wait(lambda: told(second) == known)


def test_a_call_after_the_end_of_one_begins_where_the_widget_began(open_stage: Open) -> None:
    service = Told([{"hear": "a", "say": "b"}])
    stage = open_stage(service)
    for number in (1, 2):
        stage.talk.connect().result(20)
        stage.finished(2 * number)
        stage.talk.disconnect().result(20)
        stage.is_state("disconnected")
    assert [told(line) for line in service.connections] == [TOLD, TOLD]


def test_tools_are_told_as_the_protocol_has_them(open_stage: Open) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    history = [
        {"role": "user", "content": "Add one."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "2"},
    ]
    service = Told([])
    stage = open_stage(service, history=history)
    stage.talk.connect().result(20)
    _, called, gave = (e["item"] for e in stage.client_events("conversation.item.create"))
    assert (called["type"], called["call_id"], called["name"]) == ("function_call", "c1", "add")
    assert (gave["type"], gave["call_id"], gave["output"]) == ("function_call_output", "c1", "2")
    stage.talk.send_text("And now?").result(20)
    assert [row["text"] for row in stage.rows()] == ["And now?"]


@pytest.mark.parametrize("names_it", [True, False])
def test_what_a_service_refuses_of_it_is_a_notice_and_the_talk_goes_on(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch, names_it: bool
) -> None:
    take = ScriptedConnection._on_conversation_item_create

    def refuse(self: ScriptedConnection, event: Any) -> None:
        if event["item"].get("role") != "assistant":
            take(self, event)
            return
        self._error(event if names_it else {}, "invalid_value", "No answers are taken.")

    monkeypatch.setattr(ScriptedConnection, "_on_conversation_item_create", refuse)
    stage = open_stage(Told([{"hear": "a", "say": "b"}]))
    stage.talk.connect().result(20)
    stage.finished(2)
    notice = stage.states()["notice"]
    assert notice["code"] == "history_refused"
    assert "1 of 2 messages of what was said before: No answers are taken." in notice["message"]
    assert stage.states().get("error") is None
    assert stage.problems == []
    stage.talk.disconnect().result(20)
    stage.is_state("disconnected")
    stage.has(notice=None)


def test_each_call_s_record_begins_with_it(open_stage: Open) -> None:
    stage = open_stage(ScriptedService([]))
    for _ in range(2):
        stage.talk.connect().result(20)
        stage.talk.disconnect().result(20)
        stage.is_state("disconnected")
    kept = [e.event for e in stage.talk.events if e.event["type"] == "voice_widget.call.history"]
    assert [event["messages"] for event in kept] == [HISTORY, HISTORY]

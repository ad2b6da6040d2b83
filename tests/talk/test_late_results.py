"""Tools that run beside the talk: what they give is told when nobody speaks, and answered once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.talk.slow import Slow
from tests.talking import PeerService, Stage
from voice_widget.agents import ToolCall, Turn
from voice_widget.errors import StateError
from voice_widget.realtime.state.records import ToolRow
from voice_widget.recording.replay import replay
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted import ScriptedService
from voice_widget.talk import retrying
from voice_widget.threads.loop import loop
from voice_widget.tools.approvals import Decision
from voice_widget.tools.tool import Tool

Open = Callable[..., Stage]


@pytest.fixture
def open_stage() -> Iterator[Open]:
    stages: list[Stage] = []

    def make(agent: Callable[[Turn], Any] | None, *tools: Any, service: Any = None) -> Stage:
        service = ScriptedService([]) if service is None else service
        stages.append(stage := Stage(service, agent=agent, tools=tools))
        stage.talk.connect().result(20)
        return stage

    yield make
    for stage in stages:
        stage.close()


def beside(function: Callable[..., Any], **options: Any) -> Tool:
    return Tool(function, name="look", background=True, **options)


def agent(turn: Turn) -> Iterator[Any]:
    """Calls the tool as often as it is told to; says what came of it."""
    if turn.results:
        yield "Result: " + " ".join(message.text for message in turn.results)
    elif turn.text.startswith("look"):
        for what in turn.text.split()[1:]:
            yield ToolCall("look", {"what": what})
    else:
        yield f"Well, {turn.text}."


def ask(stage: Stage, text: str) -> None:
    stage.talk.send_text(text).result(10)


def said(stage: Stage) -> list[str]:
    return [row["text"] for row in stage.turns if row["role"] == "assistant"]


def says(stage: Stage, text: str) -> None:
    stage.wait(lambda: any(text in one for one in said(stage)))


def uses(stage: Stage) -> list[ToolRow]:
    return stage.talk.ledger.uses()


def items(stage: Stage, kind: str = "function_call_output", *, late: bool = False) -> list[dict[str, Any]]:
    """Those of calls that the model has made, or of those by which results come late."""
    created = [event["item"] for event in stage.client_events("conversation.item.create")]
    return [i for i in created if i["type"] == kind and i["call_id"].startswith("late_") is late]


STARTED = "look was started. What it gives comes by itself, later; do not call it again for that."


def test_the_model_hears_at_once_that_it_was_started_and_answers_what_it_gave_once(open_stage: Open) -> None:
    slow = Slow()
    stage = open_stage(agent, beside(slow))
    ask(stage, "look tips")
    says(stage, f"Result: {STARTED}")
    (one,) = uses(stage)
    assert (one["status"], one["output"], one["ended_at"]) == ("running", None, None)
    ask(stage, "go on")  # the talk does
    says(stage, "Well, go on.")
    slow.release.set()
    says(stage, "Result: Found tips.")
    (one,) = uses(stage)
    assert (one["status"], one["output"]) == ("completed", "Found tips.")
    assert [item["output"] for item in items(stage)] == [STARTED]
    (called,), (late,) = items(stage, "function_call", late=True), items(stage, late=True)
    assert (called["name"], called["arguments"]) == ("look", '{"what": "tips"}')
    assert (called["call_id"], late["output"]) == (late["call_id"], "Found tips.")
    assert all(len(item[name]) <= 32 for item in (called, late) for name in ("id", "call_id"))
    assert len(stage.client_events("response.create")) == 4  # two questions, that it was started, the result
    ask(stage, "and now")
    says(stage, "Well, and now.")
    assert sum("Found tips." in text for text in said(stage)) == 1
    assert len(stage.client_events("response.create")) == 5


def test_what_is_kept_of_it_gives_the_same_rows(open_stage: Open) -> None:
    slow = Slow()
    stage = open_stage(agent, beside(slow))
    ask(stage, "look tips")
    says(stage, "Result: look was started.")
    slow.release.set()
    says(stage, "Result: Found tips.")
    stage.has(activity="idle")
    replayed = replay(stage.talk.events.lines())
    assert list(replayed.rows) == stage.rows()
    assert replayed.uses == uses(stage)
    assert replayed.session.conversation() == stage.talk.session.conversation()


def test_several_that_end_while_somebody_speaks_are_answered_together_when_nobody_does(
    open_stage: Open,
) -> None:
    slow = Slow()
    service = ScriptedService([], ManualClock(1.7e9, auto=True))
    stage = open_stage(agent, beside(slow), service=service)
    ask(stage, "look one two three")
    says(stage, "Result: look was started.")
    connection = service.connections[0]
    emit = connection._emit

    def user(what: str, **fields: Any) -> None:
        def happen() -> None:
            emit(f"input_audio_buffer.{what}", item_id="u", **fields)
            connection._wake.set()

        loop().call_soon_threadsafe(happen)

    user("speech_started", audio_start_ms=9000)
    stage.has(user_speaking=True)
    slow.release.set()
    stage.wait(lambda: [use["status"] for use in uses(stage)] == ["completed"] * 3)
    asked = len(stage.client_events("response.create"))
    assert items(stage, late=True) == []
    assert stage.states()["user_speaking"]
    user("cleared")  # it was nothing
    says(stage, "Found three.")
    assert said(stage)[-1] == "Result: Found one. Found two. Found three."
    assert len(items(stage, late=True)) == 3
    assert len(stage.client_events("response.create")) == asked + 1


def test_leave_may_be_given_while_the_talk_goes_on(open_stage: Open) -> None:
    slow = Slow()
    slow.release.set()
    stage = open_stage(agent, beside(slow, needs_approval=True))
    ask(stage, "look tips")
    says(stage, "Result: look waits for the user's leave to run.")
    ask(stage, "go on")
    says(stage, "Well, go on.")
    (one,) = uses(stage)
    assert (one["status"], slow.began.is_set()) == ("waiting", False)
    stage.talk.decide(one["tool_call_id"], Decision(True, "python")).result(10)
    says(stage, "Result: Found tips.")
    assert uses(stage)[0]["approval"] == "approved"


def test_what_cannot_run_is_said_at_once(open_stage: Open) -> None:
    stage = open_stage(lambda turn: iter([ToolCall("look", {"day": 1})]), beside(Slow()))
    ask(stage, "go")
    stage.wait(lambda: items(stage))
    assert "day" in items(stage)[0]["output"]
    stage.wait(lambda: uses(stage)[0]["status"] == "failed")


@pytest.mark.parametrize("cancels", [True, False])
def test_interrupt_cancels_it_only_if_asked(open_stage: Open, cancels: bool) -> None:
    began, release = threading.Event(), threading.Event()

    async def look(what: str) -> str:
        """Look."""
        began.set()
        await asyncio.to_thread(release.wait, 10)
        return f"Found {what}."

    stage = open_stage(agent, beside(look, cancel_on_interruption=cancels))
    ask(stage, "look tips")
    says(stage, "Result: look was started.")
    assert began.wait(10)
    asked = len(stage.client_events("response.create"))
    stage.talk.interrupt().result(10)
    release.set()
    if cancels:
        stage.wait(lambda: items(stage, late=True))  # the model is to know, and nobody wants it said
        assert "look was cancelled" in items(stage, late=True)[0]["output"]
        assert uses(stage)[0]["status"] == "cancelled"
    else:
        says(stage, "Result: Found tips.")
        assert uses(stage)[0]["status"] == "completed"
    assert len(stage.client_events("response.create")) == asked + (not cancels)


def test_who_hangs_up_is_told_nothing_any_more(open_stage: Open) -> None:
    slow = Slow()
    stage = open_stage(agent, beside(slow))
    ask(stage, "look tips")
    says(stage, "Result: look was started.")
    stage.talk.disconnect().result(10)
    slow.release.set()
    stage.wait(lambda: uses(stage)[0]["status"] == "completed")
    stage.talk.connect().result(20)
    ask(stage, "and now")
    says(stage, "Well, and now.")
    assert items(stage, late=True) == []


@pytest.mark.parametrize("when", ["before it has ended", "before it was answered"])
def test_a_call_that_is_lost_leaves_it_to_the_next_one(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, when: str
) -> None:
    """By a service that is told what was said and called, as it has no agent of ours."""
    monkeypatch.setattr(retrying, "WAITS_S", (0.01, 0.01, 0.01))
    slow = Slow()
    service = PeerService([], ManualClock(1.7e9, auto=True), kernel_agent=False)
    hold = threading.Event()
    # The double asks for an agent, which this service has not: it answers only when the test lets it.
    stage = open_stage(lambda turn: hold.wait(30) and None, beside(slow), service=service)
    request.addfinalizer(hold.set)

    def emit(number: int, kind: str, **fields: Any) -> None:
        connection = service.connections[number]

        def happen() -> None:
            connection._emit(kind, **fields)
            connection._wake.set()

        loop().call_soon_threadsafe(happen)

    call = {"id": "fc", "type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
    emit(0, "response.created", response={"id": "r1", "status": "in_progress"})
    emit(0, "response.done", response={"id": "r1", "status": "completed", "output": [call]})
    stage.wait(lambda: stage.client_events("response.create"))
    stage.wait(lambda: stage.states()["activity"] == "thinking")
    if when == "before it was answered":
        loop().call_soon_threadsafe(_ends_empty, service, 0)
        slow.release.set()
        stage.wait(lambda: len(items(stage, late=True)) == 1)
        stage.wait(lambda: len(stage.client_events("response.create")) == 2)
    loop().call_soon_threadsafe(service.connections[0].cut)
    stage.wait(lambda: stage.history_of("connection_state").count("connected") == 2)
    slow.release.set()
    second = service.connections[1]
    if when == "before it has ended":
        stage.wait(lambda: any(event["type"] == "response.create" for event in second.received))
        loop().call_soon_threadsafe(_ends_empty, service, 1)

    def outputs() -> list[str]:
        made = [e["item"] for e in second.received if e["type"] == "conversation.item.create"]
        return [item["output"] for item in made if item["type"] == "function_call_output"]

    stage.wait(lambda: len(outputs()) == 2)
    assert outputs() == [STARTED, "Found it."]  # the first is told as what was said before
    if when == "before it was answered":  # asked again, and not told twice
        stage.wait(lambda: sum(event["type"] == "response.create" for event in second.received) == 1)


def _ends_empty(service: Any, number: int) -> None:
    """The answer that is being made is empty."""
    connection = service.connections[number]
    connection._reply.text, connection._reply.done = "All right.", True
    connection._ready(connection._reply)
    connection._wake.set()


def test_what_was_asked_and_taken_back_is_neither_told_nor_answered(open_stage: Open) -> None:
    slow = Slow()
    stage = open_stage(agent, beside(slow))
    ask(stage, "look tips")
    says(stage, "look was started")
    error = stage.talk.steering.rewind(0).exception(10)
    assert isinstance(error, StateError)
    assert error.code == "tool_runs"
    slow.release.set()
    stage.wait(lambda: [use["status"] for use in stage.talk.ledger.uses()] == ["completed"])
    stage.talk.steering.rewind(0).result(10)  # before anybody was quiet for long enough
    late = stage.talk._tool_runs.late
    stage.wait(lambda: late._told_by is None)
    assert late._waiting == []
    assert not [
        event
        for event in stage.client_events("conversation.item.create")
        if str(event["item"].get("call_id")).startswith("late_")
    ]
    assert {row["status"] for row in stage.rows()} == {"rewound"}
    ask(stage, "hello")
    says(stage, "Well, hello.")
    assert said(stage)[1:] == ["Well, hello."]

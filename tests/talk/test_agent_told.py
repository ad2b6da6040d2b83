"""What a session of a RealtimeAgent tells: it reaches the tables, and what failed is said."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from agents import Agent, GuardrailFunctionOutput, RunContextWrapper, output_guardrail
from agents.realtime import RealtimeAgent, RealtimeAgentHooks

from tests.agents.sdk.played import HEARD, PRICE, llm
from tests.agents.sdk.travel import RUN_CONFIG, triage
from tests.talking import Stage
from voice_widget.agents import ToolCall, Turn
from voice_widget.agents.sdk.given import SdkAgent
from voice_widget.realtime.state.changes import Problem
from voice_widget.realtime.state.records import ToolRow
from voice_widget.services.scripted import ScriptedService
from voice_widget.threads.own_loop import AGENT_THREAD
from voice_widget.tools.approvals import Decision

Begin = Callable[..., Stage]


@pytest.fixture
def begin() -> Iterator[Begin]:
    stages: list[Stage] = []

    def make(given: SdkAgent, script: Any = ()) -> Stage:
        stages.append(stage := Stage(ScriptedService(script), agent=given))
        stage.talk.connect().result(20)
        return stage

    yield make
    for stage in stages:
        stage.close()


def uses(stage: Stage, kind: str) -> list[ToolRow]:
    return [use for use in stage.talk.ledger.uses() if use["kind"] == kind]


def events(stage: Stage, what: str) -> list[dict[str, Any]]:
    kept = [kept.event for kept in stage.talk.events]
    return [dict(event) for event in kept if event["type"] == f"voice_widget.agent.{what}"]


def noticed(stage: Stage) -> list[str]:
    return [notice["code"] for notice in stage.history_of("notice") if notice]


def guarded(*guardrails: Any, **options: Any) -> RealtimeAgent[Any]:
    return RealtimeAgent("one", instructions="Be brief.", output_guardrails=list(guardrails), **options)


def test_who_makes_which_response_stands_in_the_events(begin: Begin) -> None:
    stage = begin(SdkAgent(triage(), {}, llm), [{"hear": HEARD[0], "say": ""}])
    asked = stage.wait(lambda: [use for use in uses(stage, "function") if use["status"] == "waiting"])[0]
    stage.talk.decide(asked["tool_call_id"], Decision(True, "python")).result(10)
    stage.wait(lambda: len(events(stage, "ended")) == 3)
    began = events(stage, "started")
    assert [event["agent"] for event in began] == ["triage", "booking", "booking"]
    kept = [kept.event for kept in stage.talk.events]
    made = [event["response"]["id"] for event in kept if event["type"] == "response.created"]
    assert [event["response_id"] for event in began] == made
    assert [event["response_id"] for event in events(stage, "ended")] == made


def test_a_guardrail_that_trips_has_its_moment_on_the_audio_clock(begin: Begin) -> None:
    (booking,) = triage().handoffs
    stage = begin(SdkAgent(booking, None, lambda turn: PRICE, RUN_CONFIG), [{"hear": "go", "say": ""}])
    (use,) = stage.wait(lambda: uses(stage, "guardrail"))
    # Whether it is heard to its end before the guardrail has looked is a race between two clocks.
    (answer,) = (row for row in stage.rows() if row["item_id"] == use["turn_id"])
    assert (answer["role"], answer["text"][:12]) == ("assistant", "Four hundred")
    assert use["start_ms"] is not None
    assert 0 < use["start_ms"] <= use["end_ms"]  # type: ignore[operator]
    assert (answer["start_ms"] or 0) <= use["end_ms"]  # type: ignore[operator]


def test_a_guardrail_that_raises_is_a_row_and_a_notice_once_and_the_others_look(begin: Begin) -> None:
    seen: list[Any] = []

    @output_guardrail
    async def broken(
        context: RunContextWrapper[Any], agent: Agent[Any], output: Any
    ) -> GuardrailFunctionOutput:
        raise KeyError("tip")

    @output_guardrail(name="no prices")
    async def looks(
        context: RunContextWrapper[Any], agent: Agent[Any], output: Any
    ) -> GuardrailFunctionOutput:
        seen.append(agent)
        return GuardrailFunctionOutput("a price", tripwire_triggered="dollars" in output)

    agent = guarded(broken, looks)
    config: Any = {**RUN_CONFIG, "output_guardrails": [looks]}  # also the run's: it looks once

    def model(turn: Turn) -> str:
        return "No." if turn.text.startswith("guardrail") else PRICE if turn.text == "go" else "Well. " * 10

    stage = begin(SdkAgent(agent, None, model, config))
    stage.talk.send_text("hello").result(10)
    failed = stage.wait(lambda: [use for use in uses(stage, "guardrail") if use["status"] == "failed"])
    assert (failed[0]["name"], failed[0]["error"]) == ("broken", "KeyError: 'tip'")
    assert 'raise KeyError("tip")' in (failed[0]["traceback"] or "")
    assert stage.states()["notice"]["code"] == "guardrail_failed"
    assert "KeyError: 'tip'" in stage.states()["notice"]["message"]
    stage.talk.send_text("go").result(10)
    tripped = stage.wait(lambda: [use for use in uses(stage, "guardrail") if use["status"] == "completed"])
    assert [(use["name"], use["output"]) for use in tripped] == [("no prices", "a price")]
    assert noticed(stage).count("guardrail_failed") == 1
    assert all(one is agent for one in seen)  # the user's own, not a copy
    assert agent.output_guardrails == [broken, looks]
    assert stage.problems == []


def test_what_the_session_says_went_wrong_is_a_notice_and_an_event(begin: Begin) -> None:
    def model(turn: Turn) -> Any:
        yield ToolCall("nothing") if turn.text == "go" and not turn.results else "Well."

    stage = begin(SdkAgent(guarded(), None, model))
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: noticed(stage) == ["agent_session_error"])
    (event,) = events(stage, "noticed")
    assert event["message"] == "The session of the RealtimeAgent says: Tool nothing not found."
    assert event["next_step"]


def test_what_the_service_says_went_wrong_is_told_once_and_not_by_the_session(begin: Begin) -> None:
    stage = begin(SdkAgent(guarded(), None, lambda turn: "Well."))
    heard: list[str] = []
    assert stage.talk.agent is not None
    stage.talk.agent.listener = lambda told: heard.append(told["event"].type)
    beside = {"type": "response.create", "response": {"conversation": "none"}}  # the script has none
    stage.talk.steering.send_event(beside).result(10)
    stage.wait(lambda: "error" in heard)
    stage.talk.send_text("go").result(10)
    stage.finished(2)
    assert noticed(stage) == []


def test_hooks_are_called_on_the_agents_thread_and_one_that_raises_is_said(begin: Begin) -> None:
    told: list[tuple[str, Any]] = []

    class Hooks(RealtimeAgentHooks):
        async def on_start(self, context: Any, agent: Any) -> None:
            told.append((threading.current_thread().name, context.context))

        async def on_end(self, context: Any, agent: Any, output: Any) -> None:
            raise ValueError(output.split())

    context = object()
    stage = begin(SdkAgent(guarded(hooks=Hooks()), context, lambda turn: "Well."))
    stage.talk.send_text("go").result(10)
    stage.finished(2)
    (problem,) = stage.wait(lambda: [change.error for change in stage.changes if isinstance(change, Problem)])
    assert problem["code"] == "agent_failed"
    assert problem["message"] == "on_end of the agent one failed: ValueError: ['Well.']."
    assert told == [(AGENT_THREAD, context)]

"""A RealtimeAgent in a widget: its arguments, its session, its events and its rows."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from agents.realtime import RealtimeAgent, RealtimeSession

from tests.agents.sdk.played import HEARD, llm
from tests.agents.sdk.travel import triage
from voice_widget import VoiceWidget, read_talk
from voice_widget.errors import SettingError
from voice_widget.services.local import Local
from voice_widget.services.openai import OpenAI
from voice_widget.services.scripted import ScriptedService

AGENT: RealtimeAgent[Any] = RealtimeAgent("a", instructions="Be brief.")
SERVICE = ScriptedService([{"hear": "hello", "say": "Hello to you."}])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"service": Local()}, "asks the kernel for its answers, and the RealtimeAgent has no model there"),
        ({"service": SERVICE, "data": {}}, "`data` is for the default agent"),
        ({"service": SERVICE, "instructions": "No."}, "the RealtimeAgent has its own"),
    ],
)
def test_what_cannot_work_is_refused_when_the_widget_is_made(
    arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingError, match=sentence):
        VoiceWidget(agent=AGENT, **arguments)


@pytest.mark.parametrize(
    "arguments",
    [{"service": OpenAI()}, {"service": SERVICE}, {"service": Local(script=[{"hear": "a", "say": "b"}])}],
)
def test_it_needs_no_model_where_the_answers_come_from_elsewhere(arguments: dict[str, Any]) -> None:
    with closing(VoiceWidget(agent=AGENT, **arguments)) as widget:
        assert widget.agent_session is None


def test_another_agent_has_no_session() -> None:
    with closing(VoiceWidget(agent=lambda turn: "Yes.", service=SERVICE)) as widget:
        widget.connect().result(20)
        assert widget.agent_session is None


def test_its_events_come_as_the_sdk_makes_them_and_its_doings_are_rows(tmp_path: Path) -> None:
    context: dict[str, Any] = {}
    service = ScriptedService([{"hear": HEARD[0], "say": ""}])
    kinds: list[str] = []
    approved, ended = threading.Event(), threading.Event()
    with closing(VoiceWidget(agent=triage(), context=context, llm=llm, service=service)) as widget:

        def approve(call: Any) -> None:
            widget.approve_tool_call(call["tool_call_id"])
            approved.set()

        def hear(told: dict[str, Any]) -> None:
            kinds.append(told["event"].type)
            if told["event"].type == "tool_end":
                ended.set()

        widget.on("agent_event", hear)
        widget.on("approval", approve)
        answer = widget.next_turn("assistant")
        widget.connect().result(20)
        session = widget.agent_session
        assert isinstance(session, RealtimeSession)
        assert answer.result(20)["text"] == "2 seats booked."
        assert approved.is_set()
        assert ended.wait(10)
        calls = widget.tool_calls_df
        assert calls[["kind", "name", "status"]].to_numpy().tolist() == [
            ["handoff", "transfer_to_booking", "completed"],
            ["function", "book", "completed"],
        ]
        widget.disconnect().result(20)
        assert widget.agent_session is None
        assert read_talk(widget.save(tmp_path / "talk")).tool_calls_df.equals(widget.tool_calls_df)
    assert {"handoff", "tool_approval_required", "tool_start", "tool_end", "agent_end"} <= set(kinds)
    assert context == {"booked": 2}


def test_a_fork_has_the_same_agent_and_begins_with_it() -> None:
    with closing(VoiceWidget(agent=triage(), context={}, llm=llm, service=ScriptedService([]))) as widget:
        widget.connect().result(20)
        widget.disconnect().result(20)
        with closing(widget.fork()) as fork:
            fork.connect().result(20)
            assert fork.settings.instructions == "You greet."
            assert [tool["name"] for tool in fork.settings.tools or ()] == ["transfer_to_booking"]

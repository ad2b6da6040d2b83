"""The same agents by the SDK's own scripted model and in a widget: their sessions tell the same."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from agents.realtime import RealtimeSessionEvent

from tests.agents.sdk.played import HEARD, llm
from tests.agents.sdk.scripted import BOOKED, RESPONSES, by_the_sdk, spoken, streams, told
from tests.agents.sdk.travel import RUN_CONFIG, triage
from voice_widget import VoiceWidget
from voice_widget.services.scripted import ScriptedService


def in_a_widget(context: dict[str, Any]) -> tuple[list[RealtimeSessionEvent], list[Any]]:
    events: list[RealtimeSessionEvent] = []
    over = threading.Event()

    def hear(told: dict[str, Any]) -> None:
        events.append(told["event"])
        if [event.type for event in events].count("agent_end") == RESPONSES:
            over.set()

    service = ScriptedService([{"hear": heard, "say": ""} for heard in HEARD])
    widget = VoiceWidget(agent=triage(), context=context, llm=llm, run_config=RUN_CONFIG, service=service)
    try:
        widget.on("agent_event", hear)
        widget.on("approval", lambda call: widget.approve_tool_call(call["tool_call_id"]))
        widget.connect().result(20)
        assert over.wait(20), [told(event) for event in events]
        history = next(event.history for event in reversed(events) if event.type == "history_updated")
    finally:
        widget.close()
    return events, history


def test_a_session_tells_in_a_widget_what_it_tells_by_the_sdks_own_model() -> None:
    theirs: dict[str, Any] = {}
    ours: dict[str, Any] = {}
    expected, their_history = asyncio.run(by_the_sdk(theirs))
    found, our_history = in_a_widget(ours)
    assert theirs == ours == {"booked": 2}
    told_by_sdk, told_by_widget = streams(expected), streams(found)
    assert told_by_sdk["tools"] == [
        "handoff triage > booking",
        'tool_approval_required booking: book({"seats": 2})',
        'tool_start booking: book({"seats": 2})',
        f'tool_end booking: book({{"seats": 2}}) = {BOOKED}',
    ]
    assert told_by_widget == told_by_sdk
    assert spoken(our_history) == spoken(their_history)

"""The same agents by the SDK's own scripted model and in a widget: their sessions tell the same."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

from agents.realtime import RealtimeRunner, RealtimeSessionEvent
from agents.realtime.items import AssistantAudio, AssistantMessageItem, InputAudio, InputText, UserMessageItem
from agents.realtime.model_events import (
    RealtimeModelAudioDoneEvent,
    RealtimeModelEvent,
    RealtimeModelInputAudioTranscriptionCompletedEvent,
    RealtimeModelItemUpdatedEvent,
    RealtimeModelTranscriptDeltaEvent,
    RealtimeModelTurnEndedEvent,
    RealtimeModelTurnStartedEvent,
)
from agents.realtime.model_inputs import (
    RealtimeModelSendInterrupt,
    RealtimeModelSendSessionUpdate,
    RealtimeModelSendToolOutput,
    RealtimeModelSendUserInput,
)
from agents.realtime.testing import RealtimeStep, ScriptedRealtimeModel

from tests.agents.sdk.travel import HEARD, PRICE, RUN_CONFIG, SORRY, llm, triage
from voice_widget import VoiceWidget
from voice_widget.agents.sdk.hearing import called, tool_item
from voice_widget.services.scripted import ScriptedService

BOOKED = "2 seats booked."
SEATS = '{"seats": 2}'
RESPONSES = 5


def answers(number: int, text: str) -> tuple[RealtimeModelEvent, ...]:
    """A spoken answer, as the SDK's own model words what a service sends."""
    item, response, spoken = f"a{number}", f"r{number}", [AssistantAudio(transcript=text)]
    made = RealtimeModelItemUpdatedEvent(AssistantMessageItem(item_id=item, content=[]))
    return (
        RealtimeModelTurnStartedEvent(response_id=response),
        made,
        made,
        *(RealtimeModelTranscriptDeltaEvent(item, f" {word}", response) for word in text.split()),
        RealtimeModelAudioDoneEvent(item, 0),
        RealtimeModelItemUpdatedEvent(AssistantMessageItem(item_id=item, content=spoken)),
        RealtimeModelTurnEndedEvent(response_id=response),
    )


def calls(number: int, name: str, arguments: str) -> tuple[RealtimeModelEvent, ...]:
    """A response that calls a function."""
    return (
        RealtimeModelTurnStartedEvent(response_id=f"r{number}"),
        *called(f"call_{number}", name, arguments, f"f{number}"),
        RealtimeModelTurnEndedEvent(response_id=f"r{number}"),
    )


def gave(number: int, name: str, arguments: str, output: str) -> RealtimeModelEvent:
    """What a function has given stands in its item."""
    return RealtimeModelItemUpdatedEvent(tool_item(f"call_{number}", name, arguments, f"f{number}", output))


def hears(number: int, text: str) -> tuple[RealtimeModelEvent, ...]:
    """The user speaks."""
    return (
        RealtimeModelItemUpdatedEvent(UserMessageItem(item_id=f"u{number}", content=[InputAudio()])),
        RealtimeModelInputAudioTranscriptionCompletedEvent(f"u{number}", text),
    )


def typed(event: Any) -> bool:
    return isinstance(event, RealtimeModelSendUserInput)


# What the session says to its model is in the conversation, too.
TRIP = RealtimeModelItemUpdatedEvent(
    UserMessageItem(item_id="t1", content=[InputText(text="guardrail triggered: no_prices")])
)
SCRIPT = [
    RealtimeStep(RealtimeModelSendSessionUpdate),  # of the handoff
    RealtimeStep(
        RealtimeModelSendToolOutput,
        (gave(1, "transfer_to_booking", "{}", '{"assistant": "booking"}'), *calls(2, "book", SEATS)),
    ),
    RealtimeStep(
        RealtimeModelSendToolOutput,
        (gave(2, "book", SEATS, BOOKED), *answers(3, BOOKED), *hears(2, HEARD[1]), *answers(4, PRICE)),
    ),
    RealtimeStep(RealtimeModelSendInterrupt),
    RealtimeStep(typed, (TRIP, *answers(5, SORRY))),
]


def told(event: RealtimeSessionEvent) -> str:
    """What an event says, without ids and times."""
    match event.type:
        case "handoff":
            said = f"{event.from_agent.name} > {event.to_agent.name}"
        case "agent_start" | "agent_end":
            said = event.agent.name
        case "tool_start":
            said = f"{event.agent.name}: {event.tool.name}({event.arguments})"
        case "tool_end":
            said = f"{event.agent.name}: {event.tool.name}({event.arguments}) = {event.output}"
        case "tool_approval_required":
            said = f"{event.agent.name}: {event.tool.name}({event.arguments})"
        case "guardrail_tripped":
            said = ", ".join(result.guardrail.get_name() for result in event.guardrail_results)
        case "history_added":
            said = f"{event.item.type} {getattr(event.item, 'role', event.item.type)}"
        case _:
            said = ""
    return f"{event.type} {said}".strip()


# What stands in no order to the rest: two tasks of the session, and how often a history was told.
TASKS = {
    "guardrail_tripped": "guardrails",
    **dict.fromkeys(("handoff", "tool_approval_required", "tool_start", "tool_end"), "tools"),
}
LOOSE = ("raw_model_event", "history_updated", "error")


def streams(events: list[RealtimeSessionEvent]) -> dict[str, list[str]]:
    """The events of each of the session's tasks, in their order: of the model, of tools, of guardrails."""
    by: dict[str, list[str]] = {"model": [], "tools": [], "guardrails": []}
    for event in events:
        if event.type in LOOSE:
            continue
        tool = event.type.startswith("tool_") or event.type == "handoff"
        by["tools" if tool else "guardrails" if event.type == "guardrail_tripped" else "model"].append(
            told(event)
        )
    return by


def spoken(history: list[Any]) -> list[Any]:
    """A session's history without ids, and without the answer that was cut: it is as long as it was heard."""
    plain = []
    for item in history:
        if item.type == "function_call":
            plain.append((item.name, json.loads(item.arguments), item.output, item.status))
        else:
            texts = [
                getattr(part, "transcript", None) or getattr(part, "text", None) for part in item.content
            ]
            if texts != [PRICE]:
                plain.append((item.role, texts))
    return plain


async def by_the_sdk(context: dict[str, Any]) -> tuple[list[RealtimeSessionEvent], list[Any]]:
    model = ScriptedRealtimeModel(SCRIPT)
    session = await RealtimeRunner(triage(), model=model, config=RUN_CONFIG).run(context=context)
    events: list[RealtimeSessionEvent] = []
    history: list[Any] = []
    async with session:

        async def talk() -> None:
            await model.emit(*hears(1, HEARD[0]), *calls(1, "transfer_to_booking", "{}"))

        talking = asyncio.create_task(talk())
        async for event in session:
            events.append(event)
            if event.type == "tool_approval_required":
                await session.approve_tool_call(event.call_id)
            history = event.history if event.type == "history_updated" else history
            if [e.type for e in events].count("agent_end") == RESPONSES:
                break
        await talking
    model.assert_complete()
    return events, history


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

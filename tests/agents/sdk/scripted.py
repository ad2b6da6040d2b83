"""The two agents by the SDK's own scripted model, and what their session tells, without ids and times."""

from __future__ import annotations

import asyncio
import json
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

from tests.agents.sdk.played import HEARD, PRICE, SORRY
from tests.agents.sdk.travel import RUN_CONFIG, triage
from voice_widget.agents.sdk.hearing import called, tool_item

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


# What stands in no order to the rest: two tasks of the session, how often a history was told, and whether
# anything had sounded of the answer that was cut.
TASKS = {
    "guardrail_tripped": "guardrails",
    **dict.fromkeys(("handoff", "tool_approval_required", "tool_start", "tool_end"), "tools"),
}
LOOSE = ("raw_model_event", "history_updated", "error", "audio_interrupted")


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

"""What happens in a call, as the SDK's sessions are told of it. No I/O, no clock and no thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agents.realtime import (
    RealtimeModelAudioDoneEvent,
    RealtimeModelAudioInterruptedEvent,
    RealtimeModelErrorEvent,
    RealtimeModelEvent,
    RealtimeModelInputAudioTranscriptionCompletedEvent,
    RealtimeModelItemDeletedEvent,
    RealtimeModelItemUpdatedEvent,
    RealtimeModelToolCallEvent,
    RealtimeModelTranscriptDeltaEvent,
    RealtimeModelTurnEndedEvent,
    RealtimeModelTurnStartedEvent,
    RealtimeModelUsageEvent,
)
from agents.realtime.items import (
    AssistantMessageItem,
    RealtimeToolCallItem,
    SystemMessageItem,
    UserMessageItem,
)
from agents.realtime.model_events import (
    RealtimeModelInputAudioTimeoutTriggeredEvent,
    RealtimeModelOutputTextDeltaEvent,
)
from agents.usage import Usage

from voice_widget.realtime.wire.events import Event
from voice_widget.realtime.wire.problems import harmless

_PARTS = {"output_text": "text", "output_audio": "audio"}  # the SDK's older names of an answer's parts
_KINDS: Mapping[str, Any] = {
    "system": SystemMessageItem,
    "user": UserMessageItem,
    "assistant": AssistantMessageItem,
}
_TYPES: Mapping[str, tuple[str, ...]] = {
    "system": ("input_text",),
    "user": ("input_text", "input_audio", "input_image"),
    "assistant": ("text", "audio"),
}
_STATUS = ("in_progress", "completed", "incomplete")
_REMEMBERED = 64


class Hearing:
    """Words a call's events for a session of the SDK.

    What a service says in another way than the protocol has it is passed over: it costs that event only.
    Responses beside the conversation are none of the session's business. Of sound the session hears that it
    is made and that it was cut; the sound itself stays with the talk.

    Attributes:
        latest: The last response of the conversation that began; empty: none has.
    """

    def __init__(self) -> None:
        self.latest = ""
        self._said: dict[str, tuple[str, str]] = {}  # by item: its response, and its text so far
        self._items: dict[str, str] = {}  # the item that a response speaks
        self._asides: dict[str, None] = {}

    def heard(self, event: Event) -> Iterator[RealtimeModelEvent]:
        """What a server's event is to the session.

        Example:
            >>> [told.type for told in Hearing().heard({"type": "response.created", "response": {"id": "r"}})]
            ['turn_started']
        """
        try:
            yield from self._heard(event)
        except (KeyError, TypeError, ValueError, AttributeError):
            return

    def sent(self, event: Event) -> Iterator[RealtimeModelEvent]:
        """What a client's event is to the session: where the kernel plays, it cuts by itself."""
        if event["type"] == "conversation.item.truncate" and event.get("item_id"):
            yield RealtimeModelAudioInterruptedEvent(event["item_id"], event.get("content_index") or 0)

    def response_of(self, text: str) -> str:
        """The last response whose text begins with this; else the latest one.

        What a guardrail tripped on says no more of where it stood.

        Example:
            >>> hearing = Hearing()
            >>> said = {"type": "response.output_text.delta", "response_id": "r", "item_id": "i"}
            >>> _ = list(hearing.heard({**said, "delta": "No!"}))
            >>> hearing.response_of("No")
            'r'
        """
        said = (response for response, whole in reversed(self._said.values()) if whole.startswith(text))
        return next(said, self.latest)

    def _add(self, response_id: str, item_id: str, delta: str) -> None:
        _remember(self._said, item_id, (response_id, self._said.get(item_id, ("", ""))[1] + delta))

    def _heard(self, event: Event) -> Iterator[RealtimeModelEvent]:
        kind, response_id = event["type"], event.get("response_id") or ""
        if response_id in self._asides:
            return
        match kind:
            case "response.created":
                yield from self._begun(event["response"])
            case "response.done":
                yield from self._ended(event["response"])
            case "response.output_item.added" | "response.output_item.done":
                item = event["item"]
                if item.get("type") == "message":
                    _remember(self._items, response_id, item["id"])
                    whole = "completed" if kind.endswith("done") else "in_progress"
                    yield RealtimeModelItemUpdatedEvent(_message(item, whole))
            case "conversation.item.added" | "conversation.item.created" | "conversation.item.retrieved":
                if event["item"].get("type", "message") == "message":
                    yield RealtimeModelItemUpdatedEvent(_message(event["item"], "in_progress"))
            case "conversation.item.deleted":
                yield RealtimeModelItemDeletedEvent(event["item_id"])
            case "conversation.item.input_audio_transcription.completed":
                if event.get("status") != "in_progress":
                    yield RealtimeModelInputAudioTranscriptionCompletedEvent(
                        event["item_id"], event["transcript"]
                    )
            case "response.output_audio_transcript.delta":
                self._add(response_id, event["item_id"], event["delta"])
                yield RealtimeModelTranscriptDeltaEvent(event["item_id"], event["delta"], response_id)
            case "response.output_text.delta":
                self._add(response_id, event["item_id"], event["delta"])
                yield RealtimeModelOutputTextDeltaEvent(event["item_id"], event["delta"], response_id)
            case "response.output_audio.done":
                yield RealtimeModelAudioDoneEvent(event["item_id"], event.get("content_index") or 0)
            case "output_audio_buffer.cleared":
                if response_id in self._items:
                    yield RealtimeModelAudioInterruptedEvent(self._items[response_id], 0)
            case "input_audio_buffer.timeout_triggered":
                yield RealtimeModelInputAudioTimeoutTriggeredEvent(
                    event["item_id"], event["audio_start_ms"], event["audio_end_ms"]
                )
            case "error" if not harmless(event["error"]):
                yield RealtimeModelErrorEvent(event["error"])

    def _begun(self, response: Event) -> Iterator[RealtimeModelEvent]:
        if response.get("conversation_id", "") is None:
            _remember(self._asides, response["id"], None)
            return
        self.latest = str(response.get("id") or "")
        yield RealtimeModelTurnStartedEvent(response_id=response["id"])

    def _ended(self, response: Event) -> Iterator[RealtimeModelEvent]:
        if response.get("id") in self._asides:
            return
        if isinstance(used := response.get("usage"), Mapping):
            given, made, total = (used.get(f"{side}_tokens") or 0 for side in ("input", "output", "total"))
            usage = Usage(requests=1, input_tokens=given, output_tokens=made, total_tokens=total)
            yield RealtimeModelUsageEvent(usage)
        yield RealtimeModelTurnEndedEvent(response_id=response.get("id"))


def called(call_id: str, name: str, arguments: str, item_id: str) -> tuple[RealtimeModelEvent, ...]:
    """What a function call is to the session."""
    item = tool_item(call_id, name, arguments, item_id)
    call = RealtimeModelToolCallEvent(name=name, call_id=call_id, arguments=arguments, id=item_id)
    return RealtimeModelItemUpdatedEvent(item), call


def tool_item(
    call_id: str, name: str, arguments: str, item_id: str, output: str | None = None
) -> RealtimeToolCallItem:
    """A function call in the session's history, with what it gave once it has."""
    return RealtimeToolCallItem(
        item_id=item_id,
        call_id=call_id,
        status="in_progress" if output is None else "completed",
        arguments=arguments,
        name=name,
        output=output,
    )


def _message(item: Event, status: str) -> Any:
    role = item["role"]
    parts = [_part(part, role) for part in item.get("content") or ()]
    known = [part for part in parts if part["type"] in _TYPES[role]]  # of another, all would be refused
    fields = {"status": item["status"] if item.get("status") in _STATUS else status}
    return _KINDS[role](item_id=item["id"], role=role, content=known, **fields)


def _part(part: Event, role: str) -> Event:
    known: Event = {
        name: part[name] for name in ("text", "transcript", "image_url", "detail") if name in part
    }
    kind = part.get("type") or _TYPES[role][0]  # some services leave it out
    return {**known, "type": _PARTS.get(kind, kind)}


def _remember(known: dict[str, Any], name: str, value: Any) -> None:
    known[name] = value
    while len(known) > _REMEMBERED:
        del known[next(iter(known))]

"""The responses of a record, each with its own events. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from voice_widget.commands.check.record import Received, Record, member


@dataclass
class Item:
    """One item of a response: the events that speak of it."""

    id: str
    steps: list[Received] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Its type, as far as an event says it."""
        for step in self.steps:
            if isinstance(kind := member(step.event, "item", "type"), str):
                return kind
        called = any(step.kind.startswith("response.function_call_arguments.") for step in self.steps)
        return "function_call" if called else "message"

    def first(self, *kinds: str) -> Received | None:
        """The first event of these kinds."""
        return next((step for step in self.steps if step.kind in kinds), None)

    def last(self, *kinds: str) -> Received | None:
        """The last event of these kinds."""
        return next((step for step in reversed(self.steps) if step.kind in kinds), None)


@dataclass
class Response:
    """One response. ``steps`` are all events that carry its id, and those without any that came within it."""

    id: str
    created: list[Received] = field(default_factory=list)
    done: list[Received] = field(default_factory=list)
    steps: list[Received] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)

    @property
    def status(self) -> Any:
        """How it ended; None: it has not, or did not say."""
        return member(self.done[0].event, "response", "status") if self.done else None

    @property
    def start(self) -> int:
        """The place of its first event."""
        return min(step.place for step in (*self.created, *self.done, *self.steps))


def responses(record: Record) -> list[Response]:
    """All of them, in the order in which they began."""
    found: dict[str, Response] = {}
    latest: Response | None = None
    added: dict[str, list[Received]] = {}
    for step in record.received():
        place, kind, event = step
        if kind in ("conversation.item.added", "conversation.item.done"):
            added.setdefault(str(member(event, "item", "id")), []).append(step)
        if not kind.startswith(("response.", "output_audio_buffer.")):
            continue
        whole = kind in ("response.created", "response.done")
        given = member(event, "response", "id") if whole else event.get("response_id")
        if isinstance(given, str) and given:
            owner = found.setdefault(given, Response(given))
        elif latest is None or (kind == "response.created" and latest.created):
            owner = found.setdefault(f"#{place}", Response(f"#{place}"))
        else:
            owner = latest  # without an id it belongs to what is going on
        if kind == "response.created":
            owner.created.append(step)
        elif kind == "response.done":
            owner.done.append(step)
        else:
            owner.steps.append(step)
        if kind.startswith("response.") and (latest is None or not owner.done or owner is latest):
            latest = owner
        if kind.startswith("response."):
            _place_in_item(owner, step)
    for response in found.values():
        for item in response.items.values():
            item.steps = sorted([*item.steps, *added.get(item.id, ())], key=lambda step: step.place)
    return sorted(found.values(), key=lambda response: response.start)


def _place_in_item(response: Response, step: Received) -> None:
    if step.kind in ("response.created", "response.done"):
        for output in member(step.event, "response", "output") or ():
            if isinstance(item_id := member(output, "id"), str):
                response.items.setdefault(item_id, Item(item_id))
        return
    given = step.event.get("item_id") or member(step.event, "item", "id")
    if isinstance(given, str):
        response.items.setdefault(given, Item(given)).steps.append(step)
    elif response.items:
        # An event without an id belongs to the item that is being made.
        list(response.items.values())[-1].steps.append(step)

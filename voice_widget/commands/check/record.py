"""What a talk leaves behind: every message in both directions, and what did not come. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from voice_widget.realtime.wire.beta import RENAMED
from voice_widget.realtime.wire.events import Event

Way = Literal["websocket", "webrtc", "sideband"]
OPENED = "check.opened"
"""Stands in a record where a connection was opened: a local mark, never on a wire."""


@dataclass(frozen=True)
class Entry:
    """One message.

    Attributes:
        at: Seconds since the talk began.
        sent: By us; else it came.
        event: As it came; None: it could not be read.
        note: Why we sent it (``bad`` for a request that has to be refused), or what of it could not be read.
        size: Its bytes on the wire.
    """

    at: float
    sent: bool
    event: Mapping[str, Any] | None
    note: str = ""
    size: int = 0


@dataclass(frozen=True)
class Lack:
    """Something that was waited for and did not come.

    Attributes:
        finding: What that is called among the findings.
        event: The event that was expected.
        seen: What was there instead.
        field: The field it is about, if it is about one.
    """

    finding: str
    event: str
    seen: str
    field: str = ""


class Received(NamedTuple):
    """An event that came: its place in the record, its name as of today, itself."""

    place: int
    kind: str
    event: Event


@dataclass(frozen=True)
class Record:
    """One talk by one way. It began ``began_at``, in seconds since 1970."""

    way: Way
    talk: str
    entries: tuple[Entry, ...]
    lacks: tuple[Lack, ...] = ()
    began_at: float = 0.0

    def received(self) -> Iterator[Received]:
        """What came and has a name, with the names of today."""
        for place, entry in enumerate(self.entries):
            if not entry.sent and (kind := kind_of(entry.event)):
                yield Received(place, kind, dict(entry.event or {}))

    def sent(self, kind: str) -> Iterator[tuple[int, Event]]:
        """What we sent of a kind, with its place."""
        for place, entry in enumerate(self.entries):
            if entry.sent and entry.event is not None and entry.event.get("type") == kind:
                yield place, dict(entry.event)


@dataclass(frozen=True)
class Deviation:
    """One thing that is otherwise than the protocol says.

    Attributes:
        name: Its name among the findings.
        event: The event.
        field: The field of it, as a path; empty: the event as a whole.
        seen: What was there.
        expected: What should have been, where this says more than the finding does.
    """

    name: str
    event: str
    field: str = ""
    seen: str = ""
    expected: str = ""


def kind_of(event: Mapping[str, Any] | None) -> str:
    """The event's name as of today; empty if it has none."""
    kind = event.get("type") if event is not None else None
    return RENAMED.get(kind, kind) if isinstance(kind, str) else ""


def member(value: Any, *path: str) -> Any:
    """What stands at a path within objects; None where there is nothing.

    Example:
        >>> member({"item": {"id": "item_1"}}, "item", "id"), member({"item": "x"}, "item", "id")
        ('item_1', None)
    """
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def shown(value: Any, most: int = 60) -> str:
    """A value as a report quotes it.

    Example:
        >>> shown(None), shown("a b"), shown([1, 2])
        ('null', '"a b"', '[1, 2]')
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else text[:most] + "…"

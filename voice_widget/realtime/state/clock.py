"""Clocks of one call: the service's audio clock, the page's, and how both lie in time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from voice_widget.realtime.state.records import Side


def iso(at: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


class Clock:
    """An audio clock in milliseconds, seen only through events that arrive some time after.

    The event that was delayed least gives the best estimate of the clock's origin.
    """

    __slots__ = ("origin",)

    def __init__(self) -> None:
        self.origin: float | None = None

    def seen(self, ms: float, at: float) -> None:
        """An event that speaks of ``ms`` arrived at ``at``."""
        origin = at - ms / 1000
        if self.origin is None or origin < self.origin:
            self.origin = origin

    def ms(self, at: float) -> int | None:
        """What the clock showed at ``at``; None while it is unknown."""
        return None if self.origin is None else max(0, round((at - self.origin) * 1000))


class Marks:
    """When one side was last voiced and last silent, on the page's clock."""

    __slots__ = ("first_ms", "off_ms", "on_ms", "voiced")

    def __init__(self) -> None:
        # The first voiced moment since the last turn ended.
        self.first_ms: float | None = None
        self.on_ms: float | None = None
        self.off_ms: float | None = None
        self.voiced = False


class Page:
    """What the page heard: its clock, and the marks of both sides."""

    __slots__ = ("clock", "marks")

    def __init__(self) -> None:
        self.clock = Clock()
        self.marks: Mapping[Side, Marks] = {"user": Marks(), "assistant": Marks()}

    def mark(self, side: Side, voiced: bool, at_ms: float, at: float) -> None:
        """A side became voiced or silent."""
        self.clock.seen(at_ms, at)
        marks = self.marks[side]
        marks.voiced = voiced
        if voiced:
            marks.on_ms = at_ms
            if marks.first_ms is None:
                marks.first_ms = at_ms
        else:
            marks.off_ms = at_ms

    def at(self, at_ms: float) -> float:
        """When ``at_ms`` of the page's clock was, in seconds since the epoch. Only after a mark."""
        assert self.clock.origin is not None
        return self.clock.origin + at_ms / 1000

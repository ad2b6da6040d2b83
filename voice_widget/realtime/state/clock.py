"""Clocks of one call: the service's audio clock, the page's, and how both lie in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from voice_widget.realtime.state.records import Side

# Clocks of sound and of the machine go apart by milliseconds a minute; one that stalls loses more.
_SEEN_S = 60.0
_SEEN = 64
_SPANS = 32
_HOLES = 32


def iso(at: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


class Clock:
    """An audio clock in milliseconds, seen only through events that arrive some time after.

    Of the last ones, the event that was delayed least gives the best estimate of the clock's origin.
    """

    __slots__ = ("_seen", "origin")

    def __init__(self) -> None:
        self.origin: float | None = None
        self._seen: deque[tuple[float, float]] = deque(maxlen=_SEEN)

    def seen(self, ms: float, at: float) -> None:
        """An event that speaks of ``ms`` arrived at ``at``."""
        self._seen.append((at, at - ms / 1000))
        while self._seen[0][0] < at - _SEEN_S:
            self._seen.popleft()
        self.origin = min(origin for _, origin in self._seen)

    def ms(self, at: float) -> int | None:
        """What the clock showed at ``at``; None while it is unknown."""
        return None if self.origin is None else max(0, round((at - self.origin) * 1000))


@dataclass(slots=True)
class Span:
    """A side was voiced from then to then, on the page's clock; None: it still is."""

    on_ms: float
    off_ms: float | None = None


class Marks:
    """When one side was voiced lately, on the page's clock."""

    __slots__ = ("spans",)

    def __init__(self) -> None:
        self.spans: deque[Span] = deque(maxlen=_SPANS)

    @property
    def voiced(self) -> bool:
        """It is voiced now."""
        return bool(self.spans) and self.spans[-1].off_ms is None

    def mark(self, voiced: bool, at_ms: float) -> None:
        """It became voiced, or silent."""
        if voiced != self.voiced:
            if voiced:
                self.spans.append(Span(at_ms))
            else:
                self.spans[-1].off_ms = max(at_ms, self.spans[-1].on_ms)


class Page:
    """What the page heard: its clock, the marks of both sides, and what it has missed.

    In memory no page listens; what was said and played is counted on the service's own clock.
    """

    __slots__ = ("clock", "holes", "marks")

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.marks: Mapping[Side, Marks] = {"user": Marks(), "assistant": Marks()}
        # From when to when on its clock it may have lost sound, or time.
        self.holes: deque[tuple[float, float]] = deque(maxlen=_HOLES)

    def mark(self, side: Side, voiced: bool, at_ms: float, at: float) -> None:
        """A side became voiced or silent."""
        self.clock.seen(at_ms, at)
        self.marks[side].mark(voiced, at_ms)

    def missed(self, from_ms: float, to_ms: float) -> bool:
        """Something was lost in this time."""
        return any(begin <= to_ms and end >= from_ms for begin, end in self.holes)

    def at(self, at_ms: float) -> float:
        """When ``at_ms`` of the page's clock was, in seconds since the epoch. Only after a mark."""
        assert self.clock.origin is not None
        return self.clock.origin + at_ms / 1000

"""Every protocol event of a talk, both ways: what ``events_df`` is made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from sys import getsizeof
from typing import Any, Literal

from voice_widget.realtime.events import Event

Direction = Literal["received", "sent", "page", "local"]
# Audio is large, and these other fields are secrets that a service may echo.
_SECRET = frozenset({"client_secret", "authorization", "headers", "api_key", "token"})
_AUDIO = frozenset({"audio"})
_FRAMES = frozenset({"input_audio_buffer.append"})


DROPPED = "voice_widget.events.dropped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: when (seconds since the epoch), which way, in which call, and about how large it is."""

    at: float
    direction: Direction
    call_id: str | None
    event: Event
    size: int = 0


class EventLog:
    """A bounded list of events, oldest first. One thread adds, any may read.

    Audio is replaced by its length, secrets by ``…``; the caller's audio frames are not kept at all. Where
    events had to go, the first one says how many: ``voice_widget.events.dropped`` with ``count``.

    Args:
        most: How many to keep; the oldest go first.
        most_bytes: How much memory they may take, about; the newest event is kept in any case.

    Attributes:
        dropped: How many have gone.
        listener: Gets every event that is kept, on the thread that adds it; it must not block.

    Example:
        >>> log = EventLog()
        >>> log.add({"type": "response.create"}, "sent", 0.0, None)
        >>> [entry.event["type"] for entry in log]
        ['response.create']
    """

    def __init__(self, most: int = 50_000, most_bytes: int = 128 << 20) -> None:
        self._entries: deque[Entry] = deque()
        self._most, self._most_bytes = most, most_bytes
        self._bytes = 0
        self.dropped = 0
        self.listener: Callable[[Entry], None] | None = None

    def add(self, event: Event, direction: Direction, at: float, call_id: str | None) -> None:
        """Keep one event."""
        kind = event.get("type")
        if kind in _FRAMES:
            return
        if kind in ("response.output_audio.delta", "response.audio.delta"):
            event = {**event, "delta": f"<{len(str(event.get('delta', '')))} characters of audio>"}
        event = _clean(event)
        entry = Entry(at, direction, call_id, event, _size(event))
        self._entries.append(entry)
        self._bytes += entry.size
        while len(self._entries) > self._most or (self._bytes > self._most_bytes and len(self._entries) > 1):
            self._bytes -= self._entries.popleft().size
            self.dropped += 1
        if self.listener is not None:
            self.listener(entry)

    def __iter__(self) -> Iterator[Entry]:
        # A copy in one step: the loop thread adds while a cell reads.
        entries = self._entries.copy()
        if self.dropped and entries:
            entries.appendleft(Entry(entries[0].at, "local", None, {"type": DROPPED, "count": self.dropped}))
        return iter(entries)

    def __len__(self) -> int:
        return len(self._entries)


def _size(value: Any) -> int:
    """About how many bytes a cleaned value takes."""
    if isinstance(value, dict):
        return 64 + sum(_size(name) + _size(inner) for name, inner in value.items())
    if isinstance(value, list):
        return 64 + sum(map(_size, value))
    return getsizeof(value)


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _hidden(name, inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(inner) for inner in value]
    return value


def _hidden(name: Any, value: Any) -> Any:
    if name in _SECRET and value:
        return "…"
    if name in _AUDIO and isinstance(value, str):
        return f"<{len(value)} characters of audio>"
    return _clean(value)

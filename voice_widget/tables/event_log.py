"""Every protocol event of a talk, both ways: what ``events_df`` is made of."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, NamedTuple

from voice_widget.realtime.wire.events import Event

Direction = Literal["received", "sent", "page", "local"]
# Audio is large, and these other fields are secrets that a service may echo.
_SECRET = frozenset({"client_secret", "authorization", "headers", "api_key", "token"})
_AUDIO = frozenset({"audio"})
_SOUND = frozenset({"response.output_audio.delta", "response.audio.delta"})
# Of the caller's audio there are many; and how likely it is speech is told only while somebody looks.
_FRAMES = frozenset(
    {"input_audio_buffer.append", "voice_widget.voice_activity.wanted", "voice_widget.voice_activity"}
)


DROPPED = "voice_widget.events.dropped"
UNDERSTOOD = "voice_widget.understood"
"""Under this an ``error`` that does not name what it answers, or wrongly, keeps how it was understood."""
UNREADABLE = "voice_widget.unreadable"
"""What came and was no event: it is kept, and the session is not told of it."""


_BESIDE = 200  # bytes that an entry takes beside its text, about
_encode = json.JSONEncoder(ensure_ascii=False, default=str, skipkeys=True).encode


_LENGTH = re.compile(r"<(\d{1,9}) characters of audio(?:, ([12]) of padding)?>")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: when (seconds since the epoch), which way, in which call."""

    at: float
    direction: Direction
    call_id: str | None
    event: Event


class Line(NamedTuple):
    """One event as it is kept: a row of the table, written once, when it came."""

    at: float
    direction: Direction
    type: str
    event_id: str | None
    event: str
    call_id: str | None


class EventLog:
    """A bounded list of events, oldest first. One thread adds, any may read.

    Audio is replaced by its length, secrets by ``…``; the caller's audio frames are not kept at all, nor how
    likely each holds speech, which is told only to who looks. Where events had to go, the first one says how
    many: ``voice_widget.events.dropped`` with ``count``.

    Args:
        most: How many to keep; the oldest go first.
        most_bytes: How much memory they may take, about; the newest event is kept in any case.

    Attributes:
        dropped: How many have gone.
        edition: Grows when events that are kept become others.
        listener: Gets every event that is kept, on the thread that adds it; it must not block.
        recorder: The same, for who writes them down: gets the line.

    Example:
        >>> log = EventLog()
        >>> log.add({"type": "response.create"}, "sent", 0.0, None)
        >>> [entry.event["type"] for entry in log]
        ['response.create']
    """

    def __init__(self, most: int = 50_000, most_bytes: int = 128 << 20) -> None:
        self._lines: deque[Line] = deque()
        self._most, self._most_bytes = most, most_bytes
        self._bytes = 0
        self._guard = threading.Lock()  # so that what is kept and what has gone are told of one moment
        self.dropped = self.edition = 0
        self.listener: Callable[[Entry], None] | None = None
        self.recorder: Callable[[Line], None] | None = None

    def add(self, event: Event, direction: Direction, at: float, call_id: str | None) -> None:
        """Keep one event."""
        kind = event.get("type")
        if kind in _FRAMES:
            return
        if kind in _SOUND and isinstance(delta := event.get("delta"), str):
            event = {**event, "delta": _characters(delta)}
        event = _clean(event)
        line = _line(event, direction, at, call_id)
        with self._guard:
            self._lines.append(line)
            self._bytes += _size(line)
            while len(self._lines) > self._most or (self._bytes > self._most_bytes and len(self._lines) > 1):
                self._bytes -= _size(self._lines.popleft())
                self.dropped += 1
        if self.recorder is not None:
            self.recorder(line)
        if self.listener is not None:
            self.listener(Entry(at, direction, call_id, event))

    def rewrite(self, change: Callable[[Line], Line]) -> None:
        """Put other events in the place of those that are kept; on the thread that adds."""
        with self._guard:
            lines = deque(map(change, self._lines))
            self._lines, self._bytes = lines, sum(map(_size, lines))
            self.edition += 1

    def lines(self) -> list[Line]:
        """All that is kept, as the table has it."""
        first, lines = self.since(0)
        return [left_out(first, lines[0].at), *lines] if first and lines else lines

    def since(self, number: int) -> tuple[int, list[Line]]:
        """The number of the oldest event that is kept, and the lines of those kept from ``number`` on.

        Events are numbered from 0 as they come.
        """
        with self._guard:
            return self.dropped, list(islice(self._lines, max(0, number - self.dropped), None))

    def __iter__(self) -> Iterator[Entry]:
        lines = self.lines()
        return (Entry(line.at, line.direction, line.call_id, json.loads(line.event)) for line in lines)

    def __len__(self) -> int:
        return len(self._lines)


def understood(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """An event as the session was told of it, from how it is kept.

    Example:
        >>> kept = "<4 characters of audio, 1 of padding>"
        >>> understood({"type": "response.output_audio.delta", "delta": kept})["delta"]
        'AAA='
    """
    if UNDERSTOOD in event:
        told = {name: value for name, value in event.items() if name != UNDERSTOOD}
        return {**told, "error": event[UNDERSTOOD]}
    if event.get("type") in _SOUND and (length := _LENGTH.fullmatch(str(event.get("delta")))):
        padding = int(length[2] or 0)
        return {**event, "delta": "A" * (int(length[1]) - padding) + "=" * padding}
    return event


def left_out(count: int, at: float) -> Line:
    """What stands where so many events had to go."""
    return _line({"type": DROPPED, "count": count}, "local", at, None)


def _line(event: Event, direction: Direction, at: float, call_id: str | None) -> Line:
    kind, event_id = event.get("type"), event.get("event_id")
    return Line(
        at,
        direction,
        kind if isinstance(kind, str) else str(kind),
        event_id if isinstance(event_id, str) else None,
        _json(event),
        call_id,
    )


def _json(event: Mapping[str, Any]) -> str:
    try:
        return _encode(event)
    except (TypeError, ValueError, RecursionError):  # one odd event must not cost the table
        return json.dumps({"type": str(event.get("type")), "unreadable": True})


def _size(line: Line) -> int:
    """About how many bytes it takes: beyond ASCII a letter may take two, or four."""
    text = line.event
    return _BESIDE + (len(text) if text.isascii() else 2 * len(text))


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
        return _characters(value)
    return _clean(value)


def _characters(audio: str) -> str:
    """Stands for sound as long as it: what is at its end decides how many bytes it is, too."""
    padding = audio[-2:].count("=")
    return f"<{len(audio)} characters of audio{f', {padding} of padding' if padding else ''}>"

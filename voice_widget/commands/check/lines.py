"""A line to the server: what is sent and what comes, kept as it was.

A line is opened, talked over and closed; everything it saw stands in its entries. `SocketLine` is a session
by WebSocket, `peer.PeerLine` a call by WebRTC, and `sideband.SidebandLine` follows such a call.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from voice_widget.commands.check.record import OPENED, Entry, Lack, Received, Record, Way, kind_of
from voice_widget.errors import ServiceError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.sound.sound import RATE, Sound
from voice_widget.realtime.wire.events import Event, new_id
from voice_widget.services.openai import OpenAI, SocketConnection

_PIECE_MS = 40
_PIECE = RATE * _PIECE_MS // 1000 * 2
_APPEND = "input_audio_buffer.append"
MOST = 50_000
"""So many messages are kept of one talk."""


class Ended(Exception):
    """The server closed the connection while something was awaited."""


class NoWay(Exception):
    """The server was reached, and yet there is no line: ``finding`` is missing, the text says what was."""

    def __init__(self, finding: str, event: str, seen: str) -> None:
        super().__init__(seen)
        self.finding, self.event = finding, event


class Line(ABC):
    """One connection at a time, and everything that was said over it.

    Args:
        service: The server, as a client.
        settings: What a session begins with.

    Attributes:
        entries: What was said, both ways, in order.
        lacks: What was waited for and did not come.
        ended: Why the server closed the connection; None: it has not.
    """

    way: Way

    def __init__(self, service: OpenAI, settings: SessionConfig) -> None:
        self.service, self.settings = service, settings
        self.entries: list[Entry] = []
        self.lacks: list[Lack] = []
        self.ended: str | None = None
        self._began, self._began_at = time.monotonic(), time.time()
        self._more = asyncio.Event()

    @abstractmethod
    async def open(self) -> None:
        """Reach the server. Raises a ServiceError, or `NoWay`."""

    @abstractmethod
    async def close(self) -> None:
        """Leave it. Safe to call twice."""

    @abstractmethod
    async def put(self, text: str) -> None:
        """Send a text as it is."""

    @abstractmethod
    def speak(self, pcm: bytes) -> None:
        """Say PCM16 at 24 kHz in real time, as an open microphone does: silence follows."""

    @abstractmethod
    async def sounds(self, seconds: float) -> bool:
        """Whether sound came in its own track within this time."""

    async def start(self) -> None:
        """Reach the server, once more if it was reached before."""
        self.ended = None
        self.entries.append(Entry(self._now(), True, {"type": OPENED}))
        await self.open()

    async def send(self, event: Event, note: str = "") -> str:
        """Send an event, with an id by which an error can name it. Gives the id."""
        event = {"event_id": new_id("event"), **event}
        self.entries.append(Entry(self._now(), True, event, note))
        await self.put(json.dumps(event))
        return str(event["event_id"])

    async def send_text(self, text: str, note: str) -> None:
        """Send what is no event."""
        self.entries.append(Entry(self._now(), True, None, note, len(text)))
        await self.put(text)

    async def until(
        self, what: Callable[[Received], bool], seconds: float, *, after: int = 0
    ) -> Received | None:
        """The first event of this kind from a place on; None: none came in this time.

        Raises:
            Ended: None came, and none can come any more.
        """
        place = after
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    while place < len(self.entries):
                        entry = self.entries[place]
                        if not entry.sent and (kind := kind_of(entry.event)):
                            received = Received(place, kind, dict(entry.event or {}))
                            if what(received):
                                return received
                        place += 1
                    if self.ended is not None:
                        raise Ended(self.ended)
                    self._more.clear()
                    await self._more.wait()
        return None

    async def quiet(self, seconds: float) -> None:
        """Let what is on its way arrive."""
        with contextlib.suppress(Ended):
            await self.until(lambda received: False, seconds, after=len(self.entries))

    def lack(self, finding: str, event: str, seen: str, field: str = "") -> None:
        """Note that something did not come."""
        self.lacks.append(Lack(finding, event, seen, field))

    def unanswered(self) -> bool:
        """Since the connection was opened nothing was answered: at the most, the server has greeted."""
        for entry in reversed(self.entries):
            if not entry.sent and kind_of(entry.event) != "session.created":
                return False
            if entry.sent and entry.event is not None and entry.event.get("type") == OPENED:
                break
        return True

    def instead(self, seconds: float, after: int) -> str:
        """What came from a place on, in place of what was awaited."""
        kinds = dict.fromkeys(kind_of(entry.event) or "?" for entry in self.entries[after:] if not entry.sent)
        names = [f"`{kind}`" for kind in kinds]
        few = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        return f"within {seconds:g} s only {few}" if few else f"nothing within {seconds:g} s"

    def record(self, talk: str) -> Record:
        """What the rules look at."""
        return Record(self.way, talk, tuple(self.entries), tuple(self.lacks), self._began_at)

    def took(self, raw: str | bytes) -> None:
        """A message came."""
        size = len(raw) if isinstance(raw, bytes) else len(raw.encode("utf-8", "replace"))
        event, note = read(raw)
        if event is not None:
            event = self.service.clean(event)
        if len(self.entries) >= MOST:
            if self.ended is None:
                self.lack("flood", "(every event)", f"more than {MOST:,} messages in one talk")
                self.over("It was too much to go on.")
            return
        self.entries.append(Entry(self._now(), False, event, note, size))
        self._more.set()

    def over(self, why: str) -> None:
        """The connection is gone."""
        self.ended = why
        self._more.set()

    def _now(self) -> float:
        return time.monotonic() - self._began


class SocketLine(Line):
    """A session by WebSocket. Its sound goes within the events, both ways."""

    way: Way = "websocket"
    call_id: str | None = None

    def __init__(self, service: OpenAI, settings: SessionConfig) -> None:
        super().__init__(service, settings)
        self._connection: SocketConnection | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._said = bytearray()
        self._sound = Sound(settings)

    async def open(self) -> None:
        """Open the socket."""
        connection = await self.service.connect(call_id=self.call_id, session=self.settings)
        self._connection, self._said = connection, bytearray()
        self._tasks = [asyncio.create_task(self._read(connection), name="check: reads a socket")]

    async def close(self) -> None:
        """Close the socket."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
        tasks, self._tasks = self._tasks, []
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def put(self, text: str) -> None:
        """Send a text as it is."""
        if self._connection is None:
            raise Ended(self.ended or "closed")
        try:
            await self._connection.send_text(text)
        except ServiceError as error:
            raise Ended(self.ended or error.message) from None

    def speak(self, pcm: bytes) -> None:
        """Say this; from then on the microphone is open."""
        self._said += pcm
        if len(self._tasks) == 1:
            self._tasks.append(asyncio.create_task(self._pump(), name="check: speaks into a socket"))

    async def sounds(self, seconds: float) -> bool:
        """There is no track here."""
        return True

    async def _read(self, connection: SocketConnection) -> None:
        try:
            async for frame in connection.frames():
                self.took(frame)
        except ServiceError as error:
            self.over(error.message)
        else:
            self.over("The server closed the connection in good order.")

    async def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        with contextlib.suppress(Ended):
            while True:
                piece = bytes(self._said[:_PIECE]).ljust(_PIECE, b"\0")
                del self._said[:_PIECE]
                # What was said stands in the record by its length only.
                self.entries.append(Entry(self._now(), True, {"type": _APPEND, "audio_ms": _PIECE_MS}))
                await self.put(json.dumps(self._sound.append(piece)))
                due += _PIECE_MS / 1000
                await asyncio.sleep(max(0.0, due - loop.time()))


def read(raw: str | bytes) -> tuple[dict[str, Any] | None, str]:
    """The object that a message is, or None; and what is no JSON in it.

    Example:
        >>> read('{"type": "error"}'), read("[1]")
        (({'type': 'error'}, ''), (None, 'JSON, but a list'))
        >>> read('{"type": "error", "retry": NaN}')
        ({'type': 'error', 'retry': None}, '`NaN`, which is no JSON')
    """
    constants: list[str] = []
    try:
        found = json.loads(raw, parse_constant=constants.append)
    except RecursionError:
        return None, "nested too deeply"
    except ValueError:  # of the text itself, which may hold anything, nothing is said
        return None, f"{len(raw):,} {'bytes' if isinstance(raw, bytes) else 'letters'} that are no JSON"
    if isinstance(found, dict):
        # The rest of it is looked at all the same: else what it brings would seem to be missing.
        return found, f"`{constants[0]}`, which is no JSON" if constants else ""
    return None, f"JSON, but {'a list' if isinstance(found, list) else 'no object'}"


def names_no_other(event: Mapping[str, Any], event_id: str) -> bool:
    """An error may be about this request: it names it, or none."""
    error = event.get("error")
    given = error.get("event_id") if isinstance(error, Mapping) else None
    return given in (None, event_id)

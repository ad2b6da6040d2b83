"""The connection of a scripted session: events in order, at moments of a hand-turned clock."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from voice_widget.errors import ServiceUnavailable
from voice_widget.realtime.wire.events import Event, dump
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted_reply import Playing


class ScriptedLine:
    """What comes and goes between a client and a script. What it means does not belong here.

    Args:
        clock: Goes on only while somebody waits for an event.
        prefix: What every id of the session begins with.
    """

    def __init__(self, clock: ManualClock, prefix: str) -> None:
        self.received: list[Event] = []
        self._clock = clock
        self._origin = clock.time()
        self._prefix = prefix
        self._ids: dict[str, itertools.count[int]] = {}
        self._at_ms = 0.0
        self._idle = False
        self._outbox: deque[Event] = deque()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._wake = asyncio.Event()
        self._closed = False
        self._broken = False

    def _is_at_work(self) -> bool:
        """An agent or a tool is asked; what comes next depends on it."""
        raise NotImplementedError

    # --- the contract ---

    def audio_ms(self) -> float:
        """Where the audio clock stands, milliseconds since the session began.

        While events are overdue (the clock was turned far) it is the time at which the one being played was
        due.
        """
        if not self._idle:
            return self._at_ms
        return max(self._at_ms, round((self._clock.time() - self._origin) * 1000, 3))

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The server's events; waits for the clock and for the client."""
        while True:
            while self._outbox:
                yield self._outbox.popleft()
                # Lets a hang-up or a verb in between, although nothing here ever has to wait.
                await asyncio.sleep(0)
            if self._broken:
                raise ServiceUnavailable("The scripted service was cut off.", next_step="Call again.")
            if self._closed:
                return
            self._wake.clear()
            due = self._due()
            if due is not None and self._clock.reach(due, self._wake):
                self._at_ms, _, action = heapq.heappop(self._later)
                action()
            else:
                self._idle = True
                await self._wake.wait()
                self._at_ms = self.audio_ms() if not self._later else min(self.audio_ms(), self._later[0][0])
                self._idle = False

    async def send(self, event: Event) -> None:
        """Take a client event; its answer is the next thing that the iteration gives.

        Raises:
            ProtocolError: It cannot be written as JSON, which no other service would get either.
            ServiceUnavailable: The session has ended.
        """
        if self._closed:
            raise ServiceUnavailable("The scripted session has ended.", next_step="Call again.")
        dump(event)
        self.received.append(event)
        if self._idle:
            self._at_ms = self.audio_ms()
        handler = getattr(self, "_on_" + str(event.get("type", "")).replace(".", "_"), None)
        if handler is None:
            self._error(event, "invalid_value", f"Unknown event type {event.get('type')!r}.")
        else:
            handler(event)
        self._wake.set()

    async def close(self) -> None:
        """End the session."""
        self._closed = True
        self._wake.set()

    def cut(self) -> None:
        """Break the line, as a crashed server would. Call it on the loop that iterates."""
        self._broken = self._closed = True
        self._outbox.clear()
        self._wake.set()

    def _due(self) -> float | None:
        """When what comes next is due; None: nothing comes by itself.

        While an agent or a tool is at work, however long, a clock that jumps by itself goes on only with what
        is being played: else the answer would come as late as the next thing in the script.
        """
        if not self._later:
            return None
        when, _, action = self._later[0]
        if self._clock.auto and self._is_at_work() and not isinstance(action, Playing):
            return None
        return self._origin + when / 1000

    # --- for the script ---

    def _tick(self) -> None:
        self._outbox.append({"type": "voice_widget.clock"})

    def _stop_playing(self, item_id: str | None) -> None:
        """Forget what a playback still had before it, or it would move the clock; None: of every item."""
        self._later = [
            moment
            for moment in self._later
            if not isinstance(moment[2], Playing) or item_id not in (None, moment[2].item_id)
        ]
        heapq.heapify(self._later)

    def _playing_ms(self) -> float:
        """How long what was made so far is still played."""
        heard_out = max((when for when, _, act in self._later if isinstance(act, Playing)), default=0.0)
        return max(0.0, heard_out - self.audio_ms())

    def _emit(self, kind: str, **fields: Any) -> None:
        self._outbox.append({"type": kind, "event_id": self._id("event"), **fields})

    def _error(self, cause: Event, code: str, message: str) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": message, "param": None}
        self._emit("error", error={**error, "event_id": cause.get("event_id")})

    def _after(self, delay_ms: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._later, (self.audio_ms() + delay_ms, next(self._order), action))

    def _id(self, kind: str) -> str:
        return f"{self._prefix}_{kind}_{next(self._ids.setdefault(kind, itertools.count(1)))}"

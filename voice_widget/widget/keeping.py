"""Joins a talk to its recording: events and both sides' sound, into a folder and to who listens live."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from voice_widget.errors import RecordingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.realtime.state.records import Row, Side
from voice_widget.recording.live_levels import LiveLevels
from voice_widget.recording.pairing import LATE, SOON, Pairs
from voice_widget.recording.reading import read_record
from voice_widget.recording.record import Record
from voice_widget.recording.recorder import Recorder
from voice_widget.recording.sound import Stereo
from voice_widget.tables.event_log import EventLog, Line
from voice_widget.threads.one_thread import in_cell
from voice_widget.widget.waiting import in_vain

_OVER = ("voice_widget.call.closed", "voice_widget.call.failed")
_BLOCKS = 1200  # that wait for a slow listener: some minutes


class Keeper(Recorder):
    """Keeps one widget's talk. Called on the loop thread, but for `record`, `levels`, `forget` and `close`.

    Args:
        folder: Where to, new or empty; None: a temporary one, which `close` deletes.
        facts: What its manifest says besides.
        clock: The time in seconds since the epoch.

    Raises:
        StateError: There is something in the folder.
        RecordingError: It cannot be made or written.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None,
        facts: Mapping[str, Any],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(folder, facts, clock=clock)
        self._levels = LiveLevels(self)
        self._late = SOON if facts.get("transport") == "memory" else LATE
        self._listeners: list[AudioStream] = []

    def event(self, line: Line) -> None:
        """An event of the talk."""
        super().event(line)
        if line.type in _OVER:
            self._leave_listeners()

    def _heard(self, clock: str, side: Side, start: int, pcm: Pcm) -> None:
        for listener in self._listeners:
            listener.piece(clock, side, start, pcm)

    def listened(self) -> AudioStream:
        """Both sides' sound from now on."""
        listener = AudioStream(self._late)
        self._listeners.append(listener)
        return listener

    def record(self, events: EventLog) -> Record | None:
        """What is kept so far; None: it is not there any more.

        Args:
            events: Of a recording that has failed the talk went on: its events are those.
        """
        self.flush()
        if not self.there:
            return None
        try:
            record = read_record(self.folder)
        except RecordingError:
            return None
        if self.failed is None:
            return record
        first, later = events.since(0)
        lines = [*record.lines[:first], *later]
        return replace(record, read_lines=lambda: lines, stored=None, running=True)

    def gone(self) -> RecordingError:
        """What is said where nothing of it can be read."""
        return RecordingError(
            f"The recording is not in {self.folder} any more: it was deleted, moved or replaced.",
            code="sound_missing",
            next_step="Put it back, or record the next talk.",
        )

    def levels(self, rows: Sequence[Row]) -> Mapping[str, float]:
        """How loud turns are, by their ``item_id``."""
        return self._levels.of(rows)

    def forget(self) -> tuple[str, ...]:
        """Delete it. Gives what else is in its folder, which stays."""
        self._leave_listeners()
        return super().forget()

    def close(self, timeout: float | None = None) -> None:
        """End the recording; a temporary one is deleted."""
        self._leave_listeners()
        super().close(timeout)

    def _leave_listeners(self) -> None:
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener.over()


class AudioStream:
    """Both sides' sound while the talk goes on: blocks of two columns, the user and the assistant, at 24 kHz.

    It ends with the call, or the recording. Who falls minutes behind misses the oldest blocks; `missed` says
    how many.

    Example:
        >>> async for block in w.stream_audio():  # doctest: +SKIP
        ...     if abs(block).max() > 0:
        ...         break  # somebody speaks
    """

    def __init__(self, late: int = LATE) -> None:
        self.missed = 0
        self._pairs = Pairs(late)
        self._late_s = late / RATE
        self._timer: asyncio.TimerHandle | None = None
        self._blocks: deque[Stereo] = deque()
        self._over = False
        self._waits: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def piece(self, clock: str, side: Side, start: int, pcm: Pcm) -> None:
        """Take a piece, on the loop thread."""
        self._give(self._pairs.push(clock, side, start, pcm))
        if self._timer is None and self._pairs.waiting:
            self._timer = asyncio.get_running_loop().call_later(self._late_s, self._rest)

    def _rest(self) -> None:
        """Give what has waited for long enough: where one side is silent, nothing may come of it."""
        self._timer = None
        self._give(self._pairs.rest())

    def _give(self, block: Stereo | None) -> None:
        if block is not None:
            if len(self._blocks) >= _BLOCKS:
                self._blocks.popleft()
                self.missed += 1
            self._blocks.append(block)
            self._wake()

    def over(self) -> None:
        """Nothing more comes."""
        if self._timer is not None:
            self._timer.cancel()
            self._rest()
        self._over = True
        self._wake()

    def _wake(self) -> None:
        if self._waits is not None:
            loop, event = self._waits
            with contextlib.suppress(RuntimeError):  # who listened has closed the loop
                loop.call_soon_threadsafe(event.set)

    def __aiter__(self) -> AudioStream:
        return self

    async def __anext__(self) -> Stereo:
        if self._waits is None:
            self._waits = (asyncio.get_running_loop(), asyncio.Event())
        event = self._waits[1]
        while not self._blocks:
            if self._over:
                raise StopAsyncIteration
            event.clear()
            if not self._blocks and not self._over:
                if in_cell():
                    raise in_vain("sound")
                await event.wait()
        return self._blocks.popleft()

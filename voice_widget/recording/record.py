"""A recording as it was read, and what its events came to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from voice_widget.errors import RecordingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import Row
from voice_widget.recording.delays import delays, later
from voice_widget.recording.folder import EVENTS
from voice_widget.recording.levels import Sounded, levels
from voice_widget.recording.replay import REDACTED, Replayed, replay
from voice_widget.recording.sound import Sound
from voice_widget.recording.tables import row_of
from voice_widget.recording.timeline import Piece
from voice_widget.recording.utterances import measured
from voice_widget.tables.event_log import Line


@dataclass(frozen=True)
class Record:
    """A recording as it was read.

    Attributes:
        folder: Where it lies; None: nowhere yet.
        manifest: What is said of it.
        read_lines: Reads the events.
        pieces: Both sides' timeline, without holes.
        sound: Its sound, if there is any.
        running: It goes on.
        cut: Its process ended before it did.
        problems: What is wrong with it.
        stored: The rows as they stand there, if they do.
        came: What its events came to, where that is known already.
    """

    folder: Path | None
    manifest: dict[str, Any]
    read_lines: Callable[[], list[Line]]
    pieces: list[Piece] = field(default_factory=list)
    sound: Sound | None = None
    running: bool = False
    cut: bool = False
    problems: tuple[RecordingError, ...] = ()
    stored: list[dict[str, Any]] | None = None
    came: Replayed | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What was read, without what was made of it: that is made again where it goes."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"came": None}

    @cached_property
    def lines(self) -> list[Line]:
        """Its events."""
        return self.read_lines()

    @cached_property
    def replayed(self) -> Replayed:
        """What its events came to. Where its process was killed, the call that ran was lost then."""
        if self.came is not None:
            return self.came
        lines = [*self.lines, self._lost()] if self.cut and not self.running else self.lines
        return replay(lines, self.manifest["prices"])

    @cached_property
    def sounded(self) -> Sounded:
        """Where there is sound of each side."""
        sounded = Sounded(self.pieces)
        sounded.offsets = measured(self.manifest["calls"])
        return sounded

    @cached_property
    def levels(self) -> Mapping[str, float]:
        """How loud turns are, by their ``item_id``: as it stands there, if it does."""
        if self.stored is not None:
            told = ((cells["item_id"], cells.get("level_db")) for cells in self.stored)
            return {item_id: loud for item_id, loud in told if isinstance(loud, float)}
        rows = later(self.replayed.rows, self.delays)
        return {} if self.sound is None else levels(rows, self.sounded, self.sound)

    @property
    def delays(self) -> Mapping[str, int]:
        """By how many milliseconds a side lies later than in its call."""
        return delays(self.manifest)

    @property
    def rows(self) -> Sequence[Row]:
        """The turns: as they stand there, if they do, else what its events came to."""
        if self.stored is None:
            return self.replayed.rows
        return [row for cells in self.stored if (row := row_of(cells)) is not None]

    @property
    def whole(self) -> bool:
        """Its events are all there, and can be read: they say all that its tables say."""
        told = self.manifest["events"]
        there = self.folder is None or (self.folder / EVENTS).is_file()
        if not there or not isinstance(told, int):
            return there
        # One that was being redacted when its disk was full says so already, and its manifest not yet.
        noted = bool(self.lines) and self.lines[-1].type == REDACTED
        return told in (len(self.lines), len(self.lines) - noted)

    @property
    def began(self) -> float:
        """When it began, in seconds since the epoch."""
        return seconds(self.manifest["created_at"]) or 0.0

    def _lost(self) -> Line:
        """What nobody was there to tell: that the last call ended with its process."""
        sounded_s = max((piece.end for piece in self.pieces), default=0) / RATE
        told = [line.at for line in self.lines if line.type != REDACTED]  # turns are redacted long after
        event: dict[str, Any] = {"type": "voice_widget.call.retrying"}
        offset_ms = self.manifest["calls"][-1].get("offset_ms") if self.manifest["calls"] else None
        if isinstance(offset_ms, int | float):
            event["audio_ms"] = max(0.0, 1000 * sounded_s - offset_ms)
        at = max([self.began + sounded_s, *told])
        return Line(at, "local", event["type"], None, json.dumps(event), None)


def seconds(told: object) -> float | None:
    """A moment of the manifest, in seconds since the epoch."""
    try:
        return datetime.fromisoformat(told).timestamp() if isinstance(told, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def no_sound(record: Record) -> RecordingError:
    """Why a talk has no sound."""
    calls = [json.loads(line.event) for line in record.lines if line.type == "voice_widget.call.connecting"]
    why, next_step = "it was not recorded", "Record the next one."
    if not calls:
        why, next_step = "there was no call", "Call first."
    elif all(call.get("shared") for call in calls):
        why, next_step = "a call that was joined has none of ours", "Record one that the widget makes."
    where = "" if record.folder is None else f" in {record.folder}"
    return RecordingError(
        f"There is no sound of this talk{where}: {why}.", code="not_recorded", next_step=next_step
    )

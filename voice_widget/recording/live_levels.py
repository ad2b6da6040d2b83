"""How loud turns are while their talk is being recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from voice_widget.errors import RecordingError
from voice_widget.realtime.state.records import Row
from voice_widget.recording.levels import level, sounding
from voice_widget.recording.reading import read_record
from voice_widget.recording.recorder import Recorder
from voice_widget.recording.sound import PcmSound

PATIENCE_S = 2.0  # for a disk that is slow: then some are not known yet


class LiveLevels:
    """The levels of a talk that is being recorded: a turn's sound is read once, when it is all there.

    One thread at a time may ask, but not the recorder's own.

    Args:
        recorder: Who writes the sound.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._asked: tuple[int, Sequence[Row]] | None = None
        self._revised: tuple[int, Mapping[str | None, float]] | None = None
        self._kept: dict[str, tuple[Row, float | None]] = {}
        self._known: Mapping[str, float] = {}

    def of(self, rows: Sequence[Row]) -> Mapping[str, float]:
        """How loud these turns are, in dBFS by their ``item_id``: the same mapping until that changes."""
        version, over = self._recorder.version, self._recorder.over
        if self._asked is None or self._asked[0] != version or (self._asked[1] is not rows and not over):
            known = self._ended() if over else self._running(rows)
            if known is not None:
                self._asked = version, rows
                self._known = self._known if known == self._known else known
        return self._known

    def _running(self, rows: Sequence[Row]) -> Mapping[str, float] | None:
        sounded = self._recorder.sounded(PATIENCE_S)
        if sounded is None:
            return None
        if self._revised != (sounded.revised, sounded.offsets):
            self._revised, self._kept = (sounded.revised, sounded.offsets), {}
        sound = PcmSound(self._recorder.folder, 0)
        known: dict[str, float] = {}
        for row in rows:
            item_id = row["item_id"]
            last = self._kept.get(item_id)
            if last is not None and (last[0] is row or _times(last[0]) == _times(row)):
                loud = last[1]
            else:
                there = sounding(row, sounded)
                if there is None:
                    continue
                try:
                    loud = level(row["role"], there, sound)
                except (RecordingError, OSError):
                    continue
            self._kept[item_id] = row, loud
            if loud is not None:
                known[item_id] = loud
        return known

    def _ended(self) -> Mapping[str, float] | None:
        if not self._recorder.flush(PATIENCE_S):
            return None
        try:
            return read_record(self._recorder.folder).levels if self._recorder.there else {}
        except (RecordingError, OSError):
            return {}


def _times(row: Row) -> tuple[object, ...]:
    return row["start_ms"], row["end_ms"], row["call_id"], row["status"] == "in_progress"

"""How loud turns are, from the sound that was recorded of their side."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping

from voice_widget.errors import RecordingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Row, RowRole, Side
from voice_widget.recording.sound import Sound, Stretch, blocks
from voice_widget.recording.timeline import CUT, Piece
from voice_widget.tables.transcript import level_db

_PER_MS = RATE // 1000


class Sounded:
    """Where each side has sound, and how far: what a recording's pieces say of it.

    Args:
        pieces: In the order in which they were noted, or as tiles.

    Attributes:
        offsets: Where the zero of each call lies on the timeline, in milliseconds, where it was measured.
        revised: Grows when what lies before the end of a side becomes another.

    Example:
        >>> sounded = Sounded([Piece("user", 0, 9, "sound"), Piece("user", 3, 2, "redacted")])
        >>> sounded.between("user", 1, 8), sounded.between("user", 1, 10)
        ([(1, 3), (5, 8)], None)
    """

    def __init__(self, pieces: Iterable[Piece] = ()) -> None:
        self.offsets: Mapping[str | None, float] = {}
        self.revised = 0
        self._ends: dict[Side, int] = dict.fromkeys(SIDES, 0)
        self._sound: dict[Side, list[tuple[int, int]]] = {side: [] for side in SIDES}
        self._redacted: dict[Side, list[tuple[int, int]]] = {side: [] for side in SIDES}
        for piece in pieces:
            self.note(piece)

    def note(self, piece: Piece) -> None:
        """One more piece."""
        if piece.samples <= 0 or piece.kind == "pending":
            return
        if piece.kind == "gap" and piece.reason in (None, CUT):
            return  # silence up to what comes next, or to the end, says nothing of what there is
        sound = self._sound[piece.side]
        if piece.kind in ("sound", "redacted"):
            self.revised += piece.start < self._ends[piece.side]
        if piece.kind == "redacted":
            self._redacted[piece.side].append((piece.start, piece.end))
        elif piece.kind == "sound" and sound and sound[-1][1] == piece.start:
            sound[-1] = sound[-1][0], piece.end
        elif piece.kind == "sound":
            insort(sound, (piece.start, piece.end))
        self._ends[piece.side] = max(self._ends[piece.side], piece.end)

    def between(self, side: Side, start: int, end: int) -> list[tuple[int, int]] | None:
        """What sounds between two samples; None: it is not all there yet."""
        if end > self._ends[side]:
            return None
        sound = self._sound[side]
        first = bisect_right(sound, start, key=lambda there: there[1])
        last = bisect_left(sound, end, key=lambda there: there[0])
        found = [(max(start, begin), min(end, stop)) for begin, stop in sound[first:last]]
        for begin, stop in self._redacted[side]:
            found = [
                (low, high)
                for there in found
                for low, high in ((there[0], min(there[1], begin)), (max(there[0], stop), there[1]))
                if low < high
            ]
        return found

    def copy(self) -> Sounded:
        """As it is now."""
        made = Sounded()
        made.offsets, made.revised, made._ends = self.offsets, self.revised, self._ends.copy()
        made._sound = {side: there.copy() for side, there in self._sound.items()}
        made._redacted = {side: there.copy() for side, there in self._redacted.items()}
        return made


def sounding(row: Row, sounded: Sounded) -> list[tuple[int, int]] | None:
    """What there is of a turn's sound, in samples; None: not all is there, or nobody knows when it sounded.

    Times are whole milliseconds, so its sound may have ended a part of one before: that one is left out.
    """
    offset, start, end = sounded.offsets.get(row["call_id"]), row["start_ms"], row["end_ms"]
    if row["status"] == "in_progress" or offset is None or start is None or end is None:
        return None
    first, last = (max(0, round((ms + offset) * _PER_MS)) for ms in (start, end - 1))
    side = row["role"]
    return sounded.between(side, first, last) if first < last and side != "system" else None


def level(side: RowRole, there: Iterable[tuple[int, int]], sound: Sound) -> float | None:
    """How loud one side is where it sounds, in dBFS; None: it does not.

    Raises:
        RecordingError: The sound cannot be read.
    """
    if side == "system":
        return None
    column = SIDES.index(side)
    return level_db(
        block[:, column] for start, stop in there for block in blocks(Stretch(sound, start, stop))
    )


def levels(rows: Iterable[Row], sounded: Sounded, sound: Sound) -> dict[str, float]:
    """How loud turns are, by their ``item_id``; those of which nobody knows it are left out."""
    found: dict[str, float] = {}
    for row in rows:
        try:
            loud = level(row["role"], sounding(row, sounded) or (), sound)
        except (RecordingError, OSError):  # its table is read in any case
            continue
        if loud is not None:
            found[row["item_id"]] = loud
    return found

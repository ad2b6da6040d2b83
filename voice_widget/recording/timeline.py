"""One timeline for all that sounds in a talk: where each piece lies, what is missing. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.realtime.state.records import SIDES, Alignment, Side

Kind = Literal["sound", "gap", "paused", "redacted", "pending"]
Hole = Literal["paused", "redacted", "lost"]
"""Why nobody knows what sounded at a place."""
CUT = "cut"
"""Why there is no sound behind the end of a process that was killed."""
UNALIGNED = "unaligned"
"""Of sound: it was heard up to some 50 ms before its place, and nobody knows by how much."""
LEAD = RATE  # so many samples of a clock may come later than others that follow them
FARTHEST = 24 * 3600 * RATE  # nobody is silent for so long: then a number is wrong
# What counts where several things were said of one place.
_RANK: dict[Kind, int] = {"redacted": 3, "sound": 2, "paused": 1, "gap": 0}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one side's timeline.

    Attributes:
        side: Whose.
        start: The sample at which it begins.
        samples: How many it has.
        kind: What is there: sound, or silence for a gap, a pause, or what was redacted. What is pending is
            sound as long as nothing comes in its place (`settled`).
        reason: Why it is no sound, if somebody said so; or why it may lie beside its place.
        call_id: The call that it is of.
    """

    side: Side
    start: int
    samples: int
    kind: Kind
    reason: str | None = None
    call_id: str | None = None

    @property
    def end(self) -> int:
        """The sample behind it."""
        return self.start + self.samples

    @property
    def hole(self) -> Hole | None:
        """Why nobody knows what sounded there; None: there is sound, or a silence in which nothing was sent.

        Example:
            >>> Piece("user", 0, 240, "gap", "late").hole, Piece("user", 0, 240, "gap").hole
            ('lost', None)
        """
        if self.kind == "paused" or self.kind == "redacted":
            return self.kind
        return "lost" if self.kind == "gap" and self.reason is not None else None


class Placed(NamedTuple):
    """A piece that has its place, and its samples; None: silence."""

    piece: Piece
    pcm: Pcm | None


class Timeline:
    """Puts the pieces of several clocks on one timeline. Sample 0 is when the recording began.

    A clock is whatever counts samples: a page's audio, the samples of one call in memory. Both sides of one
    clock lie as far apart on the timeline as on the clock, to the sample. Where a clock begins is told by the
    wall clock, and never before what is there already.

    Args:
        began: When the recording began, in seconds since the epoch.

    Attributes:
        end: The sample behind all that has a place.

    Example:
        >>> import numpy as np
        >>> timeline = Timeline(0.0)
        >>> one, two = np.ones(3, np.int16), np.ones(2, np.int16)
        >>> [piece.start for piece, _ in timeline.place("page", "user", 0, one, 0.0)]
        [0]
        >>> [(piece.kind, piece.start) for piece, _ in timeline.place("page", "user", 5, two, 0.1)]
        [('gap', 3), ('sound', 5)]
    """

    def __init__(self, began: float) -> None:
        self._began, self._called = began, False
        self._offsets: dict[str, int] = {}
        self._redacted: dict[str, list[tuple[int, int, str | None]]] = {}  # of clocks that have no place yet
        self._covered: dict[Side, list[tuple[int, int]]] = {side: [] for side in SIDES}
        self._ends: dict[Side, int] = dict.fromkeys(SIDES, 0)
        self._pending: dict[Side, list[Piece]] = {side: [] for side in SIDES}
        self._pending_of: str | None = None  # the clock

    def begins(self, at: float) -> bool:
        """A call begins, in seconds since the epoch; whether that is where the recording begins."""
        if self._called or self._offsets:
            return False
        self._called, self._began = True, at
        return True

    @property
    def end(self) -> int:
        """The sample behind all that has a place."""
        return max(self._ends.values())

    def offset(self, clock: str) -> int | None:
        """Where the zero of a clock lies; None as long as nothing of it came."""
        return self._offsets.get(clock)

    def place(
        self,
        clock: str,
        side: Side,
        start: int,
        pcm: Pcm,
        at: float,
        call_id: str | None = None,
        *,
        alignment: Alignment = "aligned",
        paused: bool = False,
    ) -> list[Placed]:
        """Give a piece its place.

        What is there already stays, whatever comes later; what is missing before it is a gap, until it comes.
        What is pending makes room for the next that comes of its side and clock.

        Args:
            clock: The clock's name.
            side: Whose sound it is.
            start: The piece's first sample on that clock.
            pcm: Its samples.
            at: When it was there, in seconds since the epoch.
            call_id: The call that it is of.
            alignment: Whether that is where it was heard.
            paused: It is not to be kept: silence takes its place, for good.
        """
        placed = self.settle() if clock != self._pending_of else []
        first = self._start(clock, start, len(pcm), at)
        if first is None:
            return placed
        for stretch in self._redacted.pop(clock, ()):
            placed += self.redact(clock, *stretch)
        if alignment == "pending":
            self._pending_of = clock
            free = [] if paused else self._free(side, max(first, 0), first + len(pcm))
            waits = [Piece(side, begin, end - begin, "pending", None, call_id) for begin, end in free]
            self._pending[side] += waits
            return placed + [Placed(piece, pcm[piece.start - first : piece.end - first]) for piece in waits]
        waited = self._waits(side)
        placed += self._hole(side, first, None, call_id)
        kind: Kind = "paused" if paused else "sound"
        reason = UNALIGNED if alignment != "aligned" and not paused else None
        written = np.zeros_like(pcm) if paused and waited else None if paused else pcm
        for begin, end in self._cover(side, max(first, 0), first + len(pcm)):
            piece = Piece(side, begin, end - begin, kind, reason, call_id)
            placed.append(Placed(piece, None if written is None else written[begin - first : end - first]))
        # Last: who is killed before has lost nothing. Of its place nothing is said: something may still come.
        for one in waited:
            for begin, end in self._free(side, one.start, one.end):
                placed.append(Placed(Piece(side, begin, 0, "gap"), np.zeros(end - begin, np.int16)))
        return placed

    def settle(self) -> list[Placed]:
        """Nothing comes any more in the place of what is pending: it is sound, which was written already."""
        placed: list[Placed] = []
        for side in SIDES:
            for one in self._waits(side):
                placed += self._hole(side, one.start, None, one.call_id)
                for start, end in self._cover(side, one.start, one.end):
                    piece = Piece(side, start, end - start, "sound", UNALIGNED, one.call_id)
                    placed.append(Placed(piece, None))
        return placed

    def _waits(self, side: Side) -> list[Piece]:
        waits, self._pending[side] = self._pending[side], []
        return waits

    def gap(
        self, clock: str, side: Side, start: int, samples: int, reason: str, *, call_id: str | None = None
    ) -> list[Placed]:
        """Somebody knows that these samples will not come, and why."""
        offset = self._offsets.get(clock)
        if offset is None or samples <= 0 or not -FARTHEST <= offset + start - self.end <= FARTHEST:
            return []
        first, end = max(0, offset + start), offset + start + min(samples, FARTHEST)
        placed = self._hole(side, first, None, call_id)
        if end > first:
            kind: Kind = "paused" if reason == "paused" else "gap"
            placed.append(Placed(Piece(side, first, end - first, kind, reason, call_id), None))
            self._ends[side] = max(self._ends[side], end)
        return placed

    def redact(self, clock: str, start: int, end: int, call_id: str | None = None) -> list[Placed]:
        """These samples of both sides are silence for good, also those that are still to come."""
        offset = self._offsets.get(clock)
        if offset is None:
            self._redacted.setdefault(clock, []).append((start, end, call_id))
            return []
        first, behind = max(0, offset + start), offset + end
        if behind <= first:
            return []
        for side in SIDES:
            self._cover(side, first, behind)
        return [Placed(Piece(side, first, behind - first, "redacted", None, call_id), None) for side in SIDES]

    def _start(self, clock: str, start: int, samples: int, at: float) -> int | None:
        """Where a piece begins on the timeline; None: there is nothing of it, or its number is wrong."""
        if samples == 0:
            return None
        offset = self._offsets.get(clock)
        if offset is None:
            told = round((at - self._began) * RATE) - samples if abs(at - self._began) < 1e9 else 0
            earliest = self.end + min(max(start, 0), LEAD)
            offset = max(earliest, min(told, self.end + FARTHEST)) - start
            self._offsets[clock] = offset
        return offset + start if -FARTHEST <= offset + start - self.end <= FARTHEST else None

    def _hole(self, side: Side, until: int, reason: str | None, call_id: str | None) -> list[Placed]:
        end = self._ends[side]
        if until <= end:
            return []
        self._ends[side] = until
        return [Placed(Piece(side, end, until - end, "gap", reason, call_id), None)]

    def _cover(self, side: Side, start: int, end: int) -> list[tuple[int, int]]:
        """Take the free places between these samples, and say which they were."""
        self._ends[side] = max(self._ends[side], end)
        free, covered = self._free(side, start, end), self._covered[side]
        if free:
            # Those that overlap or touch become one: there are only as many as there are holes.
            near = self._near(side, start, end)
            whole = [(start, end), *covered[near]]
            covered[near] = [(min(low for low, _ in whole), max(high for _, high in whole))]
        return free

    def _free(self, side: Side, start: int, end: int) -> list[tuple[int, int]]:
        """The places between these samples where nothing is."""
        free, at = list[tuple[int, int]](), start
        for taken in self._covered[side][self._near(side, start, end)]:
            if at < taken[0]:
                free.append((at, min(taken[0], end)))
            at = max(at, taken[1])
        if at < end:
            free.append((at, end))
        return free

    def _near(self, side: Side, start: int, end: int) -> slice:
        """Which of those that are covered overlap or touch these samples."""
        covered = self._covered[side]
        return slice(
            bisect_left(covered, start, key=lambda taken: taken[1]),
            bisect_right(covered, end, key=lambda taken: taken[0]),
        )


def settled(pieces: Iterable[Piece]) -> list[Piece]:
    """What counts of pieces, given in the order in which they were noted.

    What is pending is sound, unless something came in its place.

    Example:
        >>> [x.start for x in settled([Piece("user", 5, 9, "pending"), Piece("user", 2, 9, "sound")])]
        [2]
    """
    found: list[Piece] = []
    waits: dict[Side, list[Piece]] = {side: [] for side in SIDES}
    for piece in pieces:
        if piece.kind == "pending":
            waits[piece.side].append(replace(piece, kind="sound", reason=UNALIGNED))
        else:
            found.append(piece)
            ahead = piece.kind == "gap" and piece.reason is None and piece.samples > 0  # of what follows it
            if piece.kind != "redacted" and not ahead:  # that is of any place
                waits[piece.side].clear()
    return [*found, *(piece for side in SIDES for piece in waits[side])]


def tiles(pieces: Iterable[Piece], samples: int) -> list[Piece]:
    """The timeline of both sides without a hole and without an overlap, each side from 0 to ``samples``.

    Args:
        pieces: Those that count (`settled`), in the order in which they were noted. Of one place redaction
            counts most, then sound, then a pause, then a gap, of which the one with a reason.
        samples: How long the timeline is.

    Example:
        >>> [(tile.kind, tile.start) for tile in tiles([Piece("user", 2, 3, "sound")], 9)]
        [('gap', 0), ('sound', 2), ('gap', 5), ('gap', 0)]
    """
    listed = list(pieces)
    return [tile for side in SIDES for tile in _tiled([x for x in listed if x.side == side], side, samples)]


def _tiled(pieces: Sequence[Piece], side: Side, samples: int) -> list[Piece]:
    whole = Piece(side, 0, samples, "gap")
    found: list[Piece] = [whole] if samples > 0 else []
    for rank in range(4):
        for known in (False, True):
            layer = [x for x in pieces if _RANK[x.kind] == rank and (x.reason is not None) is known]
            found = _over(found, _flat(layer, samples)) if layer else found
    return _joined(found)


def _flat(layer: Sequence[Piece], samples: int) -> list[Piece]:
    """Pieces of one rank, in order of place, each cut by those before it and by the end."""
    flat: list[Piece] = []
    at = 0
    for piece in sorted(layer, key=lambda piece: piece.start):
        start, end = max(piece.start, at, 0), min(piece.end, samples)
        if start < end:
            flat.append(piece if (start, end) == (piece.start, piece.end) else _cut(piece, start, end))
            at = end
    return flat


def _over(below: Sequence[Piece], above: Sequence[Piece]) -> list[Piece]:
    """What is left of tiles where others lie on them, and those."""
    result: list[Piece] = []
    place = 0
    for piece in below:
        at = piece.start
        while place < len(above) and above[place].start < piece.end:
            over = above[place]
            if at < over.start:
                result.append(_cut(piece, at, over.start))
            if over.start >= piece.start:
                result.append(over)
            at = max(at, min(over.end, piece.end))
            if over.end > piece.end:
                break
            place += 1
        if at < piece.end:
            result.append(_cut(piece, at, piece.end))
    return result


def _joined(tiled: Iterable[Piece]) -> list[Piece]:
    """Neighbours of one kind are one."""
    result: list[Piece] = []
    for tile in tiled:
        last = result[-1] if result else None
        if last is not None and (last.kind, last.reason, last.call_id) == (
            tile.kind,
            tile.reason,
            tile.call_id,
        ):
            result[-1] = replace(last, samples=last.samples + tile.samples)
        else:
            result.append(tile)
    return result


def _cut(piece: Piece, start: int, end: int) -> Piece:
    return replace(piece, start=start, samples=end - start)

"""The turns of a talk as they sounded: a row's place, and in it the sound of its side. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from voice_widget.analysis.spans import Span
from voice_widget.realtime.state.records import Side

NEAR_MS = 400.0
"""So far outside of a row its sound may begin or end: services pad, and say too early that speech ended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that sounded.

    Attributes:
        seq: The row's number.
        role: The side.
        start_ms: Its first voiced sample, on the recording's timeline; of ``events`` the row's beginning.
        end_ms: Its last one.
        source: Whether the sound says so, or only events.
    """

    seq: int
    role: Side
    start_ms: float
    end_ms: float
    source: Literal["sound", "events"]


def placed(
    rows: Mapping[int, tuple[Side, float, float]], voiced: Mapping[Side, Sequence[Span]]
) -> list[Turn]:
    """Turns in the order in which they sounded.

    A turn begins and ends with the sound of its side that lies in its row, or near it: up to 400 ms beside
    it, and not beyond the silence that parts it from its side's next row. What sounds in a row that lies
    within another one of its side is of both, for nothing parts them. Where there is none the row's own times
    stand.

    Args:
        rows: By number, the side and from when until when the row says that it sounds.
        voiced: When each side sounds, in order.

    Example:
        >>> [turn] = placed({1: ("user", 0.0, 500.0)}, {"user": [(40.0, 300.0), (2000.0, 2100.0)]})
        >>> turn.start_ms, turn.end_ms, turn.source
        (40.0, 300.0, 'sound')
    """
    found: list[Turn] = []
    for side in {role for role, _, _ in rows.values()}:
        own = sorted((start, end, seq) for seq, (role, start, end) in rows.items() if role == side)
        sounds = voiced.get(side, ())
        beside = _beside([(start, end) for start, end, _ in own])
        for (start, end, seq), (before, after, within) in zip(own, beside, strict=True):
            near = 0.0 if within else NEAR_MS  # what is beside it is then the other one's
            first, last = start - near, end + near
            if before is not None:
                first = max(first, _parted(sounds, own[before][1], start))
            if after is not None:
                last = min(last, _parted(sounds, end, own[after][0]))
            span = _sounding(sounds, first, last)
            if span is None:
                found.append(Turn(seq, side, start, end, "events"))
            else:
                found.append(Turn(seq, side, *span, "sound"))
    return sorted(found, key=lambda turn: (turn.start_ms, turn.seq))


def _beside(rows: Sequence[Span]) -> list[tuple[int | None, int | None, bool]]:
    """The row before each, the one behind it, neither within it nor around it; and whether one is around it.

    Args:
        rows: Of one side, by their beginnings.
    """
    before: list[tuple[int | None, bool]] = []
    after: list[int | None] = [None] * len(rows)
    open_rows: list[int] = []  # each ends before the one that stands before it: within that it lies
    last: int | None = None  # of those that have ended the one that ended last
    for place, (_, end) in enumerate(rows):
        while open_rows and rows[open_rows[-1]][1] < end:
            ended = open_rows.pop()
            after[ended] = place
            last = ended if last is None or rows[ended][1] > rows[last][1] else last
        before.append((last, bool(open_rows)))
        open_rows.append(place)
    return [(one, other, within) for (one, within), other in zip(before, after, strict=True)]


def _parted(sounds: Sequence[Span], end: float, start: float) -> float:
    """Where one row of a side ends and its next begins: in the silence that is nearest to between them."""
    between = (end + start) / 2
    place = bisect_right(sounds, between, key=lambda span: span[0])
    silences = [
        (sounds[at - 1][1], sounds[at][0]) for at in (place - 1, place, place + 1) if 0 < at < len(sounds)
    ]
    near = [
        (max(quiet - between, between - again, 0.0), (quiet + again) / 2)
        for quiet, again in silences
        if again >= min(end, start) - NEAR_MS and quiet <= max(end, start) + NEAR_MS
    ]
    if not near:
        return between
    return min(near)[1]


def _sounding(sounds: Sequence[Span], first: float, last: float) -> Span | None:
    """From the first sound to the last one between two moments."""
    begin = bisect_right(sounds, first, key=lambda span: span[1])
    end = bisect_right(sounds, last, key=lambda span: span[0])
    if begin >= end:
        return None
    start, stop = max(first, sounds[begin][0]), min(last, sounds[end - 1][1])
    return (start, stop) if start < stop else None

"""The turns of a talk as they sounded: a row's place, and in it the sound of its side. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
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
    it, and not beyond the silence that parts it from its side's next row. Where there is none the row's own
    times stand.

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
        parted = [_parted(sounds, one[1], other[0]) for one, other in pairwise(own)]
        for place, (start, end, seq) in enumerate(own):
            first = max(start - NEAR_MS, parted[place - 1] if place else -math.inf)
            last = min(end + NEAR_MS, parted[place] if place < len(parted) else math.inf)
            span = _sounding(sounds, first, last)
            if span is None:
                found.append(Turn(seq, side, start, end, "events"))
            else:
                found.append(Turn(seq, side, *span, "sound"))
    return sorted(found, key=lambda turn: (turn.start_ms, turn.seq))


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

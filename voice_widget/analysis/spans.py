"""Stretches of time as pairs of milliseconds: what they share, leave free, and last. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Span = tuple[float, float]
"""From when until when, in milliseconds of the recording."""


def union(spans: Iterable[Span], pause_ms: float = 0.0) -> list[Span]:
    """All of them, joined where they touch, or have no more than a pause between them.

    Example:
        >>> union([(5, 9), (0, 2), (8, 12)])
        [(0, 2), (5, 12)]
    """
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start - found[-1][1] <= pause_ms:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def shared(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """What lies in both; each is in order and does not overlap itself.

    Example:
        >>> shared([(0, 5), (8, 12)], [(4, 9)])
        [(4, 5), (8, 9)]
    """
    found: list[Span] = []
    here = there = 0
    while here < len(one) and there < len(other):
        start = max(one[here][0], other[there][0])
        end = min(one[here][1], other[there][1])
        if start < end:
            found.append((start, end))
        if one[here][1] < other[there][1]:
            here += 1
        else:
            there += 1
    return found


def free(spans: Sequence[Span], first: float, last: float) -> list[Span]:
    """What is in none of them, between two moments.

    Example:
        >>> free([(2, 3), (5, 6)], 0, 6)
        [(0, 2), (3, 5)]
    """
    found: list[Span] = []
    at = first
    for start, end in spans:
        if end <= first or start >= last:
            continue
        if start > at:
            found.append((at, start))
        at = max(at, end)
    return [*found, (at, last)] if at < last else found


def length(spans: Iterable[Span]) -> float:
    """How long they are together."""
    return sum(end - start for start, end in spans)


def touches(spans: Iterable[Span], one: float, other: float) -> bool:
    """Whether one of them reaches what lies between two moments, or ends or begins at one."""
    first, last = min(one, other), max(one, other)
    return any(start <= last and end >= first for start, end in spans)

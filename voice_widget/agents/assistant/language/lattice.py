"""The readings of an utterance: what each stretch of words may mean, and the cheapest ways to join them.

Every word belongs to exactly one item of a reading. A word that nobody knows is an item too (``unknown``),
and no rule of the grammar takes one: so no word is ever dropped.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Item:
    """What ``words[start:end]`` means.

    Attributes:
        kind: What the grammar calls it.
        value: What it stands for.
        start: Its first word.
        end: The word after its last.
        cost: How far from the plainest reading; 1 for a word that means what it says.
    """

    kind: str
    value: Any = None
    start: int = 0
    end: int = 0
    cost: float = 1.0


class Reading(NamedTuple):
    """Items from the first word to the last, and what they cost."""

    cost: float
    items: tuple[Item, ...]


def readings(items: Sequence[Item], length: int, most: int = 400) -> Iterator[Reading]:
    """All ways to cover the words, the cheapest first.

    Example:
        >>> two = [Item("a", start=0, end=1), Item("b", start=1, end=2), Item("ab", start=0, end=2)]
        >>> [[item.kind for item in reading.items] for reading in readings(two, 2)]
        [['ab'], ['a', 'b']]
    """
    starting: list[list[Item]] = [[] for _ in range(length)]
    for item in items:
        starting[item.start].append(item)
    rest = [0.0] * (length + 1)  # the least that the words from here on can cost
    for at in range(length - 1, -1, -1):
        rest[at] = min((item.cost + rest[item.end] for item in starting[at]), default=float("inf"))
    number = itertools.count()
    heap: list[tuple[float, int, int, tuple[Item, ...]]] = [(rest[0], 0, 0, ())]
    given = 0
    while heap and given < most:
        total, _, at, path = heapq.heappop(heap)
        if at == length:
            given += 1
            yield Reading(total, path)
            continue
        spent = total - rest[at]
        for item in starting[at]:
            cost = spent + item.cost + rest[item.end]
            if cost < float("inf"):
                heapq.heappush(heap, (cost, next(number), item.end, (*path, item)))

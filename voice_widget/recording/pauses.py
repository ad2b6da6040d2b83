"""When nothing is to be kept, and what of a piece of sound that leaves. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from voice_widget.realtime.sound.formats import RATE


class Pauses:
    """The pauses of a recording. What sounded in one is not kept, whenever it comes.

    Example:
        >>> pauses = Pauses()
        >>> pauses.begin(10.0)
        >>> pauses.end(11.0)
        >>> pauses.parts(0, 2 * RATE, 11.5)
        [(0, 12000, False), (12000, 36000, True), (36000, 48000, False)]
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._past: list[tuple[float, float]] = []

    @property
    def on(self) -> bool:
        """There is one now."""
        return self._since is not None

    def begin(self, at: float) -> None:
        """From now on; moments are in seconds since the epoch."""
        self._since = at if self._since is None else self._since

    def end(self, at: float) -> None:
        """Until now."""
        if self._since is not None:
            self._past.append((self._since, at))
            self._since = None

    def parts(
        self, start: int, samples: int, at: float, holes: Sequence[Mapping[str, Any]] = ()
    ) -> list[tuple[int, int, bool]]:
        """The stretches of a piece that sounded, and whether each did so in a pause.

        In a pause all that comes is of it: it may be late, but nobody waits for that to be sure.

        Args:
            start: The piece's first sample.
            samples: How many it has.
            at: When the last of them sounded.
            holes: Of it, with ``start`` and ``samples``.
        """
        end, began = start + samples, at - samples / RATE
        quiet = [(start, end)] if self.on else []
        for first, last in self._past if not self.on else ():
            if first < at and last > began:
                quiet.append((start + round((first - began) * RATE), start + round((last - began) * RATE)))
        cuts = {place for stretch in quiet for place in stretch}
        found: list[tuple[int, int, bool]] = []
        for begin, behind in _between(start, end, holes):
            places = sorted({begin, behind, *(place for place in cuts if begin < place < behind)})
            for one, other in pairwise(places):
                found.append((one, other, any(first <= one < last for first, last in quiet)))
        return found


def _between(start: int, end: int, holes: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """What is sound of a piece: all but its holes."""
    for hole in sorted(holes, key=lambda hole: hole["start"]):
        if start < min(hole["start"], end):
            yield start, min(hole["start"], end)
        start = max(start, hole["start"] + hole["samples"])
    if start < end:
        yield start, end

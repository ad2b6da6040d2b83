"""When a side sounds, by another method than the first, to doubt it. Pure.

It shares nothing with the page's ear and with `analysis.noise`: every fourth sample of the mean of four, the
energy of 16 ms every 8 ms in decibels, its median over three, and one threshold for all of the channel: the
one that parts the histogram of these best into two (N. Otsu, "A threshold selection method from gray-level
histograms", IEEE Transactions on Systems, Man, and Cybernetics 9 (1979), 62-66).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.recording.voiced import Stretch, joined

_THIN = 4
_HOP = 48  # thinned samples: 8 ms
_DEEP_DB = 50.0  # so much below the loudest the histogram ends: digital silence is a quiet room
_LEAST = 5  # hops that are voiced together
_PAUSE = RATE // 5
_APART_DB = 6.0  # less than this between both classes: there is one


class Energies:
    """From a side's samples, some at a time, to the energy of every 8 ms."""

    def __init__(self) -> None:
        self._rest: Pcm = np.zeros(0, np.int16)
        self._found: list[Any] = []

    def push(self, pcm: Pcm) -> None:
        """What follows."""
        pcm = np.concatenate([self._rest, pcm])
        hop = _HOP * _THIN
        count = len(pcm) // hop
        thin = pcm[: count * hop].reshape(-1, _THIN).mean(axis=1, dtype=np.float32)
        self._found.append(np.square(thin).reshape(count, _HOP).mean(axis=1))
        self._rest = pcm[count * hop :]

    def end(self) -> Any:
        """There is no more."""
        return np.concatenate(self._found) if self._found else np.zeros(0, np.float32)


def threshold_db(levels: Any) -> float | None:
    """What parts levels best into two classes; None: there is only one."""
    counts, edges = np.histogram(levels, bins=200)
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    total = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (total[-1] - total) / above - total / below
        between = np.nan_to_num(below * above * apart**2, nan=0.0, posinf=0.0)
    # Between two classes with nothing in between every threshold is as good: the middle of them.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    place = int(best[len(best) // 2])
    if not counts.any() or not apart[place] >= _APART_DB:
        return None
    return float(edges[place + 1])


def stretches(energies: Any) -> list[Stretch]:
    """From which sample to before which the side sounds.

    Args:
        energies: As `Energies` gives them.
    """
    if len(energies) < 3 or not energies.any():
        return []
    pairs = np.convolve(energies, [0.5, 0.5], mode="same")  # 16 ms
    levels = 10 * np.log10(np.maximum(pairs, 1e-3))
    levels = np.maximum(levels, np.quantile(levels, 0.99) - _DEEP_DB)
    levels[1:-1] = np.median([levels[:-2], levels[1:-1], levels[2:]], axis=0)
    limit = threshold_db(levels)
    if limit is None:
        return []
    edges = np.diff(np.concatenate([[False], levels >= limit, [False]]).astype(np.int8))
    runs = np.flatnonzero(edges).reshape(-1, 2)
    hop = _HOP * _THIN
    # A pair lies half a hop before its place.
    places = [(int(a * hop), int(b * hop - hop // 2)) for a, b in runs if b - a >= _LEAST]
    return joined(places, _PAUSE)

"""How far a difference of two samples would swing if they were drawn again: the bootstrap. Numbers in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Groups = Sequence[Values]
"""The values of a sample by what they belong together in: a talk's turns."""
Statistic = Literal["median", "mean"]
_AT_ONCE = 1 << 20


def interval(
    a: Groups, b: Groups, statistic: Statistic, *, resamples: int, level: float, seed: Sequence[int]
) -> tuple[float, float]:
    """The percentile interval of the statistic of ``b`` less that of ``a``, by the bootstrap.

    Both samples are drawn again and again, as large as they are, with replacement; the interval holds the
    middle ``level`` of the differences that come of it. A sample of several groups is drawn in two steps:
    groups, and in each of these its values, for values of one group are more alike than others.

    Source: B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13 (the percentile
    interval); A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their Application" (1997), section 3.8,
    and C. A. Field, A. H. Welsh, "Bootstrapping clustered data", Journal of the Royal Statistical Society B
    69 (2007), 369-390 (the two steps).

    Args:
        a: One sample, by groups that are not empty.
        b: The other.
        statistic: From values to the number that is compared.
        resamples: How often they are drawn.
        level: How much of the differences lies in the interval.
        seed: The same seed draws the same.

    Example:
        >>> a = [np.array([1.0, 2.0, 3.0])]
        >>> interval(a, [a[0] + 10], "mean", resamples=1000, level=0.95, seed=[0])
        (8.666666666666668, 11.333333333333332)
    """
    chance = np.random.default_rng(list(seed))
    one, other = (_drawn(sample, statistic, resamples, chance) for sample in (a, b))
    tail = (1 - level) / 2
    low, high = np.quantile(other - one, [tail, 1 - tail])
    return float(low), float(high)


def _drawn(groups: Groups, statistic: Statistic, resamples: int, chance: np.random.Generator) -> Values:
    """The statistic of each sample that is drawn."""
    if all(len(group) == 1 for group in groups):
        groups = [np.concatenate(list(groups))]  # there is one step only
    sizes = np.array([len(group) for group in groups])
    table = np.zeros((len(groups), sizes.max()))
    for place, group in enumerate(groups):
        table[place, : len(group)] = group
    step = max(1, _AT_ONCE // table.size)
    found = [
        _some(table, sizes, statistic, min(step, resamples - at), chance) for at in range(0, resamples, step)
    ]
    return np.concatenate(found)


def _some(
    table: Values, sizes: NDArray[np.int64], statistic: Statistic, count: int, chance: np.random.Generator
) -> Values:
    """So many samples at once: one by one they take minutes."""
    groups, most = table.shape
    whose = chance.integers(groups, size=(count, groups))
    there = sizes[whose][..., None]
    picked = (chance.random((count, groups, most)) * there).astype(np.int64)
    values = table[whose[..., None], picked]
    is_value = np.arange(most) < there
    number = there.sum(axis=(1, 2))
    if statistic == "mean":
        total: Values = np.where(is_value, values, 0.0).sum(axis=(1, 2))
        averages: Values = total / number
        return averages
    ordered = np.sort(np.where(is_value, values, np.inf).reshape(count, -1), axis=1)
    row = np.arange(count)
    middle: Values = (ordered[row, (number - 1) // 2] + ordered[row, number // 2]) / 2
    return middle

"""Two samples of talks side by side: each measure with its difference, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from voice_widget.analysis.resampling import Values, interval
from voice_widget.errors import SettingError, nearest, shown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Key = tuple[str, str | None]
"""A measure and the side that it is of; None: of both."""
TOO_FEW = 5
"""With fewer values there is no interval."""
FEW_TALKS = 3
"""With fewer talks, but more than one, neither: nobody knows how talks differ."""
ALIKE = "whatever is drawn is alike, so nobody knows how it varies"
"""Nor where copies are compared, or counts that are the same in each talk: they have no spread."""
COLUMNS = {
    "measure": "string",
    "side": "string",
    "unit": "string",
    "n_a": "Int64",
    "n_b": "Int64",
    "missing_a": "Int64",
    "missing_b": "Int64",
    "doubtful_a": "Int64",
    "doubtful_b": "Int64",
    "a": "Float64",
    "b": "Float64",
    "difference": "Float64",
    "low": "Float64",
    "high": "Float64",
    "clear": "boolean",
    "reason": "string",
}


@dataclass
class Measured:
    """One measure of one of both, over its talks.

    Attributes:
        units: In which it is.
        of_talks: Its values, one for a talk.
        of_turns: Or those of turns, talk by talk.
        missing: Cases without a value.
        cases: So many have one: of turns, where talks have values, those that these were made of, or that
            they count.
        doubtful: In so many of these two ways to hear differ.
    """

    units: set[str] = field(default_factory=set)
    of_talks: list[Values] = field(default_factory=list)
    of_turns: list[Values] = field(default_factory=list)
    missing: int = 0
    cases: float = 0.0
    doubtful: int = 0

    @property
    def mostly_doubtful(self) -> bool:
        """Whether more than half of it is doubtful."""
        return 2 * self.doubtful > self.cases

    @property
    def by_turn(self) -> bool:
        """Whether turns have values, and talks none."""
        return bool(self.of_turns) and not self.of_talks

    @property
    def groups(self) -> list[Values]:
        """Its values by talk."""
        return self.of_talks or self.of_turns

    @property
    def values(self) -> Values:
        """All of them."""
        return np.concatenate([np.zeros(0), *self.groups])

    @property
    def center(self) -> float | None:
        """The median of turns, or the mean of talks; None: there is no value."""
        values = self.values
        if not len(values):
            return None
        return float(np.median(values) if self.by_turn else np.mean(values))


@dataclass
class Sample:
    """One of both that are compared.

    Attributes:
        name: How it is called.
        talks: How many it has.
        measures: What was measured.
        prices: What tokens cost, in each of its talks.
    """

    name: str
    talks: int = 0
    measures: dict[Key, Measured] = field(default_factory=dict)
    prices: set[str] = field(default_factory=set)


class Comparison:
    """How two talks, or two sets of talks, differ: see `compare`.

    Attributes:
        table: One row per measure and side.
        names: What the two are called.

    Args:
        a: One of both.
        b: The other.
        resamples: How often the bootstrap draws.
        level: How often an interval is to hold the difference.
        seed: Where its chance begins.
    """

    def __init__(self, a: Sample, b: Sample, *, resamples: int, level: float, seed: int) -> None:
        from voice_widget.tables.columns import frame

        self.names = a.name, b.name
        self._samples = a, b
        self._level = level
        keys = dict.fromkeys([*a.measures, *b.measures])
        rows = [_row(key, a, b, resamples=resamples, level=level, seed=seed) for key in keys]
        self.table: pd.DataFrame = frame(rows, COLUMNS)
        self.table.attrs |= {"a": a.name, "b": b.name, "resamples": resamples, "level": level, "seed": seed}

    def values(self, measure: str, side: str | None = None) -> tuple[list[float], list[float]]:
        """All values of a measure, of both: those of turns, or one for each talk.

        Raises:
            SettingError: There is no such measure (``unknown_measure``).
        """
        found = [sample.measures.get((measure, side), Measured()) for sample in self._samples]
        if not any((measure, side) in sample.measures for sample in self._samples):
            raise unknown(measure, self._keys())
        a, b = (each.values.tolist() for each in found)
        return a, b

    def plot(self, *measures: str) -> Figure:
        """The distribution of measures, the two below each other: points, box, and the difference above.

        A point is a turn, or a talk where only talks have values. The box goes from quartile to quartile,
        with the median in it.

        Args:
            measures: Which; if nothing is said, those of which turns have values in both.

        Raises:
            SettingError: There is no such measure (``unknown_measure``).
            MissingParts: matplotlib is not installed; it is in the extra ``analysis``.
        """
        from voice_widget.analysis.comparison_drawing import draw

        return draw(self.table, self._chosen(measures), self.names)

    def _keys(self) -> list[Key]:
        return list(dict.fromkeys(key for sample in self._samples for key in sample.measures))

    def _chosen(self, measures: Sequence[str]) -> dict[Key, tuple[list[float], list[float]]]:
        keys = self._keys()
        for measure in measures:
            if measure not in {name for name, _ in keys}:
                raise unknown(measure, keys)
        a, b = self._samples
        if measures:
            chosen = [key for name in measures for key in keys if key[0] == name]
        else:
            chosen = [
                key
                for key in keys
                if all(key in each.measures and each.measures[key].by_turn for each in (a, b))
            ]
        found = {key: self.values(*key) for key in chosen}
        return {key: both for key, both in found.items() if any(both)}

    def __repr__(self) -> str:
        told = " and ".join(f"{each.name} ({_talks(each.talks)})" for each in self._samples)
        clear = int(self.table["clear"].fillna(False).sum())
        return f"<Comparison of {told}: {len(self.table)} measures, {clear} clear>"

    def _repr_html_(self) -> str:
        from html import escape

        a, b = (escape(name) for name in self.names)
        one, other = (_talks(each.talks) for each in self._samples)
        level = f"{100 * self._level:g}"
        told = (
            f"<b>{a}</b> ({one}) and <b>{b}</b> ({other}): "
            f"medians of turns, values of talks, and the difference {b} - {a} with its {level} % interval."
        )
        cells = self.table.astype(object).where(self.table.notna(), "")
        table: str = cells.to_html(index=False, float_format=lambda number: f"{number:g}")
        return f"<div><p>{told}</p>{table}</div>"


def unknown(measure: object, keys: Iterable[Key]) -> SettingError:
    """That nobody has measured it."""
    there = sorted({name for name, _ in keys})
    return SettingError(
        f"{shown(measure)} was not measured.",
        code="unknown_measure",
        next_step=nearest(measure, there) or f"There are {', '.join(there)}.",
    )


def _row(key: Key, a: Sample, b: Sample, *, resamples: int, level: float, seed: int) -> dict[str, Any]:
    one, other = (sample.measures.get(key, Measured()) for sample in (a, b))
    units = one.units | other.units
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row |= {"measure": key[0], "side": key[1], "unit": " or ".join(sorted(units)) or None}
    row |= {"n_a": len(one.values), "n_b": len(other.values), "a": one.center, "b": other.center}
    row |= {"missing_a": one.missing, "missing_b": other.missing}
    row |= {"doubtful_a": one.doubtful, "doubtful_b": other.doubtful}
    row["reason"] = _incomparable(key, one, other, a, b)
    if row["reason"]:
        return row
    row["difference"] = row["b"] - row["a"]
    row["reason"] = _too_few(one, a) or _too_few(other, b)
    if row["reason"]:
        return row
    found = interval(
        one.groups,
        other.groups,
        "median" if one.by_turn else "mean",
        resamples=resamples,
        level=level,
        # Of each measure its own: what else is measured changes nothing.
        seed=(seed, crc32(repr(key).encode())),
    )
    if found is None:
        row["reason"] = ALIKE
        return row
    row["low"], row["high"] = found
    row["clear"] = not row["low"] <= 0 <= row["high"]
    doubted = [sample.name for found, sample in ((one, a), (other, b)) if found.mostly_doubtful]
    if doubted:  # what differs may be how well they are heard
        row["clear"], row["reason"] = False, f"mostly doubtful in {' and '.join(doubted)}"
    return row


def _incomparable(key: Key, one: Measured, other: Measured, a: Sample, b: Sample) -> str | None:
    """Why there is not even a difference."""
    for found, sample in ((one, a), (other, b)):
        if not len(found.values):
            return f"no value in {sample.name}"
    if one.by_turn != other.by_turn:
        return "values of turns in one, of talks in the other"
    if len(one.units | other.units) > 1:
        return "units differ"
    if key[0].endswith("cost") and len(a.prices | b.prices) > 1:
        return "prices differ"
    return None


def _too_few(measured: Measured, sample: Sample) -> str | None:
    """Why there is no interval."""
    if not measured.by_turn and sample.talks == 1:
        return f"one value in {sample.name}: it is of one talk"
    if len(measured.values) < TOO_FEW:
        return f"fewer than {TOO_FEW} values in {sample.name}"
    if sample.talks > 1 and len(measured.groups) < FEW_TALKS:
        return f"fewer than {FEW_TALKS} talks with a value in {sample.name}"
    return None


def _talks(count: int) -> str:
    return "1 talk" if count == 1 else f"{count} talks"

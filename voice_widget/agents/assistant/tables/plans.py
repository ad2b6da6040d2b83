"""What a question comes to: a typed, frozen plan over one table, and what else an utterance may come to.

Columns are positions, so that plans of awkward and duplicate names can be compared and kept. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Op = Literal[
    "in", "above", "below", "at least", "at most", "between", "missing", "period", "cycle", "any", "beside"
]
"""``in``: equal to one of the values; ``any``: one of the filters that are its values holds; ``beside``: held
against another column, its second value, as its first says: above, equal; ``period``: from the first to
before the second of two moments; ``cycle``: in these months, weekdays or quarters of whatever year."""

Unit = Literal["", "hour", "day", "week", "month", "quarter", "year", "weekday"]
Do = Literal[
    "count",
    "aggregate",
    "share",
    "rows",
    "extreme",
    "values",
    "distinct",
    "missing",
    "incomplete",
    "duplicates",
    "describe",
    "columns",
    "correlation",
    "moment",
    "difference",
    "exists",
    "plot",
]
Agg = Literal["", "mean", "median", "sum", "min", "max", "std", "percentile", "range"]
End = Literal["", "highest", "lowest"]


class Level(float):
    """A limit that is said by what it is, not by its number: twice the average."""

    said: str

    def __new__(cls, number: float, said: str) -> Level:
        """The number, and how it is said."""
        made = super().__new__(cls, number)
        made.said = said
        return made


@dataclass(frozen=True)
class Filter:
    """Which rows: a column held against values.

    Attributes:
        column: Its position.
        op: How.
        values: What it is held against; of ``cycle`` the unit first.
        negated: The other rows; those in which the value is missing are among neither.
    """

    column: int
    op: Op
    values: tuple[Any, ...] = ()
    negated: bool = False


@dataclass(frozen=True)
class Group:
    """What parts the rows: a column, or a unit of time of a column of dates."""

    column: int
    unit: Unit = ""


@dataclass(frozen=True)
class Plan:
    """A question as a calculation.

    Attributes:
        do: The kind of result.
        table: Which table.
        filters: All of them hold.
        base: Of a share: which rows are the whole; the filters pick its part.
        measures: The columns to calculate with.
        aggregate: How many become one; "" where there is nothing to calculate.
        quantile: Of a percentile, 0 … 1.
        groups: What parts the rows.
        end: Only the group or row at this end is wanted.
        sort: Rows in the order of this column.
        order: Which comes first.
        limit: Only so many rows or groups; below zero: the last ones.
        rank: Of those at the end the first, second and so on.
        trend: How it goes over time is told, or whether it goes up or down.
        having: Only groups whose number is so: an op and a number.
        pair: Of a difference: the two values of the first group that are held against each other.
        claim: Whether it is this group that stands at the end is asked for.
        chosen: The aggregate was not said, it was taken.
        plot: The result is drawn.
    """

    do: Do
    table: str = ""
    filters: tuple[Filter, ...] = ()
    base: tuple[Filter, ...] = ()
    measures: tuple[int, ...] = ()
    aggregate: Agg = ""
    quantile: float | None = None
    groups: tuple[Group, ...] = ()
    end: End = ""
    sort: int | None = None
    order: End = ""
    limit: int | None = None
    rank: int = 1
    trend: Literal["", "told", "up", "down"] = ""
    having: tuple[str, float] | None = None
    pair: tuple[Filter, ...] = ()
    claim: Filter | None = None
    chosen: bool = False
    plot: bool = False

    def but(self, **changes: Any) -> Plan:
        """The same with something changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Choice:
    """One answer to a question back, and what it leads to."""

    label: str
    plan: Plan


@dataclass(frozen=True)
class Asked:
    """A question back: which of these?"""

    sentence: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Not understood, or not possible: what is said, and near to which columns help may be offered."""

    sentence: str
    near: tuple[int, ...] = ()
    lost: bool = True
    """Nothing of it was understood; False: it was, and cannot be."""


@dataclass(frozen=True)
class SmallTalk:
    """What is not about a table: help, repeat, stop, hello, thanks, who, change."""

    kind: str


Outcome = Plan | Asked | Refused | SmallTalk

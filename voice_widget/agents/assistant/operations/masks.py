"""Filters as rows: which of a table's rows hold what was asked for. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from voice_widget.agents.assistant.tables.plans import Filter
from voice_widget.agents.assistant.tables.tables import Column, Table

if TYPE_CHECKING:
    import pandas as pd

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "above": operator.gt,
    "below": operator.lt,
    "at least": operator.ge,
    "at most": operator.le,
    "equal": operator.eq,
}


def mask(table: Table, filters: Iterable[Filter]) -> Any:
    """Which rows hold all filters, as an array; None: there are no filters."""
    found: Any = None
    for wanted in filters:
        here = _holds(table.columns[wanted.column], wanted)
        found = here if found is None else found & here
    return found


def chosen(table: Table, filters: Iterable[Filter]) -> pd.DataFrame:
    """The rows that hold all filters."""
    rows = mask(table, filters)
    return table.frame if rows is None else table.frame[rows]


def count(table: Table, filters: Iterable[Filter]) -> int:
    """How many rows hold all filters."""
    rows = mask(table, filters)
    return len(table) if rows is None else int(rows.sum())


def _holds(column: Column, wanted: Filter) -> Any:
    import numpy as np

    series = column.series
    if wanted.op == "missing":
        found = series.isna()
        return (~found if wanted.negated else found).to_numpy(bool)
    held: Any
    if wanted.op == "any":
        sides = [_holds(column.table.columns[side.column], side) for side in wanted.values]
        return np.logical_or.reduce(sides)
    if wanted.op == "period":
        held = _within(column.times, wanted.values)
    elif wanted.op == "cycle":
        unit, *numbers = wanted.values
        times = column.times
        part = {"month": "month", "weekday": "day_of_week", "quarter": "quarter"}[unit]
        held = getattr(times.dt, part).isin(numbers)
    elif wanted.op == "in":
        held = series == wanted.values[0] if len(wanted.values) == 1 else series.isin(list(wanted.values))
    elif wanted.op == "beside":
        relation, position = wanted.values
        other = column.table.columns[position]
        ours, theirs = (c.times if c.kind == "date" else c.series for c in (column, other))
        held = _COMPARE[relation](ours, theirs)
    elif wanted.op == "between":
        low, high = wanted.values
        held = (series >= low) & (series <= high)
    else:
        held = _COMPARE[wanted.op](series, wanted.values[0])
    if hasattr(held, "to_numpy"):
        held = held.to_numpy(dtype=bool, na_value=False) if held.dtype != bool else held.to_numpy()
    held = np.asarray(held, dtype=bool)
    return ~held if wanted.negated else held


def _within(times: Any, spans: Iterable[tuple[Any, Any]]) -> Any:
    found: Any = None
    for start, end in spans:
        here: Any = None
        if start is not None:
            here = times >= start
        if end is not None:
            here = times < end if here is None else here & (times < end)
        found = here if found is None else found | here
    return found

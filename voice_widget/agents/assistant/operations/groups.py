"""Rows parted into groups: a number for each, those that are wanted, and those without any. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voice_widget.agents.assistant.operations.masks import mask
from voice_widget.agents.assistant.operations.series import aggregated, keys_of
from voice_widget.agents.assistant.tables.periods import DAYS
from voice_widget.agents.assistant.tables.plans import Filter, Group, Plan
from voice_widget.agents.assistant.tables.tables import Table

if TYPE_CHECKING:
    import pandas as pd


def grouped(plan: Plan, table: Table, rows: Any, values: pd.Series[Any] | None) -> pd.Series[Any]:
    """A number for each group, in an order that fits."""
    keys: list[Any] = []
    found: Any
    for group in plan.groups:
        key = keys_of(table.columns[group.column], group)
        keys.append((key if rows is None else key[rows]).rename(None))
    if values is None:
        if len(keys) == 1:
            found = keys[0].value_counts(sort=False)
        else:
            found = keys[0].groupby(keys, observed=True).size()
    else:
        series = values if rows is None else values[rows]
        found = aggregated(
            series.groupby(keys if len(keys) > 1 else keys[0], observed=True, sort=False), plan
        )
    found = found[found.notna()] if values is not None else found[found > 0]
    timed = plan.trend or any(group.unit for group in plan.groups)
    if timed and not plan.end and plan.limit is None:
        return found.sort_index()  # type: ignore[no-any-return]
    ascending = plan.end == "lowest" or (not plan.end and plan.aggregate == "min")
    found = found.sort_values(ascending=ascending, kind="stable")
    return found  # type: ignore[no-any-return]


def _names(plan: Plan, table: Table) -> list[str]:
    return [g.unit or str(table.columns[g.column]) for g in plan.groups]


def framed(found: pd.Series[Any], name: str, plan: Plan, table: Table) -> pd.DataFrame:
    """A series of groups as a table."""
    frame = found.rename(name).to_frame()
    if [group.unit for group in plan.groups] == ["weekday"]:
        frame.index = frame.index.map(lambda day: DAYS[int(day)].title())
    frame.index.names = _names(plan, table)
    return frame


def narrowed(found: pd.Series[Any], plan: Plan) -> pd.Series[Any]:
    """The groups that are wanted: within a limit of their number, in a place, the first few."""
    if plan.having is not None:
        op, number = plan.having
        held = {
            "above": found > number,
            "below": found < number,
            "at least": found >= number,
            "at most": found <= number,
            "equal": found == number,
        }[op]
        found = found[held]
    if plan.rank > 1 and plan.end:
        return found[found == found.iloc[plan.rank - 1]] if len(found) >= plan.rank else found.iloc[:0]
    return found if plan.limit is None else found.iloc[: plan.limit]


def lacking(plan: Plan, table: Table) -> list[Any]:
    """Of what has the fewest: the groups that have none at all, and could, as a day between others."""
    import pandas as pd

    if plan.end != "lowest" or len(plan.groups) != 1 or plan.having is not None:
        return []
    [group] = plan.groups
    kept = tuple(f for f in plan.filters if f.column == group.column or within(group, f, table))
    if len(kept) == len(plan.filters) and not group.unit:
        return []
    whole = set(grouped(plan, table, mask(table, kept), None).index)
    there = set(grouped(plan, table, mask(table, plan.filters), None).index)
    if whole and group.unit == "year":
        whole = set(range(min(whole), max(whole) + 1))
    elif whole and group.unit not in ("", "hour", "weekday"):
        whole = set(pd.period_range(min(whole), max(whole)))
    return sorted(whole - there, key=str)


def within(group: Group, wanted: Filter, table: Table) -> bool:
    """Whether each group is on one side of a filter by itself: a city in one country."""
    if group.unit:
        return False
    keys, values = table.columns[group.column].series, table.columns[wanted.column].series
    try:
        return bool((values.groupby(keys.to_numpy()).nunique() <= 1).all())
    except TypeError:
        return False

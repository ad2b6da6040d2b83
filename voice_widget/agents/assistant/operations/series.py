"""Columns as the operations want them: numbers, keys of groups, aggregates and their names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voice_widget.agents.assistant.tables.plans import Group, Plan
from voice_widget.agents.assistant.tables.tables import Column, Table

if TYPE_CHECKING:
    pass


def numbers_of(column: Column) -> Any:
    """A column to calculate with: yes is 1, no is 0."""
    import pandas as pd

    if column.kind == "bool":
        return column.series.astype("boolean").astype("Float64")
    if column.kind == "text" and column.flag is not None:
        return (column.series == column.flag[0]).astype(float).where(column.series.notna())
    if column.kind == "date":
        return column.times
    if isinstance(column.series.dtype, pd.SparseDtype):
        return pd.Series(column.series.to_numpy(), index=column.series.index)
    return column.series


def keys_of(column: Column, group: Group) -> Any:
    """What parts the rows."""
    if not group.unit:
        return column.series
    times = column.times
    if group.unit == "hour":
        return times.dt.hour
    if group.unit == "weekday":
        return times.dt.day_of_week
    if group.unit == "year":
        return times.dt.year.astype("Int64") if times.isna().any() else times.dt.year
    return times.dt.to_period({"day": "D", "week": "W", "month": "M", "quarter": "Q"}[group.unit])


def aggregated(grouped: Any, plan: Plan) -> Any:
    """One number of a series, or one of each group."""
    if plan.aggregate == "percentile":
        return grouped.quantile(plan.quantile)
    if plan.aggregate == "range":
        return grouped.max() - grouped.min()
    if plan.aggregate == "sum":
        return grouped.sum(min_count=1)
    return getattr(grouped, plan.aggregate or "mean")()


def label(plan: Plan, table: Table, position: int) -> str:
    """What a column of numbers is called in the table of a result."""
    column = table.columns[position]
    return f"{said_aggregate(plan)} {column.spoken}"


def said_aggregate(plan: Plan) -> str:
    """How an aggregate is said before a column's name."""
    if plan.chosen and plan.aggregate == "max":  # the only one there is
        return ""
    if plan.aggregate == "percentile":
        return nth(100 * (plan.quantile or 0.0)) + " percentile of"
    return {
        "mean": "average",
        "median": "median",
        "sum": "total",
        "min": "lowest",
        "max": "highest",
        "std": "standard deviation of",
        "range": "range of",
        "": "",
    }[plan.aggregate]


def nth(number: float) -> str:
    """An ordinal in digits.

    Example:
        >>> nth(90), nth(1), nth(22), nth(97.5)
        ('90th', '1st', '22nd', '97.5th')
    """
    whole = round(number, 1)
    text = f"{whole:g}"
    end = (
        "th"
        if text.endswith(("11", "12", "13")) or "." in text
        else {"1": "st", "2": "nd", "3": "rd"}.get(text[-1], "th")
    )
    return text + end

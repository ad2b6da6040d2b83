"""A plan carried out: pandas operations that give a value and a table, and change nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from voice_widget.agents.assistant.operations.groups import framed, grouped, lacking, narrowed
from voice_widget.agents.assistant.operations.masks import chosen, count, mask
from voice_widget.agents.assistant.operations.series import (
    aggregated,
    keys_of,
    label,
    numbers_of,
    said_aggregate,
)
from voice_widget.agents.assistant.tables.plans import Filter, Plan
from voice_widget.agents.assistant.tables.tables import Column, Table, times_of

if TYPE_CHECKING:
    import pandas as pd

_HEAD = 10


@dataclass(frozen=True)
class Result:
    """What a plan came to.

    Attributes:
        value: One number, value, moment or list.
        frame: The exact table, for the cell.
        rows: How many rows took part.
        more: What else is worth saying, by name.
    """

    value: Any = None
    frame: pd.DataFrame | None = None
    rows: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)


def run(plan: Plan, table: Table) -> Result:
    """Carry out a plan."""
    return _DO[plan.do](plan, table)


# --- the operations ----------------------------------------------------------------------------------


def _count(plan: Plan, table: Table) -> Result:
    rows = mask(table, plan.filters)
    n = len(table) if rows is None else int(rows.sum())
    if not plan.groups:
        return Result(n, None, n, {"of": len(table), "each": _each(plan, table)})
    found = narrowed(grouped(plan, table, rows, None), plan)
    if plan.aggregate == "mean":
        return Result(found.mean(), framed(found, "count", plan, table), n, {"groups": len(found)})
    return Result(found, framed(found, "count", plan, table), n, {"none": lacking(plan, table)})


def _each(plan: Plan, table: Table) -> list[tuple[Any, int]]:
    """Of rows with one of a few names, how many have each of them."""
    several = [f for f in plan.filters if f.op == "in" and not f.negated and len(f.values) > 1]
    if len(several) != 1 or len(several[0].values) > 5 or table.columns[several[0].column].kind != "text":
        return []
    [one] = several
    rest = tuple(f for f in plan.filters if f is not one)
    return [(value, count(table, (*rest, Filter(one.column, "in", (value,))))) for value in one.values]


def _top(plan: Plan, table: Table) -> Any:
    """The rows at the end of an order, as a mask."""
    import pandas as pd

    rows = mask(table, plan.filters)
    assert plan.sort is not None
    series = numbers_of(table.columns[plan.sort]).reset_index(drop=True)
    series = (series if rows is None else series[rows]).dropna()
    pick = series.sort_values(ascending=plan.order == "lowest", kind="stable").iloc[: plan.limit]
    found = pd.Series(False, index=range(len(table)))
    found[pick.index] = True
    return found.to_numpy()


def _aggregate(plan: Plan, table: Table) -> Result:
    import pandas as pd

    rows = mask(table, plan.filters) if plan.sort is None else _top(plan, table)
    n = len(table) if rows is None else int(rows.sum())
    values: list[Any] = []
    frames: list[pd.DataFrame] = []
    for position in plan.measures:
        series = numbers_of(table.columns[position])
        if plan.groups:
            found = narrowed(grouped(plan, table, rows, series), plan)
            values.append(found)
            frames.append(framed(found, label(plan, table, position), plan, table))
        else:
            values.append(aggregated(series if rows is None else series[rows], plan))
    frame = None if not frames else frames[0] if len(frames) == 1 else pd.concat(frames, axis=1)
    none = lacking(plan, table) if plan.aggregate == "sum" else []
    return Result(values[0] if len(values) == 1 else values, frame, n, {"none": none})


def _share(plan: Plan, table: Table) -> Result:
    import pandas as pd

    whole = mask(table, plan.base)
    if not plan.measures and not plan.groups:
        of = len(table) if whole is None else int(whole.sum())
        n = count(table, (*plan.base, *plan.filters))
        return Result(100 * n / of if of else float("nan"), None, n, {"of": of})
    part = mask(table, (*plan.base, *plan.filters))
    if plan.measures and not plan.groups:
        series = numbers_of(table.columns[plan.measures[0]])
        total = (series if whole is None else series[whole]).sum()
        ours = (series if part is None else series[part]).sum()
        return Result(
            100 * ours / total if total else float("nan"), None, int(ours > 0), {"of": total, "part": ours}
        )
    plain = plan.but(
        do="aggregate" if plan.measures else "count",
        aggregate="sum" if plan.measures else "",
        end="",
        limit=None,
    )
    values = numbers_of(table.columns[plan.measures[0]]) if plan.measures else None
    if plan.filters and not plan.measures:
        ours = grouped(plain, table, part, None)
        all_ = grouped(plain, table, whole, None)
        found = 100 * ours.reindex(all_.index).fillna(0) / all_
    else:
        ours = grouped(plain, table, part, values)
        found = 100 * ours / ours.sum()
    if not any(g.unit for g in plan.groups) or plan.end:
        found = found.sort_values(ascending=plan.end == "lowest", kind="stable")
    assert isinstance(found, pd.Series)
    found = narrowed(found, plan)
    return Result(
        found, framed(found, "percent", plan, table), len(table) if whole is None else int(whole.sum())
    )


def _ordered(frame: pd.DataFrame, column: Column, descending: bool) -> pd.DataFrame:
    """Rows by a column; what cannot be compared with each other goes by its text."""
    series = column.cells(frame).reset_index(drop=True)
    if column.kind == "date":
        series = times_of(series)
    try:
        order = series.sort_values(ascending=not descending, kind="stable")
    except TypeError:
        order = series.astype(str).sort_values(ascending=not descending, kind="stable")
    return frame.iloc[order.index]


def _rows(plan: Plan, table: Table) -> Result:
    frame = chosen(table, plan.filters)
    n = len(frame)
    if plan.sort is not None:
        column = table.columns[plan.sort]
        descending = plan.order == "highest"
        if plan.limit is not None and column.kind == "number":
            series = column.cells(frame).reset_index(drop=True).dropna()
            pick = series.sort_values(ascending=not descending, kind="stable").iloc[: plan.limit]
            frame = frame.iloc[pick.index]
        else:
            frame = _ordered(frame, column, descending)
            frame = frame if plan.limit is None else frame.iloc[: plan.limit]
    elif plan.limit is not None:
        frame = frame.iloc[: plan.limit] if plan.limit >= 0 else frame.iloc[plan.limit :]
    return Result(len(frame), frame, n)


def _extreme(plan: Plan, table: Table) -> Result:
    rows = mask(table, plan.filters)
    series = numbers_of(table.columns[plan.measures[0]]).reset_index(drop=True)
    series = (series if rows is None else series[rows]).dropna()
    if len(series) < plan.rank:
        return Result()
    if plan.groups and not plan.groups[0].unit:
        return _extremes(plan, table, series)
    if plan.rank > 1:
        ordered = series.sort_values(ascending=plan.end == "lowest", kind="stable")
        best, first = ordered.iloc[plan.rank - 1], ordered.iloc[0]
    else:
        best = first = series.max() if plan.end == "highest" else series.min()
    places = series.index[series == best]
    shared = plan.rank > 1 and bool(best == first)
    more: dict[str, Any] = {"ties": len(places), "shared": shared}
    if plan.groups:  # the day of it
        more["day"] = table.columns[plan.groups[0].column].times.iloc[places[0]].date()
    return Result(best, table.frame.iloc[places], len(series), more)


def _extremes(plan: Plan, table: Table, series: Any) -> Result:
    """The rows at that end of each group."""
    import pandas as pd

    keys = [keys_of(table.columns[g.column], g).reset_index(drop=True)[series.index] for g in plan.groups]
    best = series.groupby(keys if len(keys) > 1 else keys[0], observed=True).transform(
        "max" if plan.end == "highest" else "min"
    )
    places = series.index[series == best]
    frame = table.frame.iloc[places]
    named = {g.column: table.columns[g.column].cells(frame).astype(str).to_numpy() for g in plan.groups}
    order = pd.DataFrame(named)
    frame = frame.iloc[order.sort_values(list(order.columns), kind="stable").index]
    return Result(None, frame, len(series), {"ties": len(places)})


def _values(plan: Plan, table: Table) -> Result:
    import pandas as pd

    column = table.columns[plan.measures[0]]
    rows = mask(table, plan.filters)
    if plan.groups:  # the years of its dates
        found = grouped(plan, table, rows, None)
        return Result(list(found.index), framed(found, "count", plan, table), int(found.sum()))
    series = column.series if rows is None else column.series[rows]
    try:
        found = series.value_counts()
    except TypeError:  # lists and the like
        found = series.dropna().astype(str).value_counts()
    found = found[found > 0]
    frame = pd.DataFrame({"count": found.to_numpy()}, index=pd.Index(found.index, name=str(column)))
    return Result(list(found.index), frame, len(series))


def _twice(plan: Plan, table: Table) -> tuple[Any, pd.DataFrame]:
    """Which rows repeat an earlier one, and all rows."""
    frame = chosen(table, plan.filters)
    try:
        return frame.duplicated().to_numpy(), frame
    except TypeError:  # lists and the like
        return frame.astype(str).duplicated().to_numpy(), frame


def _duplicates(plan: Plan, table: Table) -> Result:
    twice, frame = _twice(plan, table)
    return Result(int(twice.sum()), frame[twice], len(frame))


def _distinct(plan: Plan, table: Table) -> Result:
    if not plan.measures:  # rows
        twice, frame = _twice(plan, table)
        return Result(int((~twice).sum()), None, len(frame))
    rows = mask(table, plan.filters)
    values: list[Any] = []
    for position in plan.measures:
        series = table.columns[position].series
        series = series if rows is None else series[rows]
        try:
            values.append(int(series.nunique()))
        except TypeError:
            values.append(int(series.dropna().astype(str).nunique()))
    if not plan.groups:
        return Result(values[0], None, len(table) if rows is None else int(rows.sum()))
    column = table.columns[plan.measures[0]]
    keys = [keys_of(table.columns[g.column], g).rename(None) for g in plan.groups]
    kept = column.series if rows is None else column.series[rows]
    keys = keys if rows is None else [k[rows] for k in keys]
    found = kept.groupby(keys if len(keys) > 1 else keys[0], observed=True, sort=False).nunique()
    found = narrowed(found.sort_values(ascending=plan.end == "lowest", kind="stable"), plan)
    return Result(found, framed(found, f"distinct {column.spoken}", plan, table), len(kept))


def _missing(plan: Plan, table: Table) -> Result:
    frame = chosen(table, plan.filters)
    gaps = frame.isna().sum()
    values = gaps.to_numpy()
    where = {c.position: int(values[c.position]) for c in table.own if values[c.position]}
    return Result(int(values.sum()), gaps.rename("missing").to_frame(), len(frame), {"where": where})


def _incomplete(plan: Plan, table: Table) -> Result:
    frame = chosen(table, plan.filters)
    rows = frame.isna().any(axis=1)
    return Result(int(rows.sum()), frame[rows], len(frame))


def _describe(plan: Plan, table: Table) -> Result:
    frame = chosen(table, plan.filters)
    if not plan.measures:
        plain = [c.position for c in table.own if c.kind != "other"]  # pandas cannot describe all that exists
        shown = frame.iloc[:, plain].describe(include="all") if plain and len(frame) else None
        return Result(None, shown, len(frame), {"gaps": int(frame.isna().to_numpy().sum())})
    column = table.columns[plan.measures[0]]
    series = column.cells(frame)
    gaps = int(series.isna().sum())
    if column.kind in ("number", "date", "duration") and gaps < len(series):
        if column.kind == "date":
            series = column.times if not plan.filters else column.times[mask(table, plan.filters)]
        mean = series.mean() if column.kind == "number" else None
        more = {"gaps": gaps, "low": series.min(), "high": series.max(), "mean": mean}
        return Result(None, series.describe().to_frame(), len(frame), more)
    found = _values(plan, table)
    return Result(found.value, found.frame, len(frame), {"gaps": gaps})


def _columns(plan: Plan, table: Table) -> Result:
    import pandas as pd

    overview = pd.DataFrame(
        {
            "column": [str(c) for c in table.columns],
            "say": [c.spoken for c in table.columns],
            "holds": [c.kind for c in table.columns],
        }
    )
    return Result(len(table.columns), overview if len(table.columns) else None)


def _correlation(plan: Plan, table: Table) -> Result:
    first, second = (numbers_of(table.columns[p]).astype("float64") for p in plan.measures)
    rows = mask(table, plan.filters)
    if rows is not None:
        first, second = first[rows], second[rows]
    return Result(first.corr(second), None, len(first))


def _moment(plan: Plan, table: Table) -> Result:
    column = table.columns[plan.measures[0]]
    rows = mask(table, plan.filters)
    series = (
        column.times.reset_index(drop=True) if column.kind == "date" else column.series.reset_index(drop=True)
    )
    series = (series if rows is None else series[rows]).dropna()
    if not len(series):
        return Result()
    if not plan.end:
        return Result((series.min(), series.max()), None, len(series))
    best = series.max() if plan.end == "highest" else series.min()
    places = series.index[series == best]
    return Result(best, table.frame.iloc[places], len(series), {"ties": len(places)})


def _difference(plan: Plan, table: Table) -> Result:
    import pandas as pd

    found = []
    if not plan.pair:  # two columns
        found = [run(plan.but(do="aggregate", measures=(p,)), table).value for p in plan.measures]
        frame = pd.DataFrame(
            {f"{said_aggregate(plan)}": found}, index=[table.columns[p].spoken for p in plan.measures]
        )
        return Result(found[0] - found[1], frame, 0, {"sides": found})
    for side in plan.pair:
        part = plan.but(
            do="aggregate" if plan.measures else "count", filters=(*plan.filters, side), pair=(), groups=()
        )
        found.append(run(part, table).value)
    names = [str(side.values[0]) if side.op == "in" else f"period {n}" for n, side in enumerate(plan.pair, 1)]
    name = label(plan, table, plan.measures[0]) if plan.measures else "count"
    one, two = found
    gone = any(x is None or x != x for x in found)
    return Result(None if gone else one - two, pd.DataFrame({name: found}, index=names), 0, {"sides": found})


def _exists(plan: Plan, table: Table) -> Result:
    n = count(table, plan.filters)
    return Result(n, chosen(table, plan.filters) if n else None, n, {"of": len(table)})


def _plot(plan: Plan, table: Table) -> Result:
    return Result(None, None, count(table, plan.filters))


_DO: Mapping[str, Callable[[Plan, Table], Result]] = {
    "count": _count,
    "aggregate": _aggregate,
    "share": _share,
    "rows": _rows,
    "extreme": _extreme,
    "values": _values,
    "distinct": _distinct,
    "missing": _missing,
    "incomplete": _incomplete,
    "duplicates": _duplicates,
    "describe": _describe,
    "columns": _columns,
    "correlation": _correlation,
    "moment": _moment,
    "difference": _difference,
    "exists": _exists,
    "plot": _plot,
}

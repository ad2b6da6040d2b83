"""The assistant's answers over one table: a sentence to say and a result to show.

All functions are pure: they read the frame and give back new objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from voice_widget.agents import Show
from voice_widget.agents.assistant import speaking as say
from voice_widget.agents.assistant.slots import Agg
from voice_widget.agents.assistant.tables import Column, Table, Value

if TYPE_CHECKING:
    import pandas as pd

Answer = list[str | Show]

_FEW = 3  # so many groups are all said; of more only the ends


def table_label(frame: pd.DataFrame | pd.Series[Any]) -> str:
    """The label of a shown table."""
    return f"table · {say.count(len(frame), 'rows')}"


def shown(frame: pd.DataFrame | pd.Series[Any]) -> Show:
    """A table for the cell."""
    return Show(frame, table_label(frame))


def rows(table: Table) -> Answer:
    """How many rows."""
    noun = table.noun or "the table"
    return [f"There are {say.count(len(table), 'rows')} in {noun}."]


def columns(table: Table) -> Answer:
    """Which columns."""
    import pandas as pd

    if not table.columns:
        return ["The table has no columns."]
    overview = pd.DataFrame(
        {
            "column": [str(c) for c in table.columns],
            "say": [c.spoken for c in table.columns],
            "holds": [c.kind for c in table.columns],
        }
    )
    names = say.listing([c.spoken for c in table.columns], most=8)
    return [f"There are {say.count(len(table.columns), 'columns')}: {names}.", shown(overview)]


def describe_table(table: Table) -> Answer:
    """The table in two sentences."""
    if not table.columns or not len(table):
        return [f"{_size(table)} There is nothing to describe yet."]
    numeric = sum(c.kind == "number" for c in table.columns)
    gaps = int(table.frame.isna().to_numpy().sum())
    said = [
        _size(table),
        f"{say.title(say.count(numeric, 'columns'))} {'holds' if numeric == 1 else 'hold'} numbers.",
        f"{say.title(say.are(gaps, 'values'))} missing.",
    ]
    plain = [c.position for c in table.columns if c.kind != "other"]  # pandas cannot describe all that exists
    if not plain:
        return [" ".join(said)]
    return [" ".join(said), Show(table.frame.iloc[:, plain].describe(include="all"), "summary")]


def _size(table: Table) -> str:
    return (
        f"{say.title(table.noun or 'the table')} has {say.count(len(table), 'rows')} "
        f"and {say.count(len(table.columns), 'columns')}."
    )


def describe_column(column: Column) -> Answer:
    """One column in a sentence or two."""
    series = column.series
    gaps = int(series.isna().sum())
    name = say.title(column.spoken)
    tail = f" {say.title(say.are(gaps, 'values'))} missing." if gaps else ""
    if gaps == len(series):
        return [f"{name} is empty."]
    if column.kind == "bool":
        yes = int(series.astype("boolean").sum())
        return [
            f"{name} is yes in {say.number(yes)} of {say.count(len(series), 'rows')}.{tail}",
            shown(_counts(column)),
        ]
    if column.kind in ("number", "date", "duration"):
        low, high = say.value(series.min()), say.value(series.max(), column.unit)
        middle = f", {say.value(series.mean())} on average" if column.kind == "number" else ""
        return [
            f"{name} goes from {low} to {high}{middle}.{tail}",
            Show(series.describe().to_frame(), "summary"),
        ]
    counts = _counts(column)
    most, times = counts.index[0], int(counts.iloc[:, 0].to_numpy()[0])
    if len(counts) == len(series) - gaps:
        return [f"{name} is different in every row, for instance {say.value(most)}.{tail}", shown(counts)]
    kinds = say.count(len(counts), "different values")
    return [
        f"{name} has {kinds}. The most common is {say.value(most)}, in {say.count(times, 'rows')}.{tail}",
        shown(counts),
    ]


def missing_table(table: Table) -> Answer:
    """Where values are missing."""
    gaps = table.frame.isna().sum().to_numpy()
    total = int(gaps.sum())
    if total == 0:
        return ["No values are missing."]
    where = sorted((c for c in table.columns if gaps[c.position]), key=lambda c: -int(gaps[c.position]))
    most = where[0]
    said = f"{say.title(say.are(total, 'values'))} missing, "
    if len(where) == 1:
        said += f"all in {most.spoken}."
    else:
        there = say.number(int(gaps[most.position]))
        said += f"in {say.count(len(where), 'columns')}; most in {most.spoken}, {there}."
    return [said, shown(table.frame.isna().sum().rename("missing").to_frame())]


def missing_column(column: Column) -> Answer:
    """How many values of a column are missing."""
    gaps = int(column.series.isna().sum())
    if gaps == 0:
        return [f"No values are missing in {column.spoken}."]
    return [f"{say.title(say.are(gaps, 'values'))} missing in {column.spoken}."]


def stat(agg: Agg, column: Column, by: Column | None = None, values: Sequence[Value] = ()) -> Answer:
    """A number made of a column, of some rows or by group."""
    if not column.numeric and by is not None and by.numeric:
        column, by = by, column
    refusal = _cannot(agg, column)
    if refusal:
        return [refusal]
    series = _numbers(column)
    whose = ""
    if values:
        series = series[holding(column.table, values)]
        whose = f" for {spoken_values(values)}"
        if not len(series):
            return [f"There are no rows{whose}."]
    if by is None or by is column:
        result = agg(series)
        if _undefined(result):
            return [f"{say.title(column.spoken)} has no {agg}{whose}: there are too few values."]
        return [f"{_of(agg, column)}{whose} is {say.value(result, column.unit)}."]
    return _by_group(agg, column, by, series, whose)


def _by_group(agg: Agg, column: Column, by: Column, series: pd.Series[Any], whose: str) -> Answer:
    import pandas as pd

    keys = by.series.loc[series.index] if len(series) != len(by.series) else by.series
    frame = pd.DataFrame({"by": keys.to_numpy(), "value": series.to_numpy()})
    try:
        grouped = frame.groupby("by", observed=True, sort=False)["value"].agg(agg.method).dropna()
    except TypeError:
        return [f"{say.title(by.spoken)} cannot make groups."]
    grouped = grouped.sort_values(ascending=agg is Agg.MIN, kind="stable")
    if not len(grouped):
        return [f"There is nothing to group by {by.spoken}."]
    result = grouped.rename(f"{agg} {column.spoken}").rename_axis(str(by)).to_frame()
    unit = column.unit
    start = f"{_of(agg, column)} by {by.spoken}{whose} is"
    pairs = [(_group(by, key), say.value(v)) for key, v in grouped.items()]
    if len(pairs) <= _FEW:
        parts = [f"{value} for {key}" for key, value in pairs]
        parts[0] = f"{pairs[0][1]} {unit} for {pairs[0][0]}" if unit else parts[0]
        return [f"{start} {say.listing(parts)}.", shown(result)]
    ends = ("lowest", "highest") if agg is Agg.MIN else ("highest", "lowest")
    (first, one), (last, other) = pairs[0], pairs[-1]
    one = f"{one} {unit}".strip()
    return [
        f"{start} {ends[0]} for {first}, at {one}, and {ends[1]} for {last}, at {other}.",
        shown(result),
    ]


def _group(by: Column, key: Any) -> str:
    said = say.value(key)
    return f"{by.spoken} {said}" if Value(by, key, said).bare else said


def _cannot(agg: Agg, column: Column) -> str:
    name = say.title(column.spoken)
    if column.kind == "empty":
        return f"{name} is empty."
    ordered = agg in (Agg.MAX, Agg.MIN)
    if column.numeric or (column.kind in ("date", "duration") and (ordered or agg in (Agg.MEAN, Agg.MEDIAN))):
        return ""
    if column.kind == "text" and not ordered:
        return f"{name} is text, so it has no {agg}. You can ask for its counts."
    return f"{name} holds no numbers, so it has no {agg}."


def _numbers(column: Column) -> pd.Series[Any]:
    import pandas as pd

    if column.kind == "bool":
        return column.series.astype("boolean").astype("Float64")
    if isinstance(column.series.dtype, pd.PeriodDtype):
        days: pd.Series[Any] = column.series.dt.to_timestamp()
        return days
    return column.series


def _of(agg: Agg, column: Column) -> str:
    return f"The {agg} of {column.spoken}" if agg is Agg.STD else f"The {agg} {column.spoken}"


def _undefined(result: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(result)) if pd.api.types.is_scalar(result) else False


def counts(column: Column) -> Answer:
    """How often each value occurs."""
    found = _counts(column)
    if not len(found):
        return [f"{say.title(column.spoken)} is empty."]
    pairs = [(say.value(key), int(n)) for key, n in found.iloc[:, 0].items()]
    if len(pairs) <= 5:
        said = say.listing([f"{key} {say.number(n)}" for key, n in pairs])
        return [f"{say.title(column.spoken)}: {said}.", shown(found)]
    first = pairs[0]
    return [
        f"{say.title(column.spoken)} has {say.count(len(pairs), 'values')}. "
        f"The most common is {first[0]}, in {say.count(first[1], 'rows')}.",
        shown(found),
    ]


def distinct(column: Column) -> Answer:
    """Which values there are."""
    found = _counts(column)
    if not len(found):
        return [f"{say.title(column.spoken)} is empty."]
    names = [say.value(key) for key in found.index]
    if len(names) <= 8:
        return [
            f"There are {say.count(len(names), 'values')} of {column.spoken}: {say.listing(names)}.",
            shown(found),
        ]
    return [f"There are {say.count(len(names), 'different values')} of {column.spoken}.", shown(found)]


def _counts(column: Column) -> pd.DataFrame:
    try:
        found = column.series.value_counts()
    except TypeError:  # lists and the like
        found = column.series.dropna().astype(str).value_counts()
    found = found[found > 0]
    return found.rename("count").rename_axis(str(column)).to_frame()


def spoken_values(values: Sequence[Value]) -> str:
    """How some values are said together."""
    return " ".join(_spoken_value(v) for v in values)


def _spoken_value(value: Value) -> str:
    if value.column.kind == "bool":
        return value.column.spoken if value.value else f"not {value.column.spoken}"
    return f"{value.column.spoken} {value.spoken}" if value.bare else value.spoken


def holding(table: Table, values: Sequence[Value]) -> pd.Series[bool]:
    """Which rows hold these values: any of those of one column, and of every column one."""
    import pandas as pd

    mask = pd.Series(True, index=table.frame.index)
    by_column: dict[int, list[Any]] = {}
    for value in values:
        by_column.setdefault(value.column.position, []).append(value.value)
    for position, wanted in by_column.items():
        mask &= table.frame.iloc[:, position].isin(wanted)
    return mask


def correlation(first: Column, second: Column) -> Answer:
    """How strongly two columns go together."""
    for column in (first, second):
        if not column.numeric:
            return [f"{say.title(column.spoken)} holds no numbers, so it has no correlation."]
    if first is second:
        return [f"That is {first.spoken} twice. Name two columns."]
    both = _numbers(first).astype("float64").corr(_numbers(second).astype("float64"))
    if _undefined(both):
        return [
            f"{say.title(first.spoken)} and {second.spoken} have no correlation: one of them does not vary."
        ]
    size = abs(both)
    word = (
        "hardly any" if size < 0.1 else "a weak" if size < 0.3 else "a medium" if size < 0.6 else "a strong"
    )
    sign = "" if size < 0.1 else " positive" if both > 0 else " negative"
    return [
        f"{say.title(first.spoken)} and {second.spoken} have {word}{sign} correlation, {say.number(both)}."
    ]

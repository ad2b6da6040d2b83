"""Answers that pick or order rows: filters, sorts and heads, all of them new tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from voice_widget.agents.assistant import speaking as say
from voice_widget.agents.assistant.answers import Answer, holding, shown, spoken_values
from voice_widget.agents.assistant.slots import Comparison
from voice_widget.agents.assistant.tables import Column, Table, Value

if TYPE_CHECKING:
    import pandas as pd

_HEAD = 10


def count_values(table: Table, values: Sequence[Value]) -> Answer:
    """How many rows hold these values."""
    n = int(holding(table, values).sum())
    share = f", {say.number(round(100 * n / len(table), 1))} percent" if 0 < n < len(table) else ""
    of = f"of {say.count(len(table), 'rows')} {'is' if n == 1 else 'are'} {spoken_values(values)}"
    return [f"{say.number(n) if n else 'None'} {of}{share}."]


def only(table: Table, values: Sequence[Value]) -> Answer:
    """The rows that hold these values."""
    found = table.frame[holding(table, values)]
    here = "Here is" if len(found) == 1 else "Here are" if len(found) else "There are"
    return [f"{here} {say.count(len(found), 'rows')} for {spoken_values(values)}.", shown(found)]


def compare(column: Column, comparison: Comparison, number: float, *, how_many: bool = False) -> Answer:
    """The rows in which a column is above, below or equal to a number."""
    series = _ordered(column)
    if series is None:
        return [f"{say.title(column.spoken)} holds no numbers to compare."]
    masks = {Comparison.ABOVE: series.gt, Comparison.BELOW: series.lt, Comparison.EQUAL: series.eq}
    mask = masks[comparison](number).fillna(False).astype(bool)
    than = "equal to" if comparison is Comparison.EQUAL else comparison
    said = f"{column.spoken} {than} {say.value(number, column.unit)}"
    return _matching(column, mask, said, how_many)


def between(column: Column, low: float, high: float, *, how_many: bool = False) -> Answer:
    """The rows in which a column lies between two numbers, both included."""
    series = _ordered(column)
    if series is None:
        return [f"{say.title(column.spoken)} holds no numbers to compare."]
    low, high = min(low, high), max(low, high)
    mask = series.between(low, high).fillna(False).astype(bool)
    said = f"{column.spoken} between {say.value(low)} and {say.value(high, column.unit)}"
    return _matching(column, mask, said, how_many)


def _ordered(column: Column) -> pd.Series[Any] | None:
    """What is compared with a number: of dates it is the year."""
    import pandas as pd

    if column.kind == "number":
        return column.series
    if column.kind == "date":
        series = column.series
        return pd.Series(series.dt.year.to_numpy(), index=series.index)
    return None


def _matching(column: Column, mask: pd.Series[bool], said: str, how_many: bool) -> Answer:
    n = int(mask.sum())
    verb = "has" if n == 1 else "have"
    sentence = f"{say.title(say.count(n, 'rows'))} {verb} {said}."
    if how_many:
        return [sentence]
    return [sentence, shown(column.table.frame[mask.to_numpy()])]


def sort(table: Table, column: Column, descending: bool, number: int | None = None) -> Answer:
    """The rows in the order of a column."""
    frame = table.frame
    try:
        order = column.series.reset_index(drop=True).sort_values(ascending=not descending, kind="stable")
    except TypeError:  # values that cannot be compared with each other
        order = (
            column.series.reset_index(drop=True)
            .astype(str)
            .sort_values(ascending=not descending, kind="stable")
        )
    if number is not None:
        order = order.dropna().iloc[: max(1, number)]
    found = frame.iloc[order.index]
    if not len(found):
        return ["There are no rows to sort."]
    way = "highest" if descending else "lowest"
    first = say.value(order.iloc[0], column.unit)
    if number is None:
        return [f"Sorted by {column.spoken}, {way} first. The first is {first}.", shown(found)]
    return [
        f"Here are the {say.count(len(found), 'rows')} with the {way} {column.spoken}. The first is {first}.",
        shown(found),
    ]


def head(table: Table, number: int | None = None) -> Answer:
    """The first rows."""
    n = _HEAD if number is None else max(1, min(number, 1000))
    found = table.frame.iloc[:n]
    return [
        f"Here are the first {say.count(len(found), 'rows')}." if len(found) else "The table has no rows.",
        shown(found),
    ]

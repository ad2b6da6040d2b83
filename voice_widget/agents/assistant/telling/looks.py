"""What is said and shown where rows, columns, gaps, dates or pictures were asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from voice_widget.agents import Show
from voice_widget.agents.assistant.language import speaking as say
from voice_widget.agents.assistant.operations.running import Result
from voice_widget.agents.assistant.tables.plans import Plan
from voice_widget.agents.assistant.tables.tables import Column, Table
from voice_widget.agents.assistant.telling import plots, wording

Answer = list[str | Show]


def _shown(frame: Any) -> Show:
    return Show(frame, f"table · {say.count(len(frame), 'rows')}")


def _rows(plan: Plan, result: Result, table: Table) -> Answer:
    frame = result.frame
    which = wording.filters(plan.filters, table)
    if frame is None or not len(frame):
        return ["The table has no rows.", *([] if frame is None else [_shown(frame)])]
    n = say.count(len(frame), "rows")
    here = "Here is" if len(frame) == 1 else "Here are"
    if plan.sort is not None:
        column = table.columns[plan.sort]
        first = say.value(_cell(frame, column), column.unit)
        if plan.limit is None:
            return [
                f"Sorted by {column.spoken}, {plan.order} first{which}. The first is {first}.",
                _shown(frame),
            ]
        return [
            f"{here} the {n} with the {plan.order} {column.spoken}{which}. The first is {first}.",
            _shown(frame),
        ]
    if plan.limit is not None:
        end = "first" if plan.limit >= 0 else "last"
        return [f"{here} the {end} {n}{which}.", _shown(frame)]
    return [f"{here} {n}{which}.", _shown(frame)]


def _cell(frame: Any, column: Column) -> Any:
    return column.cells(frame).iloc[0]


def _extreme(plan: Plan, result: Result, table: Table) -> Answer:
    column = table.columns[plan.measures[0]]
    which = wording.filters(plan.filters, table)
    assert result.frame is not None
    date = {"highest": "last", "lowest": "first"}
    if plan.groups and not plan.groups[0].unit:
        return _extremes(plan, result, table)
    if result.more["shared"]:
        return [f"I cannot say: several share the {plan.end} {column.spoken}{which}.", _shown(result.frame)]
    word = date[plan.end] if column.kind == "date" else wording.place(plan) + plan.end
    said = f"the {word} {column.spoken}{which}, {say.value(_plain(result.value), column.unit)}"
    if len(plan.measures) > 1:
        return [_other(plan, result, table, f"{word} {column.spoken}", said), _shown(result.frame)]
    names = naming(table, column)
    own = [c for c in names if c.series.is_unique or c.words[-1] in ("name", "title")]
    if result.more["ties"] > 1:
        rows = say.title(say.count(result.more["ties"], "rows"))
        called = [wording.plain(cell) for c in own[:1] for cell in _at(result.frame, c)]
        told = say.title(say.listing(called)) if 0 < len(called) <= _SAID // 2 else rows
        return [f"{told} have {said}{' each' if told != rows else ''}.", _shown(result.frame)]
    if plan.groups:
        return [f"{say.value(result.more['day'])} has {said}.", _shown(result.frame)]
    if not names:
        return [f"{say.title(said)}.", _shown(result.frame)]
    if not own:
        fixed = {f.column for f in plan.filters if f.op == "in" and len(f.values) == 1 and not f.negated}
        rest = [
            f"{c.spoken} {wording.plain(_cell(result.frame, c))}" for c in names if c.position not in fixed
        ]
        number = say.value(_plain(result.value), column.unit)
        row = f", of {say.listing(rest)}" if rest else ""
        return [f"The {word} {column.spoken}{which} is {number}{row}.", _shown(result.frame)]
    told = ", ".join(wording.plain(_cell(result.frame, c)) for c in names)
    return [f"{say.title(told)} has {said}.", _shown(result.frame)]


def _other(plan: Plan, result: Result, table: Table, end: str, said: str) -> str:
    """Another column of the row at the end."""
    column, other = (table.columns[position] for position in plan.measures)
    assert result.frame is not None
    cells = list(dict.fromkeys(_at(result.frame, other)))
    told = say.listing([say.value(_plain(c), other.unit) if c == c else "not known" for c in cells])
    rows = say.count(result.more["ties"], "rows")
    if len(cells) > 1:
        return f"{say.title(rows)} have {said}: their {other.spoken} is {told}."
    which, number = wording.filters(plan.filters, table), say.value(_plain(result.value), column.unit)
    where = "the row" if result.more["ties"] == 1 else f"each of {rows}"
    return f"The {other.spoken} is {told}, in {where} with the {end}{which}, {number}."


def _extremes(plan: Plan, result: Result, table: Table) -> Answer:
    """The row at the end of each group; of many groups only where they are."""
    column = table.columns[plan.measures[0]]
    by, which = wording.by(plan, table), wording.filters(plan.filters, table)
    assert result.frame is not None
    groups = [table.columns[g.column] for g in plan.groups]
    names = [c for c in naming(table, column) if c not in groups]
    cells = [_at(result.frame, c) for c in (*groups, *names, column)]
    told = []
    for *parts, value in zip(*cells, strict=True):
        keys = [wording.plain(part) for part in parts]
        group, name = ", ".join(keys[: len(groups)]), ", ".join(keys[len(groups) :])
        number = say.value(_plain(value), column.unit)
        told.append(f"{name} for {group}, {number}" if name else f"{number} for {group}")
    end = {"highest": "last", "lowest": "first"}[plan.end] if column.kind == "date" else plan.end
    start = f"The {end} {column.spoken}{by}{which}"
    if len(told) > _SAID:
        return [f"{start} is in the table, {say.count(len(told), 'rows')}.", _shown(result.frame)]
    return [f"{start} is {'that of ' if names else ''}{'; '.join(told)}.", _shown(result.frame)]


_SAID = 8


def _at(frame: Any, column: Column) -> list[Any]:
    """The cells of a column in some rows."""
    found = column.cells(frame)
    return list(found)


def _plain(found: Any) -> Any:
    return found.item() if hasattr(found, "item") else found


def naming(table: Table, measured: Column) -> list[Column]:
    """The columns by which a row is called: a name, or a few things that describe it."""
    texts = [c for c in table.columns if c.kind == "text" and c is not measured]
    unique = [c for c in texts if c.series.is_unique]
    named = [c for c in texts if c.words[-1] in ("name", "title")]
    keys = [c for c in table.own if c.key and c.words[-1] in ("id", "number") and c.series.is_unique]
    return (unique or named)[:1] or keys[:1] or texts[:2]


def _missing(plan: Plan, result: Result, table: Table) -> Answer:
    total, where = int(result.value), result.more["where"]
    which = wording.filters(plan.filters, table)
    if not total:
        return [f"No values are missing{which}."]
    order = sorted(where, key=lambda position: -where[position])
    said = f"{say.title(say.are(total, 'values'))} missing{which}, "
    if len(order) == 1:
        said += f"all in {table.columns[order[0]].spoken}."
    else:
        names = [f"{table.columns[p].spoken} {where[p]}" for p in order]
        said += f"in {say.count(len(order), 'columns')}: {say.listing(names)}."
    assert result.frame is not None
    return [said, _shown(result.frame)]


def _incomplete(plan: Plan, result: Result, table: Table) -> Answer:
    n = int(result.value)
    said = (
        f"{say.title(say.count(n, 'rows'))} {'has' if n == 1 else 'have'} missing values, of {result.rows}."
    )
    return [said, _shown(result.frame)] if n else [said]


def _duplicates(plan: Plan, result: Result, table: Table) -> Answer:
    n, which = int(result.value), wording.filters(plan.filters, table)
    if not n:
        return [f"No row{which} comes twice."]
    repeat = "repeats" if n == 1 else "repeat"
    said = f"{say.title(say.count(n, 'rows'))}{which} {repeat} an earlier one, of {result.rows}."
    return [said, _shown(result.frame)]


def _describe(plan: Plan, result: Result, table: Table) -> Answer:
    gaps = result.more.get("gaps", 0)
    tail = f" {say.title(say.are(gaps, 'values'))} missing." if gaps else ""
    which = wording.filters(plan.filters, table)
    if not plan.measures:
        return _described(result, table, tail, which)
    column = table.columns[plan.measures[0]]
    label = say.title(column.spoken) + which
    if "low" in result.more:
        low, high, mean = (result.more[k] for k in ("low", "high", "mean"))
        middle = "" if mean is None else f", {say.rounded(float(mean))} on average"
        ends = f"{say.value(_plain(low))} to {say.value(_plain(high), column.unit)}"
        said = f"{label} goes from {ends}{middle}.{tail}"
        assert result.frame is not None
        return [said, Show(result.frame, "summary")]
    assert result.frame is not None
    if not result.value:
        return [f"{label} is empty."]
    if column.flag is not None:
        yes = int(result.frame["count"].get(column.flag[0], 0))
        return [f"{label} is yes in {yes} of {say.count(result.rows, 'rows')}.{tail}", _shown(result.frame)]
    first = wording.plain(result.value[0])
    if len(result.value) == result.rows - gaps and len(result.value) > 1:
        return [f"{label} is different in every row, for instance {first}.{tail}", _shown(result.frame)]
    kinds = say.count(len(result.value), "different values")
    times = say.count(int(result.frame["count"].iloc[0]), "rows")
    return [f"{label} has {kinds}. The most common is {first}, in {times}.{tail}", _shown(result.frame)]


def _described(result: Result, table: Table, tail: str, which: str) -> Answer:
    name = say.title(table.noun or "the table")
    columns = say.count(len(table.own), "columns")
    said = f"{name} has {say.count(result.rows, 'rows')}{which} and {columns}"
    if result.frame is None:
        return [f"{said}. There is nothing to describe yet."]
    numeric = sum(c.kind == "number" for c in table.own)
    holds = (
        f"{numeric} of them {'holds' if numeric == 1 else 'hold'} numbers"
        if numeric
        else "none holds numbers"
    )
    return [f"{said}; {holds}.{tail}", Show(result.frame, "summary")]


def _columns(plan: Plan, result: Result, table: Table) -> Answer:
    if not table.own:
        return ["The table has no columns."]
    names = say.listing([c.spoken for c in table.own], most=14)
    n = len(table.own)
    assert result.frame is not None
    return [f"There {'is' if n == 1 else 'are'} {say.count(n, 'columns')}: {names}.", _shown(result.frame)]


def _moment(plan: Plan, result: Result, table: Table) -> Answer:
    column = table.columns[plan.measures[0]]
    which = wording.filters(plan.filters, table)
    if not plan.end:
        low, high = (say.value(x) for x in result.value)
        return [f"{say.title(column.spoken)}{which} goes from {low} to {high}."]
    word = "last" if plan.end == "highest" else "first"
    name = column.spoken if column.spoken.split()[0] not in ("first", "last") else f"date of {column.spoken}"
    return [f"The {word} {name}{which} is {say.value(result.value)}."]


def _plot(plan: Plan, result: Result, table: Table) -> Answer:
    return plots.columns(plan, table)


def drawn(plan: Plan, result: Result, table: Table) -> Show:
    """The picture of groups; without matplotlib the table."""
    return plots.groups(plan, result, table) if plots.installed() else _shown(result.frame)


TELL: Mapping[str, Callable[[Plan, Result, Table], Answer]] = {
    "rows": _rows,
    "extreme": _extreme,
    "missing": _missing,
    "incomplete": _incomplete,
    "duplicates": _duplicates,
    "describe": _describe,
    "columns": _columns,
    "moment": _moment,
    "plot": _plot,
}

"""A result as it is said, and as it is shown: a sentence, and the exact table under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from voice_widget.agents import Show
from voice_widget.agents.assistant.language import speaking as say
from voice_widget.agents.assistant.operations import trends
from voice_widget.agents.assistant.operations.running import Result, run
from voice_widget.agents.assistant.operations.series import said_aggregate
from voice_widget.agents.assistant.tables.nouns import things
from voice_widget.agents.assistant.tables.plans import Level, Plan
from voice_widget.agents.assistant.tables.tables import Column, Table
from voice_widget.agents.assistant.telling import looks, wording

if TYPE_CHECKING:
    import pandas as pd

Answer = list[str | Show]

_RANGED = ("above", "below", "at least", "at most", "between")
_NAMED = 8  # so many values are named
_ALL_NAMED = 12  # so many periods
_FEW = 3  # so many groups are all said; of more only the ends


def tell(plan: Plan, result: Result, table: Table) -> Answer:
    """What is said of a result, and what is shown."""
    if (nothing := _nothing(plan, result, table)) is not None:
        return [nothing]
    return _TELL[plan.do](plan, result, table)


def shown(frame: pd.DataFrame | pd.Series[Any]) -> Show:
    """A table for the cell."""
    return Show(frame, f"table · {say.count(len(frame), 'rows')}")


def _nothing(plan: Plan, result: Result, table: Table) -> str | None:
    """Where no rows are left, that is the answer; and how far dates or numbers go, if it was for them."""
    wanted = (*plan.base, *plan.filters)
    if result.rows or not wanted or plan.do in ("exists", "difference", "share", "extreme", "moment"):
        empty = plan.do in ("extreme", "moment") and not result.rows
        if not empty:
            return None
    said = f"I find no rows{wording.filters(wanted, table)}."
    return said + _reach(plan, table)


def _reach(plan: Plan, table: Table) -> str:
    for wanted in (*plan.base, *plan.filters):
        column = table.columns[wanted.column]
        if wanted.op == "period" and len(times := column.times.dropna()):
            low, high = (say.value(x.date()) for x in (times.min(), times.max()))
            return f" The dates go from {low} to {high}."
        if column.kind == "number" and wanted.op in _RANGED and len(found := column.series.dropna()):
            least, most = float(found.min()), float(found.max())
            said = not any(isinstance(limit, Level) for limit in wanted.values)
            if said and least < most and all(limit <= least or limit >= most for limit in wanted.values):
                # A limit that was misheard, or is not in the column's unit, shows itself.
                ends = f"{say.value(least)} to {say.value(most, column.unit)}"
                return f" {say.title(column.spoken)} goes from {ends}."
    return ""


# --- counting ------------------------------------------------------------------------------------------


def _count(plan: Plan, result: Result, table: Table) -> Answer:
    if plan.aggregate:
        return _counts(plan, result, table)
    if plan.groups:
        return _groups(plan, result, table)
    n = int(result.value)
    what = things(table)
    if not plan.filters:
        where = "" if what != "rows" else f" in {table.noun or 'the table'}"
        return [f"There {'is' if n == 1 else 'are'} {say.count(n, what)}{where}."]
    rows = say.count(n, what)
    said = f"There {'is' if n == 1 else 'are'} {rows}{wording.filters(plan.filters, table)}, of {len(table)}"
    parts = [f"{number} {wording.plain(value)}" for value, number in result.more.get("each", ())]
    return [f"{said}: {say.listing(parts)}." if parts and n else f"{said}."]


def _counts(plan: Plan, result: Result, table: Table) -> Answer:
    """The average of the counts of groups, over those that have any."""
    which = wording.filters(plan.filters, table)
    if not result.rows:
        return [f"I find no rows{which}."]
    each = say.listing([wording.group(g, table) for g in plan.groups])
    mean = say.rounded(float(result.value))
    over = f"over the {result.more['groups']} that have any"
    what = things(table) if mean != "1" else say.singular(things(table))
    return [f"{say.title(mean)} {what}{which} per {each} on average, {over}.", shown(result.frame)]  # type: ignore[arg-type]


def _exists(plan: Plan, result: Result, table: Table) -> Answer:
    n = int(result.value)
    which = wording.filters(plan.filters, table)
    if not n:
        return [f"No, there are no {things(table)}{which}.{_reach(plan, table)}"]
    return [f"Yes, {say.count(n, things(table))}{which}.", shown(result.frame)]  # type: ignore[arg-type]


def _distinct(plan: Plan, result: Result, table: Table) -> Answer:
    if not plan.measures:
        which = wording.filters(plan.filters, table)
        return [f"There are {say.count(int(result.value), 'different rows')}{which}, of {result.rows}."]
    column = table.columns[plan.measures[0]]
    if plan.groups:
        return _groups(plan, result, table)
    n = int(result.value)
    which = wording.filters(plan.filters, table)
    values = say.count(n, "values").replace("value", "different value")
    said = f"There {'is' if n == 1 else 'are'} {values} of {column.spoken}{which}"
    if 0 < n <= _NAMED and column.kind == "text":
        names = [wording.plain(v) for v in run(plan.but(do="values"), table).value]
        return [f"{said}: {say.listing(names)}."]
    return [f"{said}."]


def _values(plan: Plan, result: Result, table: Table) -> Answer:
    column = table.columns[plan.measures[0]]
    which = wording.filters(plan.filters, table)
    assert result.frame is not None
    if not result.value:
        return [f"{say.title(column.spoken)} is empty{which}."]
    if plan.groups:
        names = [wording.key(v, plan.groups, table) for v in result.value]
        units = f"{plan.groups[0].unit}s"
        are = "is" if len(names) == 1 else "are"
        several = f"There {are} {say.count(len(names), units)} of {column.spoken}{which}"
        said = several if len(names) > _ALL_NAMED else f"{several}: {say.listing(names)}"
        return [f"{said}.", shown(result.frame)]
    names = [wording.plain(v) for v in result.value]
    if column.flag is not None:
        names = [{True: "yes", False: "no"}.get(v == column.flag[0], str(v)) for v in result.value]
    if len(names) == 1:
        return [f"There is 1 value of {column.spoken}{which}: {names[0]}.", shown(result.frame)]
    start = f"There are {say.count(len(names), 'values')} of {column.spoken}{which}"
    if len(names) <= _NAMED:
        return [f"{start}: {say.listing(names)}.", shown(result.frame)]
    return [f"{start}. The most common is {names[0]}.", shown(result.frame)]


# --- numbers -------------------------------------------------------------------------------------------


def name(plan: Plan, table: Table, position: int) -> str:
    """What is calculated: "average body mass"."""
    return f"{said_aggregate(plan)} {table.columns[position].spoken}".strip()


def _number(found: Any, column: Column, plan: Plan, *, about: bool = True) -> str:
    if isinstance(found, int | float) or hasattr(found, "dtype"):
        if plan.aggregate in ("min", "max") and column.kind == "number":
            return say.value(found.item() if hasattr(found, "item") else found, column.unit)
        return say.rounded(float(found), column.unit, about=about)
    return say.value(found, column.unit)


def _aggregate(plan: Plan, result: Result, table: Table) -> Answer:
    if plan.groups and len(plan.measures) > 1:  # a sentence for each of them, and one table
        said: list[str] = []
        pieces: Answer = []
        for position, found in zip(plan.measures, result.value, strict=True):
            first, *pieces = _groups(plan.but(measures=(position,)), replace(result, value=found), table)
            said.append(str(first))
        return [" ".join(said), *pieces]
    if plan.groups:
        return _groups(plan, result, table)
    import pandas as pd

    which = wording.top(plan, table) + wording.filters(plan.filters, table)
    values = [result.value] if len(plan.measures) == 1 else list(result.value)
    said = []
    for position, found in zip(plan.measures, values, strict=True):
        column = table.columns[position]
        label = name(plan, table, position)
        if found is None or found is pd.NaT or found is pd.NA or found != found:
            said.append(f"the {label}{which} is not known: there are too few values")
        elif plan.aggregate == "range":
            said.append(
                f"the range of {column.spoken}{which}, from lowest to highest, is "
                f"{_number(found, column, plan)}"
            )
        else:
            said.append(f"the {label}{which} is {_number(found, column, plan)}")
        which = which if len(values) == 1 else ""
    sentence = f"{say.title(say.listing(said))}."
    names = [name(plan, table, p) for p in plan.measures]
    if not any(text.find("about ") >= 0 for text in said):
        return [sentence]
    return [sentence, Show(pd.DataFrame([values], columns=names), "exact")]


def _measured(plan: Plan, table: Table) -> tuple[str, str]:
    """What stands beside each group, and its unit."""
    if plan.do == "count":
        return "number of rows", ""
    if plan.do == "distinct":
        return f"number of different {table.columns[plan.measures[0]].spoken}", ""
    if plan.do == "share":
        what = f"share of {table.columns[plan.measures[0]].spoken}" if plan.measures else "share of rows"
        return what, "percent"
    return name(plan, table, plan.measures[0]), table.columns[plan.measures[0]].unit


def _groups(plan: Plan, result: Result, table: Table) -> Answer:
    assert result.frame is not None
    found = result.value if not isinstance(result.value, list) else result.value[0]
    what, unit = _measured(plan, table)
    parted = {g.column for g in plan.groups if not g.unit}
    told = [f for f in plan.filters if f.column not in parted or f.negated or len(f.values) != len(found)]
    which = wording.filters((*plan.base, *told), table)
    if not len(found) and plan.having is not None:
        return [
            f"There is no{wording.by(plan, table).removeprefix(' by')} with a {what} {plan.having[0]} "
            f"{wording.number(plan.having[1])}."
        ]
    if not len(found):
        return [f"There is nothing to group{wording.by(plan, table)}{which}."]
    whole = plan.do in ("count", "distinct")
    if plan.having is not None:
        which += f", where it is {plan.having[0]} {wording.number(plan.having[1])},"
    if plan.limit not in (None, 1) and result.more.get("none"):
        which += ", of those that have any,"
    many = "" if plan.having is None else f"There {'is' if len(found) == 1 else 'are'} {len(found)}: "
    pairs = [(wording.key(key, plan.groups, table), _each(value, whole)) for key, value in found.items()]
    show = looks.drawn(plan, result, table) if plan.plot else shown(result.frame)
    if plan.end and plan.limit in (None, 1):
        return [_picked(plan, pairs, result, what, unit, which, table), show]
    start = f"{many or 'The '}{'the ' if many else ''}{what}{wording.by(plan, table)}{which} is"
    if plan.trend and len(plan.groups) == 1:
        way = trends.direction(found)
        if len(pairs) > 1 and found.min() == found.max():
            no = "No: the" if plan.trend in ("up", "down") else "The"
            return [f"{no} {what}{which} stays the same, {pairs[0][1]} {unit}".strip() + ".", show]
        if plan.trend in ("up", "down"):
            if way == "told" or len(pairs) < 2:
                return [f"I cannot say yes or no: the {what}{which} goes up and down.", show]
            opening = "Yes" if way == plan.trend else "No"
            return [f"{opening}: the {what}{which} goes {_way(pairs, unit, way)}.", show]
        if way == "told" and len(pairs) > _FEW:
            start = f"The {what}{wording.by(plan, table)}{which} goes up and down: it is"
        elif len(pairs) > _FEW:
            return [f"The {what}{which} goes {_way(pairs, unit, way)}.", show]
    if len(pairs) <= _FEW or (plan.limit is not None and len(pairs) <= 5):
        parts = [f"{value} for {group}" for group, value in pairs]
        parts[0] = f"{pairs[0][1]} {unit} for {pairs[0][0]}" if unit else parts[0]
        return [f"{start} {say.listing(parts)}.", show]
    best, worst = found.idxmax(), found.idxmin()
    if found[best] == found[worst]:
        return [f"{start} the same everywhere, {pairs[0][1]} {unit}".strip() + ".", show]
    ends = [(("highest", best), ("lowest", worst)), (("lowest", worst), ("highest", best))][
        plan.aggregate == "min"
    ]
    said = [
        f"{word} for {wording.key(k, plan.groups, table)}, at {_each(found[k], whole)} {unit}".strip()
        for word, k in ends
    ]
    return [f"{start} {said[0]}, and {said[1]}.", show]


def _way(pairs: Sequence[tuple[str, str]], unit: str, way: str) -> str:
    """As in "up, from 3 meters in May 2023 to 7 in June 2023"."""
    (first, low), (last, high) = pairs[0], pairs[-1]
    return f"{way}, from {low} {unit}".rstrip() + f" in {first} to {high} in {last}"


def _each(found: Any, whole: bool) -> str:
    if whole:
        return str(int(found))
    return (
        say.rounded(float(found), about=False)
        if isinstance(found, int | float) or hasattr(found, "dtype")
        else say.value(found)
    )


def _picked(
    plan: Plan, pairs: list[tuple[str, str]], result: Result, what: str, unit: str, which: str, table: Table
) -> str:
    """The group at the end that was asked for."""
    found, none = result.value, result.more.get("none", ())
    (group, value), *_ = pairs
    ties = int((found == found.iloc[0]).sum())
    value = f"{value} {unit}".strip()
    word: str = plan.end
    if plan.do == "count":
        word, what = ("most" if plan.end == "highest" else "fewest"), things(table)
    word = wording.place(plan) + word
    if plan.claim is not None:
        mine = found.get(plan.claim.values[0])
        name = wording.held(plan.claim, table)
        if mine is None and plan.end == "lowest" and plan.do == "count":
            return f"Yes: {name} has none{which}."
        if mine == found.iloc[0]:
            too = ", and not alone" if ties > 1 else ""
            return f"Yes: {name} has the {word} {what}{which}, {value}{too}."
        own = "none" if mine is None else _each(mine, plan.do in ("count", "distinct"))
        return f"No: {group} has the {word} {what}{which}, {value}. {say.title(name)} has {own}."
    if none:
        names = say.listing([wording.key(key, plan.groups, table) for key in none], most=4)
        has = "has none" if len(none) == 1 else "have none"
        least = say.listing([g for g, _ in pairs[:ties]], most=4)
        which += f", {value}{' each' if ties > 1 else ''}; {names} {has}"
        return f"Of those that have any, {least} {'has' if ties == 1 else 'have'} the {word} {what}{which}."
    if ties > 1:
        names = say.listing([g for g, _ in pairs[:ties]], most=4)
        return f"{say.title(names)} have the {word} {what}{which}, {value} each."
    return f"{say.title(group)} has the {word} {what}{which}, {value}."


def _share(plan: Plan, result: Result, table: Table) -> Answer:
    if plan.groups:
        return _groups(plan, result, table)
    which = wording.filters(plan.filters, table)
    base = wording.filters(plan.base, table)
    if result.value is None or result.value != result.value:
        return [f"I find no rows{base}."]
    if plan.measures:
        column = table.columns[plan.measures[0]]
        part, whole = (say.rounded(float(result.more[k]), column.unit) for k in ("part", "of"))
        said = say.title(say.rounded(float(result.value), "percent"))
        return [f"{said} of the {column.spoken}{base} is{which}: {part} of {whole}."]
    said = say.title(say.rounded(float(result.value), "percent"))
    return [
        f"{said} of the rows{base} {wording.predicate(plan.filters, table)}: {result.rows} of "
        f"{result.more['of']}."
    ]


def _difference(plan: Plan, result: Result, table: Table) -> Answer:
    one, two = result.more["sides"]
    if plan.pair:
        names = [
            wording.held(side, table) if side.op == "in" else wording.clause(side, table).removeprefix("in ")
            for side in plan.pair
        ]
        column = table.columns[plan.measures[0]] if plan.measures else None
        what = name(plan, table, plan.measures[0]) if plan.measures else "number of rows"
    else:
        names = [table.columns[p].spoken for p in plan.measures]
        column = None
        what = said_aggregate(plan)
    which = wording.filters(plan.filters, table)
    assert result.frame is not None
    if result.value is None:
        return [f"The {what}{which} is not known for both of {say.listing(names)}."]
    values = [
        _number(v, column, plan, about=False) if column else _each(v, not plan.measures) for v in (one, two)
    ]
    told = f"the {what}{which} is {values[0]} for {names[0]} and {values[1]} for {names[1]}"
    apart, unit = abs(result.value), column.unit if column else ""
    gap = say.value(apart) if isinstance(apart, timedelta) else say.rounded(float(apart), unit)
    nought = result.value * 0
    if plan.end:
        true = result.value > nought if plan.end == "highest" else result.value < nought
        return [f"{'Yes' if true else 'No'}: {told}.", shown(result.frame)]
    if result.value == nought:
        return [f"They are equal: {told}.", shown(result.frame)]
    less = plan.order == "lowest"
    first = names[0] if (result.value > nought) != less else names[1]
    return [f"{say.title(first)} has {'less' if less else 'more'}, by {gap}: {told}.", shown(result.frame)]


def _correlation(plan: Plan, result: Result, table: Table) -> Answer:
    first, second = (table.columns[p].spoken for p in plan.measures)
    which = wording.filters(plan.filters, table)
    both = result.value
    if both is None or both != both:
        return [f"{say.title(first)} and {second} have no correlation{which}: one of them does not vary."]
    size = abs(both)
    word = (
        "hardly any" if size < 0.1 else "a weak" if size < 0.3 else "a medium" if size < 0.6 else "a strong"
    )
    sign = "" if size < 0.1 else " positive" if both > 0 else " negative"
    return [f"{say.title(first)} and {second} have {word}{sign} correlation{which}, {say.number(both)}."]


_TELL: Mapping[str, Callable[[Plan, Result, Table], Answer]] = {
    "count": _count,
    "exists": _exists,
    "distinct": _distinct,
    "values": _values,
    "aggregate": _aggregate,
    "share": _share,
    "difference": _difference,
    "correlation": _correlation,
    **looks.TELL,
}

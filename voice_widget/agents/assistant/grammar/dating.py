"""When: the rules by which days, months and years become filters of a column of dates or of years."""

from __future__ import annotations

from collections.abc import Sequence

from voice_widget.agents.assistant.grammar.grammar import (
    GLUE,
    Build,
    Clause,
    Impossible,
    Scene,
    columns,
    each,
    has,
    made,
    one,
)
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.periods import Cycle, Date, Period, Span, day, month, whole
from voice_widget.agents.assistant.tables.plans import Filter, Op
from voice_widget.agents.assistant.tables.tables import Column, Table


def dates(table: Table) -> list[Column]:
    """The columns that say when; of whole numbers those that are years."""
    found = [c for c in table.columns if c.kind == "date"]
    if found:
        plain = [
            c for c in found if c.spoken in ("date", "day", "time", "timestamp", "datetime", "date time")
        ]
        noun = table.noun.removesuffix("s")
        own = [c for c in found if noun and c.spoken.split()[0] == noun]
        return plain or own or found
    return [c for c in table.columns if c.yearly]


def column_for(items: Sequence[Item], scene: Scene) -> Column | None:
    """The column of dates that a clause is about; None: the one that is named is no such."""
    named = columns(items)
    if named:
        return named[0] if named[0].kind == "date" or named[0].yearly else None
    if scene.date is None:
        raise Impossible("There are no dates in this table.")
    scene.guessed = True
    return scene.date


def spans(values: Sequence[Period], column: Column | None = None) -> list[Period]:
    """Several periods said together: "March and April 2023" are both of that year.

    Raises:
        Impossible: A day was said without a year, and there are several.
    """
    values = [_dated(v, column) if isinstance(v, Date) else v for v in values]
    years = {
        v.start.year for v in values if isinstance(v, Span) and v.start is not None and whole(v) == "month"
    }
    cycles = [v for v in values if isinstance(v, Cycle) and v.unit == "month"]
    if len(years) == 1 and cycles and all(len(v.numbers) == 1 for v in cycles):
        of = years.pop()
        return [month(of, v.numbers[0]) if isinstance(v, Cycle) and v.unit == "month" else v for v in values]
    return list(values)


def filter_of(column: Column, values: Sequence[Period], negated: bool) -> Filter | None:
    """Periods as a filter of a column; None where they do not go together."""
    values = spans(values, column)
    if all(isinstance(v, Cycle) for v in values):
        cycles = [v for v in values if isinstance(v, Cycle)]
        if len({c.unit for c in cycles}) > 1:
            return None
        if column.yearly:
            raise Impossible(f"{column.spoken.capitalize()} has only years.", [column])
        numbers = tuple(sorted({n for c in cycles for n in c.numbers}))
        return Filter(column.position, "cycle", (cycles[0].unit, *numbers), negated)
    if not all(isinstance(v, Span) for v in values):
        return None
    several = [v for v in values if isinstance(v, Span)]
    if column.yearly:
        return _of_years(column, several, negated)
    return Filter(column.position, "period", tuple((v.start, v.end) for v in several), negated)


def _of_years(column: Column, several: Sequence[Span], negated: bool) -> Filter:
    """A column of whole numbers knows years only."""
    if all(whole(v) == "year" for v in several):
        return Filter(column.position, "in", tuple(v.start.year for v in several if v.start), negated)
    [span] = several if len(several) == 1 else [Span(None, None)]
    start, end = span.start, span.end
    if any(m is not None and (m.month, m.day) != (1, 1) for m in (start, end)) or (start is end is None):
        raise Impossible(f"{column.spoken.capitalize()} has only years.", [column])
    if start is not None and end is not None:
        return Filter(column.position, "between", (start.year, end.year - 1), negated)
    op: Op = "at least" if start is not None else "below"
    return Filter(column.position, op, ((start or end).year,), negated)  # type: ignore[union-attr]


def _item(
    column: Column | None, values: Sequence[Period], negated: bool, items: Sequence[Item]
) -> Item | None:
    if column is None:
        return None
    found = filter_of(column, values, negated)
    return None if found is None else made("filt", Clause(found, tuple(i.kind for i in items)), items)


def _periods(items: Sequence[Item]) -> list[Period]:
    found: list[Period] = []
    for value in each(items, "period", "periods"):
        found += value if isinstance(value, list) else [value]
    return found


def _joined(items: Sequence[Item], scene: Scene) -> Item | None:
    found = _periods(items)
    if not has(items, "and", "or") and len({_sort(period) for period in found}) > 1:
        return None  # "in 2023 last week" is not either of them
    return made("periods", found, items)


def _sort(period: Period) -> str:
    return whole(period) if isinstance(period, Span) else period.unit if isinstance(period, Cycle) else "date"


def _in(items: Sequence[Item], scene: Scene) -> Item | None:
    if {"to", "through"} & set(each(items, "prep")):  # the end of a stretch, not a stretch
        return None
    column = column_for(items, scene)
    return _item(column, _periods(items), has(items, "not"), items)


def _edge(value: Period, scene: Scene, column: Column | None) -> Span:
    """A period at which something begins or ends; one without a year only where there is one year."""
    if isinstance(value, Date):
        return _dated(value, column)
    if isinstance(value, Span):
        return value
    year = None if column is None else only_year(column)
    if value.unit != "month" or year is None or len(value.numbers) > 1:
        raise Impossible("Say the year too.", [] if column is None else [column])
    return month(year, value.numbers[0])


def _dated(value: Date, column: Column | None) -> Span:
    of = None if column is None or column.kind != "date" else only_year(column)
    found = None if of is None else day(of, value.month, value.day)
    if found is None:
        raise Impossible("Say the year too.", [] if column is None else [column])
    return found


def only_year(column: Column) -> int | None:
    """The year of all dates, if it is one."""
    times = column.times
    low, high = times.min(), times.max()
    return int(low.year) if low == low and low.year == high.year else None


def _side(items: Sequence[Item], scene: Scene) -> Item | None:
    """Before, after, since, until."""
    column = column_for(items, scene)
    if column is None:
        return None
    span = _edge(_periods(items)[0], scene, column)
    word = next(
        i.kind
        for i in items
        if i.kind in ("before", "after", "since", "till", "onwards", "cmp", "thru", "more")
    )
    if word in ("cmp", "more"):
        if not columns(items):  # "above 2000" is a number, unless it is said of a date
            return None
        said = one(items, word)
        word = {"above": "after", "below": "before", "at least": "since", "at most": "till"}.get(said, "")
    limits: dict[str, Span] = {
        "before": Span(None, span.start),
        "after": Span(span.end, None),
        "since": Span(span.start, None),
        "onwards": Span(span.start, None),
        "till": Span(None, span.end),
        "thru": Span(None, span.end),
    }
    limit = limits.get(word)
    if limit is None or limit == Span(None, None):
        return None
    return _item(column, [limit], has(items, "not"), items)


def _between(items: Sequence[Item], scene: Scene) -> Item | None:
    first, last = _periods(items)
    if isinstance(first, Cycle) and isinstance(last, Cycle):
        if first.unit != last.unit or first.unit == "weekday":
            return None
        numbers = tuple(range(first.numbers[0], last.numbers[-1] + 1))
        return (
            _item(column_for(items, scene), [Cycle(first.unit, numbers)], has(items, "not"), items)
            if numbers
            else None
        )
    column = column_for(items, scene)
    if column is None:
        return None
    first, last = spans([first, last], column)
    start, end = _edge(first, scene, column).start, _edge(last, scene, column).end
    if start is None or end is None or start >= end:
        return None
    return _item(column, [Span(start, end)], has(items, "not"), items)


PATTERNS: tuple[tuple[str, Build], ...] = (
    (f"{GLUE} C? (be|verb|prep)* not? between period and period", _between),
    (f"{GLUE} C? (be|verb|prep|since)* not? (prep|since)? period thru period", _between),
    (f"{GLUE} C? (be|verb|prep)* not? (before|after|since|till|cmp|thru) prep? period", _side),
    (f"{GLUE} C? (be|verb)* prep? period (onwards|more)", _side),
    ("period ((and|or)+ prep?)? period", _joined),
    ("periods ((and|or)+ prep?)? period", _joined),
    (f"{GLUE} C? (be|verb|prep)* not (be|prep|rel|verb)* (period|periods)", _in),
    (f"{GLUE} C? (be|verb|prep)* (period|periods)", _in),
)

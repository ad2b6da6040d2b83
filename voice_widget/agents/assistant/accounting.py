"""Whether a plan that a model made has a part for every word of its question. Pure.

What the words name must stand in the plan as they say it: a column, a value, a number, "over", "median", a
"not". A word that nobody knows must have something in the plan that it can stand for, which no other word
names: "heft" the body mass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.grammar.tokens import tokens
from voice_widget.agents.assistant.language.lattice import Item, readings
from voice_widget.agents.assistant.tables.periods import Span
from voice_widget.agents.assistant.tables.plans import Filter, Plan
from voice_widget.agents.assistant.tables.tables import Column

_PLAIN = 1.2  # the most that a name in full costs
_NUMBERS = frozenset(("nth", "period", "decade", "percentile"))
_OTHERWISE = {"above": "at most", "below": "at least", "at least": "below", "at most": "above", "in": "in"}
_YEARS = {
    "before": {("below", 0), ("at most", -1)},
    "till": {("at most", 0), ("below", 1)},
    "after": {("above", 0), ("at least", 1)},
    "since": {("at least", 0), ("above", -1)},
}
"""How a number may be held against a year, and how far from it."""
_DONE = {"distinct": "distinct", "corr": "correlation"}
_DOING = frozenset(
    str.split(
        "agg percentile super supercol most common count often share rate corr distinct values missing known "
        "describe first newest when exist"
    )
)
_SAID = frozenset(str.split("share extreme distinct missing incomplete duplicates correlation moment"))
"""Results of which one was asked for by a word, as by one for an aggregate other than the average."""


def leaves_out(plan: Plan, text: str, before: Sequence[str], lexicon: Lexicon, today: datetime) -> bool:
    """Whether a word that may change the question has no part in the plan.

    Args:
        plan: What a model made of the question.
        text: The question.
        before: What the user said before it, which may have named things of the plan, too.
        lexicon: Of the plan's table.
        today: The day it is asked.
    """
    items = _read(text, lexicon, today, searching=True)
    named = [item for item in items if item.kind != "unknown"]
    if not all(_stands(item, plan, lexicon) and _as_said(item, named, plan, lexicon) for item in named):
        return True
    unknown = {item.start for item in items if item.kind == "unknown"}
    lost = len([at for at in unknown if at - 1 not in unknown])  # words side by side are one name
    if not lost:
        return False
    known = [*named, *(item for said in before for item in _read(said, lexicon, today))]
    return lost > _unnamed(plan, known)


def _read(text: str, lexicon: Lexicon, today: datetime, *, searching: bool = False) -> tuple[Item, ...]:
    words = tokens(text)
    found = lexicon.items(words, today, searching=searching)
    return next((reading.items for reading in readings(found, len(words), 1)), ())


def _stands(item: Item, plan: Plan, lexicon: Lexicon) -> bool:
    """Whether what a word names stands in the plan. Only of names in full: others may mean several things."""
    filters = (*plan.filters, *plan.base)
    if item.kind in ("col", "flag", "noflag") and item.cost <= _PLAIN:
        return item.value.position in {*_columns(plan), *(f.column for f in filters)}
    if item.kind == "val" and item.cost <= _PLAIN:
        column, value = item.value
        held = [f for f in filters if f.column == column.position]
        return any(f.op != "in" or value in f.values for f in held) or (
            not held and column.position in _columns(plan)
        )
    if item.kind in _NUMBERS:
        return (
            plan.limit is not None
            or plan.quantile is not None
            or any(_counts(f, lexicon.table.columns[f.column]) for f in filters)
        )
    if item.kind == "not":
        return any(_negates(f, lexicon.table.columns[f.column]) for f in filters)
    return True


def _as_said(item: Item, named: Sequence[Item], plan: Plan, lexicon: Lexicon) -> bool:
    """Whether what stands in the plan is what the word says: over and not under, 5000 and not 500."""
    filters = (*plan.filters, *plan.base)
    turned = any(other.kind in ("not", "noflag") for other in named)
    match item.kind:
        case "num" | "fold":
            unit = next((i.value for i in named if i.kind == "uom" and i.start == item.end), "")
            own = not unit or any(unit in lexicon.table.columns[f.column].unit.split() for f in filters)
            return any(number == item.value or not own for number in _numbers(plan))
        case "period" if isinstance(item.value, Span):
            way = "" if turned else _way(item, named)
            return any(_falls(held, item.value, way) for held in filters)
        case "cmp" | "more":
            said = "in" if item.value == "equal" else item.value
            ways = {said, _OTHERWISE[said]} if turned else {said}
            return any(_compares(held, way) for held in filters for way in ways)
        case "val" if item.cost <= _PLAIN and not turned:
            column, value = item.value
            return not any(f.negated for f in filters if f.column == column.position and value in f.values)
        case "flag" if item.cost <= _PLAIN and not turned:
            return not any(_negates(f, item.value) for f in filters if f.column == item.value.position)
        case "noflag" if item.cost <= _PLAIN:
            return any(_negates(f, item.value) for f in filters if f.column == item.value.position)
        case "every":
            return _parts(item.value, plan, lexicon)
        case "unit" if any(i.kind == "by" and i.end == item.start for i in named):
            return _parts(item.value, plan, lexicon)
        case "agg":
            return _aggregates(item.value, plan)
        case "super" | "most" | "supercol":
            end = item.value if isinstance(item.value, str) else item.value[0]
            return _aggregates("max" if end == "highest" else "min", plan)
        case kind if kind in _DONE:
            return plan.do == _DONE[kind]
    return True


def _numbers(plan: Plan) -> Iterator[float]:
    """All numbers of a plan but those of moments."""
    for held in (*plan.filters, *plan.base):
        yield from (value for value in held.values if isinstance(value, float))
    if plan.limit is not None:
        yield plan.limit
    if plan.quantile is not None:
        yield round(plan.quantile * 100, 6)


def _compares(held: Filter, way: str) -> bool:
    """Whether a filter goes that way from its number, or of moments in that direction."""
    if held.op == "between":
        return way in ("at least", "at most")
    if held.op == "period":
        up = way in ("above", "at least")
        return any(bounds[0 if up else 1] is not None for bounds in held.values)
    return held.op == way


def _way(item: Item, named: Sequence[Item]) -> str:
    """How what is asked for lies to a stretch of time: before it, in it; "" where another word says that."""
    before = [i for i in named if i.end <= item.start and i.kind != "fill"][-1:]
    alone = sum(i.kind == "period" for i in named) == 1
    if before and before[0].kind in _YEARS:
        return before[0].kind
    if not alone or not before:
        return ""
    if before[0].kind == "thru":
        return "till"
    return "in" if (before[0].kind, before[0].value) == ("prep", "in") else ""


def _falls(held: Filter, span: Span, way: str) -> bool:
    """Whether a filter is about this stretch of time, and lies that way to it."""
    ours = span.start, span.end
    if held.op == "period":
        if way in _YEARS:
            bound = ours[way in ("after", "till")]
            return any(its[way in ("before", "till")] == bound for its in held.values)
        same = [[a is not None and a == b for a, b in zip(ours, its, strict=True)] for its in held.values]
        return any(all(ends) if way == "in" else any(ends) for ends in same)
    if span.start is None:
        return held.op == "missing"
    if way in _YEARS and held.op not in ("in", "between"):
        return any(held.op == op and span.start.year + far in held.values for op, far in _YEARS[way])
    return span.start.year in held.values and (way != "in" or held.op in ("in", "between"))


def _parts(unit: str, plan: Plan, lexicon: Lexicon) -> bool:
    """Whether a plan has groups of this unit of time, or of a column that is no date and may hold it."""
    kinds = [(group.unit, lexicon.table.columns[group.column].kind) for group in plan.groups]
    return any(of == unit or kind != "date" for of, kind in kinds)


def _aggregates(aggregate: str, plan: Plan) -> bool:
    """Whether a plan makes this of many numbers; the highest may also be the one at the end."""
    end = {"max": "highest", "min": "lowest"}.get(aggregate)
    return (
        plan.aggregate == aggregate
        or (end is not None and end in (plan.end, plan.order))
        or (aggregate == "sum" and plan.do in ("count", "share"))
    )


def _counts(held: Filter, column: Column) -> bool:
    return held.op not in ("in", "missing") or column.kind == "number"


def _negates(held: Filter, column: Column) -> bool:
    no = column.flag is not None and column.flag[1] in held.values
    return held.negated or no or held.op in ("missing", "below", "at most")


def _columns(plan: Plan) -> Iterator[int]:
    """The columns of a plan beside those of its filters."""
    yield from plan.measures
    yield from (group.column for group in plan.groups)
    if plan.sort is not None:
        yield plan.sort


def _unnamed(plan: Plan, known: Sequence[Item]) -> int:
    """How much of the plan no word has named, so that a word which nobody knows may stand for it."""
    columns = {i.value.position for i in known if isinstance(i.value, Column) and i.cost <= _PLAIN}
    values = [i.value for i in known if i.kind == "val"]
    filters = [
        held
        for held in (*plan.filters, *plan.base)
        if held.column not in columns
        and not any(c.position == held.column and value in held.values for c, value in values)
    ]
    done = plan.do in _SAID or plan.aggregate not in ("", "mean")
    said = any(item.kind in _DOING for item in known)
    return len(filters) + len(set(_columns(plan)) - columns) + (done and not said)

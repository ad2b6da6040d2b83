"""Questions that look around: rows, columns, what is missing, what is first, descriptions and plots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from voice_widget.agents.assistant.grammar.dating import dates, only_year
from voice_widget.agents.assistant.grammar.frame import Frame, chosen_aggregate, measure, true
from voice_widget.agents.assistant.grammar.grammar import Impossible, columns, has, one
from voice_widget.agents.assistant.grammar.grouping import dated, group_of
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.operations import trends
from voice_widget.agents.assistant.operations.running import run
from voice_widget.agents.assistant.tables.plans import End, Filter, Plan, Unit
from voice_widget.agents.assistant.tables.tables import Column

_ALL = 1_000_000
_THIS = ("this", "that", "it", "its")
HEAD = 10
"""Rows of "show the table"."""


def rows(items: Sequence[Item], frame: Frame) -> Plan | None:
    """Rows: filtered, in an order, from one end, or the first ones."""
    order, head = frame.order, frame.head
    if has(items, "what", "which", "who") and has(items, "pron") and one(items, "pron") in _THIS:
        return None  # "what was that": not which rows
    if [item.kind for item in items] in (["who"], ["which"]) and not (frame.clauses or order or head):
        return None  # "who made you"
    if head is not None:
        end, number = head
        if frame.scene.newest and not _in_time(date := _date(frame)):
            return frame.plan("rows", sort=date.position, order=end, limit=number)
        return frame.plan("rows", limit=number if end == "lowest" else -number)
    if order is None:
        return frame.plan("rows", limit=None if frame.clauses else HEAD)
    if order.of is not None or order.counted:
        return _top_groups(frame)
    if order.aggregate is not None or order.by is None:
        return None
    return frame.plan("rows", sort=order.by.position, order=order.end, limit=order.limit, ordered=True)


def _in_time(column: Column) -> bool:
    """Whether the rows stand in the order of their dates, so that the last one is the newest."""
    times = column.times if column.kind == "date" else column.series
    return bool(times.is_monotonic_increasing)


def _top_groups(frame: Frame) -> Plan | None:
    """As in "Top three regions by revenue"; of what has a name of its own in each row, the rows."""
    order = frame.order
    assert order is not None
    assert order.of is not None
    if order.counted:
        return frame.plan(
            "count", groups=(group_of(order.of),), end=order.end, limit=order.limit or _ALL, ordered=True
        )
    assert order.by is not None
    if order.of is order.by:
        return frame.plan("rows", sort=order.by.position, order=order.end, limit=order.limit, ordered=True)
    if order.by.flag and order.aggregate is None:  # who has the most errors
        return frame.plan(
            "count",
            groups=(group_of(order.of),),
            extra=(true(order.by),),
            end=order.end,
            limit=order.limit or _ALL,
            ordered=True,
        )
    if (order.of.kind == "text" or order.of.key) and order.of.series.is_unique and order.aggregate is None:
        return frame.plan("rows", sort=order.by.position, order=order.end, limit=order.limit, ordered=True)
    measure(order.by)
    aggregate = order.aggregate or (chosen_aggregate(order.by), None)
    return frame.plan(
        "aggregate",
        measures=(order.by,),
        aggregate=aggregate,
        groups=(group_of(order.of),),
        end=order.end,
        limit=order.limit or _ALL,
        chosen=order.aggregate is None,
        ordered=True,
    )


def size(frame: Frame) -> Plan | None:
    """As in "How big is the table"."""
    return frame.plan("describe") if not frame.clauses else None


def size_asked(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How big is it", "how big is each department"."""
    if frame.groups:
        return frame.plan("count") if one(items, "howmuch") in ("how big", "how large") else None
    return size(frame)


def _describe_or_count(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "The distribution of the status": of what stands for things, how many of each."""
    [column] = columns(items)
    if (
        "distrib" in str(one(items, "describe"))
        and column.kind == "number"
        and column.groups
        and {"status", "code"} & set(column.words)
    ):
        return frame.plan("count", groups=(group_of(column),))
    return _describe(items, frame)


def _columns(items: Sequence[Item], frame: Frame) -> Plan | None:
    return frame.plan("columns") if not frame.clauses and not frame.groups else None


def _incomplete(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How many rows have missing values"."""
    if has(items, "num") and (one(items, "cmp"), one(items, "num")) != ("at least", 1):
        return None
    return frame.plan("incomplete")


def _missing(items: Sequence[Item], frame: Frame) -> Plan | None:
    return frame.plan("missing")


def _describe(items: Sequence[Item], frame: Frame) -> Plan | None:
    return frame.plan("describe", measures=columns(items))


def _first(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "When was the first order", "the latest order date"."""
    end: End = one(items, "first", "super") or "lowest"
    if sized(items):
        return None
    named = columns(items)
    found = [c for c in named if c.kind == "date"]
    if named and not found:
        return None
    column = found[0] if found else _date(frame)
    return frame.plan("moment", measures=(column,), end=end)


def sized(items: Sequence[Item]) -> bool:
    """Whether a size is asked for, as in "the largest order", and not a date by its own name."""
    plain = [i for i in items if i.kind in ("col", "vcol") and i.value.kind == "date" and i.cost < 1.3]
    return has(items, "super") and not has(items, "first") and not plain


def _date(frame: Frame) -> Column:
    if frame.scene.date is None:
        raise Impossible("There are no dates in this table.")
    frame.scene.guessed = True
    return frame.scene.date


def _covers(items: Sequence[Item], frame: Frame) -> Plan | None:
    return frame.plan("moment", measures=(_date(frame),))


def _hist(items: Sequence[Item], frame: Frame) -> Plan | None:
    return frame.plan("plot", measures=columns(items), plot=True)


def _against(items: Sequence[Item], frame: Frame) -> Plan | None:
    first, second = columns(items)
    if has(items, "count", "agg"):
        return None
    if second.kind in ("text", "bool") or second.flag:
        measure(first)
        kind = chosen_aggregate(first)
        return frame.plan(
            "aggregate", measures=(first,), aggregate=kind, groups=(group_of(second),), chosen=True, plot=True
        )
    return frame.plan("plot", measures=(first, second), plot=True)


def _trend(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How did the revenue develop": by a unit of time that fits, which is said."""
    named = columns(items)
    if len(named) > 1 or len([i for i in items if i.kind == "agg"]) > 1:
        return None
    if str(one(items, "count")).startswith("how many"):  # "how many grew": rows, not their number
        return None
    groups = frame.groups
    yearly = [g for g in groups if g.unit == "year"]
    if yearly and only_year(frame.scene.table.columns[yearly[0].column]) is not None:  # "over the year"
        groups = tuple(g for g in groups if g.unit != "year")
        frame = replace(frame, groups=groups)
    if not any(group.unit for group in groups):
        column = _date(frame)
        groups = (dated(frame.scene, _fitting(column, frame.filters)),)
    told = trends.asked(one(items, "trend")) if frame.scene.asks else "told"
    own = [g for g in groups if g.unit and [g.column] == [c.position for c in named]]
    if own and has(items, "count", "vcol"):  # "has the number of hires increased"
        named = []
    if not named:
        counted = bool(own) or has(items, "noun", "count") or (frame.clauses and not has(items, "agg"))
        return _steady(frame.plan("count", groups=groups, trend=told), frame) if counted else None
    measure(named[0])
    if named[0].kind == "date":
        raise Impossible(f"{named[0].spoken.capitalize()} holds no numbers that go up or down.", named)
    said = one(items, "agg")
    aggregate = said or (chosen_aggregate(named[0]), None)
    plan = frame.plan(
        "aggregate", measures=named, aggregate=aggregate, groups=groups, chosen=said is None, trend=told
    )
    return _steady(plan, frame)


def _steady(plan: Plan, frame: Frame) -> Plan:
    """See that what went up in all did so each time, where that is asked: "has it grown every year".

    Raises:
        Impossible: It went up and down.
    """
    if "each" not in frame.scene.notes or plan.trend not in ("up", "down") or len(plan.groups) != 1:
        return plan
    found = run(plan, frame.scene.table).value
    if not (found.is_monotonic_increasing or found.is_monotonic_decreasing) or not found.is_unique:
        raise Impossible("No, not each time. Ask how it developed.")
    return plan


def _fitting(column: Column, filters: Sequence[Filter] = ()) -> Unit:
    if any(trends.years(f) > 1 for f in filters if f.column == column.position):
        return "year"
    if column.kind != "date":
        return "year"
    times = column.times
    days = (times.max() - times.min()).days if len(times.dropna()) else 0
    return "day" if days <= 31 else "month" if days <= 1100 else "year"


_N = "(noun|pron|table|all)?"
CORES: tuple[tuple[str, Callable[[Sequence[Item], Frame], Plan | None]], ...] = (
    ("(what|which|show|count|how)* (all|table)? cols (exist|named|prep|table)*", _columns),
    (f"(what|which|show|count)* distinct? cols {_N}", _columns),
    (
        "(exist|what|which|show|count|how)* prep? (all|table)? missing values? (prep|table|noun|exist)*",
        _missing,
    ),
    ("(what|which|count|show)* cols (exist|all)* (super|most)? missing values?", _missing),
    ("(count|show|which|what)? noun (cmp num)? missing values?", _incomplete),
    (f"{'(what|show|count)*'} missing values? (by|prep) cols", _missing),
    ("count values (exist|prep|table)* missing", _missing),
    ("(exist|what|which|show|count)* values? (exist)* missing (prep|table)*", _missing),
    ("(what|which) cols (super|most) missing values?", _missing),
    (f"(show|what|how)* describe prep* {_N}", _describe),
    (
        "(show|what|how|plot)* describe prep* (all|values)? C",
        lambda i, f: _hist(i, f) if has(i, "plot") else _describe_or_count(i, f),
    ),
    ("(what|how|show)* C describe", _describe_or_count),
    ("(what|show)? count (noun|cols) and count? (noun|cols) (exist|prep|table)*", lambda i, f: size(f)),
    ("(what|show)? size prep* table", lambda i, f: size(f)),
    ("(what|show) (in|prep)* table", lambda i, f: _describe(i, f) if has(i, "what") else rows(i, f)),
    (f"(when|what|which|show|prep)* (first|super) C {_N}", _first),
    (f"(when|what|which|show)* C prep* first {_N}", _first),
    (
        f"(when|which|what) (first|super) {_N} (col|vcol)?",
        lambda i, f: _first(i, f) if has(i, "when") else None,
    ),
    (
        f"(what|which|when) first unit {_N} exist? {_N}",
        lambda i, f: _first(i, f) if one(i, "unit") == "day" else None,
    ),
    (f"when {_N} (first|super) (col|vcol)?", _first),
    (f"when {_N} (col|vcol) (first|super)", _first),
    ("(show|what)* covers (prep|table|noun|describe)*", _covers),
    (f"(show)? first {_N}", lambda i, f: _one_row(i, f)),
    (f"(which|who|what) {_N} (col|vcol) (first|super)", lambda i, f: _one_row(i, f)),
    (f"(which|who|what) {_N} first (col|vcol)?", lambda i, f: _one_row(i, f)),
    (f"(plot|show|hist)* hist prep* (how|howmuch)? C {_N} (and|prep)*", _hist),
    ("(show|plot)* C hist", _hist),
    ("plot prep* C", lambda i, f: _hist(i, f) if not f.groups else None),
    ("plot prep* C (against|and|prep)+ C", _against),
    ("(how|what|show|plot|exist)* prep* agg? (noun|count|prep)* C? (with|be)* trend (prep* C)?", _trend),
    ("(how|what|show)* trend prep* (agg|count|noun|prep)* C?", _trend),
)


def _one_row(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Who was hired first": the row at one end of the dates."""
    end: End = one(items, "first", "super")
    if sized(items):
        return None
    named = columns(items)
    if named and named[0].kind != "date":
        return None
    plain = (
        has(items, "noun")
        and one(items, "noun") == "rows"
        and not frame.scene.newest
        and not has(items, "super")
    )
    if not named and (plain or not dates(frame.scene.table)):
        return frame.plan("rows", limit=1 if end == "lowest" else -1)
    column = named[0] if named else _date(frame)
    return frame.plan("extreme", measures=(column,), end=end)

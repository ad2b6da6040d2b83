"""Questions for one of several: which group has most, which row is the extreme one, which of two is more."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from voice_widget.agents.assistant.grammar import counting, looking
from voice_widget.agents.assistant.grammar.frame import Frame, aggregated, measure, true
from voice_widget.agents.assistant.grammar.grammar import Unclear, columns, each, has, one
from voice_widget.agents.assistant.grammar.grouping import Having, dated, group_of, valued
from voice_widget.agents.assistant.grammar.shares import split
from voice_widget.agents.assistant.language import synonyms
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.operations.running import run
from voice_widget.agents.assistant.tables.plans import Agg, Choice, End, Group, Plan
from voice_widget.agents.assistant.tables.tables import Column

_PICK = frozenset(
    str.split(
        "which what who prep col vcol flag super most supercol common agg count noun pron unit num "
        "whole exist often topn cmpcol"
    )
)
_HEADED = [["supercol", "unit"], ["super", "unit"], ["most", "noun"]]
"""As in "The hottest day"."""
_ENDS = ("super", "most", "supercol", "common", "topn")


def pick(items: Sequence[Item], frame: Frame) -> Plan | None:
    """Which group, or which row, stands at an end."""
    if any(item.kind not in _PICK for item in items):
        return None
    if has(items, "cmpcol"):  # "which sex is heavier"
        if not has(items, "which") or has(items, "num"):
            return None
        degree = {"above": "highest", "below": "lowest"}
        items = [
            Item("supercol", (degree[i.value[0]], i.value[1]), i.start, i.end, i.cost)
            if i.kind == "cmpcol"
            else i
            for i in items
        ]
    if any(i.kind == "prep" and then.kind == "num" for i, then in itertools.pairwise(items)):
        return None  # "in 2023" is not how many of them
    ends = [item for item in items if item.kind in _ENDS]
    asks = has(items, "which", "what", "who") or [i.kind for i in items[:2]] in _HEADED
    if len(ends) != 1 or len(each(items, "which", "what", "who")) > 1 or len(each(items, "agg")) > 1:
        return None
    end: End = ends[0].value[0] if ends[0].kind == "supercol" else ends[0].value
    named = columns(items)
    if has(items, "unit"):
        return (
            _pick_time(items, frame, end, ends[0].kind, named)
            if asks and len(each(items, "unit")) == 1
            else None
        )
    if ends[0].kind == "common":
        if len(named) != 1 or has(items, "agg", "count"):
            return None
        return frame.plan("count", groups=(valued(named[0]),), end=end, limit=_number(items))
    if has(items, "noun", "pron") and _noun_first(items):
        return extreme(items, frame, end, ends[0], named)
    if has(items, "who"):
        return extreme(items, frame, end, ends[0], named)
    if (
        ends[0].kind == "supercol"
        and not asks
        and len(items) - has(items, "agg") == 2
        and len(named) == 1
        and named[0].kind == "text"
    ):
        return _pick_group(items, frame, end, ends[0], named)  # "cheapest product"
    if not asks or not named:
        return None
    return _pick_group(items, frame, end, ends[0], named)


def _noun_first(items: Sequence[Item]) -> bool:
    """Whether rows are asked for, as in "which employee has the highest salary"; not which region."""
    noun = next((n for n, item in enumerate(items) if item.kind in ("noun", "pron")), len(items))
    column = next((n for n, item in enumerate(items) if item.kind in ("col", "vcol", "flag")), len(items))
    return noun < column


def _number(items: Sequence[Item]) -> int | None:
    number = one(items, "num")
    return None if number is None or isinstance(number, tuple) else int(number)


def _pick_time(items: Sequence[Item], frame: Frame, end: End, mark: str, named: list[Column]) -> Plan | None:
    if has(items, "supercol"):
        named = [*named, one(items, "supercol")[1]]
    counted = has(items, "noun", "count") or (mark == "most" and frame.clauses)
    if len(named) > 1 or not (named or counted):
        return None
    group = dated(frame.scene, one(items, "unit"))
    if not named:
        return frame.plan("count", groups=(group,), end=end, limit=_number(items))
    if named[0].flag and not has(items, "agg"):
        return frame.plan("count", groups=(group,), end=end, extra=(true(named[0]),))
    if named[0].position == group.column and named[0].kind == "number":  # "the year with the most releases"
        return frame.plan("count", groups=(group,), end=end) if mark == "most" else None
    return _by_measure(items, frame, end, (group,), named[0])


def _pick_group(
    items: Sequence[Item], frame: Frame, end: End, mark: Item, named: list[Column]
) -> Plan | None:
    first = named[0]
    rest = [c for c in named[1:] if c is not first]
    if mark.kind == "supercol":
        if any(c is not mark.value[1] for c in rest):
            return None
        rest = [mark.value[1]]
    if len(rest) > 1:
        return None
    if not rest:
        counted = mark.kind == "most" or (mark.kind in ("super", "topn") and has(items, "count"))
        if not counted or has(items, "agg"):
            return None
        if "sold" in frame.scene.notes and not has(items, "count", "noun"):
            counting.sold(frame, (group_of(first),), end)
        return frame.plan("count", groups=(group_of(first),), end=end, limit=_number(items))
    if has(items, "noun", "pron", "whole") and not has(items, "agg") and mark.kind != "supercol":
        return None
    if rest[0].flag and not has(items, "agg"):  # the most errors
        return frame.plan(
            "count", groups=(group_of(first),), end=end, extra=(true(rest[0]),), limit=_number(items)
        )
    if first.kind == "text" and first.unique and not has(items, "agg", "count", "common", "unit"):
        return extreme(items, frame, end, mark, rest)
    if has(items, "count") or (mark.kind == "most" and _name(rest[0], items) and not has(items, "agg")):
        if rest[0].kind in ("text", "date") or rest[0].key:
            return frame.plan("distinct", measures=(rest[0],), groups=(group_of(first),), end=end)
        return None
    return _by_measure(items, frame, end, (group_of(first),), rest[0])


def _name(column: Column, items: Sequence[Item]) -> bool:
    """Whether it is a name that is said in full, of which different ones are counted: "the most cities"."""
    cost = min(item.cost for item in items if item.value is column)
    return column.kind == "text" and column.flag is None and cost < 1.45


def _by_measure(
    items: Sequence[Item], frame: Frame, end: End, groups: tuple[Group, ...], column: Column
) -> Plan | None:
    """Groups by a number of theirs: what was said, the total where that means something, else it is asked."""
    limit = _number(items)
    said = one(items, "agg")
    if column.kind == "date":  # "the year with the most hires"
        counted = has(items, "most") and said is None
        gaps = (counting.known(column),) if column.series.hasnans else ()
        return frame.plan("count", groups=groups, end=end, limit=limit, extra=gaps) if counted else None
    measure(column)
    if said is not None:
        return frame.plan(
            "aggregate", measures=(column,), aggregate=said, groups=groups, end=end, limit=limit
        )
    if synonyms.summable(column.words):
        return frame.plan(
            "aggregate", measures=(column,), aggregate="sum", groups=groups, end=end, limit=limit, chosen=True
        )
    single: Agg = "max" if end == "highest" else "min"
    choices = [
        Choice(
            name,
            frame.plan("aggregate", measures=(column,), aggregate=kind, groups=groups, end=end, limit=limit),
        )
        for name, kind in (("average", "mean"), (f"single {end}", single))
    ]
    if limit is None and _first(choices[0].plan, frame) == _first(choices[1].plan, frame) is not None:
        return choices[0].plan.but(chosen=True)  # it is the same one either way
    raise Unclear(f"By the average {column.spoken}, or by the single {end} one?", choices)


def _first(plan: Plan, frame: Frame) -> object:
    """The group at the end, if it is one."""
    found = run(plan, frame.scene.table).value
    if not len(found) or (found == found.iloc[0]).sum() > 1:
        return None
    return found.index[0]


def extreme(items: Sequence[Item], frame: Frame, end: End, mark: Item, named: list[Column]) -> Plan | None:
    """The row at an end: "who earns the most", "the cheapest product"."""
    if has(items, "agg", "count", "common", "unit"):
        return None
    if mark.kind == "supercol":
        column = mark.value[1]
        named = [c for c in named if c is not column and c.kind not in ("text",)]
    else:
        if not named:
            return None
        column, *named = named
    if column.kind == "date" and looking.sized(items):
        return None
    if named or column.kind not in ("number", "bool", "duration", "date"):
        return None
    measure(column)
    if has(items, "num"):  # "the oldest three people"
        limit = _number(items)
        return None if limit is None else frame.plan("rows", sort=column.position, order=end, limit=limit)
    return frame.plan("extreme", measures=(column,), end=end)


def rate(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Which path has the highest error rate": groups by their share of rows."""
    kinds = [i.kind for i in items if i.kind != "prep"]
    if (
        [*kinds[:2], *sorted(kinds[2:])]
        not in (["which", "col", "share", "super"], ["what", "col", "share", "super"])
        or not frame.clauses
        or frame.groups
    ):
        return None
    part, whole = split(frame, rate=True)  # "in March" says of what, not which part
    group = group_of(columns(items)[0])
    return frame.plan("share", groups=(group,), end=one(items, "super"), filters=part, base=whole)


def having(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Which departments have an average salary above 4000"."""
    wanted: Having | None = one(items, "having")
    named = columns(items)
    if (
        wanted is None
        or len(each(items, "having")) > 1
        or len(named) > 1
        or bool(named) == bool(frame.groups)
    ):
        return None
    allowed = ("which", "what", "show", "col", "flag", "having", "prep", "exist", "count")
    if any(i.kind not in allowed for i in items):
        return None
    groups = (group_of(named[0]),) if named else frame.groups
    limit = (wanted.op, wanted.value)
    if wanted.column is None:
        return frame.plan("count", groups=() if frame.groups else groups, having=limit)
    aggregated(wanted.column, wanted.aggregate)  # type: ignore[arg-type]
    return frame.plan(
        "aggregate",
        measures=(wanted.column,),
        aggregate=wanted.aggregate,
        groups=() if frame.groups else groups,
        having=limit,
    )

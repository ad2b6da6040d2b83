"""What stands at an end, and more of it: another column of its row, the one of each group, a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from voice_widget.agents.assistant.grammar import picking
from voice_widget.agents.assistant.grammar.frame import Frame, aggregated, chosen_aggregate, measure
from voice_widget.agents.assistant.grammar.grammar import (
    columns,
    has,
    kinds_of,
    one,
    pattern,
)
from voice_widget.agents.assistant.grammar.grouping import dated
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.plans import Plan

_ROW = pattern(
    "(what|which|who|show)? supercol (noun|pron)|who (vcol|col)? (most|super) (vcol|col)?|who supercol"
)
_OTHER = pattern(
    "(what|which|show|how|howmuch)? (col|vcol) (be|prep)* supercol (noun|pron)? prep?"
    "|(how|howmuch) adj prep* supercol (noun|pron)"
)


def of_each(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "The oldest person in each department": one row, or more, of each group."""
    if not frame.groups or frame.order is not None or not _ROW.fullmatch(kinds_of(items)):
        return None
    mark = next(item for item in items if item.kind in ("supercol", "most", "super"))
    end = mark.value[0] if mark.kind == "supercol" else mark.value
    named = [mark.value[1]] if mark.kind == "supercol" else columns(items)
    if len(named) != 1 or named[0].kind not in ("number", "date") or frame.scene.rank > 1:
        return None
    measure(named[0])
    return frame.plan("extreme", measures=named, end=end)


def other(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "The flipper length of the heaviest bird": another column of the row at the end."""
    if frame.groups or frame.order is not None or not _OTHER.fullmatch(kinds_of(items)):
        return None
    end, column = one(items, "supercol")
    wanted = columns(items)[0] if columns(items) else one(items, "adj")[1]
    if not has(items, "noun", "pron") and not (frame.clauses and wanted.kind in ("number", "date")):
        return None
    if wanted is column or column.kind not in ("number", "date", "duration") or wanted.kind == "other":
        return None
    if "has" in frame.scene.notes and has(items, "which"):  # "which region had the cheapest orders"
        return None
    measure(column)
    return frame.plan("extreme", measures=(column, wanted), end=end)


def claimed(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Does Germany have the most orders", "is it the country with the most of them": yes or no."""
    ends = [item for item in items if item.kind in ("super", "most")]
    if (
        not frame.scene.asks
        or len(ends) != 1
        or not frame.clauses
        or has(items, "which", "what", "who", "exist")
    ):
        return None
    first = frame.clauses[0].filter
    group = frame.scene.table.columns[first.column]
    sole = first.op == "in" and len(first.values) == 1 and not first.negated
    if not sole or group.kind != "text" or has(items, "cmp", "cmpb", "than", "or", "num"):
        return None
    rest = [item for item in items if item.value is not group and item.kind not in ("prep", "pron")]
    named = columns(rest)
    if ends[0].kind == "super" and not has(items, "count") and len(named) != 1:
        return None
    asked = [Item("which", "which"), Item("col", group), *rest]
    plan = picking.pick(asked, replace(frame, clauses=frame.clauses[1:]))
    if plan is None or not plan.groups or not plan.end or plan.rank > 1:
        return None
    return plan.but(claim=first)


def of_top(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "The average body mass of the ten heaviest birds": of so many rows from one end."""
    order = frame.order
    if (
        order is None
        or order.limit is None
        or order.by is None
        or order.of
        or order.counted
        or order.aggregate
    ):
        return None
    if frame.groups or not _TOP.fullmatch(kinds_of(items)):
        return None
    column, said = columns(items)[0], one(items, "agg")
    if column.kind != "number" or order.by.kind not in ("number", "date"):
        return None
    aggregated(column, said)
    return frame.plan(
        "aggregate",
        measures=(column,),
        aggregate=said,
        sort=order.by.position,
        order=order.end,
        limit=order.limit,
        ordered=True,
    )


_TOP = pattern("(what|show|how|howmuch)* agg prep* (col|vcol) prep*")


def counts(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How many requests per day on average": the average of the counts."""
    if not frame.groups or frame.order is not None or not _COUNTS.fullmatch(kinds_of(items)):
        return None
    if any(c.kind != "date" or {g.column for g in frame.groups} != {c.position} for c in columns(items)):
        return None
    if one(items, "agg") != ("mean", None) or any(c.words == ("count",) for c in frame.scene.table.columns):
        return None
    return frame.plan("count", aggregate="mean")


_COUNTS = pattern(
    "(what|show|how)* agg prep? count prep? noun?"
    "|(what|show)* count prep? noun? exist? agg"
    "|count noun? (col|vcol) agg"
    "|(what|show)? agg noun exist?"
)


def when_most(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "When did it rain the most": the day with the highest total."""
    if frame.groups or not _WHEN.fullmatch(kinds_of(items)):
        return None
    column = columns(items)[0]
    if column.kind != "number" or chosen_aggregate(column) != "sum":
        return None
    group = dated(frame.scene, "day")
    return frame.plan(
        "aggregate", measures=(column,), aggregate="sum", groups=(group,), end=one(items, "most"), chosen=True
    )


def of_groups(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "The lowest average fare by kind": the group at that end."""
    if len(frame.groups) != 1 or frame.order is not None or not _OF_GROUPS.fullmatch(kinds_of(items)):
        return None
    column, said = columns(items)[0], one(items, "agg")
    if column.kind not in ("number", "duration"):
        return None
    aggregated(column, said)
    return frame.plan("aggregate", measures=(column,), aggregate=said, end=one(items, "super"))


_OF_GROUPS = pattern("(what|which|show)? super agg prep* (col|vcol)")


def when_extreme(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "When was the hottest reading": the date of the row at the end."""
    if frame.groups or frame.order is not None or not _WHEN_AT.fullmatch(kinds_of(items)):
        return None
    end, column = one(items, "supercol")
    if column.kind not in ("number", "duration") or frame.scene.date is None:
        return None
    measure(column)
    frame.scene.guessed = True
    return frame.plan("extreme", measures=(column, frame.scene.date), end=end)


_WHEN_AT = pattern("when (prep|be)* supercol noun")

_WHEN = pattern("when (noun|pron)? (col|vcol) most")

ASKING = (of_each, other, claimed, of_top, counts, of_groups, when_most, when_extreme)

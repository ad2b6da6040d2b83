"""What short utterances go on with: "and by island", "what about the median", "only the remote ones".

The last plan is taken, and some of it is replaced by what was said now. Nothing else is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from voice_widget.agents.assistant.grammar.frame import aggregated, chosen_aggregate, group_of, measure
from voice_widget.agents.assistant.grammar.grammar import Unclear, columns, each, has, one
from voice_widget.agents.assistant.grammar.keeping import merged
from voice_widget.agents.assistant.grammar.reading import Parts
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.operations.running import run
from voice_widget.agents.assistant.tables.plans import Agg, Choice, Filter, Plan
from voice_widget.agents.assistant.tables.tables import Column, Table

_TAKEN = frozenset(
    str.split(
        "agg super supercol col vcol flag pron prep what which who and noun all lead most plot show "
        "whole howmuch count"
    )
)
_END: Mapping[str, Agg] = {"highest": "max", "lowest": "min"}
_PLOTTED = ("aggregate", "count", "share", "distinct")


def follow(parts: Parts, last: Plan, table: Table) -> Plan | None:
    """The last plan with what was said now, or None where it is a question of its own.

    Raises:
        Impossible: It was understood, and cannot be.
        Unclear: It may mean several things.
    """
    items, frame = parts.core, parts.frame
    if (plan := _listed(items, parts, last)) is not None:
        return plan
    if (plan := _of_it(items, parts, last)) is not None:
        return plan
    _of_groups(items, parts, last, table)
    if (plan := _which(items, parts, last)) is not None:
        return plan
    if (plan := _most_of_them(items, parts, last)) is not None:
        return plan
    if (plan := _how_many(items, parts, last)) is not None:
        return plan
    if any(item.kind not in _TAKEN for item in items) or frame.head is not None:
        return None
    if frame.order is not None:
        return _sorted(items, parts, last)
    if has(items, "plot", "show", "count", "howmuch"):
        return _shown(items, parts, last)
    named = columns(items)
    if len(named) > 1 or len(each(items, "agg")) + len(each(items, "super", "supercol", "most")) > 1:
        return None
    changed = bool(frame.clauses or frame.groups or named or has(items, "agg", "super", "supercol", "most"))
    if not changed:
        return None
    if parts.adds:
        return None if items or frame.groups else _with_others(last, frame.filters)
    plan = _of_rows(last, parts)
    if named:
        other = _other_column(plan, named[0])
        if other is None:
            return None
        plan = other
    if has(items, "supercol"):
        end, column = one(items, "supercol")
        if plan.do not in ("rows", "extreme"):
            return None
        return plan.but(
            end=end if plan.do == "extreme" else "",
            order=end if plan.do == "rows" else "",
            measures=plan.measures,
        )
    end = one(items, "super", "most")
    if end is not None:
        turned = _other_end(plan, end, frame.scene.rank)
        if turned is None:
            return None
        plan = turned
    said = one(items, "agg")
    if said is not None:
        column = _measure_of(plan, table)
        if column is None:
            return None
        aggregated(column, said)
        plan = _as_aggregate(plan, column).but(aggregate=said[0], quantile=said[1], chosen=False)
    if frame.groups:
        fresh = {f.column for f in frame.filters}
        parted = {g.column for g in frame.groups if not g.unit} - fresh  # "for all countries", not for one
        kept = tuple(f for f in plan.filters if f.column not in parted or f.negated or len(f.values) > 1)
        return _grouped(plan.but(filters=kept), frame.groups, table)
    return plan


def _listed(items: Sequence[Item], parts: Parts, last: Plan) -> Plan | None:
    """As in "Who are they", "which ones": the names that were counted, not the rows."""
    kinds = {item.kind for item in items}
    if last.do != "distinct" or len(last.measures) != 1 or last.groups or parts.frame.said:
        return None
    if not kinds & {"who", "which", "what", "show"} or not kinds <= {"who", "which", "what", "show", "pron"}:
        return None
    return last.but(do="values")


def _of_it(items: Sequence[Item], parts: Parts, last: Plan) -> Plan | None:
    """As in "What species is it": another column of the row that was told."""
    kinds = sorted(item.kind for item in items if item.kind not in ("prep", "pron"))
    if last.do != "extreme" or len(last.measures) > 1 or last.groups or parts.frame.said or parts.plural:
        return None
    if parts.several or kinds not in (["col", "what"], ["col", "which"]):
        return None
    return last.but(measures=(*last.measures, columns(items)[0].position))


def _of_groups(items: Sequence[Item], parts: Parts, last: Plan, table: Table) -> None:
    """See that "how many of those" is asked of groups only where it is clear what they are.

    Raises:
        Unclear: Rows were parted, and both the groups and their rows can be counted.
    """
    kinds = {item.kind for item in items} - {"exist", "pron"}
    said = parts.frame.said and not (last.end and parts.within and not parts.frame.groups)
    if not last.groups or said or kinds not in ({"count"}, {"count", "noun"}):
        return
    if kinds != {"count"} and not (last.end or parts.within):  # "how many people are there"
        return
    of_all = merged(last.filters, parts.frame.filters, within=True)
    rows = Choice("the rows", Plan("count", last.table, of_all))
    [group, *others] = last.groups
    name = table.columns[group.column].spoken
    if others or group.unit:
        raise Unclear("Do you mean how many rows?", [rows])
    if last.end and len(found := run(last, table).value):
        held = Filter(group.column, "in", (found.index[0],))
        best = Choice(str(found.index[0]), Plan("count", last.table, merged(of_all, (held,))))
        raise Unclear("How many of what: {}?", [best, Choice("all rows", rows.plan)])
    parted = Plan("distinct", last.table, last.filters, measures=(group.column,))
    raise Unclear("How many of what: {}?", [Choice(f"different values of {name}", parted), rows])


def _of_rows(last: Plan, parts: Parts) -> Plan:
    """The last plan over the rows that were said now; of a share they are its whole or its part."""
    both = parts.only or parts.lead in ("and", "but")
    if last.do != "share":
        return last.but(filters=merged(last.filters, parts.frame.filters, both=both))
    whole, part = {f.column for f in last.base}, {f.column for f in last.filters}
    base = [c.filter for c in parts.frame.clauses if c.filter.column in whole - part]
    base += [c.filter for c in parts.frame.clauses if c.filter.column not in whole | part and not c.predicate]
    rest = [f for f in parts.frame.filters if f not in base]
    return last.but(base=merged(last.base, base), filters=merged(last.filters, rest))


def _with_others(last: Plan, others: Sequence[Filter]) -> Plan | None:
    """As in "Plus Rome": of the rows before and of others by the same column, together."""
    held = {f.column: f for f in last.filters if f.op == "in" and not f.negated}
    if last.do == "share" or any(f.op != "in" or f.negated or f.column not in held for f in others):
        return None
    for other in others:
        old = held[other.column]
        held[other.column] = Filter(old.column, "in", tuple(dict.fromkeys((*old.values, *other.values))))
    return last.but(filters=tuple(held.get(f.column, f) if f.op == "in" else f for f in last.filters))


def _which(items: Sequence[Item], parts: Parts, last: Plan) -> Plan | None:
    """As in "Which one is the highest", of the groups that were told."""
    plain = [item for item in items if item.kind not in ("pron", "noun")]
    if [i.kind for i in plain[:1]] not in (["which"], ["what"], ["who"]) or not last.groups or last.end:
        return None
    if last.do not in _PLOTTED or len(last.measures) > 1 or len(last.groups) > 1:
        return None
    named = [item.value.position for item in plain if item.kind == "col"]
    ends = [item for item in plain if item.kind in ("super", "supercol", "most")]
    if len(plain) != 2 + len(named) or len(ends) != 1 or named not in ([], [last.groups[0].column]):
        return None
    end = ends[0].value
    if ends[0].kind == "supercol":
        end, column = end
        if (column.position,) != last.measures:
            return None
    return last.but(end=end, limit=None, trend="", filters=merged(last.filters, parts.frame.filters))


def _most_of_them(items: Sequence[Item], parts: Parts, last: Plan) -> Plan | None:
    """As in "Which country has the most", of what was counted or summed up."""
    if [i.kind for i in items] != ["which", "col", "most"] or last.groups or last.limit is not None:
        return None
    if last.do != "count" and (last.do, last.aggregate) != ("aggregate", "sum"):
        return None
    filters = merged(last.filters, parts.frame.filters)
    return last.but(groups=(group_of(columns(items)[0]),), end=one(items, "most"), filters=filters)


def _how_many(items: Sequence[Item], parts: Parts, last: Plan) -> Plan | None:
    """As in "And how many people are there": of those that were spoken of."""
    kinds = [item.kind for item in items]
    some = sorted({*kinds} - {"exist"})
    plain = some == ["count"] or (parts.lead and some == ["count", "noun"])
    if (
        not plain
        or kinds.count("count") > 1
        or parts.frame.groups
        or not last.filters
        or last.do == "difference"
    ):
        return None
    if parts.frame.order is not None or parts.frame.head is not None:
        return None
    return Plan("count", last.table, merged(last.filters, parts.frame.filters))


def _sorted(items: Sequence[Item], parts: Parts, last: Plan) -> Plan | None:
    """As in "Sorted by revenue": the rows of the last question, in an order."""
    order = parts.frame.order
    plain = order is not None and order.by is not None and order.of is None and order.aggregate is None
    if items or not plain or last.do not in ("count", "rows") or last.groups or parts.frame.groups:
        return None
    assert order is not None
    assert order.by is not None
    filters = merged(last.filters, parts.frame.filters)
    return Plan("rows", last.table, filters, sort=order.by.position, order=order.end, limit=order.limit)


def _shown(items: Sequence[Item], parts: Parts, last: Plan) -> Plan | None:
    """As in "Plot that", "show them", "how many are there": of the rows of the last question."""
    kinds = {item.kind for item in items} - {"prep", "noun", "all"}
    filters = merged(last.filters, parts.frame.filters)
    if "plot" in kinds and kinds <= {"plot", "pron", "show"} and last.do in _PLOTTED:
        groups = parts.frame.groups or last.groups
        return last.but(plot=True, filters=filters, groups=groups) if groups else None
    if parts.frame.groups:
        return None
    if kinds <= {"show", "pron"} and "pron" in kinds:
        return Plan("rows", table=last.table, filters=filters)
    if kinds <= {"count", "pron"} and "pron" in kinds:
        filters = merged(last.filters, parts.frame.filters, within=parts.within)
        return Plan("count", table=last.table, filters=filters)
    return None


def _other_column(plan: Plan, column: Column) -> Plan | None:
    if plan.do in ("aggregate", "extreme") and len(plan.measures) == 1:
        measure(column)
        if column.kind not in ("number", "bool", "duration", "date") or column.flag:
            return None
        aggregate = chosen_aggregate(column) if plan.chosen and plan.do == "aggregate" else plan.aggregate
        return plan.but(measures=(column.position,), aggregate=aggregate)
    if plan.do in ("describe", "values", "distinct") and plan.measures:
        return plan.but(measures=(column.position,))
    if plan.do == "rows" and plan.sort is not None:
        return plan.but(sort=column.position)
    return None


def _other_end(plan: Plan, end: str, rank: int) -> Plan | None:
    if plan.end and plan.do != "difference" and (rank == 1 or plan.limit is None):
        return plan.but(end=end, rank=rank)
    if rank > 1:
        return None
    if plan.do == "rows" and plan.sort is not None:
        return plan.but(order=end)
    if plan.do == "aggregate":
        return plan.but(aggregate="max" if end == "highest" else "min", quantile=None, chosen=False)
    return None


def _measure_of(plan: Plan, table: Table) -> Column | None:
    """The column that the last question was about."""
    if plan.do in ("aggregate", "extreme", "describe", "plot") and len(plan.measures) == 1:
        return table.columns[plan.measures[0]]
    return table.columns[plan.sort] if plan.do == "rows" and plan.sort is not None else None


def _as_aggregate(plan: Plan, column: Column) -> Plan:
    if plan.do == "aggregate":
        return plan
    return Plan("aggregate", table=plan.table, filters=plan.filters, measures=(column.position,))


def _grouped(plan: Plan, groups: tuple[object, ...], table: Table) -> Plan | None:
    if plan.do in ("aggregate", "count", "distinct") or (plan.do == "share" and plan.filters):
        return plan.but(groups=groups, end="", rank=1, limit=None)
    column = _measure_of(plan, table)
    if column is None or column.kind != "number":
        return None
    if plan.do == "extreme":  # "the heaviest", and by species the heaviest of each
        ends = _as_aggregate(plan, column).but(groups=groups, aggregate=_END[plan.end])
        return ends if plan.rank == 1 else None
    kind = chosen_aggregate(column)
    return _as_aggregate(plan, column).but(groups=groups, aggregate=kind, chosen=True)

"""Questions told by all of their words: more of one with more of another, the biggest group, what is kept."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from voice_widget.agents.assistant.grammar.frame import Frame, chosen_aggregate, measure
from voice_widget.agents.assistant.grammar.grammar import columns, each, has, kinds_of, one, pattern
from voice_widget.agents.assistant.grammar.grouping import dated, group_of
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.plans import Filter, Plan
from voice_widget.agents.assistant.tables.tables import Column

_TOGETHER = frozenset(str.split("cmpcol cmpb col vcol noun pron corr when rel what most exist agg table all"))
_NOUN = "(noun|pron|table|all)?"


def related(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Do heavier things cost more", "is it windier when it is warmer": a correlation."""
    if not frame.scene.asks or frame.groups or any(item.kind not in _TOGETHER for item in items):
        return None
    degrees = [column for _, column in each(items, "cmpcol")]
    named: list[Column] = list(
        dict.fromkeys(i.value[1] if i.kind == "cmpcol" else i.value for i in items if i.kind in _COLUMNS)
    )
    for item, after in itertools.pairwise(items):  # "longer bills" are the same bills
        if item.kind == "cmpcol" and after.kind == "col" and item.value[1] is not after.value:
            return None
    more = len(degrees) + len(each(items, "cmpb")) + bool(has(items, "corr"))
    means = not frame.clauses and len(each(items, "cmpb")) == 2  # "do more units mean more revenue"
    if (
        len(named) != 2
        or not (degrees or means)
        or more < 2
        or any(c.kind != "number" or c.identifies for c in named)
    ):
        return None
    if has(items, "agg") and one(items, "agg")[0] != "mean":
        return None
    return frame.plan("correlation", measures=named)


_COLUMNS = ("cmpcol", "col", "vcol")


def grand(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Which department is the smallest": by how many rows there are."""
    text = kinds_of(items)
    busy = _BUSY.fullmatch(text) and one(items, "noun") == "rows"  # "the busiest path"
    if not busy and not _GRAND.fullmatch(text):
        return None
    column = columns(items)[0]
    if column.kind != "text" or column.series.is_unique:
        return None
    return frame.plan("count", groups=(group_of(column),), end=one(items, "grand", "most"))


_BUSY = pattern("(what|which|show)? most noun C")
_GRAND = pattern(
    f"(which|what|show)? (prep|exist)? C grand {_NOUN}|(which|what|show)? exist? grand C {_NOUN}"
)


def both(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How many males and how many females": one number for each of them."""
    if kinds_of(items) not in _BOTH or len(frame.clauses) != 2 or frame.groups:
        return None
    one_, other = (clause.filter for clause in frame.clauses)
    if one_.column != other.column or {one_.op, other.op} != {"in"} or one_.negated or other.negated:
        return None
    group = group_of(frame.scene.table.columns[one_.column])
    wanted = Filter(one_.column, "in", (*one_.values, *other.values))
    return frame.plan("count", groups=(group,), filters=(wanted,))


_BOTH = tuple(
    f"{count} {joined}{count} {end}"
    for count in ("count", "count noun")
    for joined in ("and ", "")
    for end in ("", "exist ", "noun ")
)


def kept(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "What gets recorded for a request", "what do we keep on file": the columns."""
    text = kinds_of(items)
    if not _KEPT.fullmatch(text) or frame.clauses or frame.groups:
        return None
    return frame.plan("columns") if all(c.kind == "text" for c in columns(items)) else None


_KEPT = pattern(f"(what|which) {_NOUN} C? pron? keeps (prep|by|about)* {_NOUN}")


def when(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "On which day was the highest temperature": the row at the end, and its day."""
    text = kinds_of(items)
    by_day = has(items, "unit") and one(items, "unit") == "day"
    if not (by_day or has(items, "when")) or not _WHEN.fullmatch(text) or frame.groups:
        return None
    if any(i.kind == "which" for i in items[:1]) and has(items, "most"):
        return None
    mark = next(item for item in items if item.kind in ("super", "supercol", "most"))
    end, column = mark.value if mark.kind == "supercol" else (mark.value, None)
    named = [c for c in columns(items) if c is not column]
    column = column or (named[0] if named else None)
    if column is None or named[1:] or column.kind != "number" or chosen_aggregate(column) == "sum":
        return None
    measure(column)
    return frame.plan("extreme", measures=(column,), end=end).but(groups=(dated(frame.scene, "day"),))


_WHEN = pattern(
    "prep? (when|(which|what) unit) pron? (super|supercol|most) values? C?|when pron? C (super|most)"
)


def ranked_value(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "What is the most rain": the highest of an amount."""
    if not _MOST.fullmatch(kinds_of(items)):
        return None
    column = columns(items)[0]
    if column.kind != "number" or column.key or column.identifies:
        return None
    if frame.order is not None or frame.groups:
        return None
    return frame.plan(
        "aggregate", measures=(column,), aggregate="max" if one(items, "most") == "highest" else "min"
    )


def single(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "The heaviest gentoo": the row at that end of the rows that are meant."""
    if not _SINGLE.fullmatch(kinds_of(items)) or not frame.clauses or frame.groups:
        return None
    end, column = one(items, "supercol")
    measure(column)
    return frame.plan("extreme", measures=(column,), end=end)


_SINGLE = pattern("(what|which|who|show)? supercol pron?")


def where(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Where do the chinstraps live": in which places, if only one column tells."""
    if [item.value for item in items] != ["where"] or not frame.clauses or frame.groups:
        return None
    taken = {clause.filter.column for clause in frame.clauses}
    places = [c for c in frame.scene.table.columns if _PLACES & set(c.words) and c.kind == "text"]
    return (
        frame.plan("values", measures=places)
        if len(places) == 1 and places[0].position not in taken
        else None
    )


_PLACES = frozenset(
    str.split("island city country region office site area station place location town state")
)
_MOST = pattern(f"what most prep* C {_NOUN}")

ASKING = (related, grand, both, kept, when, ranked_value, single, where)

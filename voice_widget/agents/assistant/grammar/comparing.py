"""Two against each other: values of one column, periods, columns, ends."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from voice_widget.agents.assistant.grammar.dating import filter_of
from voice_widget.agents.assistant.grammar.frame import Frame, chosen_aggregate, measure, true
from voice_widget.agents.assistant.grammar.grammar import Impossible, Scene, columns, each, has, one
from voice_widget.agents.assistant.grammar.units import same_unit, unconverted
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.periods import Date
from voice_widget.agents.assistant.tables.plans import End, Filter, Plan

_TWO = frozenset(
    str.split(
        "pair agg col vcol cmpcol cmpb howmuch diff compare what which be prep pron with verb count uom noun "
        "most whole than exist how super versus who and"
    )
)


def _values(items: Sequence[Item], scene: Scene) -> list[Item]:
    """Periods as values of the column of dates, where two are held against each other."""
    if scene.date is None or not has(items, "than", "versus", "compare", "diff", "or"):
        return list(items)
    found: list[Item] = []
    for item in items:
        wanted = (
            filter_of(scene.date, [item.value], False)
            if item.kind == "period" and not isinstance(item.value, Date)
            else None
        )
        found.append(
            item if wanted is None else Item("val", (scene.date, wanted), item.start, item.end, item.cost)
        )
    return found


def paired(items: Sequence[Item], scene: Scene) -> list[Item]:
    """Items with two values of one column, or two periods, that are held against each other."""
    found = _paired(_values(items, scene))
    if has(found, "pair") and not any(i.kind == "val" and isinstance(i.value[1], Filter) for i in found):
        return found
    return _paired(items)


def _paired(items: Sequence[Item]) -> list[Item]:
    """Items with two values of one column, that are held against each other, made one."""
    found = list(items)
    marks = ("than", "versus")
    at = next((n for n, item in enumerate(found) if item.kind in marks), None)
    if at is None and has(found, "compare", "diff"):
        at = _between_values(found, ("and", "with", "or", "prep", "versus"))
    if at is None and has(found, "cmpb", "most", "cmpcol", "supercol", "super") and has(found, "or"):
        at = _between_values(found, ("or",))
    if at is None:
        return found
    after = next((n for n in range(at + 1, len(found)) if found[n].kind == "val"), None)
    if after is None or any(
        i.kind not in ("prep", "or", "pron", "col", "noun", "rel", "be", "verb")
        for i in found[at + 1 : after]
    ):
        return found
    column = found[after].value[0]
    before = next((n for n in range(at) if found[n].kind == "val" and found[n].value[0] is column), None)
    if before is None:
        return found
    left = [i for i in found[:before] if i.kind != "col" or i.value is not column]
    while left and left[-1].kind in ("prep", "be", "between"):
        left.pop()
    either = found[at].kind == "or"
    pair = Item(
        "pair", (found[before].value, found[after].value, either), found[before].start, found[after].end
    )
    middle = [i for i in found[before + 1 : at] if i.kind not in ("prep", "or")]
    return [*left, pair, *middle, *found[after + 1 :]]


def _between_values(items: Sequence[Item], kinds: tuple[str, ...]) -> int | None:
    values = [n for n, item in enumerate(items) if item.kind == "val"]
    for one_, other in itertools.pairwise(values):
        between = [n for n in range(one_ + 1, other) if items[n].kind in kinds]
        if between and items[one_].value[0] is items[other].value[0]:
            return between[0]
    return None


def compare(items: Sequence[Item], frame: Frame) -> Plan | None:
    """Two values of a column held against each other."""
    pair = one(items, "pair")
    if pair is None or frame.groups or len(each(items, "pair")) > 1:
        return None
    if any(item.kind not in _TWO for item in items):
        return None
    (column, first), (_, second), either = pair
    sides = tuple(
        v if isinstance(v, Filter) else Filter(column.position, "in", (v,)) for v in (first, second)
    )
    marked = [c for _, c in each(items, "cmpcol")]
    named = [c for c in columns(items) if c not in marked]
    measures = list(dict.fromkeys([*named, *marked]))
    if len(measures) > 1 or len(each(items, "agg", "whole")) > 1:
        return None
    above = [meaning for meaning, _ in each(items, "cmpcol")] + each(items, "cmpb")
    asks_how_much = has(items, "howmuch", "diff") or (
        has(items, "count") and (has(items, "uom") or has(items, "cmpb"))
    )
    claim: End = ""
    if above and not asks_how_much and not either and not has(items, "which", "what", "who", "compare"):
        claim = "highest" if above[0] == "above" else "lowest"
    if not measures:
        counted = frame.clauses and frame.scene.table.columns[frame.clauses[-1].filter.column].flag
        if not counted and not has(items, "noun", "count", "exist"):
            raise Impossible("Compare them by what?")
        return frame.plan("difference", pair=sides, end=claim, order=_less(items, above, either))
    target = measures[0]
    if has(items, "uom") and not same_unit(one(items, "uom"), target):
        raise Impossible(unconverted(one(items, "uom"), target), [target])
    measure(target)
    said = one(items, "agg") or (("sum", None) if has(items, "whole") else None)
    if said is None and target.flag:
        return frame.plan("difference", pair=sides, end=claim, extra=(true(target),))
    if has(items, "super") and not either:  # "is the highest salary higher in sales"
        if said is not None:
            return None
        said = ("max" if one(items, "super") == "highest" else "min", None)
    aggregate = said or (chosen_aggregate(target), None)
    if said is None and either and has(items, "super") and aggregate[0] != "sum":
        raise Impossible(
            f"By the average {target.spoken}, or by the single {one(items, 'super')} one?", [target]
        )
    return frame.plan(
        "difference",
        measures=(target,),
        aggregate=aggregate,
        pair=sides,
        end=claim,
        order=_less(items, above, either),
        chosen=said is None,
    )


def _less(items: Sequence[Item], above: Sequence[str], either: bool) -> End:
    """As in "Which is cheaper, this or that": the lower one is asked for."""
    ends = [v[0] if isinstance(v, tuple) else v for v in each(items, "super", "supercol", "most")]
    return "lowest" if either and (list(above[:1]) == ["below"] or ends == ["lowest"]) else ""


def two_columns(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Is the total of 2024 higher than that of 2023": two columns held against each other."""
    if not has(items, "than", "diff", "versus") or frame.groups:
        return None
    if any(item.kind not in _TWO or item.kind == "pair" for item in items):
        return None
    named = columns(items)
    aggregates = dict.fromkeys(each(items, "agg"))
    if len(named) != 2 or len(aggregates) != 1 or not has(items, "cmpb", "diff"):
        return None
    if named[0] is named[1]:
        return None
    for column in named:
        measure(column)
    claim: End = ""
    if has(items, "cmpb") and not has(items, "howmuch", "diff"):
        if not frame.scene.asks:  # "flights with more than the average distance": of rows
            return None
        claim = "highest" if one(items, "cmpb") == "above" else "lowest"
    return frame.plan("difference", measures=tuple(named), aggregate=next(iter(aggregates)), end=claim)


def spread(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "The difference between the highest and the lowest salary"."""
    ends = [v if isinstance(v, str) else v[0] for v in each(items, "super", "agg", "supercol")]
    named = list(dict.fromkeys([*columns(items), *(v[1] for v in each(items, "supercol"))]))
    if not has(items, "diff") or len(ends) != 2 or len(named) != 1:
        return None
    if any(
        i.kind
        not in {"diff", "what", "prep", "super", "agg", "supercol", "and", "col", "vcol", "howmuch", "noun"}
        for i in items
    ):
        return None
    plain = {{"highest": "max", "lowest": "min"}.get(end, end) for end in ends}
    if plain != {"max", "min"}:
        return None
    measure(named[0])
    return frame.plan("aggregate", measures=(named[0],), aggregate=("range", None))

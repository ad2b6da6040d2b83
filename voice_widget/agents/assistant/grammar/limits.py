"""Limits that do not go together, so that something was misheard or means something else."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from voice_widget.agents.assistant.grammar.grammar import Clause, Impossible, made
from voice_widget.agents.assistant.language.doings import WAYS
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.plans import Filter, Group
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.agents.assistant.telling import wording


def summed(items: Sequence[Item]) -> bool:
    """Whether a limit of a total was taken for one of rows: "products with a total revenue above 50000"."""
    return any(
        item.kind in ("whole", "agg")
        and then.kind == "filt"
        and {"cmp", "between", "more"} & set(then.value.glue)
        and {"col", "vcol"} & set(then.value.glue[:1])
        for item, then in itertools.pairwise(items)
    )


def settled_ways(taken: Sequence[Clause], table: Table) -> None:
    """See that it is clear what is denied of a way: "not from Boston to Miami".

    Raises:
        Impossible: It may be the way, or where it begins.
    """
    for one, then in itertools.pairwise(taken):
        begins, ends = (set(table.columns[c.filter.column].words) for c in (one, then))
        if "not" in one.glue and then.glue == ("prep", "val") and begins & WAYS["from"] and ends & WAYS["to"]:
            raise Impossible("Not from there, or not on that way? Say it in other words.")


_LIMITS = {"above": (1, 0), "at least": (1, 0), "below": (0, 1), "at most": (0, 1), "between": (1, 1)}


def settled(taken: Sequence[Clause], table: Table) -> None:
    """See that no limit of a column makes another one idle: then one of them was misheard.

    Raises:
        Impossible: One does.
    """
    wanted = list(dict.fromkeys(c.filter for c in taken if c.filter.op in _LIMITS and not c.filter.negated))
    for n, one in enumerate(wanted):
        for other in wanted[n + 1 :]:
            if one.column != other.column:
                continue
            (low, high), (floor, ceiling) = _ends(one), _ends(other)
            if (low >= floor and high <= ceiling) or (floor >= low and ceiling <= high):
                name = table.columns[one.column].spoken
                raise Impossible(f"You gave two limits for {name}. Which one of them do you mean?")
    held = {f.column: f for f in (c.filter for c in taken) if f.op == "in" and not f.negated}
    for other in (c.filter for c in taken if "no" in c.glue):
        mine = held.get(other.column)
        if mine is not None and not set(mine.values) & set(other.values):  # "chairs, no stools"
            said = [
                wording.held(Filter(f.column, "in", f.values), table)
                if f.values
                else wording.clause(f, table)
                for f in (mine, other)
            ]
            raise Impossible(f"Do you mean {said[0]}, or {said[1]}?")


def never(taken: Sequence[Clause]) -> bool:
    """Whether a yes and a no are asked for at once: "smokers and non smokers", "to Rome and not to Rome"."""
    listed = [c.filter for c in taken if c.filter.op == "in"]
    wanted = [c.filter for c in taken if {"flag", "noflag"} & set(c.glue) and c.filter.op == "in"]
    return any(
        f.column == other.column and set(f.values).isdisjoint(other.values)
        for f in wanted
        for other in wanted
    ) or any(
        f.column == other.column and other.negated and not f.negated and set(f.values) <= set(other.values)
        for f in listed
        for other in listed
    )


_BRINGS = frozenset(str.split("with rel be verb vcol prep pron"))


def both_ways(item: Item, table: Table) -> Item:
    """As in "with and without a trainer": groups, for both are asked for.

    Raises:
        Impossible: It is of no yes-or-no column, or "or" joins them.
    """
    if item.kind != "filt" or not isinstance(item.value, Clause):
        return item
    glue = item.value.glue
    at = next((n for n, kind in enumerate(glue) if kind not in _BRINGS), 0)
    if not at or glue[at] not in ("and", "or") or not {"not", "noflag"} & set(glue[at:]):
        return item
    column = table.columns[item.value.filter.column]
    if column.flag is None or glue[at] == "or":
        raise Impossible(f"With {column.spoken}, or without? Ask for one of them.", [column])
    return made("group", (Group(column.position),), [item])


def _ends(wanted: Filter) -> tuple[float, float]:
    has_low, has_high = _LIMITS[wanted.op]
    low, *_, high = (_plain(value) for value in (*wanted.values, *wanted.values))
    return low if has_low else float("-inf"), high if has_high else float("inf")


def _plain(value: Any) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value)

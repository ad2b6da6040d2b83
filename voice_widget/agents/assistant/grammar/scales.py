"""Which rows, held against what is no number: a value in an order of values, another column, the average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voice_widget.agents.assistant.grammar.grammar import (
    GLUE,
    Impossible,
    Scene,
    clause,
    columns,
    has,
    one,
    rules,
)
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.plans import Level, Op
from voice_widget.agents.assistant.tables.tables import Column

UPSIDE: dict[Op, Op] = {"above": "at most", "below": "at least", "at least": "below", "at most": "above"}
"""What does not hold where the other does."""


# --- values that have an order ---------------------------------------------------------------------------


def _beyond(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "at least happy", "education above college"."""
    column, value = one(items, "val")
    op: Op = one(items, "cmp", "more")
    if op not in UPSIDE or not column.order or any(named is not column for named in columns(items)):
        return None
    op = UPSIDE[op] if has(items, "not") else op
    at = column.order.index(value)
    first, last = {
        "above": (at + 1, None),
        "at least": (at, None),
        "below": (0, at),
        "at most": (0, at + 1),
    }[op]
    return _held(column, column.order[first:last], items)


def _from_to(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "between low and medium"."""
    (column, low), (other, high) = (item.value for item in items if item.kind == "val")
    if not column.order or other is not column or any(named is not column for named in columns(items)):
        return None
    low, high = sorted((column.order.index(low), column.order.index(high)))
    return _held(column, column.order[low : high + 1], items)


def _held(column: Column, values: Sequence[Any], items: Sequence[Item]) -> Item:
    if not values:
        end = "first" if one(items, "cmp", "more") == "below" else "last"
        raise Impossible(f"I know nothing beyond that: it is the {end} of {column.spoken}.", [column])
    return clause(column, "in", tuple(values), False, items)


# --- two columns -----------------------------------------------------------------------------------------


def _beside(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "with more home goals than away goals", "seats sold equal seats": in each row."""
    first, second = columns(items)
    said = one(items, "cmp", "cmpb")
    if said is None and has(items, "before", "after"):
        said = "below" if has(items, "before") else "above"
        if first.kind != "date":
            return None
    elif said is None:
        said = "equal"
        if not any(item.kind == "be" and "equal" in item.value for item in items):
            return None
    if not _alike(first, second) or scene.sums:
        return None
    if has(items, "not"):
        if said not in UPSIDE:
            return None
        said = UPSIDE[said]
    return clause(first, "beside", (said, second.position), False, items)


def _alike(first: Column, second: Column) -> bool:
    """Whether their values can be held against each other: amounts of one unit, moments, lengths of time."""
    if first is second or first.kind != second.kind or first.kind not in ("number", "date", "duration"):
        return False
    named = any(column.identifies or column.flag is not None or column.yearly for column in (first, second))
    return not named and (first.unit == second.unit or not (first.unit and second.unit))


# --- the average -----------------------------------------------------------------------------------------


def _beside_average(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "above average", "more than twice the average": of all rows."""
    op, column = one(items, "cmpcol") or (one(items, "cmp"), None)
    column = column or columns(items)[0]
    wrong = column.kind != "number" or column.identifies or column.flag is not None
    if op not in UPSIDE or scene.sums or wrong or any(named is not column for named in columns(items)):
        return None
    said = one(items, "agg")
    name = said[0] if isinstance(said, tuple) else said
    if name not in ("mean", "median"):
        return None
    scene.notes = (*scene.notes, "average")
    op = UPSIDE[op] if has(items, "not") else op
    fold = one(items, "fold") or 1.0
    what = {"mean": "average", "median": "median"}[name]
    limit = Level(fold * getattr(column.series, name)(), f"{_FOLDS[fold]}the {what}")
    return clause(column, op, (limit,), False, items)


_FOLDS = {1.0: "", 2.0: "twice ", 3.0: "three times ", 0.5: "half "}


SCALES = rules(
    (
        (f"{GLUE} C? (be|verb|prep)* between val and val", _from_to),
        (f"{GLUE} C (be|verb|prep)* not? (be|verb)* cmp prep? val", _beyond),
        (f"{GLUE} not? (be|verb)* cmp prep? val C?", _beyond),
        (f"{GLUE} C? (be|verb|prep)* val more", _beyond),
        (f"{GLUE} C (be|verb|prep)* not? (be|verb)* cmp fold? prep? agg", _beside_average),
        (f"{GLUE} C? (be|verb)* not? (be|verb)* cmpcol than? fold? agg", _beside_average),
        (f"{GLUE} not? cmp agg (count prep?)? C", _beside_average),
        (f"{GLUE} C (be|verb|prep)* not? (be|verb)* cmp prep? C", _beside),
        (f"{GLUE} C (be|verb|prep)* not? (be|verb)* cmpb than prep? C", _beside),
        (f"{GLUE} not? cmpb C than prep? C", _beside),
        (f"{GLUE} C (be|verb)* not? be prep? C", _beside),
        (f"{GLUE} C and C be", _beside),
        (f"{GLUE} C be? not? (before|after) C", _beside),
    )
)
"""Before the plain values and numbers."""

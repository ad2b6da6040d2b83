"""Whether a plan that a model made has a part for every word of its question. Pure.

What the words name, a column, a value, a number, a "not", must stand in the plan. A word that nobody knows
must have something in the plan that it can stand for, which no other word names: "heft" the body mass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.grammar.tokens import tokens
from voice_widget.agents.assistant.language.lattice import Item, readings
from voice_widget.agents.assistant.tables.plans import Filter, Plan
from voice_widget.agents.assistant.tables.tables import Column

_PLAIN = 1.2  # the most that a name in full costs
_NUMBERS = frozenset(("num", "nth", "period", "decade", "percentile"))
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
    if not all(_stands(item, plan, lexicon) for item in named):
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

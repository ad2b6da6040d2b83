"""The core of a question, once its rows, groups and order are known: what kind of result is wanted.

A core matches one of these patterns as a whole, or the question is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from voice_widget.agents.assistant.grammar import (
    comparing,
    counting,
    extremes,
    looking,
    picking,
    relating,
    repeating,
    shares,
)
from voice_widget.agents.assistant.grammar.frame import Frame, aggregated, chosen_aggregate, measure
from voice_widget.agents.assistant.grammar.grammar import (
    ADDING,
    Impossible,
    Unclear,
    columns,
    each,
    has,
    kinds_of,
    one,
    pattern,
)
from voice_widget.agents.assistant.grammar.grouping import Order
from voice_widget.agents.assistant.language import synonyms
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.operations.masks import mask
from voice_widget.agents.assistant.tables.plans import Agg, Choice, Plan
from voice_widget.agents.assistant.tables.tables import Column

Core = Callable[[Sequence[Item], Frame], "Plan | None"]
_ASK = "(what|show|how|howmuch)*"
_NOUN = "(noun|pron|table|all)?"


# --- numbers -------------------------------------------------------------------------------------------


def _aggregate(items: Sequence[Item], frame: Frame) -> Plan | None:
    said = list(dict.fromkeys(each(items, "agg")))
    if len(said) > 1 and not frame.groups and {name for name, _ in said} <= {"min", "max", "mean"}:
        [column] = columns(items) if len(columns(items)) == 1 else [None]
        if column is None or column.kind != "number":
            return None
        return frame.plan("describe", measures=(column,))
    if len(said) != 1:
        return None
    if len(columns(items)) > 1 and ADDING[0] in each(items, "and"):
        raise Impossible("I cannot add columns to each other. Ask for each of them.", columns(items))
    return _of_measures(columns(items), said[0], frame)


def _of_measures(named: Sequence[Column], said: tuple[Agg, float | None], frame: Frame) -> Plan | None:
    named = list(dict.fromkeys(named))
    for column in named:
        aggregated(column, said)
    if len(named) == 1 and named[0].kind == "date" and said[0] in ("min", "max") and not frame.groups:
        return frame.plan("moment", measures=named, end="highest" if said[0] == "max" else "lowest")
    if [c.kind for c in named] == ["date"] and said == ("mean", None) and frame.groups:
        own = all(g.column == named[0].position and g.unit for g in frame.groups)
        return frame.plan("count", aggregate="mean") if own else None  # "average hires per year"
    order = frame.order
    if order is not None and order.by is None and not order.counted and len(named) == 1:
        return None
    return frame.plan("aggregate", measures=named, aggregate=said)


def _extreme_value(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "The highest salary", "how old is the oldest"."""
    mark = next(item for item in items if item.kind in ("super", "supercol", "topn"))
    end, column = (mark.value, None) if mark.kind != "supercol" else mark.value
    named = [c for c in columns(items) if c is not column]
    if column is not None and named:
        return None
    column = column or named[0]
    if column.kind == "text" or (column.kind == "date" and looking.sized(items)):
        return None
    return _of_measures([column], ("max" if end == "highest" else "min", None), frame)


def _both_ends(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "The smallest and the largest salary"."""
    ends = [v if isinstance(v, str) else v[0] for v in each(items, "super", "supercol")]
    named = {*columns(items), *(v[1] for v in each(items, "supercol"))}
    if len(set(ends)) < 2 or len(named) != 1 or frame.groups or (column := named.pop()).kind != "number":
        return None
    measure(column)
    return frame.plan("describe", measures=(column,))


def _extreme_amount(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "The smallest number of units"."""
    amount = columns(items)[0].kind == "number" and not columns(items)[0].key and not frame.groups
    return _extreme_value(items, frame) if amount else None


def _each_amount(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How many units does an order have on average"."""
    column = columns(items)[0]
    return (
        _of_measures([column], one(items, "agg"), frame)
        if column.kind == "number" and not column.key
        else None
    )


def _compared(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Compare body mass by island"."""
    if not frame.groups or one(items, "diff") in ("by how much", "how much more"):
        return None
    return _aggregate(items, frame) if has(items, "agg") else _column(items, frame)


def _gets(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How cold did it get": the lowest; "how hot did it get at most"."""
    end, column = one(items, "adj")
    plain: tuple[Agg, float | None] = ("max" if end == "highest" else "min", None)
    return _of_measures([column], one(items, "agg") or plain, frame)


def _whole(items: Sequence[Item], frame: Frame) -> Plan | None:
    return _of_measures(columns(items)[:1], ("sum", None), frame)


def _howmuch(items: Sequence[Item], frame: Frame) -> Plan | None:
    column = columns(items)[0]
    if synonyms.summable(column.words):
        return frame.plan("aggregate", measures=(column,), aggregate="sum", chosen=True)
    return _column(items, frame)


def _only_aggregate(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "What is the average": of which column?"""
    said = one(items, "agg")
    found = [c for c in frame.scene.table.numbers() if not c.flag][:8]
    if not found:
        raise Impossible("There are no columns of numbers.")
    if len(found) == 1:
        return _of_measures(found, said, frame)
    choices = [Choice(c.spoken, frame.plan("aggregate", measures=(c,), aggregate=said)) for c in found]
    raise Unclear("Which one do you mean: {}?", choices)


def _column(items: Sequence[Item], frame: Frame) -> Plan | None:
    """Only a column: its total or average, which is said; without groups it is asked, unless of one row."""
    item = next(item for item in items if item.kind in ("col", "vcol", "flag"))
    column: Column = item.value
    if column.kind in ("text", "other") or column.flag or column.key:
        return counting.values(items, frame) if has(items, "what", "which", "show") else None
    if column.kind == "date":
        return _moment_of_one(column, frame)
    measure(column)
    kind = chosen_aggregate(column)
    if frame.groups or kind == "sum":
        return frame.plan("aggregate", measures=(column,), aggregate=kind, chosen=True)
    if frame.clauses and _rows_of(frame) == 1:
        return frame.plan("aggregate", measures=(column,), aggregate="max", chosen=True)
    if has(items, "show") and not frame.clauses:
        return None
    names: tuple[tuple[str, Agg], ...] = (
        ("average", "mean"),
        ("total", "sum"),
        ("highest", "max"),
        ("lowest", "min"),
    )
    raise Unclear(
        f"The average {column.spoken}, the total, the highest or the lowest?",
        [Choice(name, frame.plan("aggregate", measures=(column,), aggregate=agg)) for name, agg in names],
    )


def _columns(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Revenue and units by region": where each is meant as the same."""
    named = columns(items)
    kinds = {chosen_aggregate(column) for column in named}
    if not frame.groups or len(kinds) > 1 or any(c.kind != "number" or c.key or c.flag for c in named):
        return None
    return _of_measures(named, (kinds.pop(), None), frame)


def _moment_of_one(column: Column, frame: Frame) -> Plan | None:
    if frame.clauses and _rows_of(frame) == 1:
        return frame.plan("moment", measures=(column,), end="lowest")
    return None


def _when(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "When was Oslo founded": of one row."""
    column = columns(items)[0]
    return _moment_of_one(column, frame) if column.kind == "date" and not frame.groups else None


def _rows_of(frame: Frame) -> int:
    rows = mask(frame.scene.table, frame.filters)
    return len(frame.scene.table) if rows is None else int(rows.sum())


def _exists(items: Sequence[Item], frame: Frame) -> Plan | None:
    return frame.plan("exists") if frame.clauses else None


# --- two columns ---------------------------------------------------------------------------------------


def _correlation(items: Sequence[Item], frame: Frame) -> Plan | None:
    first, second = columns(items)
    for column in (first, second):
        if column.kind not in ("number", "bool") and not column.flag:
            raise Impossible(
                f"{column.spoken.capitalize()} holds no numbers, so it has no correlation.", [column]
            )
    if first is second:
        raise Impossible(f"That is {first.spoken} twice. Name two columns.", [first])
    return frame.plan("correlation", measures=(first, second))


def _ordered(items: Sequence[Item], frame: Frame) -> Plan | None:
    """An order alone says what is wanted: "top five by body mass", "sort by year"."""
    if frame.order is None and frame.head is None and frame.clauses:
        last = frame.clauses[-1].filter
        flag = frame.scene.table.columns[last.column].flag is not None and not items
        if (
            frame.clauses[0].glue[0] in ("col", "vcol")
            and not items
            and not frame.groups
            and last.op not in ("missing", "any")
        ):
            return looking.rows(items, frame)  # "temperatures above 25"
        if (frame.groups and flag) or (last.op == "missing" and not last.negated and not items):
            return frame.plan("count")  # "errors by country", "missing prices"
    return looking.rows(items, frame) if isinstance(frame.order, Order) or frame.head is not None else None


CORES: tuple[tuple[re.Pattern[str], Core], ...] = tuple(
    (pattern(kinds), core)
    for kinds, core in (
        (f"{_ASK} prep* count prep* {_NOUN} pron? exist? whole?", counting.count),
        (f"(what|show)* often {_NOUN} (sort|vcol|exist)?", counting.often),
        ("(what|show)* often prep* (col|flag) exist?", counting.often),
        ("(what|show)* often pron (col|vcol)", counting.some),
        (f"{_ASK} prep? noun count", counting.count),
        (f"{_ASK} count {_NOUN} vcol {_NOUN}", counting.dated),
        (f"(howmuch|how) {_NOUN}", looking.size_asked),
        (f"{_NOUN}", _ordered),
        (f"(show|which|what|who)? prep? {_NOUN} all?", _ordered),
        ("noun", counting.noun),
        ("(show|which|what|who) prep? (noun|pron|table|all) exist?", looking.rows),
        ("(show|who|which)", looking.rows),
        ("compare prep* (col|vcol)", _compared),
        ("(col|vcol)", counting.dated),
        (f"{_ASK} prep* count prep* col (noun|exist|verb|pron)* whole?", counting.count_column),
        (f"{_ASK} prep* count prep* distinct values? prep* C (values|exist)*", counting.distinct),
        (f"{_ASK} count values exist?", counting.lacking),
        (f"{_ASK} count prep* values prep* C exist?", counting.distinct),
        ("(what|which|show)? prep? distinct values? prep* C (values|exist|named)*", counting.distinct),
        ("(what|which|show) prep? values prep* C exist?", counting.values),
        ("(what|which|show) prep? exist? C (values|pron|noun)? exist? named?", counting.values),
        (f"{_ASK} agg values? prep* C (and C)* {_NOUN}", _aggregate),
        (f"{_ASK} {_NOUN} C {_NOUN} (values|whole)? agg {_NOUN}", _aggregate),
        (f"{_ASK} {_NOUN} agg {_NOUN} C {_NOUN}", _aggregate),
        (f"(what|how|howmuch)* {_NOUN} vcol {_NOUN} whole", _whole),
        (f"(how|howmuch)+ adj {_NOUN} gets agg?", _gets),
        (f"(how|howmuch)+ adj {_NOUN} agg", _gets),
        (f"{_ASK} agg (and? agg)+ values? prep* C {_NOUN}", _aggregate),
        (f"{_ASK} prep* C (values|whole)? agg", _aggregate),
        (f"{_ASK} agg prep* C prep? agg", _aggregate),
        (f"(how|howmuch) vcol {_NOUN} agg {_NOUN}", _aggregate),
        (f"howmuch {_NOUN} vcol agg", _aggregate),
        ("howmuch C (agg|whole)", _whole),
        (f"howmuch {_NOUN} vcol whole", _whole),
        (f"{_ASK} C whole", _whole),
        (f"{_ASK} count C whole", _whole),
        (f"{_ASK} count C {_NOUN} agg", _each_amount),
        (f"{_ASK} agg count prep* C {_NOUN}", _each_amount),
        ("(how|what|exist|show)* agg? C diff", _compared),
        ("(how|what|show)* diff prep* agg? C", _compared),
        (f"{_ASK} (super|topn) count prep* C", _extreme_amount),
        (f"{_ASK} (super|supercol|topn) values? prep* C {_NOUN}", _extreme_value),
        (f"{_ASK} (super|supercol) and (super|supercol) values? prep* C {_NOUN}", _both_ends),
        (f"what C prep* supercol {_NOUN}", _extreme_value),
        (f"(how|howmuch) vcol supercol {_NOUN} C?", _extreme_value),
        (f"{_ASK} agg {_NOUN}", _only_aggregate),
        (f"howmuch {_NOUN} prep? C {_NOUN}", _howmuch),
        (f"howmuch {_NOUN} C whole", _whole),
        (f"(how|howmuch)+ vcol {_NOUN}", _column),
        (f"howmuch {_NOUN} vcol", _howmuch),
        ("what noun vcol", _column),
        ("(what|which|show|how)* C", _column),
        ("(what|show)* C (and C)+", _columns),
        (f"when {_NOUN} (col|vcol)", _when),
        (f"{_ASK} share (prep (share|uom))?", shares.share),
        (f"{_ASK} share prep* {_NOUN} prep?", shares.share),
        (f"{_ASK} share prep* whole? C prep?", shares.share),
        (f"{_ASK} C prep? share prep?", shares.share),
        (f"exist {_NOUN}", _exists),
        ("(what|exist|how|howmuch|show)* C? corr prep* C (and|prep)* C?", _correlation),
        ("(what|exist|how|howmuch|show)* C (and|prep)* C corr", _correlation),
        *looking.CORES,
        *repeating.CORES,
    )
)


_ASKING: tuple[Core, ...] = (
    comparing.compare,
    comparing.two_columns,
    comparing.spread,
    *extremes.ASKING,
    picking.having,
    picking.rate,
    *relating.ASKING,
)


def core(items: Sequence[Item], frame: Frame) -> Plan | None:
    """The plan of a core, or None where no pattern fits.

    Raises:
        Impossible: It was understood, and cannot be.
        Unclear: It may mean several things.
    """
    if (has(items[:2], "plot") or has(items[-1:], "plot")) and (plan := _plotted(items, frame)) is not None:
        return plan
    for ask in _ASKING:
        if (plan := ask(items, frame)) is not None:
            return plan
    text = kinds_of(items)
    for compiled, build in CORES:
        if compiled.fullmatch(text) and _two(text, items) and (plan := build(items, frame)) is not None:
            return plan
    return picking.pick(items, frame)


def _plotted(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Plot" and a question of its own: its result is drawn."""
    rest = [item for item in items if item.kind not in ("plot", "show")]
    while rest and rest[0].kind == "prep":
        rest = rest[1:]
    if not frame.groups:
        return None
    if not rest:  # "plot errors by country"
        return frame.plan("count", plot=True) if frame.clauses else None
    plan = core(rest, frame)
    return (
        None
        if plan is None or plan.do not in ("aggregate", "count", "share", "distinct")
        else plan.but(plot=True)
    )


def _two(text: str, items: Sequence[Item]) -> bool:
    return "corr" not in text or len(columns(items)) == 2

"""Cores that count: rows, values, how often, and amounts that are counted in words only."""

from __future__ import annotations

from collections.abc import Sequence

from voice_widget.agents.assistant.grammar import looking
from voice_widget.agents.assistant.grammar.clauses import has_none
from voice_widget.agents.assistant.grammar.frame import Frame, group_of
from voice_widget.agents.assistant.grammar.grammar import Impossible, Unclear, columns, has, one
from voice_widget.agents.assistant.language import synonyms
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.operations.masks import mask
from voice_widget.agents.assistant.tables.plans import Choice, End, Filter, Group, Plan
from voice_widget.agents.assistant.tables.tables import Column

_AMOUNTS = frozenset(("units", "quantity", "qty", "sold", "pieces", "items"))


def count(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How many orders are there"; a bare "number" counts nothing."""
    if one(items, "count") == "number" and not has(items, "noun") and not frame.clauses:
        return None
    if frame.order is not None and frame.order.counted:
        return None
    if "sold" in frame.scene.notes:
        sold(frame)
    if (column := _known(items, frame) or _days(items, frame)) is not None:
        return frame.plan("distinct", measures=(column,))
    return frame.plan("count")


def _days(items: Sequence[Item], frame: Frame) -> Column | None:
    """As in "how many days in July": the days, of which several rows may be."""
    for wanted in frame.clauses:
        column = frame.scene.table.columns[wanted.filter.column]
        if wanted.glue[:1] == ("col",) and wanted.filter.op in ("period", "cycle") and repeated(column):
            return None if has(items, "noun", "pron") else column
    return None


def repeated(column: Column) -> bool:
    """Whether it is called by its days, and one of them is that of several rows."""
    return column.kind == "date" and bool(_DAYS & set(column.words)) and not column.unique


def _known(items: Sequence[Item], frame: Frame) -> Column | None:
    """As in "how many cities are known": the cities, not the rows with one."""
    last = frame.clauses[-1] if frame.clauses else None
    if (
        last is None
        or has(items, "noun", "pron")
        or (last.filter.op, last.filter.negated) != ("missing", True)
    ):
        return None
    column = frame.scene.table.columns[last.filter.column]
    parts = column.kind == "text" and not column.series.dropna().is_unique
    return column if parts and last.glue[:1] in (("col",), ("not",)) else None


def sold(frame: Frame, groups: tuple[Group, ...] = (), end: End = "") -> None:
    """See that it is clear of what was sold: pieces or rows.

    Raises:
        Unclear: There is a column of pieces, and nothing says which is meant.
    """
    pieces = [c for c in frame.scene.table.numbers() if _AMOUNTS & set(c.words)][:1]
    for column in pieces:
        total = frame.plan("aggregate", measures=(column,), aggregate="sum", groups=groups, end=end)
        rows = frame.plan("count", groups=groups, end=end)
        raise Unclear(
            f"The total {column.spoken}, or the number of rows?",
            [Choice(f"the total {column.spoken}", total), Choice("the number of rows", rows)],
        )


def often(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How often was each product ordered"."""
    if one(items, "sort") not in (None, "ordered"):
        return None
    if columns(items):  # "value counts of species"
        return frame.plan("count", groups=(group_of(columns(items)[0]),))
    return frame.plan("count") if frame.groups or frame.clauses else None


def some(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How often did it rain": the rows with some of an amount that is often none."""
    column = columns(items)[0]
    return frame.plan("count", extra=(Filter(column.position, "above", (0,)),)) if has_none(column) else None


def noun(items: Sequence[Item], frame: Frame) -> Plan | None:
    """Only a noun: by group it is counted, with an order or a filter its rows are shown."""
    if frame.order is not None or frame.head is not None:
        return looking.rows(items, frame)
    said = one(items, "noun")
    if frame.groups and isinstance(said, str):
        return frame.plan("count") if said.endswith("s") else None
    return looking.rows(items, frame) if frame.clauses else None


def dated(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Hires per year": a column of dates, by a unit of itself, counts."""
    column = columns(items)[0]
    if column.kind == "date" and any(g.column == column.position and g.unit for g in frame.groups):
        cost = next(item.cost for item in items if item.value is column)
        done = has(items, "noun", "pron") or 1.05 < cost < 1.45  # people, "hired": what was done, and no days
        days = repeated(column) and not done
        return frame.plan("distinct", measures=(column,)) if days else frame.plan("count")
    return None


def count_column(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How many species", "how many units": distinct values of a name, the total of an amount."""
    item = next(item for item in items if item.kind in ("col", "vcol"))
    column: Column = item.value
    if (parted := dated(items, frame)) is not None:
        return parted  # "how many were hired in each year"
    if (yes := _agreed(column)) is not None:
        return frame.plan("count", extra=(Filter(column.position, "in", (yes,)),))
    if column.kind == "text" and column.unique and not column.series.hasnans:
        return frame.plan("count")  # each row is one
    if _amount(column):
        return frame.plan("aggregate", measures=(column,), aggregate="sum", chosen=True)
    if column.kind == "text" and any(f.column == column.position and f.op == "in" for f in frame.filters):
        return frame.plan("count")  # "how many never work remote": one value of it says which rows
    if column.kind in ("text", "date") or column.key or column.groups:
        plan = frame.plan("distinct", measures=(column,))
        if column.kind == "date" and not _DAYS & set(column.words):
            _dated_rows(column, frame, plan)
        if frame.clauses and column.words[-1] in ("name", "title") and item.cost > 1.45:
            return frame.plan("count")  # "products that cost more than nine": each row is one
        partly = item.cost > 1.45  # "products", of a column "product name": the names, or the rows?
        if partly and not column.key and not _alone(column, frame):
            rows = frame.plan("count")
            several = column.spoken.removesuffix("s") + "s"
            raise Unclear(
                f"The number of rows, or of different {several}?",
                [Choice("rows", rows), Choice(f"different {several}", plan)],
            )
        none_of(column, frame)
        return plan
    if synonyms.summable(column.words):
        return frame.plan("aggregate", measures=(column,), aggregate="sum", chosen=True)
    raise Unclear(
        f"The total {column.spoken}, or the number of rows?",
        [
            Choice(
                f"the total {column.spoken}", frame.plan("aggregate", measures=(column,), aggregate="sum")
            ),
            Choice("the number of rows", frame.plan("count")),
        ],
    )


_IT = frozenset(str.split("it its this that"))
_DAYS = frozenset(str.split("date dates day days time times month months timestamp"))


def _dated_rows(column: Column, frame: Frame, days: Plan) -> None:
    """See that "how many were discharged" is not answered by how many days that was done on.

    Raises:
        Unclear: It is asked which of the two is meant.
    """
    rows = frame.plan("count", extra=(known(column),))
    raise Unclear(
        f"The number of rows with known {column.spoken}, or of different values of it?",
        [Choice("rows", rows), Choice("different values", days)],
    )


def known(column: Column) -> Filter:
    """The rows in which a column is not missing."""
    return Filter(column.position, "missing", (), True)


def _agreed(column: Column) -> str | None:
    """The yes of a column of answers, as in "how many would recommend"."""
    found = column.table.distinct(column) if column.kind == "text" else None
    return next((v for v in found or () if str(v).strip().lower() == "yes"), None)


def _alone(column: Column, frame: Frame) -> bool:
    return column.words[-1] in ("id", "code", "number")


def distinct(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How many different countries"."""
    column = columns(items)[0]
    none_of(column, frame)
    if has(items, "count", "howmuch"):
        return frame.plan("distinct", measures=(column,))
    return frame.plan("values", measures=(column,)) if not frame.groups else None


def lacking(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "How many values are missing in …": its rows."""
    return frame.plan("count") if frame.clauses and frame.clauses[-1].filter.op == "missing" else None


def beyond(column: Column, frame: Frame) -> None:
    """See that a limit is one of single rows: no row has 4000 units, a product may.

    Raises:
        Unclear: No row is beyond it, and its column adds up.
    """
    for wanted in (clause.filter for clause in frame.clauses):
        amount = frame.scene.table.columns[wanted.column]
        if wanted.op not in ("above", "at least") or not synonyms.summable(amount.words):
            continue
        if amount.series.max() < wanted.values[0]:
            rest = tuple(f for f in frame.filters if f is not wanted)
            plan = frame.plan(
                "aggregate",
                measures=(amount,),
                aggregate="sum",
                groups=(group_of(column),),
                filters=rest,
                having=(wanted.op, wanted.values[0]),
            )
            raise Unclear(
                f"No single row has that many. Do you mean the total {amount.spoken} by {column.spoken}?",
                [Choice(f"the total {amount.spoken} by {column.spoken}", plan)],
            )


def _amount(column: Column) -> bool:
    """Whether its few whole numbers are so many of something: kids, not a year."""
    first, *_, last = column.spoken.split() * 2  # "seats", "seats sold"
    several = any(
        word in ("children", "people") or (word.endswith("s") and not word.endswith(("ss", "us", "is")))
        for word in (first, last)
    )
    several = several or synonyms.summable(column.words)  # "quantity"
    return column.kind == "number" and column.whole and not column.key and several


def _both(column: Column, frame: Frame) -> None:
    """See that what has one of two things is not taken for what has both: "islands with adelies and gentoo".

    Raises:
        Impossible: It is asked for both, and some have only one.
    """
    several = [c.filter for c in frame.clauses if c.filter.op == "in" and not c.filter.negated]
    both = "both" in frame.scene.notes and len(several) > 1
    for wanted in several if "and" in frame.scene.notes else ():
        other = frame.scene.table.columns[wanted.column]
        held = mask(frame.scene.table, (wanted,))
        found = other.series[held].groupby(column.series[held].to_numpy()).nunique()
        both = both or (other is not column and bool((found < len(wanted.values)).any()))
    if both:
        raise Impossible(f"I cannot tell which {column.spoken} has both, just which has any.", [column])


def none_of(column: Column, frame: Frame) -> None:
    """See that what some rows are is not taken for what none or all are: "without returns", "only adelies".

    Raises:
        Impossible: It is asked which of a column have no such row, or no other ones, and some have both.
    """
    only = "only" in frame.scene.notes
    _both(column, frame)
    if any(wanted.filter.op == "beside" for wanted in frame.clauses):
        raise Impossible(
            f"I cannot tell for which {column.spoken} that holds on the whole, only in which rows.", [column]
        )
    for wanted in frame.clauses:
        other = frame.scene.table.columns[wanted.filter.column]
        flagged = other.flag is not None and wanted.filter.values == (other.flag[1],)
        said = {"not", "no", "noflag"} & set(wanted.glue)
        none = bool(said) and (
            "no" in said or flagged or wanted.filter.negated or wanted.filter.op == "missing"
        )
        if other is column or not (none or only):
            continue
        held = mask(frame.scene.table, (wanted.filter,))
        if {*column.series[held].dropna().unique()} & {*column.series[~held].dropna().unique()}:
            if only:
                raise Impossible(
                    f"I cannot tell which {column.spoken} has only such rows, just which has any.", [column]
                )
            raise Impossible(
                f"I cannot tell which {column.spoken} has none, only which rows are so.", [column]
            )


def values(items: Sequence[Item], frame: Frame) -> Plan | None:
    """As in "Which species are there", "list the departments"."""
    column = columns(items)[0]
    if frame.groups or frame.order is not None or frame.head is not None or one(items, "pron") in _IT:
        return None
    if not column.unique:
        none_of(column, frame)
    if column.kind == "text" and not column.unique:
        beyond(column, frame)
    if column.kind == "text" and column.unique and frame.clauses:
        return looking.rows(items, frame)
    if _amount(column) and not has(items, "which", "show"):
        return None  # "what is the quantity": a number
    if column.kind in ("text", "bool") or column.groups or column.flag:
        return frame.plan("values", measures=(column,))
    return None

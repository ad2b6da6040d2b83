"""Which rows are meant: the rules by which words become filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voice_widget.agents.assistant.grammar.dating import PATTERNS
from voice_widget.agents.assistant.grammar.grammar import (
    GLUE,
    Build,
    Clause,
    Impossible,
    Scene,
    clause,
    columns,
    each,
    has,
    made,
    one,
    rules,
)
from voice_widget.agents.assistant.grammar.scales import UPSIDE
from voice_widget.agents.assistant.grammar.units import measured_in, number_of, same_unit
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.language.words import stem
from voice_widget.agents.assistant.tables.nouns import PEOPLE
from voice_widget.agents.assistant.tables.plans import Filter, Op
from voice_widget.agents.assistant.tables.tables import Column

# --- values ----------------------------------------------------------------------------------------


def _joined(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "north or south": values of one column."""
    first, second = each(items, "val", "vals")
    ours = first if isinstance(first, list) else [first]
    column, _ = ours[0]
    if second[0] is not column:
        return None
    if has(items, "and"):
        scene.notes = (*scene.notes, "and")
    return made("vals", [*ours, second], items)


def _of_column(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "north region": a value with its own column's name behind it."""
    values = _values(items)
    return made("vals", values, items) if values[0][0] is columns(items)[0] else None


def _values(items: Sequence[Item]) -> list[tuple[Column, Any]]:
    found: list[tuple[Column, Any]] = []
    for value in each(items, "val", "vals", "bare"):
        found += value if isinstance(value, list) else [value]
    return found


def _held(negated: bool) -> Build:
    """Rows that hold these values, or not."""

    def build(items: Sequence[Item], scene: Scene) -> Item | list[Item] | None:
        values = _values(items)
        named = columns(items)
        if named and named[0] is not values[0][0]:
            return None
        wanted = tuple(dict.fromkeys(value for _, value in values))
        if negated and named and items[0].value is named[0] and one(items, "not") in _EXCEPT:
            return [items[0], clause(values[0][0], "in", wanted, negated, items[1:])]
        return clause(values[0][0], "in", wanted, negated, items)

    return build


_EXCEPT = frozenset(
    ("except", "except for", "excluding", "other than", "apart from", "besides", "aside from")
)
"""What leaves a value out of what was named before: "the most common city except Rome"."""


def _flagged(negated: bool) -> Build:
    def build(items: Sequence[Item], scene: Scene) -> Item | None:
        column = columns(items)[0] if columns(items) else one(items, "noflag")
        assert column.flag is not None
        no = negated != has(items, "noflag")
        said = one(items, "yes")
        if said is not None:
            no = no != (said != "yes|true" and said is not True)
        return clause(column, "in", (column.flag[1 if no else 0],), False, items)

    return build


def _lacking(negated: bool) -> Build:
    def build(items: Sequence[Item], scene: Scene) -> Item | None:
        column = columns(items)[0]
        return clause(column, "missing", (), negated, items)

    return build


_NOT = frozenset(str.split("not isn aren wasn weren don doesn didn hasn haven never"))


def _gaps_out(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "excluding missing ratings": the column behind is meant, not the one before it."""
    if one(items, "not") in _NOT:  # "age is not missing"
        return None
    return _gaps(items, scene, negated=True)


def _with_gaps(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "average bill, missing age": what is worked out, and the rows of it."""
    at = next(n for n, item in enumerate(items) if item.kind in ("not", "missing"))
    gaps = _gaps(items[at:], scene, negated=items[at].kind == "not")
    return None if gaps is None else [*items[:at], gaps]


def _gaps(items: Sequence[Item], scene: Scene, *, negated: bool) -> Item | None:
    """The rows with or without a gap; "missing values for smokers" names none of its column."""
    if has(items, "flag") and has(items, "values"):
        return None
    return clause(columns(items)[0], "missing", (), negated, items)


_GETTING = frozenset(str.split("get gets got receive receives received getting"))


def _without(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "without an email", "no manager": only of what can be missing."""
    said = one(items, "not")
    column = columns(items)[0]
    gets = bool(_GETTING & set(each(items, "verb")))
    if column.flag or not (
        said in ("without", "no", "are no", "is no", "not any") or has(items, "with") or gets
    ):
        return None
    if has_none(column):  # no rain is nought of it
        return clause(column, "in", (0,), False, items)
    if column.kind == "number" and not column.series.hasnans:
        return clause(column, "in", (0,), False, items)
    if column.kind == "number" and bool((column.series == 0).any()):  # "no delay": nought, or a gap?
        raise Impossible(f"With {column.spoken} 0, or with no known {column.spoken}?", [column])
    return clause(column, "missing", (), False, items)


def has_none(column: Column) -> bool:
    """Whether it is an amount that is never missing and in some rows nought."""
    if column.kind != "number":
        return False
    series = column.series
    return not bool(series.isna().any()) and bool((series == 0).any()) and bool((series >= 0).all())


# --- numbers ---------------------------------------------------------------------------------------


def _compared(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "above 300", "not more than three", "300 or more"."""
    if has(items, "cmpcol"):
        op, column = one(items, "cmpcol")
        if columns(items) and columns(items)[0] is not column:
            return None
    else:
        op, column = one(items, "cmp", "more"), columns(items)[0]
    if column.kind == "date":
        return None
    number = next(item for item in items if item.kind == "num")
    if column.identifies:
        raise Impossible(
            f"{column.spoken.capitalize()} stands for things, so more or less of it means nothing.", [column]
        )
    value = number_of(number, column)
    negated = has(items, "not")
    if op == "equal":
        return clause(column, "in", (_exact(value),), negated, items)
    return clause(column, UPSIDE[op] if negated else op, (value,), False, items)


def _signed(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "with a negative growth"."""
    column = columns(items)[0]
    if column.kind != "number" or column.identifies:
        return None
    op: Op = one(items, "sign")
    return clause(column, UPSIDE[op] if has(items, "not") else op, (0,), False, items)


def _exact(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value == int(value) else value


def _equal(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "year 2007", "with three children", "rating is not five"."""
    column = columns(items)[0]
    if column.kind != "number":
        return None
    at = next(n for n, item in enumerate(items) if item.value is column)
    after = items[at : next((n for n, item in enumerate(items) if n > at and item.kind == "num"), at)]
    between = each(after, "prep")
    if between and between[0] not in ("of", "at", "to"):  # "revenue in 2023" is no amount
        return None
    values = [number_of(item, column) for item in items if item.kind == "num"]
    return clause(column, "in", tuple(_exact(value) for value in values), has(items, "not"), items)


def _sized(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "Five star reviews": an amount in the column's own unit."""
    unit = items[0].value[1] if isinstance(items[0].value, tuple) else ""
    return _equal(items, scene) if unit and same_unit(unit, items[1].value) else None


def _both(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "Stores 11 and 12"."""
    return _equal(items, scene) if columns(items)[0].identifies else None


def _aged(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "People over 50", "women under thirty": of people a bare number is their age."""
    column, numbers = _age(scene), each(items, "num")
    if column is None or any(isinstance(n, tuple) for n in numbers) or not 10 <= max(numbers) <= 100:
        return None
    if not _people(items[0], column, scene):
        return None
    said = [Item("col", column, items[1].start, items[1].start), *items[1:]]
    found = _ranged(said, scene) if has(items, "between") else _compared(said, scene)
    return None if found is None else [items[0], found]


def _people(item: Item, age: Column, scene: Scene) -> bool:
    if item.kind == "filt":
        wanted = item.value.filter
        return wanted.op == "in" and bool({"sex", "gender"} & set(scene.table.columns[wanted.column].words))
    return item.value in PEOPLE or [stem(item.value)] == list(age.words[:-1])


def _decade(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "People in their thirties"."""
    column, first = _age(scene), one(items, "decade")
    if column is None or has(items, "not"):
        return None
    whole = bool((column.series.dropna() % 1 == 0).all())
    if whole:
        return [clause(column, "between", (first, first + 9), False, items)]
    return [
        clause(column, "at least", (first,), False, items),
        clause(column, "below", (first + 10,), False, items),
    ]


def _age(scene: Scene) -> Column | None:
    ages = [c for c in scene.table.columns if c.words[-1:] == ("age",) and c.kind == "number"]
    return ages[0] if len(ages) == 1 else None


def _ranged(items: Sequence[Item], scene: Scene) -> Item | None:
    column = columns(items)[0]
    if column.kind not in ("number", "duration"):
        return None
    low, high = (number_of(item, column) for item in items if item.kind == "num")
    if (
        column.kind == "number" and 0 < low < 1000 <= high and low * 100 <= high and high % 1000 == 0
    ):  # "between 50 and 60 thousand"
        if low >= column.series.min():
            raise Impossible(f"Between {low:g} or {low:g} thousand, and {high:g}?", [column])
        low *= 1000
    return clause(column, "between", (min(low, high), max(low, high)), has(items, "not"), items)


def _twice(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "Body mass above 4000 and below 5000"."""
    at = next(n for n, item in enumerate(items) if item.kind == "num") + 1
    column = next(item for item in items if item.kind in ("col", "vcol", "flag"))
    first = _compared(items[:at], scene)
    second = _compared([column, *items[at:]], scene)
    if first is None or second is None:
        return None
    return [first, *(item for item in items if item.kind == "or"), second]


def _twice_after(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "With more than 20 but fewer than 30 units"."""
    at = next(n for n, item in enumerate(items) if item.kind == "cmp")
    end = len(items) - 2 if items[-2].kind == "prep" else len(items) - 1
    return _twice([*items[:at], items[-1], *items[at:end]], scene)


def either(items: Sequence[Item]) -> list[Item]:
    """As in "from Germany or with more than 30 units": one of two, not of more."""
    at = next((n for n, item in enumerate(items) if item.kind == "or"), 0)
    sides = [item for item in items if item.kind == "filt"]
    if not 0 < at < len(items) - 1 or len(sides) != 2 or [items[at - 1], items[at + 1]] != sides:
        return list(items)
    if any(side.value.filter.negated or {"not", "no"} & set(side.value.glue) for side in sides):
        return list(items)
    both = tuple(side.value.filter for side in sides)
    wanted = Clause(Filter(both[0].column, "any", both), sides[0].value.glue)
    return [*items[: at - 1], made("filt", wanted, sides), *items[at + 2 :]]


def _by_unit(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "Took more than 500 milliseconds": the only column in that unit."""
    units = {i.value[1] for i in items if i.kind == "num" and isinstance(i.value, tuple)}
    if len(units) != 1:
        return None
    unit = units.pop()
    amounts = [c for c in scene.table.columns if c.kind in ("number", "duration") and not c.flag]
    fitting = [c for c in amounts if measured_in(unit, c)]
    if len(fitting) != 1:
        return None
    column = Item("col", fitting[0], items[0].start, items[0].start)
    return _ranged([column, *items], scene) if has(items, "between") else _compared([column, *items], scene)


def _amount(items: Sequence[Item], scene: Scene) -> Item:
    """As in "dry readings": none of an amount, or some."""
    end, column = one(items, "some")
    some = (end == "highest") != has(items, "not")
    return clause(column, "above" if some else "in", (0,), False, items)


FILTERS = rules(
    (
        # What is missing.
        (f"{GLUE} not missing (values prep?)? C", _gaps_out),
        ("(agg|super) prep* C not? missing (values prep?)? C", _with_gaps),
        (f"{GLUE} C be? not missing", _lacking(True)),
        (f"{GLUE} not missing values? prep* C", _lacking(True)),
        (f"{GLUE} not (known|values)+ prep? C", _lacking(False)),
        (f"{GLUE} C be known", _lacking(True)),
        (f"{GLUE} known values? prep* C", _lacking(True)),
        (f"{GLUE} C be? known", _lacking(True)),
        (f"{GLUE} C (values|noun)? (be|verb)* missing", _lacking(False)),
        (f"{GLUE} missing values? (prep|pron)* C", _lacking(False)),
        # Values, the joined ones first.
        ("val ((and|or)+ prep?)? val", _joined),
        ("vals ((and|or)+ prep?)? val", _joined),
        ("(val|vals) be? C", _of_column),
        (f"{GLUE} C be? not (be|prep|or|verb)* (val|vals|bare)", _held(True)),
        (f"{GLUE} not (be|prep|with|by|rel|verb)* C be? bare", _held(True)),
        (f"{GLUE} not (be|prep|with|by|rel|verb)* C? be? (val|vals|bare)", _held(True)),
        (f"{GLUE} C be? prep? (val|vals|bare)", _held(False)),
        (f"{GLUE} (val|vals)", _held(False)),
        # Yes and no.
        (f"{GLUE} flag be? not yes", _flagged(True)),
        (f"{GLUE} flag be? yes", _flagged(False)),
        # Numbers.
        (f"{GLUE} C (be|verb)* not? sign", _signed),
        (f"{GLUE} not? sign C", _signed),
        (f"{GLUE} C? (be|verb)* not? (be|verb)* cmpcol than? (prep|be)* num", _compared),
        (f"{GLUE} cmp num (and|but)+ cmp num prep? C", _twice_after),
        (f"{GLUE} C (be|verb|prep)* cmp num (and|but)+ cmp num", _twice),
        (f"{GLUE} C (be|verb|prep)* cmp num or cmp num", _twice),
        (f"{GLUE} C (be|verb|prep)* not? (be|verb)* cmp num", _compared),
        (f"{GLUE} vcol by cmp num", _compared),
        (f"{GLUE} C (be|verb|prep)* num more", _compared),
        (f"{GLUE} not? cmp num prep? C", _compared),
        (f"{GLUE} num more prep? C", _compared),
        (f"{GLUE} num C more", _compared),
        (f"{GLUE} num more", _by_unit),
        (f"{GLUE} C (be|verb|prep)* not? between num and num", _ranged),
        (f"{GLUE} not? between num and num prep? C", _ranged),
        (f"{GLUE} C (be|verb|prep)* num thru num", _ranged),
        (f"{GLUE} C (be|verb|prep)* not? between num thru num", _ranged),
        (f"{GLUE} not? (between|prep)? num thru num prep? C", _ranged),
        (f"{GLUE} not? between num thru num", _by_unit),
        (f"{GLUE} between num and num C", _ranged),
        (f"{GLUE} not? cmp num", _by_unit),
        (f"{GLUE} not? between num and num", _by_unit),
        ("noun (be|prep|rel|with|verb)* not? cmp num", _aged),
        ("noun (be|prep|rel|with|verb)* num more", _aged),
        ("noun (be|prep|rel|with|verb)* not? between num and num", _aged),
        ("filt (be|rel)* not? cmp num", _aged),
        (f"{GLUE} pron decade", _decade),
    )
)

FLAGS = rules(
    (
        (f"{GLUE} not (be|prep|with|verb)* flag", _flagged(True)),
        (f"{GLUE} not (be|prep|with|verb)* noflag", _flagged(True)),
        (f"{GLUE} noflag", _flagged(False)),
        (f"{GLUE} not? some", _amount),
        (f"{GLUE} not (prep|with|verb)* C", _without),
    )
)
"""After the dates, and before bare flags become filters."""

EQUALS = rules(
    (
        (f"{GLUE} not (be|prep|with|rel|verb)* C num (or num)*", _equal),
        (f"{GLUE} C (be|verb)* num and num", _both),
        (f"{GLUE} C (be|verb)* not? prep? num (or num)*", _equal),
        ("(with|rel|be) only? num C", _equal),
        ("num C", _sized),
        ("(with|rel|be) cmp? num C", _equal),
    )
)

PERIODS = rules(PATTERNS)

"""Of what, in which order and how many: the rules by which words become groups, sorts and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voice_widget.agents.assistant.grammar.dating import dates
from voice_widget.agents.assistant.grammar.grammar import (
    Impossible,
    Scene,
    columns,
    each,
    has,
    made,
    one,
    rules,
)
from voice_widget.agents.assistant.grammar.units import number_of
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.plans import End, Group, Unit
from voice_widget.agents.assistant.tables.tables import Column

_SAID = {"highest": "top", "lowest": "bottom"}


@dataclass(frozen=True)
class Order:
    """Rows or groups in an order: by which column, or by which of their numbers."""

    end: End
    limit: int | None = None
    by: Column | None = None
    aggregate: tuple[str, float | None] | None = None
    of: Column | None = None
    counted: bool = False
    said: bool = False
    """The direction was said."""


@dataclass(frozen=True)
class Having:
    """Groups of which a number is so: an aggregate of a column, or how many rows there are."""

    aggregate: tuple[str, float | None] | None
    column: Column | None
    op: str
    value: float


def group_of(column: Column, unit: Unit = "") -> Group:
    """A column as what parts the rows.

    Raises:
        Impossible: It parts them into nearly as many groups as there are rows.
    """
    if unit or column.kind in ("text", "bool") or column.flag or column.groups or column.key:
        return Group(column.position, unit)
    if column.kind == "date":
        raise Impossible(f"By day, week, month, quarter or year of {column.spoken}?", [column])
    if column.kind in ("number", "duration"):
        raise Impossible(f"{column.spoken.capitalize()} is a measure, so I cannot group by it.", [column])
    raise Impossible(f"I cannot group by {column.spoken}.", [column])


_FEW = 20


def valued(column: Column) -> Group:
    """As `group_of`, and amounts too if they are few different ones: the most common discount."""
    few = column.kind == "number" and not column.identifies and column.series.nunique() <= _FEW
    return Group(column.position) if few else group_of(column)


def dated(scene: Scene, unit: Unit) -> Group:
    """A unit of time of the column of dates.

    Raises:
        Impossible: There is none.
    """
    if scene.date is None:
        raise Impossible(f"There are no dates in this table, so I cannot group by {unit}.")
    if scene.date.kind != "date":
        if unit == "year":
            return Group(scene.date.position)
        raise Impossible(f"{scene.date.spoken.capitalize()} has only years.", [scene.date])
    scene.guessed = True
    return Group(scene.date.position, unit)


def timed(column: Column) -> None:
    """See that a column of dates has times of day.

    Raises:
        Impossible: It holds days.
    """
    if len(times := column.times.dropna()) and (times == times.dt.normalize()).all():
        raise Impossible(f"{column.spoken.capitalize()} holds days, without a time of day.", [column])


def _columns(items: Sequence[Item], scene: Scene) -> Item:
    found: list[Group] = []
    for item in items:
        if item.kind in ("col", "vcol", "flag"):
            found.append(group_of(item.value))
        elif item.kind in ("unit", "every"):
            found.append(dated(scene, item.value))
    return made("group", tuple(dict.fromkeys(found)), items)


def _against(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "Revenue against month"; "weekends against weekdays" are other days."""
    return None if one(items, "unit") == "weekday" else _columns(items, scene)


def _unit_of(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "by month of the order date"."""
    column = columns(items)[0]
    if column.kind != "date":
        return None
    return made("group", (Group(column.position, one(items, "unit")),), items)


def _same(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "island by island"."""
    return made("group", (group_of(items[0].value),), items) if items[0].value is items[-1].value else None


def _several(items: Sequence[Item], scene: Scene) -> Item:
    return made("group", tuple(dict.fromkeys(g for groups in each(items, "group") for g in groups)), items)


def _sorted(items: Sequence[Item], scene: Scene) -> Item | None:
    named = columns(items)
    end: End = one(items, "dir") or "lowest"
    if has(items, "dirof"):
        end, of = one(items, "dirof")
        if of is not named[0]:
            return None
    return made("order", Order(end, None, named[0], said=has(items, "dir")), items)


def _top(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "top five by revenue", "the three cheapest products", "bottom two regions by average price"."""
    end: End = one(items, "topn", "super", "most") or "highest"
    named = columns(items)
    if any(i.kind == "num" and isinstance(i.value, tuple) for i in items):
        return None  # "the bottom ten percent"
    number = next((int(i.value) for i in items if i.kind == "num"), 1)
    if not 1 <= number < 1000:
        return None
    aggregate = one(items, "agg")
    if has(items, "supercol"):
        end, by = one(items, "supercol")
        of = named[0] if named else None
        return made("order", Order(end, number, by, aggregate, of), items)
    if has(items, "by") or has(items, "with"):
        at = next(i for i, item in enumerate(items) if item.kind in ("by", "with"))
        if has(items, "most"):
            end = one(items, "most")
        before, after = columns(items[:at]), columns(items[at:])
        if has(items[at:], "count") or (has(items[at:], "noun") and not after):
            return (
                made("order", Order(end, number, None, None, before[0], counted=True), items)
                if before
                else None
            )
        if not after or after[0].kind == "text":
            return None
        if before and before[0].kind == "number" and not before[0].identifies:  # "the lowest price by shop"
            return None
        return made("order", Order(end, number, after[0], aggregate, before[0] if before else None), items)
    if not named or named[0].identifies or named[0].key:  # top users are not those with the highest ids
        return None
    if named[0].kind == "text":
        raise Impossible(f"The {_SAID[end]} {named[0].spoken} by what?", named[:1])
    return made("order", Order(end, number, named[0], aggregate), items)


def _top_of(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "Top three products in Germany by revenue"."""
    by = next(n for n, item in enumerate(items) if item.kind == "by")
    order = _top([*items[:3], *items[by:]], scene)
    return None if order is None else [order, *items[3:by]]


def _by_itself(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "the three cheapest orders by price"."""
    _, column = one(items, "supercol")
    return _top(items[:-2], scene) if items[-1].value is column else None


def _longest(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "the two birds with the longest bills"."""
    end, by = one(items, "supercol")
    number = one(items, "num")
    if any(column is not by for column in columns(items)) or isinstance(number, tuple) or number < 1:
        return None
    return made("order", Order(end, int(number), by), items)


def _head(items: Sequence[Item], scene: Scene) -> Item | None:
    number = int(one(items, "num"))
    return made("head", (one(items, "first"), number), items) if number > 0 else None


def _head_of(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "The last five errors"."""
    head = _head(items[:2], scene)
    return None if head is None else [head, items[2]]


def _some(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "Show five rows"."""
    number = items[1].value
    return [items[0], made("head", ("lowest", int(number)), items[1:])] if number in range(1, 1000) else None


def _ranked(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "Rank the regions by revenue"."""
    of, by = columns(items)
    if has(items, "dirof") and one(items, "dirof")[1] is not by:
        return None
    said: End = one(items, "dir") or (one(items, "dirof") or ("",))[0]
    return made("order", Order(said or "highest", None, by, one(items, "agg"), of), items)


def _by_count(items: Sequence[Item], scene: Scene) -> Item:
    """As in "Rank the islands by number of birds"."""
    of = columns(items)[0]
    return made("order", Order(one(items, "dir") or "highest", None, None, None, of, counted=True), items)


def _listed(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "List the countries by revenue"."""
    of, by = columns(items)
    amount = by.kind == "number" and not by.key and not by.identifies
    return [items[0], _ranked(items[1:], scene)] if of.kind == "text" and amount else None  # type: ignore[list-item]


def _beside(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "List the products with their average price"."""
    of, by = columns(items)
    if of.kind != "text" or by.kind != "number":
        return None
    return [items[-2], items[-1], made("group", (group_of(of),), items[-1:])]


def _having(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "With an average salary above 4000": of groups."""
    number, op = one(items, "num"), one(items, "cmp", "more")
    named = columns(items)
    if isinstance(number, tuple) and not named:
        return None
    value = number_of(Item("num", number), named[0]) if isinstance(number, tuple) else float(number)
    column = named[0] if named else None
    return made("having", Having(one(items, "agg"), column, op, value), items)


def _each_row(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "Average revenue per order": of each row; only an average is the same without it."""
    return made("each", one(items, "noun"), items)


def _one_row(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "In one order"."""
    return made("each", items[-1].value, items) if items[1].value in ("one", 1) else None


def _holding(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "what is in each row", "what does each order contain": the columns."""
    if not has(items, "what") and not one(items, "describe").startswith("what"):
        return None
    return made("cols", None, items)


ORDERS = rules(
    (
        ("(topn|super) num C (prep+ (val|period))+ by agg? C", _top_of),
        ("(topn|super) num noun? (by|with) super? agg? C", _top),
        ("(topn|super) num C (by|with) (super|most)? agg? C", _top),
        ("(topn|super) num C (by|with) (super|most)? count prep? noun", _top),
        ("(topn|super) num C (by|with) most noun", _top),
        ("num (topn|super) noun (by|with) (super|most)? agg? C", _top),
        ("num (topn|super) C (by|with) (super|most)? agg? C", _top),
        ("num C with (super|most|topn) agg? C", _top),
        ("num C (with|rel)* (super|most) count prep? noun", _top),
        ("num C (with|rel)* most noun", _top),
        ("num (noun|table) (with|rel)* (super|most) C", _top),
        ("num noun (with|rel)* supercol C?", _longest),
        ("(topn|super)? num supercol (noun|C)? by C", _by_itself),
        ("(topn|super)? num supercol (noun|C)?", _top),
        ("(topn|super) num (values? prep?) C", _top),
        ("num super values? prep? C", _top),
        ("first num (noun|table)", _head),
        ("num first (noun|table)", _head),
        ("first num (flag|val|vals)", _head_of),
        ("sort (noun|table|pron|prep|verb|all)* by C ((prep|with)* (dir|dirof))?", _sorted),
        ("(noun|table|pron|prep)* verb* sort by C ((prep|with)* (dir|dirof))?", _sorted),
        ("dir sort (noun|table|pron|prep)* by C", _sorted),
        ("sort (noun|table|pron|prep)* dir by C", _sorted),
        ("dir by C", _sorted),
        ("by C (prep|with)* (dir|dirof)", _sorted),
        ("(topn|super) noun by super? agg? C", _top),
        ("(topn|super) C by super? agg? C", _top),
        ("sort C by agg? C ((prep|with)* (dir|dirof))?", _ranked),
        ("sort C by count prep* noun ((prep|with)* dir)?", _by_count),
        ("show C by agg? C", _listed),
        ("(show|what)? C with pron agg C", _beside),
        ("show num (noun|table)", _some),
    )
)
"""Before groups, of which they take the "by"."""

HAVING = rules(
    (
        ("(with|rel)+ agg prep? C (be|prep)* cmp num", _having),
        ("rel? agg prep? C be (be|prep)* cmp num", _having),
        ("(with|rel)+ cmp num noun", _having),
        ("(with|rel)+ num more noun", _having),
        ("(with|rel|verb|sort|vcol)+ cmp num times", _having),
    )
)
"""Before filters, of which they take the limits."""

GROUPS = rules(
    (
        ("keeps (prep|about)* by noun", lambda items, scene: items[0]),
        ("describe by noun", _holding),
        ("what by noun (verb|with)", _holding),
        ("C by C", _same),
        ("by unit (prep|by|noun|pron|rel|which|be|verb|what|when)* C", _unit_of),
        ("by C unit", lambda items, scene: _unit_of(items, scene)),
        ("(prep|and)* by (col|vcol|flag|unit) (and by? (col|vcol|flag|unit))+", _columns),
        ("(prep|and)* by (col|vcol|flag|unit) (with|be|verb)*", _columns),
        ("(prep|by)* every", _columns),
        ("against unit", _against),
        ("by noun", _each_row),
        ("prep (pron|num) noun", _one_row),
        ("group and? group", _several),
        ("group and? group", _several),
    )
)

__all__ = ["GROUPS", "HAVING", "ORDERS", "Having", "Order", "dated", "dates", "group_of", "valued"]

"""Of what, in which order and how many: the rules by which words become groups, sorts and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voice_widget.agents.assistant.clauses import same_unit
from voice_widget.agents.assistant.dating import dates
from voice_widget.agents.assistant.grammar import Impossible, Scene, columns, each, has, made, one, rules
from voice_widget.agents.assistant.lattice import Item
from voice_widget.agents.assistant.plans import End, Group, Unit
from voice_widget.agents.assistant.tables import Column


@dataclass(frozen=True)
class Order:
    """Rows or groups in an order: by which column, or by which of their numbers."""

    end: End
    limit: int | None = None
    by: Column | None = None
    aggregate: tuple[str, float | None] | None = None
    of: Column | None = None
    counted: bool = False


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


def _columns(items: Sequence[Item], scene: Scene) -> Item:
    found: list[Group] = []
    for item in items:
        if item.kind in ("col", "vcol", "flag"):
            found.append(group_of(item.value))
        elif item.kind in ("unit", "every"):
            found.append(dated(scene, item.value))
    return made("group", tuple(dict.fromkeys(found)), items)


def _unit_of(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "by month of the order date"."""
    column = columns(items)[0]
    if column.kind != "date":
        return None
    return made("group", (Group(column.position, one(items, "unit")),), items)


def _several(items: Sequence[Item], scene: Scene) -> Item:
    return made("group", tuple(dict.fromkeys(g for groups in each(items, "group") for g in groups)), items)


def _sorted(items: Sequence[Item], scene: Scene) -> Item | None:
    named = columns(items)
    end: End = one(items, "dir") or "lowest"
    return made("order", Order(end, None, named[0]), items)


def _top(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "top five by revenue", "the three cheapest products", "bottom two regions by average price"."""
    end: End = one(items, "topn", "super", "most") or "highest"
    named = columns(items)
    number = next((int(i.value) for i in items if i.kind == "num" and not isinstance(i.value, tuple)), 1)
    if number < 1:
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
    if not named:
        return None
    return made("order", Order(end, number, named[0], aggregate), items)


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


def _some(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "Show five rows"."""
    number = items[1].value
    return [items[0], made("head", ("lowest", int(number)), items[1:])] if number in range(1, 1000) else None


def _ranked(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "Rank the regions by revenue"."""
    of, by = columns(items)
    return made("order", Order(one(items, "dir") or "highest", None, by, one(items, "agg"), of), items)


def _direction(items: Sequence[Item], scene: Scene) -> Item:
    """As in "Heaviest first"."""
    end = one(items, "super", "most") or one(items, "supercol")[0]
    return made("dir", end, items)


def _having(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "With an average salary above 4000": of groups."""
    number, op = one(items, "num"), one(items, "cmp", "more")
    named = columns(items)
    if isinstance(number, tuple) and not (named and named[0].unit and same_unit(number[1], named[0])):
        return None
    value = float(number[0] if isinstance(number, tuple) else number)
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
        ("(supercol|super|most) (first|nth)", _direction),
        ("(topn|super) num noun? (by|with) super? agg? C", _top),
        ("(topn|super) num C (by|with) (super|most)? agg? C", _top),
        ("(topn|super) num C (by|with) (super|most)? count prep? noun", _top),
        ("(topn|super) num C (by|with) most noun", _top),
        ("num (topn|super) noun (by|with) (super|most)? agg? C", _top),
        ("num (topn|super) C (by|with) (super|most)? agg? C", _top),
        ("num C with (super|most|topn) agg? C", _top),
        ("num C (with|rel)* (super|most) count prep? noun", _top),
        ("num C (with|rel)* most noun", _top),
        ("num noun (with|rel)* super C", _top),
        ("num noun (with|rel)* supercol C?", _longest),
        ("(topn|super)? num supercol (noun|C)?", _top),
        ("(topn|super) num (values? prep?) C", _top),
        ("num super values? prep? C", _top),
        ("first num (noun|table)", _head),
        ("num first (noun|table)", _head),
        ("sort (noun|table|pron|prep)* by C (prep* dir)?", _sorted),
        ("(noun|table|pron|prep)* sort by C (prep* dir)?", _sorted),
        ("dir sort (noun|table|pron|prep)* by C", _sorted),
        ("by C prep* dir", _sorted),
        ("(topn|super) noun by super? agg? C", _top),
        ("(topn|super) C by super? agg? C", _top),
        ("sort C by agg? C (prep* dir)?", _ranked),
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
    )
)
"""Before filters, of which they take the limits."""

GROUPS = rules(
    (
        ("describe by noun", _holding),
        ("what by noun (verb|with)", _holding),
        ("by unit (prep|by)* C", _unit_of),
        ("by C unit", lambda items, scene: _unit_of(items, scene)),
        ("(prep|and)* by (col|vcol|flag|unit) (and by? (col|vcol|flag|unit))+", _columns),
        ("(prep|and)* by (col|vcol|flag|unit) (with|be|verb)*", _columns),
        ("(prep|by)* every", _columns),
        ("against unit", _columns),
        ("by noun", _each_row),
        ("prep (pron|num) noun", _one_row),
        ("group and? group", _several),
        ("group and? group", _several),
    )
)

__all__ = ["GROUPS", "HAVING", "ORDERS", "Having", "Order", "dated", "dates", "group_of"]

"""Numbers with what belongs to them: units, percentiles, places, and columns that are named twice."""

from __future__ import annotations

from collections.abc import Sequence

from voice_widget.agents.assistant.grammar.grammar import Impossible, Scene, has, made, one, rules
from voice_widget.agents.assistant.grammar.units import convertible, same_unit
from voice_widget.agents.assistant.language.lattice import Item


def _measured(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "40 grams": a number with its unit."""
    return made("num", (items[0].value, items[1].value), items)


def _judged(items: Sequence[Item], scene: Scene) -> list[Item]:
    """As in "better than three", "three or better"."""
    kind = "cmp" if items[0].kind == "judged" else "more"
    return [made(kind, item.value, [item]) if item.kind == "judged" else item for item in items]


def _long(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "five days": a length of time, where the table has some."""
    lengths = any(column.kind == "duration" for column in scene.table.columns)
    return _measured(items, scene) if lengths and isinstance(items[1].value, str) else None


def _alike(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "between two and five days": the unit behind the last one is that of both."""
    first, last = items[0], items[-1]
    if isinstance(first.value, tuple) or not isinstance(last.value, tuple):
        return None
    return [Item("num", (first.value, last.value[1]), first.start, first.end, first.cost), *items[1:]]


def _one(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "more than a minute"."""
    unit = items[-1]
    if unit.value.endswith("s"):
        return None
    return [*items[:-1], Item("num", (1, unit.value), unit.start, unit.end, unit.cost)]


def _per_cent(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "90th percentile"."""
    share = one(items, "nth", "num")
    if isinstance(one(items, "percentile"), float) or not 0 <= share <= 100:
        return None
    return made("agg", ("percentile", share / 100), items)


def _quartile(items: Sequence[Item], scene: Scene) -> Item | None:
    q = one(items, "percentile")
    return made("agg", ("percentile", q), items) if isinstance(q, float) else None


def _in_unit(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "The price in euros"."""
    column = next(item for item in items if item.kind in ("col", "vcol", "flag"))
    if has(items, "with") or not same_unit(one(items, "uom"), column.value):
        return None
    return made(column.kind, column.value, items)


def _told_in(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "how much do they weigh on average in grams"."""
    column = next(item.value for item in items if item.kind in ("col", "vcol"))
    if column.kind != "number":
        return None
    if column.unit and not same_unit(items[-1].value, column) and convertible(items[-1].value, column):
        name = column.spoken.capitalize()
        raise Impossible(f"{name} is in {column.unit}, and I cannot convert the answer.", [column])
    return list(items[:-2]) if same_unit(items[-1].value, column) else None


def _next_best(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "the second highest"."""
    if items[0].value < 2 or scene.rank > 1:
        return None
    scene.rank = items[0].value
    return items[1]


def _of_it(items: Sequence[Item], scene: Scene) -> list[Item] | None:
    """As in "How long are the bills": the column is said twice."""
    return [items[0], items[-1]] if items[1].value is items[-1].value else None


def _named(items: Sequence[Item], scene: Scene) -> Item:
    """As in "The mean column", "the column called mean"."""
    column = next(item for item in items if item.kind in ("col", "vcol", "flag"))
    return made(column.kind, column.value, items)


NUMBERS = rules(
    (
        ("num uom", _measured),
        ("judged num", _judged),
        ("num judged", _judged),
        ("num unit", _long),
        ("num (and|or|but|thru|cmp)+ num", _alike),
        ("cmp uom", _one),
        ("cmpcol than? uom", _one),
        ("(nth|num) percentile", _per_cent),
        ("percentile (nth|num)", _per_cent),
        ("percentile", _quartile),
        ("C (prep|with)? uom", _in_unit),
        ("(how|howmuch) vcol be? C", _of_it),
        ("(col|vcol) (noun|pron|agg|be|verb|whole)* prep uom", _told_in),
        ("nth (super|supercol|most|common)", _next_best),
        ("C cols", _named),
        ("cols named? C", _named),
    )
)
"""Numbers with what belongs to them; before all else."""

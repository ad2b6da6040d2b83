"""Which comes first: the rules by which words become the direction of a sort."""

from __future__ import annotations

from collections.abc import Sequence

from voice_widget.agents.assistant.grammar.grammar import Scene, columns, has, made, one, rules
from voice_widget.agents.assistant.grammar.grouping import Order
from voice_widget.agents.assistant.language.lattice import Item

_FLIPPED = {"highest": "lowest", "lowest": "highest"}
_END = "(super|supercol|most|first|topn)"
_MARKS = ("super", "supercol", "most", "first", "topn", "adj")
_WHAT = "(C|noun|pron|values)?"


def _direction(items: Sequence[Item], scene: Scene) -> Item | None:
    """As in "heaviest first", "from smallest to biggest", "with the newest ones at the top"."""
    marks = [item for item in items if item.kind in _MARKS]
    mark = marks[0]
    end, column = mark.value if mark.kind in ("supercol", "adj") else (mark.value, None)
    named = [c for c in columns(items) if c is not column]
    if len(named) > 1 or (column is not None and named):
        return None
    if len(marks) > 1 and not has(items, "ontop"):  # from one end to the other
        last = marks[-1].value[0] if marks[-1].kind in ("supercol", "adj") else marks[-1].value
        if last == end:
            return None
    if one(items, "ontop") == "bottom":
        end = _FLIPPED[end]
    column = column or (named[0] if named else None)
    return made("dir", end, items) if column is None else made("dirof", (end, column), items)


def _alone(items: Sequence[Item], scene: Scene) -> Item:
    """As in "list the products, cheapest first": what it is sorted by stands in the direction."""
    end, column = one(items, "dirof")
    return made("order", Order(end, None, column), items)


DIRECTIONS = rules(
    (
        (f"(with|and|be|prep|rel)* {_END} {_WHAT} (be|verb|prep)* ontop", _direction),
        (f"(prep|with)* {_END} {_WHAT} (prep|thru)+ {_END}", _direction),
        ("(prep|with)* adj (prep|thru)+ adj", _direction),
        (f"(and|with)* starts {_END} {_WHAT}", _direction),
        ("(supercol|super|most) (first|nth)", _direction),
    )
)
"""Before orders, which take them."""

ALONE = rules((("dirof", _alone),))
"""After orders: what none of them took."""

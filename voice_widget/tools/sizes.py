"""What an allowed function may not make of little: each refusal comes before anything is made."""

from __future__ import annotations

from numbers import Real
from typing import Any

from voice_widget.tools.allowed import AGGREGATES
from voice_widget.tools.copies import table

MOST_PAIRS = 100_000_000
"""So many rows a merge may hold against each other, and so many cells of tables `concat` may join."""
MOST_CELLS = 10_000_000
"""So many numbers and cells may be made of nothing or of groups."""
_DTYPES = frozenset(
    [
        *("number", "object", "string", "str", "bool", "category", "datetime", "datetimetz", "timedelta"),
        *("int", "int64", "float", "float64", "datetime64", "datetime64[ns]", None),
    ]
)


class Refused(ValueError):
    """What stands in an expression is not allowed; the message names it."""


def check_size(name: str, given: list[Any], named: dict[str, Any], owner: Any) -> None:
    """Refuse a call that would give, or take, too much.

    Args:
        name: The function or method.
        given: Its positional arguments.
        named: Its others.
        owner: Whose method it is.

    Raises:
        Refused: It would.

    Example:
        >>> check_size("arange", [10**12], {}, None)
        Traceback (most recent call last):
            ...
        voice_widget.tools.sizes.Refused: arange of more than 10,000,000 is not allowed.
    """
    match name:
        case "merge":
            other: Any = next(iter(given), named.get("right"))
            if hasattr(other, "__len__") and len(owner) * len(other) > MOST_PAIRS:
                raise Refused("The two tables are too large to be merged.")
        case "arange" | "linspace":
            _check_numbers(name, given, named)
        case "concat":
            _check_concat(given, named)
        case "pivot_table":
            _check_pivot(given, named, owner)
        case "select_dtypes":
            wrong = [kind for kind in _flat([*given, *named.values()]) if kind not in _DTYPES]
            if wrong:
                raise Refused(f"select_dtypes of {wrong[0]!r:.60} is not allowed.")


def _check_numbers(name: str, given: list[Any], named: dict[str, Any]) -> None:
    if set(named) - {"start", "stop", "step", "num", "endpoint"}:
        raise Refused(f"{name} takes start, stop and {'step' if name == 'arange' else 'num'} only.")
    if not all(isinstance(value, Real) for value in (*given, *named.values())):
        raise Refused(f"{name} takes numbers only.")
    names = ("start", "stop", "step" if name == "arange" else "num")
    told = {**dict(zip(names, given, strict=False)), **named}
    if name == "arange" and len(told) == 1:
        told = {"start": 0, "stop": next(iter(told.values()))}
    if name == "linspace":
        count = abs(told.get("num", 50))
    else:
        count = abs(told.get("stop", 0) - told.get("start", 0)) / (abs(told.get("step", 1)) or 1)
    if not count <= MOST_CELLS:  # nor what is no number
        raise Refused(f"{name} of more than {MOST_CELLS:,} is not allowed.")


def _check_concat(given: list[Any], named: dict[str, Any]) -> None:
    parts = next(iter(given), named.get("objs"))
    if not isinstance(parts, list | tuple) or any(
        table(part) not in ("DataFrame", "Series") for part in parts
    ):
        raise Refused("concat takes a list of tables only.")
    rows = sum(len(part) for part in parts)
    columns = sum(part.shape[1] if table(part) == "DataFrame" else 1 for part in parts)
    if rows * columns > MOST_PAIRS:
        raise Refused("The tables are too large to be joined.")


def _check_pivot(given: list[Any], named: dict[str, Any], owner: Any) -> None:
    """Its cells are the groups of the rows times those of the columns, whether there is anything in them."""
    if table(owner) != "DataFrame" or len(given) > 3 or {"data", "grouper"} & set(named):
        raise Refused("pivot_table is a table's, with values, index and columns; name the other arguments.")
    told = {**dict(zip(("values", "index", "columns"), given, strict=False)), **named}
    wrong = [kind for kind in _flat([told.get("aggfunc", "mean")]) if kind not in AGGREGATES]
    if wrong:
        raise Refused(f"pivot_table with {wrong[0]!r:.60} is not allowed.")
    functions = len(_flat([told.get("aggfunc", "mean")]))
    cells = _groups(owner, told.get("index")) * _groups(owner, told.get("columns"))
    if cells * functions * owner.shape[1] > MOST_CELLS:
        raise Refused("The table is too large to be pivoted: its groups make too many cells.")


def _groups(owner: Any, keys: Any) -> int:
    """At the most so many: of categories also those that nobody is in, each with each."""
    names = [name for name in _flat([keys]) if name is not None]
    found, has_categories = 1, False
    for name in names:
        if not isinstance(name, str) or list(owner.columns).count(name) != 1:
            raise Refused("pivot_table takes names of columns for its index and its columns.")
        column = owner[name]
        is_category = str(column.dtype) == "category"
        has_categories = has_categories or is_category
        found *= max(1, len(column.cat.categories) if is_category else len(column.drop_duplicates()))
    return found if has_categories else min(found, max(1, len(owner)))


def _flat(values: list[Any]) -> list[Any]:
    """What stands in lists, and as values in dicts."""
    found: list[Any] = []
    for value in values:
        if isinstance(value, dict):
            found += _flat(list(value.values()))
        elif isinstance(value, list | tuple):
            found += _flat(list(value))
        elif isinstance(value, str | None):
            found.append(value)
        else:
            raise Refused(f"A {type(value).__name__} is not allowed here; give names.")
    return found

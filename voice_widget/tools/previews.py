"""What an expression would give, in a few lines for who is to allow it. Pure."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from voice_widget.tools.copies import table

MOST = 600
"""So many characters it has at most."""
_ROWS, _COLUMNS = 3, 6
_COMPARED = 50
_ANEW = "Made anew: its rows are those of no table here, so there is no difference to show."
_KEEP_LABELS = frozenset(
    [
        *("abs", "assign", "astype", "bfill", "clip", "drop", "drop_duplicates", "dropna", "ffill", "fillna"),
        *("head", "mask", "nlargest", "nsmallest", "rename", "replace", "round", "sort_index", "sort_values"),
        *("tail", "where", "copy", "select_dtypes"),
    ]
)


class Preview(NamedTuple):
    """What a call would give.

    Attributes:
        text: In a few lines, for who is to allow it.
        give: What its function is to do once it is allowed, with what was computed; None: run it anew.
        refused: Why it can give nothing; empty: it can.
    """

    text: str
    give: Callable[[], Any] | None = None
    refused: str = ""


def preview(expression: str, values: Mapping[str, Any], found: Any) -> str:
    """Type, size and beginning of a result; of a table made from another also what differs from that.

    Args:
        expression: What was computed.
        values: What its names are.
        found: What it came to.

    Example:
        >>> print(preview("max(prices)", {"prices": [3, 5]}, 5))
        int
        5
    """
    lines = [_size(found)]
    name = source(expression)
    if table(found) == "DataFrame" and table(values.get(name)) == "DataFrame":
        lines.append(f"Against {name}: {difference(values[name], found)}.")
    elif table(found):
        lines.append(_ANEW)
    lines.append(_beginning(found))
    text = "\n".join(lines)
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


def source(expression: str) -> str:
    """The name of the table from which an expression takes rows and columns; empty: it makes others.

    Example:
        >>> source("df[df.tip > 2].assign(x=1)"), source("df.groupby('day').sum()")
        ('df', '')
    """
    node = ast.parse(expression.strip(), mode="eval").body
    while not isinstance(node, ast.Name):
        match node:
            case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _KEEP_LABELS:
                node = inner
            case ast.Subscript(value=ast.Attribute(value=inner, attr="loc" | "iloc")):
                node = inner
            case ast.Subscript(value=inner):
                node = inner
            case _:
                return ""
    return node.id


def difference(before: Any, after: Any) -> str:
    """What is other in a table made from another one, by the labels of rows and columns.

    Example:
        >>> import pandas as pd
        >>> before = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})
        >>> difference(before, before[before.a > 1].assign(b=[5, 7], c=0))
        '1 row removed, column c added, b changed in 1 row'
    """
    if not all(labels.is_unique for one in (before, after) for labels in (one.index, one.columns)):
        return f"{len(before):,} rows before, {len(after):,} after; its labels are not unique"
    rows = after.index.intersection(before.index, sort=False)
    columns = [name for name in after.columns if name in before.columns]
    told = [
        *_count(len(before) - len(rows), "removed"),
        *_count(len(after) - len(rows), "added"),
        *_named([name for name in after.columns if name not in before.columns], "added"),
        *_named([name for name in before.columns if name not in after.columns], "removed"),
    ]
    for name in columns[:_COMPARED]:
        told += _changed(name, before.loc[rows, name], after.loc[rows, name])
    if len(columns) > _COMPARED:
        told.append(f"{len(columns) - _COMPARED:,} further columns not compared")
    if not told and list(rows) != [label for label in before.index if label in rows]:
        told = ["the rows in another order"]
    return ", ".join(told) or "no difference"


def _changed(name: Any, before: Any, after: Any) -> list[str]:
    one, other = before.astype(object), after.astype(object)  # categories need not be the same
    differs = int(((one != other) & ~(one.isna() & other.isna())).sum())
    if differs:
        return [f"{name} changed in {_rows(differs)}"]
    kinds = str(before.dtype), str(after.dtype)
    return [] if kinds[0] == kinds[1] else [f"{name} {kinds[1]} instead of {kinds[0]}"]


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _count(count: int, what: str) -> list[str]:
    return [f"{_rows(count)} {what}"] if count else []


def _named(names: list[Any], what: str) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _COLUMNS} more" if len(names) > _COLUMNS else ""
    return [f"column{'' if len(names) == 1 else 's'} {_listed(names[:_COLUMNS])}{more} {what}"]


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(str, names))


def _size(value: Any) -> str:
    match table(value):
        case "DataFrame":
            rows, columns = value.shape
            return f"DataFrame, {_rows(rows)}, {columns:,} column{'' if columns == 1 else 's'}"
        case "":
            sized = isinstance(value, list | tuple | dict | set | frozenset)
            return f"{type(value).__name__}{f' of {len(value):,}' if sized else ''}"
        case kind:
            return f"{kind} of {' by '.join(map(str, value.shape))}, {value.dtype}"


def _beginning(value: Any) -> str:
    match table(value):
        case "DataFrame":
            return str(value.iloc[:_ROWS, :_COLUMNS].to_string())
        case "Series":
            return str(value.head(_ROWS).to_string())
    return str(value)[:MOST]

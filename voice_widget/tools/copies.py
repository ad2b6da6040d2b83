"""Copies of data that an agent may see: here alone it is decided what is secret, of names and of texts."""

from __future__ import annotations

import re
from typing import Any

from voice_widget.realtime.wire.masking import MASK, masked

PLAIN = (bool, int, float, complex, str, type(None))
HOLDERS = (list, tuple, dict, set, frozenset)
_DEEPEST = 4
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_WORDS = frozenset(
    ["key", "keys", "pwd", "pwds", "pass", "auth", "auths", "authorization", "cookie", "cookies"]
)
_SECRET_ANYWHERE = re.compile(r"passw(?:or)?d|passphrase|secret|token|credential|apikey")
_NUMBERS = "biufcmM"  # numpy's letters for kinds that hold no text
_TABLES = {
    ("pandas", "DataFrame"): "DataFrame",
    ("pandas", "Series"): "Series",
    ("numpy", "ndarray"): "array",
}
_SCALARS = {
    "pandas": ("Timestamp", "Timedelta", "Period", "Interval", "NaTType", "NAType"),
    "datetime": ("datetime", "date", "time", "timedelta", "timezone"),
}


def is_secret_name(name: Any) -> bool:
    """A name, column, key or label that says that what it names is secret, or looks like a secret.

    Example:
        >>> [is_secret_name(name) for name in ("accessToken", "API_KEY", ("a", "pwd"), "monkey")]
        [True, True, True, False]
    """
    if isinstance(name, tuple):
        return any(map(is_secret_name, name))
    if not isinstance(name, str):
        return False
    words = [word.lower() for word in _WORDS.findall(name)]
    return (
        not _SECRET_WORDS.isdisjoint(words)
        or _SECRET_ANYWHERE.search("".join(words)) is not None
        or masked(name) != name
    )


def table(value: Any) -> str:
    """``DataFrame``, ``Series``, ``Index`` or ``array``; empty: it is none of these."""
    kind = type(value)
    house = kind.__module__.partition(".")[0]
    if house == "pandas" and kind.__name__.endswith("Index"):
        return "Index"
    return _TABLES.get((house, kind.__name__), "")


def is_scalar(value: Any) -> bool:
    """A number, date or span of numpy, pandas or datetime."""
    kind = type(value)
    house = kind.__module__.partition(".")[0]
    if house == "numpy":
        return any(base.__name__ == "generic" for base in kind.__mro__) and value.dtype.kind in _NUMBERS + "U"
    return kind.__name__ in _SCALARS.get(house, ())


def is_data(name: Any, value: Any) -> bool:
    """This variable is data that an agent may see.

    Example:
        >>> is_data("prices", [1, 2]), is_data("_prices", [1, 2]), is_data("api_key", "x")
        (True, False, False)
    """
    if not isinstance(name, str) or name.startswith("_") or is_secret_name(name):
        return False
    kind = table(value)
    if kind == "array":
        return value.dtype.kind in _NUMBERS + "UO"
    if kind in ("Series", "Index"):
        return not is_secret_name(_names(value))
    if isinstance(value, str):
        return type(value) is str and masked(value) == value
    return kind != "" or type(value) in (*PLAIN, *HOLDERS) or is_scalar(value)


def shown_columns(value: Any) -> list[int]:
    """The places of a data frame's columns that are not named like a secret."""
    return [number for number, name in enumerate(value.columns) if not is_secret_name(name)]


def public(value: Any, depth: int = 0) -> Any:
    """A copy without secrets, down to the cells: it shares nothing with what it is a copy of.

    Columns and rows whose label is secret are left out, what keys name so is masked, and texts that look so.
    What is no data stands there by its type.

    Example:
        >>> public({"user": "ann", "password": "x", "rows": [1, print]})
        {'user': 'ann', 'password': '…', 'rows': [1, '<builtin_function_or_method>']}
    """
    if isinstance(value, str):
        return masked(str.__str__(value))
    if type(value) in PLAIN or is_scalar(value):
        return value
    if depth >= _DEEPEST:
        return f"<{type(value).__name__}>"
    match table(value):
        case "DataFrame":
            return _frame(value, depth)
        case "Series":
            return MASK if is_secret_name(value.name) else _series(_public_rows(value), depth)
        case "Index":
            return MASK if is_secret_name(_names(value)) else _index(value)
        case "array":
            return _array(value, depth)
    if type(value) not in HOLDERS:
        return f"<{type(value).__name__}>"
    if isinstance(value, dict):
        return {
            public(key, depth + 1): MASK if is_secret_name(key) else public(inner, depth + 1)
            for key, inner in value.items()
        }
    return type(value)(public(inner, depth + 1) for inner in value)


def _names(value: Any) -> tuple[Any, ...]:
    return tuple(value.names) if hasattr(value, "names") else (value.name,)


def _frame(value: Any, depth: int) -> Any:
    frame = _public_rows(value.iloc[:, shown_columns(value)]).copy(deep=True)
    frame.attrs = {}
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        if column.dtype.kind not in _NUMBERS:
            frame.isetitem(place, _series(column, depth))
    frame.index, frame.columns = _index(frame.index), _index(frame.columns)
    return frame


def _series(value: Any, depth: int) -> Any:
    series = value.copy(deep=True)
    series.attrs = {}
    if value.dtype.kind not in _NUMBERS:
        cells = [public(cell, depth + 1) for cell in value]
        kept = str(value.dtype) in ("object", "str", "string")
        series = type(value)(cells, index=value.index, name=value.name, dtype=value.dtype if kept else object)
        if not kept and series.equals(value.astype(object)):
            series = value.copy(deep=True)  # nothing was secret: a category stays one
            series.attrs = {}
    series.index = _index(series.index)
    return series


def _public_rows(value: Any) -> Any:
    """Without the rows whose label says that they are secret."""
    if value.index.dtype.kind in _NUMBERS:
        return value
    shown = [not is_secret_name(label) for label in value.index]
    return value if all(shown) else value[shown]


def _index(index: Any) -> Any:
    """Labels that hide what they are named after, if that is secret, and what looks so."""
    if index.nlevels > 1:
        hidden = [number for number, name in enumerate(index.names) if is_secret_name(name)]
        if len(hidden) < index.nlevels:
            index = index.droplevel(hidden) if hidden else index
        if index.nlevels > 1:
            return type(index).from_tuples([public(label, 1) for label in index], names=index.names)
    if is_secret_name(index.name):
        from pandas import RangeIndex

        return RangeIndex(len(index))
    if index.dtype.kind in _NUMBERS:
        return index.copy(deep=True)
    labels = [public(label, 1) for label in index]
    return index.copy(deep=True) if labels == list(index) else type(index)(labels, name=index.name)


def _array(value: Any, depth: int) -> Any:
    if value.dtype.kind in _NUMBERS:
        return value.copy()
    if value.dtype.kind not in "UO":
        return f"<{type(value).__name__}>"
    copied = value.copy()
    for place, cell in enumerate(value.flat):
        copied.flat[place] = public(cell, depth + 1)
    return copied

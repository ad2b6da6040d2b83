"""The beginning of what a tool gives, however much there is: no more is read than a model may get."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterator, Mapping, Set, ValuesView
from itertools import islice
from typing import Any

MOST = 16_000
"""So many characters of a result go to the model: some 4,000 tokens, which no message is too small for."""
HEAD = 10
"""So many rows of a table go to the model, which is to speak of them; the person sees all."""
MOST_ITEMS = MOST // 2
"""So many items of a result are read: each takes three characters at least, and more would be cut anyway."""
_DEEPEST = 200
_LISTS = (list, tuple, deque, range, Set, ValuesView, Iterator)


def table_kind(value: Any) -> str:
    """``DataFrame`` or ``Series``, of pandas, polars or made of theirs, neither of which need be there.

    Example:
        >>> table_kind([1, 2])
        ''
    """
    for kind in type(value).__mro__:
        house = kind.__module__.partition(".")[0]
        if house in ("pandas", "polars") and kind.__name__ in ("DataFrame", "Series"):
            return kind.__name__
    return ""


def is_table(value: Any) -> bool:
    """A data frame or a series, and not the class of one."""
    return not isinstance(value, type) and table_kind(value) != ""


def first_columns(frame: Any) -> Any:
    """A data frame with no more columns than a model may get."""
    return frame.iloc[:, :MOST_ITEMS] if hasattr(frame, "iloc") else frame[:, :MOST_ITEMS]


class Beginning:
    """The first items of a result, in lists and dicts that nobody else has.

    Args:
        value: What a tool gave.

    Attributes:
        value: As much of it as is to be told, with None for what is missing.
        missing: So many characters of texts in it were left out.

    Raises:
        ValueError: It holds itself, or goes too deep.

    Example:
        >>> found = Beginning({"days": range(9_000_000)})
        >>> len(found.value["days"]), found.cut
        (7998, '9,000,000 items in days')
    """

    def __init__(self, value: Any) -> None:
        self._left = MOST_ITEMS
        self._most: tuple[int, str] | None = None
        self._on_way: set[int] = set()
        self.missing = 0
        self.value = self._of(value, "")

    @property
    def cut(self) -> str:
        """How much there was of the largest that was cut, and where; empty: all of it was taken."""
        return "" if self._most is None else self._most[1]

    def _of(self, value: Any, way: str) -> Any:
        self._left -= 1
        kind = type(value)
        if isinstance(value, str):
            self.missing += max(0, len(value) - MOST)
            return value[:MOST] if len(value) > MOST else value
        if kind.__module__.partition(".")[0] == "pandas" and kind.__name__ in ("NaTType", "NAType"):
            return None  # pydantic takes one of them for a time
        if isinstance(value, type):
            return value
        if is_table(value):
            columns = 1 if table_kind(value) == "Series" else value.shape[1]
            if columns > MOST_ITEMS:
                self._cuts(columns, f"{way}.columns" if way else "columns")
            return self._within(value, _head(value), way)
        if isinstance(value, Mapping):
            return self._within(value, value, way)
        if isinstance(value, _LISTS):
            return self._within(value, value, way)
        if dataclasses.is_dataclass(value):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return self._object(value, fields, way)
        if hasattr(kind, "model_dump"):
            return self._object(value, dict(getattr(value, "__dict__", {})), way)
        if hasattr(kind, "tolist") and hasattr(kind, "__len__") and getattr(value, "ndim", True):
            return self._array(value, way)
        return value

    def _within(self, owner: Any, items: Any, way: str) -> Any:
        if id(owner) in self._on_way or len(self._on_way) >= _DEEPEST:
            raise ValueError("it holds itself, or goes too deep")
        self._on_way.add(id(owner))
        try:
            return self._pairs(items, way) if isinstance(items, Mapping) else self._items(items, way)
        finally:
            self._on_way.discard(id(owner))

    def _pairs(self, items: Mapping[Any, Any], way: str) -> dict[Any, Any]:
        found = {}
        for name, item in items.items():
            if self._left <= 0:
                self._cuts(len(items), way)
                break
            found[name] = self._of(item, f"{way}.{name}" if way else f"{name}")
        return found

    def _items(self, items: Any, way: str) -> list[Any]:
        found: list[Any] = []
        for number, item in enumerate(items):
            if self._left <= 0:
                size = len(items) if hasattr(items, "__len__") else None
                self._cuts(number + 1 if size is None else size, way, sure=size is not None)
                break
            found.append(self._of(item, f"{way}[{number}]"))
        return found

    def _object(self, value: Any, fields: dict[str, Any], way: str) -> Any:
        """It says itself how it is written, unless there is too much in it."""
        before, missing = self._most, self.missing
        found = self._within(value, fields, way)
        return value if (self._most, self.missing) == (before, missing) else found

    def _array(self, value: Any, way: str) -> Any:
        rows = len(value)
        size = getattr(value, "size", rows)
        size = size if isinstance(size, int) else rows
        taken = min(rows, max(1, self._left * rows // max(size, 1)))
        if taken < rows:
            self._cuts(size, way)
        # Of a row that is too long by itself only the beginning is read.
        part = [value[0]] if taken == 1 < size // max(rows, 1) else value[:taken].tolist()
        return self._within(value, part, way)

    def _cuts(self, size: int, way: str, *, sure: bool = True) -> None:
        if self._most is None or size > self._most[0]:
            told = f"{'' if sure else 'at least '}{size:,} items"
            self._most = size, f"{told} in {way[:100]}" if way else told


def first_of(items: Iterator[Any]) -> list[Any] | Iterator[Any]:
    """All of them as a list; of more than a model may get the first, as an iterator: nobody knows how many.

    Example:
        >>> first_of(map(str, [1, 2]))
        ['1', '2']
    """
    return counted(list(islice(items, MOST_ITEMS + 1)))


def counted(first: list[Any]) -> list[Any] | Iterator[Any]:
    """The same of so many that were read already."""
    return first if len(first) <= MOST_ITEMS else iter(first)


def counts_only(index: Any) -> bool:
    """An index that only counts from 0, or none: it says nothing.

    Example:
        >>> counts_only(None)
        True
    """
    if type(index).__name__ not in ("RangeIndex", "NoneType"):
        return False
    return index is None or (index.start, index.step, index.name) == (0, 1, None)


def _head(value: Any) -> dict[str, Any]:
    head = value.head(HEAD)
    if table_kind(value) != "Series":
        head = first_columns(head)
    if hasattr(head, "to_dicts"):  # polars has neither an index nor two columns of one name
        return {"rows": len(value), "first": head.to_dicts()}
    index: Any = getattr(head, "index", None)
    plain = counts_only(index)
    if table_kind(value) == "Series":
        first = head.to_list()
        rows = first if plain else [[*_labels(name), each] for name, each in zip(index, first, strict=True)]
        told = {} if plain else {"columns": [*_names(index), head.name]}
        return {"rows": len(value), **told, "first": rows}
    if plain and head.columns.is_unique:
        return {"rows": len(value), "first": head.to_dict("records")}
    # As columns and rows: an index may have the name of a column, and two columns the same.
    columns = [*(() if plain else _names(index)), *head.columns]
    rows = [[*(() if plain else _labels(name)), *each] for name, each in zip(index, _rows(head), strict=True)]
    return {"rows": len(value), "columns": columns, "first": rows}


def _rows(head: Any) -> Iterator[tuple[Any, ...]]:
    rows: Iterator[tuple[Any, ...]] = head.itertuples(index=False, name=None)
    return rows


def _labels(label: Any) -> tuple[Any, ...]:
    return label if isinstance(label, tuple) else (label,)


def _names(index: Any) -> list[Any]:
    return ["" if name is None else name for name in index.names]

"""Columns with real dtypes from plain values, and tables that are kept until there is something new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from types import NoneType
from typing import TYPE_CHECKING, Any

from voice_widget.tables.schema import UTC_TIME

if TYPE_CHECKING:
    import pandas as pd

_UTC = "+00:00"
_HALF = re.compile("[\ud800-\udfff]")
_EXACT = 2.0**53  # whole numbers below this are exact as floats
_AT_ONCE = 2048  # rows: each is an iterator while it is turned


def frame(rows: Sequence[Mapping[str, Any]], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """A table of rows with just these columns and dtypes, whatever is in the rows.

    Example:
        >>> frame([{"seq": 1, "odd": 2}], {"seq": "Int64", "text": "string"}).loc[0, "text"]
        <NA>
    """
    try:
        columns = turned(list(map(itemgetter(*dtypes), rows)), len(dtypes))
    except KeyError:
        columns = [[row.get(name) for row in rows] for name in dtypes]
    return framed(columns, dtypes)


def framed(columns: Iterable[Any], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """A table of columns, in the order of ``dtypes``."""
    import pandas as pd

    made = zip(dtypes.items(), columns, strict=True)
    return pd.DataFrame({name: column(values, dtype) for (name, dtype), values in made}, copy=False)


def turned(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows of so many cells as columns.

    Example:
        >>> turned([(1, 2), (3, 4)], 2), turned([], 2)
        ([[1, 3], [2, 4]], [[], []])
    """
    columns: list[list[Any]] = [[] for _ in range(width)]
    for start in range(0, len(rows), _AT_ONCE):
        for values, more in zip(columns, zip(*rows[start : start + _AT_ONCE], strict=True), strict=True):
            values.extend(more)
    return columns


def celled(rows: Sequence[Sequence[Any]], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """A table of cells that are what the dtypes say, or None: numbers below 2**53, moments in seconds."""
    import numpy as np

    columns: list[Any] = list(turned(rows, len(dtypes)))
    counts = [place for place, dtype in enumerate(dtypes.values()) if dtype != "string"]
    kinds = list(dtypes.values())
    found = np.full((len(counts), len(rows)), np.nan)
    for number, place in enumerate(counts):
        values = columns[place]
        if rows and not (values[0] is None and values.count(None) == len(rows)):
            found[number] = np.fromiter(values, np.float64, len(rows))  # much quicker than an array of them
    missing = np.isnan(found)
    found[missing] = 0
    for number, place in enumerate(counts):
        columns[place] = _masked(found[number], missing[number], kinds[place])
    return framed(columns, dtypes)


def column(values: Any, dtype: str) -> Any:
    """An array of one of the schema's dtypes; arrays are taken as they are.

    Example:
        >>> column([1, None], "Int64").isna().tolist()
        [False, True]
    """
    import numpy as np
    import pandas as pd

    if not isinstance(values, (list, tuple)):
        return values
    if dtype == UTC_TIME:
        return _moments(values)
    if dtype == "string":
        try:
            return pd.array(values if isinstance(values, list) else list(values), dtype="string")
        except UnicodeEncodeError:  # half a surrogate pair, where pandas keeps texts as Arrow does
            whole = [_HALF.sub("\N{REPLACEMENT CHARACTER}", x) if isinstance(x, str) else x for x in values]
            return pd.array(whole, dtype="string")
    plain = {"Int64": {int, NoneType}, "boolean": {bool, NoneType}, "Float64": {float, NoneType}}[dtype]
    kinds = set(map(type, values))
    if not kinds <= plain:
        return pd.Series(values, dtype=dtype).array
    found = np.array(values, dtype=np.float64)
    if dtype == "Int64" and len(found) and np.nanmax(np.abs(found), initial=0.0) >= _EXACT:
        return pd.array(list(values), dtype="Int64")
    return numbers(found, dtype)


def numbers(values: Any, dtype: str = "Int64") -> Any:
    """Numbers, with None or NaN for what is not known, as a column of the schema that is no text."""
    import numpy as np

    values = np.asarray(values, dtype=np.float64)
    missing = np.isnan(values)
    return _masked(np.where(missing, 0, values), missing, dtype)


def _masked(filled: Any, missing: Any, dtype: str) -> Any:
    import numpy as np
    import pandas as pd

    if dtype == UTC_TIME:
        moments = np.rint(filled * 1e6).astype(np.int64).astype("datetime64[us]")
        moments[missing] = np.datetime64("NaT")
        return pd.DatetimeIndex(moments).tz_localize("UTC").array
    if dtype == "Int64":
        return pd.arrays.IntegerArray(np.rint(filled).astype(np.int64), missing)
    if dtype == "boolean":
        return pd.arrays.BooleanArray(filled.astype(bool), missing)
    return pd.arrays.FloatingArray(filled, missing)


def _moments(values: Sequence[Any]) -> Any:
    import numpy as np
    import pandas as pd

    kinds = set(map(type, values))
    if kinds <= {float, int, NoneType}:  # seconds since the epoch
        return numbers(values, UTC_TIME)
    if kinds <= {str, NoneType} and all(value is None or value.endswith(_UTC) for value in values):
        texts = ["NaT" if value is None else value[: -len(_UTC)] for value in values]
        try:
            return pd.DatetimeIndex(np.array(texts, dtype="datetime64[us]")).tz_localize("UTC").array
        except ValueError:
            pass  # in another form, which pandas may know
    # Mixed precision ("…:05Z" beside "…:05.250Z") is normal and must not decide the dtype.
    times = pd.to_datetime(pd.Series(values, dtype=object), utc=True, format="ISO8601")
    return times.astype(UTC_TIME).array


class Kept:
    """A table as it was made last: it is made anew only when there is something new.

    What is given out is a copy, arrays and all: whatever its owner does to it, the next one is right. Python
    strings alone are shared, in arrays that nobody can write into: to copy a million of them takes longer
    than all else.
    """

    def __init__(self) -> None:
        self._last: tuple[object, pd.DataFrame] | None = None
        self._own: list[tuple[int, Any]] | None = None  # what is copied where others are shared, by place

    def table(self, key: object, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """The table of what ``key`` stands for."""
        last = self._last
        if last is None or last[0] != key:
            last = self._last = key, make()
            arrays = [last[1].iloc[:, place].array for place in range(last[1].shape[1])]
            own = [(place, array) for place, array in enumerate(arrays) if not _frozen(array)]
            self._own = own if len(own) < len(arrays) else None
        if self._own is None:
            return last[1].copy()
        table = last[1].copy(deep=False)
        for place, array in self._own:
            table.isetitem(place, array.copy())
        return table


def _frozen(array: Any) -> bool:
    """Let nobody write into an array of Python strings, where pandas copies before it writes."""
    import numpy as np
    import pandas as pd

    if getattr(array.dtype, "storage", "") != "python" or int(pd.__version__.split(".")[0]) < 3:
        return False
    np.asarray(array).setflags(write=False)
    try:
        array[:0] = array[:0]
    except ValueError:
        return True
    return False


class Growing:
    """A table of lines that are added at the end and dropped at the beginning. Each is converted once."""

    def __init__(self, dtypes: Mapping[str, str]) -> None:
        self._dtypes = dtypes
        self._frame = framed([()] * len(dtypes), dtypes)
        self._first = 0
        self.upto = 0

    def take(self, first: int, lines: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
        """All lines from ``first`` on; ``lines`` are those of them that were not here before."""
        import pandas as pd

        kept = self._frame.iloc[max(0, first - self._first) :]
        if lines:
            new = celled(lines, self._dtypes)
            kept = pd.concat([kept, new], ignore_index=True) if len(kept) else new
        elif first > self._first:
            kept = kept.reset_index(drop=True)
        self._frame, self._first = kept, first
        self.upto = first + len(kept)
        return kept

"""A DataFrame as something to talk about: its columns and values under the names by which people call them.

Nothing here changes the data. Columns are kept by position, so duplicate names, tuples (MultiIndex) and
numbers as names all work.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from voice_widget.agents.assistant.language.words import split
from voice_widget.agents.assistant.tables.kinds import SCAN_ROWS, Kind, kind_of, shares
from voice_widget.agents.assistant.tables.naming import named
from voice_widget.errors import SettingError

if TYPE_CHECKING:
    import pandas as pd


MAX_VALUES = 60
"""Distinct values of a column that parts the rows into a few groups."""
MAX_NAMED = 3000
"""Distinct values of a column that are known by name; in one with more they are looked for when said."""
_SCAN_COLUMNS = 60
_QUICKLY_TOLD = 200_000  # cells

_NAMES = frozenset(str.split("id ids key keys code codes zip zips postcode postcodes"))
_BARE = frozenset({"yes", "no", "true", "false", "none", "other", "unknown", "n/a"})


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a table, as a registered function gets it.

    Attributes:
        label: Its name in the DataFrame.
        spoken: How it is said: ``bill_length_mm`` is "bill length".
        unit: The unit at the end of its name, spoken out, or "".
        kind: What it holds.
        position: Where it stands.

    ``column.series`` is the data and ``str(column)`` the name.
    """

    table: Table = field(repr=False)
    position: int
    label: Hashable
    spoken: str
    unit: str
    kind: Kind

    @property
    def series(self) -> pd.Series[Any]:
        """The data."""
        if self.position < self.table.frame.shape[1]:
            return self.table.frame.iloc[:, self.position]
        index, level = self.table.frame.index, self.position - self.table.frame.shape[1]
        values = index.get_level_values(level)
        return values.to_series(index=index, name=self.label)

    @property
    def numeric(self) -> bool:
        """Whether averages and the like make sense."""
        return self.kind in ("number", "bool")

    @property
    def times(self) -> Any:
        """Its dates, as plain moments without a zone."""
        return times_of(self.series)

    def cells(self, frame: pd.DataFrame) -> pd.Series[Any]:
        """Its data in some of the table's rows: a column of theirs, or a level of their index."""
        level = self.position - len(frame.columns)
        return frame.iloc[:, self.position] if level < 0 else frame.index.get_level_values(level).to_series()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of its name, with its unit."""
        label = " ".join(map(str, self.label)) if isinstance(self.label, tuple) else str(self.label)
        return tuple(split(label)) or tuple(self.spoken.split())

    @property
    def identifies(self) -> bool:
        """Whether its numbers stand for things, so that nothing is to be calculated with them."""
        return self.kind == "number" and self.spoken.split()[-1] in _NAMES

    @cached_property
    def yearly(self) -> bool:
        """Whether it holds years of the calendar as whole numbers."""
        if self.kind != "number" or self.spoken.split()[-1] not in ("year", "years"):
            return False
        some = self.series.iloc[:200].dropna()
        return bool(len(some)) and bool(((some >= 1500) & (some <= 2999)).all())

    @cached_property
    def unique(self) -> bool:
        """Whether no value comes twice."""
        try:
            return bool(self.series.is_unique)
        except TypeError:  # lists and dicts in the cells
            return False

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers."""
        import pandas as pd

        return self.kind == "number" and pd.api.types.is_integer_dtype(self.series.dtype)

    @cached_property
    def groups(self) -> bool:
        """Whether it parts the rows into a few groups."""
        if self.kind in ("text", "bool"):
            found = self.table.distinct(self)
            return found is not None and len(found) <= MAX_VALUES
        return self.kind == "number" and self.table.few_integers(self)

    @cached_property
    def flag(self) -> tuple[Any, Any] | None:
        """Its yes and its no, where it holds nothing else."""
        if self.kind == "bool":
            return True, False
        if self.kind == "number":
            return (1, 0) if self.table.zero_or_one(self) else None
        found = self.table.distinct(self) if self.kind == "text" else None
        if found is None or len(found) > 2:
            return None
        plain = {str(value).strip().lower(): value for value in found}
        for yes, no in (("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f")):
            if yes in plain and set(plain) <= {yes, no}:
                return plain[yes], plain.get(no, no)
        return None

    @cached_property
    def order(self) -> tuple[Any, ...]:
        """Its values from the lowest to the highest, where they were given an order."""
        import pandas as pd

        dtype = self.series.dtype
        return tuple(dtype.categories) if isinstance(dtype, pd.CategoricalDtype) and dtype.ordered else ()

    @property
    def key(self) -> bool:
        """Whether its numbers are names, such as an id or a year."""
        return self.kind == "number" and _is_key(self)

    @property
    def measured(self) -> bool:
        """Whether nearly every row has its own number, so that grouping by it makes no sense."""
        return self.kind == "number" and not self.groups

    def __str__(self) -> str:
        return str(self.label)


@dataclass(frozen=True, eq=False)
class Value:
    """One value of a column: "Gentoo" of "species"."""

    column: Column
    value: Any
    spoken: str

    @property
    def bare(self) -> bool:
        """Whether it says nothing without its column: "yes", "m", "2"."""
        return self.column.kind in ("bool", "number") or len(self.spoken) < 3 or self.spoken.lower() in _BARE

    def __str__(self) -> str:
        return self.spoken


class Table:
    """A DataFrame under a name. Made anew when the frame's columns or length have changed."""

    def __init__(self, frame: pd.DataFrame, name: str = "") -> None:
        self.frame = frame
        self.name = name
        self.state = Table.fingerprint(frame)
        self.noun = " ".join(split(name))
        self.columns = tuple(self._columns())
        self._distinct: dict[int, list[Any] | None] = {}

    @staticmethod
    def fingerprint(frame: pd.DataFrame) -> Hashable:
        """Changes when columns or rows were added, removed or renamed, or a type or the index changed."""
        names = tuple(map(str, (*frame.columns, *frame.index.names)))
        dtypes = list(frame.dtypes)
        # A wide frame has few types, and their names are slow to come by.
        told = {number: str(dtype) for number, dtype in {id(dtype): dtype for dtype in dtypes}.items()}
        return len(frame), names, tuple([told[id(dtype)] for dtype in dtypes]), type(frame.index)

    def contents(self) -> int | None:
        """Another number when a cell was changed in place; None: that takes as long as to read them."""
        from pandas.util import hash_pandas_object

        if self.frame.size > _QUICKLY_TOLD:
            return None
        try:
            return hash(hash_pandas_object(self.frame).to_numpy().tobytes())
        except (TypeError, ValueError):
            return None

    def __len__(self) -> int:
        return len(self.frame)

    def _columns(self) -> Iterator[Column]:
        dtypes = self.frame.dtypes
        plain: list[tuple[list[str], str]] = [named(label) for label in self.frame.columns]
        short = [" ".join(words[:-1] if unit else words) for words, unit in plain]
        taken: set[str] = set()
        for position, label in enumerate(self.frame.columns):
            words, unit = plain[position]
            spoken = short[position]
            if unit and short.count(spoken) > 1:  # a length in mm and one in cm
                spoken = " ".join([*words[:-1], unit])
            spoken = spoken or f"column {position + 1}"
            number = 1
            while (name := spoken if number == 1 else f"{spoken} {number}") in taken:
                number += 1
            taken.add(name)
            kind = kind_of(self.frame.iloc[:, position], dtypes.iloc[position])
            if unit == "percent" and kind == "number" and shares(self.frame.iloc[:, position]):
                unit = ""  # 0.05 of a "bonus_pct" are five percent
            yield Column(self, position, label, name, unit if kind == "number" else "", kind)
        yield from self._index(taken)

    def _index(self, taken: set[str]) -> Iterator[Column]:
        """An index of dates is a column too, behind the others, and so is each level that has a name."""
        import pandas as pd

        index = self.frame.index
        dated = isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) and index.name is None
        labels = ["date"] if dated else list(index.names)
        spoken = [" ".join(named(label)[0]) for label in labels]
        if None in labels or len(taken.union(spoken)) < len(taken) + len(spoken) or not all(spoken):
            return
        for level, name in enumerate(spoken):
            values = index.get_level_values(level)
            kind = kind_of(values.to_series(), values.dtype)
            yield Column(self, self.frame.shape[1] + level, labels[level], name, "", kind)

    @property
    def own(self) -> tuple[Column, ...]:
        """The columns without the index."""
        return self.columns[: self.frame.shape[1]]

    def numbers(self) -> list[Column]:
        """The columns to calculate with: numbers, not keys such as an id or a year when there are others."""
        found = [c for c in self.columns if c.kind == "number"]
        return [c for c in found if not _is_key(c)] or found

    def groupings(self) -> list[Column]:
        """The columns that part the rows into a few groups, text first."""
        found = [c for c in self.columns[:_SCAN_COLUMNS] if c.groups]
        return sorted(found, key=lambda c: c.kind == "number")

    def distinct(self, column: Column) -> list[Any] | None:
        """The distinct values of a text or boolean column in order, or None where they are many or odd."""
        if column.position not in self._distinct:
            self._distinct[column.position] = self._scan(column)
        return self._distinct[column.position]

    def _scan(self, column: Column) -> list[Any] | None:
        import pandas as pd

        if column.kind == "bool":
            return [True, False]
        series = column.series
        try:
            if isinstance(series.dtype, pd.CategoricalDtype):
                found = list(series.cat.categories)
            else:
                found = list(series.dropna().unique())
        except TypeError:  # lists and dicts in the cells
            return None
        if not 0 < len(found) <= MAX_NAMED:
            return None
        return found if isinstance(series.dtype, pd.CategoricalDtype) else sorted(found, key=str)

    def few_integers(self, column: Column) -> bool:
        """Whether a number column holds a few whole numbers, such as years or counts of children."""
        import pandas as pd

        series = column.series
        if not pd.api.types.is_integer_dtype(series.dtype):
            return False
        return series.iloc[:SCAN_ROWS].nunique() <= 20

    def zero_or_one(self, column: Column) -> bool:
        """Whether a number column holds both 0 and 1, and nothing else."""
        import pandas as pd

        series = column.series
        if not pd.api.types.is_numeric_dtype(series.dtype) or not len(series):
            return False
        some = series.iloc[:1000].dropna()
        return set(some.unique()) <= {0, 1} and set(series.dropna().unique()) == {0, 1}

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """The values that can be said by name, of all columns with few of them."""
        found: list[Value] = []
        for column in self.columns[:_SCAN_COLUMNS]:
            if column.groups and column.kind in ("text", "bool"):
                for value in self.distinct(column) or ():
                    spoken = {True: "yes", False: "no"}[bool(value)] if column.kind == "bool" else str(value)
                    if any(split(spoken)):
                        found.append(Value(column, value, spoken))
        return tuple(found)

    @cached_property
    def years(self) -> dict[int, Value]:
        """Whole numbers that stand for themselves when said: the years in a column of years."""
        found: dict[int, Value] = {}
        for column in self.columns[:_SCAN_COLUMNS]:
            if column.kind == "number" and self.few_integers(column):
                values = column.series.iloc[:SCAN_ROWS].dropna().unique()
                if len(values) and all(1000 <= v <= 2999 for v in values):
                    for value in sorted(values):
                        found.setdefault(int(value), Value(column, value, str(value)))
        return found


def times_of(series: Any) -> Any:
    """Dates as plain moments without a zone."""
    import pandas as pd

    if isinstance(series.dtype, pd.PeriodDtype):
        return series.dt.to_timestamp()
    if not pd.api.types.is_datetime64_any_dtype(series.dtype):
        series = pd.to_datetime(series, errors="coerce", format="ISO8601")
    return series.dt.tz_localize(None) if getattr(series.dt, "tz", None) is not None else series


def _is_key(column: Column) -> bool:
    import pandas as pd

    words = column.spoken.split()
    if words[-1] in _NAMES or words[-1] in ("index", "year") or column.yearly:
        return True
    return words[0] in ("unnamed", "index", "level") and pd.api.types.is_integer_dtype(column.series.dtype)


def frames_of(data: Any) -> dict[str, pd.DataFrame]:
    """The frames by name, or an error that says what to pass."""
    if data is None:
        return {}
    if isinstance(data, Mapping):
        return {str(name): _frame(one) for name, one in data.items()}
    frame = _frame(data)
    return {str(frame.attrs.get("name", "")): frame}


def _frame(data: Any) -> pd.DataFrame:
    import pandas as pd

    if isinstance(data, pd.Series):
        return data.to_frame()
    if not isinstance(data, pd.DataFrame) and callable(getattr(data, "to_pandas", None)):
        data = data.to_pandas()  # polars, pyarrow and others
    if not isinstance(data, pd.DataFrame):
        raise SettingError(
            f"data= is a {type(data).__name__}, which is no table.",
            next_step="Pass a pandas DataFrame, or a dict of names and DataFrames.",
        )
    return data

"""What a column holds: numbers, yes or no, dates, lengths of time, text, or nothing. Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["number", "bool", "date", "duration", "text", "empty", "other"]

SCAN_ROWS = 50_000
"""Rows that are looked at where all would take long."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$")


def kind_of(series: pd.Series[Any], dtype: Any) -> Kind:
    """What a column holds."""
    import pandas as pd

    types = pd.api.types
    if isinstance(dtype, pd.CategoricalDtype):
        return "text"
    if types.is_bool_dtype(dtype):
        return "bool"
    if len(series) and bool(series.iloc[:SCAN_ROWS].isna().all()) and bool(series.isna().all()):
        return "empty"
    if types.is_complex_dtype(dtype):
        return "other"
    if types.is_numeric_dtype(dtype):
        return "number"
    if types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return "date"
    if types.is_timedelta64_dtype(dtype):
        return "duration"
    if types.is_object_dtype(dtype):
        return _object_kind(series)
    return _text_kind(series) if types.is_string_dtype(dtype) else "other"


def shares(series: pd.Series[Any]) -> bool:
    """Whether numbers are clearly shares of one: some between nought and one, none beyond."""
    if series.dtype.kind != "f":
        return False
    return bool(series.min() >= 0 and series.max() <= 1 and ((series > 0) & (series < 1)).any())


def _object_kind(series: pd.Series[Any]) -> Kind:
    """The kind of a column of Python objects, by its first values."""
    some = series.iloc[:1000].dropna()
    if all(isinstance(value, bool) for value in some):
        return "bool" if len(some) else "text"
    if all(isinstance(value, str) for value in some):
        return _text_kind(series)
    return "date" if all(isinstance(value, date) for value in some) else "other"


def _text_kind(series: pd.Series[Any]) -> Kind:
    """Dates are often text, as files have them."""
    some = series.iloc[:200].dropna()
    return "date" if len(some) and all(_DATE.match(str(value)) for value in some) else "text"

"""Tables and figures that were shown, compared by their values: names of columns do not count."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .spoken import plain


def tables(shown: Sequence[Any]) -> list[pd.DataFrame]:
    """What was shown, as frames: the index is a column where it says something."""
    found = []
    for each in shown:
        if isinstance(each, pd.Series):
            found.append(_flat(each.to_frame("value" if each.name is None else each.name)))
        elif isinstance(each, pd.DataFrame):
            found.append(_flat(each))
        elif isinstance(each, (bool, int, float, str, np.generic, datetime.date)):
            found.append(pd.DataFrame({"value": [each]}))
        else:
            found.extend(_drawn(each))
    return found


DAY = pd.Timedelta(days=1)


def _days(column: pd.Series) -> pd.Series:
    """Lengths of time as numbers of days."""
    return column / DAY if pd.api.types.is_timedelta64_dtype(column) else column


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    columns = {
        f"column {at}": _days(frame.iloc[:, at].reset_index(drop=True)) for at in range(frame.shape[1])
    }
    index = frame.index
    counted = isinstance(index, pd.RangeIndex) and index.name is None
    levels = {} if counted else {f"index {at}": index.get_level_values(at) for at in range(index.nlevels)}
    return pd.DataFrame({**{name: pd.Series(values) for name, values in levels.items()}, **columns})


def _drawn(figure: Any) -> list[pd.DataFrame]:
    """What a figure of matplotlib draws: bars by their names, lines and points by x and y."""
    axes = figure.get_axes() if hasattr(figure, "get_axes") else getattr(figure, "axes", [])
    if hasattr(figure, "patches") and hasattr(figure, "get_lines"):
        axes = [figure]
    found = []
    for ax in axes if isinstance(axes, (list, tuple)) else [axes]:
        names = {
            "x": _ticks(ax.get_xticks(), ax.get_xticklabels()),
            "y": _ticks(ax.get_yticks(), ax.get_yticklabels()),
        }
        for container in ax.containers:
            bars = list(getattr(container, "patches", []))
            flat = getattr(container, "orientation", "vertical") == "horizontal"
            side = "y" if flat else "x"
            spots = [
                (bar.get_y() + bar.get_height() / 2) if flat else (bar.get_x() + bar.get_width() / 2)
                for bar in bars
            ]
            values = [bar.get_width() if flat else bar.get_height() for bar in bars]
            labels = [names[side].get(round(spot, 6), spot) for spot in spots]
            found.append(pd.DataFrame({"label": labels, "value": values}))
        for line in ax.get_lines():
            x, y = line.get_data(orig=True)
            found.append(pd.DataFrame({"x": np.asarray(x), "y": np.asarray(y)}))
            if names["x"]:
                told = [names["x"].get(round(float(each), 6), each) for each in line.get_xdata(orig=False)]
                found.append(pd.DataFrame({"x": told, "y": np.asarray(y)}))
        for points in ax.collections:
            places = np.asarray(points.get_offsets(), float)
            found.append(pd.DataFrame({"x": places[:, 0], "y": places[:, 1]}).dropna())
    return found


def _ticks(places: Any, labels: Any) -> dict[float, str]:
    return {
        round(float(at), 6): label.get_text()
        for at, label in zip(places, labels, strict=False)
        if label.get_text()
    }


def cells(shown: Sequence[Any]) -> list[float]:
    """All numbers in small tables."""
    small = [each for each in tables(shown) if each.size <= 2000]
    values = [value for each in small for value in each.to_numpy(dtype=object).ravel()]
    return [
        float(value)
        for value in values
        if isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_))
    ]


def only(shown: Sequence[Any]) -> list[Any]:
    """The last cell of each table of one row: what it holds as its answer."""
    return [each.iloc[0, -1] for each in tables(shown) if len(each) == 1]


def label(value: Any) -> str:
    """A label as it is compared."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, (int, np.integer)) or (
        isinstance(value, (float, np.floating)) and value == int(value)
    ):
        return str(int(value))
    if isinstance(value, (datetime.datetime, np.datetime64, datetime.date)):
        stamp = pd.Timestamp(value)
        return stamp.strftime("%Y-%m-%d" if stamp == stamp.normalize() else "%Y-%m-%d %H:%M:%S")
    return " ".join(plain(str(value)).split())


def _period(value: Any, freq: str) -> str:
    try:
        if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
            if not 1900 <= value <= 2200:
                return label(value)
            value = str(int(value))
        return str(pd.Period(value, freq))
    except (ValueError, TypeError):
        return label(value)


def _numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _same(right: np.ndarray, shown: np.ndarray, whole: bool) -> bool:
    """Equal numbers; those that are not counts may be rounded to two decimals or four figures."""
    if whole and np.all(np.mod(shown[~np.isnan(shown)], 1) == 0):
        return bool(np.array_equal(right, shown, equal_nan=True))
    return bool(
        np.allclose(
            shown,
            right,
            rtol=5e-4,
            atol=5.1e-3 if np.nanmax(np.abs(right), initial=0) > 1 else 1e-4,
            equal_nan=True,
        )
    )


def _as_right(right: pd.Series, shown: pd.Series) -> pd.Series:
    """The shown column in the manner of the right one, so that the two can be compared."""
    if isinstance(right.dtype, pd.PeriodDtype):
        freq = right.iloc[0].freqstr
        kinds = {each: _period(each, freq) for each in shown.dropna().unique()}
        return shown.map(lambda value: kinds.get(value, ""))
    if _numeric(right):
        return (
            pd.to_numeric(shown, errors="coerce")
            if not pd.api.types.is_datetime64_any_dtype(shown)
            else shown
        )
    return _labels(shown)


def _labels(column: pd.Series) -> pd.Series:
    """Each value as it is compared; moments all at once, since one by one they take seconds."""
    if pd.api.types.is_datetime64_any_dtype(column):
        said = column.dt.strftime("%Y-%m-%d %H:%M:%S").astype(object)
        days = column == column.dt.normalize()
        return said.where(~days, said.str[:10]).where(column.notna(), "")
    kinds = {each: label(each) for each in column.dropna().unique()}
    return column.map(lambda value: kinds.get(value, ""))


def _own(right: pd.Series) -> pd.Series:
    if isinstance(right.dtype, pd.PeriodDtype):
        return right.map(lambda value: "" if pd.isna(value) else str(value))
    if _numeric(right):
        return right.astype(float)
    return _labels(right)


def _column_fits(right: pd.Series, own: pd.Series, shown: pd.Series, *, ordered: bool) -> bool:
    if len(own) != len(shown):
        return False
    if _numeric(right):
        if not _numeric(shown):
            return False
        a, b = own.to_numpy(float), shown.to_numpy(float)
        if not ordered:
            a, b = np.sort(a), np.sort(b)
        return _same(a, b, pd.api.types.is_integer_dtype(right))
    a, b = own.to_numpy(object), shown.to_numpy(object)
    if ordered:
        return bool((a == b).all())
    return sorted(map(str, a)) == sorted(map(str, b))


def agree(right: pd.DataFrame, shown: pd.DataFrame, *, every: bool, ordered: bool) -> bool:
    """Whether the same rows were shown: for each column of the right answer there is one with its values.

    With `every`, no column of the right answer may be absent; else some may be left out or stand beside.
    """
    if len(right) != len(shown) or len(shown) == 0:
        return False
    right, shown = right.reset_index(drop=True), shown.reset_index(drop=True)
    free = list(shown.columns)
    ours, theirs = {}, {}
    held = 0
    for name in right.columns:
        own = _own(right[name])
        for other in sorted(free, key=lambda each: str(each) != str(name)):
            told = _as_right(right[name], shown[other])
            if _column_fits(right[name], own, told, ordered=False):
                ours[name], theirs[name] = own, told
                free.remove(other)
                held += not str(other).startswith("index")
                break
        else:
            if every:
                return False
    if not every and held < min(_columns(right), _columns(shown)):
        return False
    if ordered:
        keys = [each for each in ours if _sorted(ours[each])] or list(ours)
        if not all(_column_fits(right[each], ours[each], theirs[each], ordered=True) for each in keys):
            return False
    by = sorted(ours, key=lambda each: _numeric(ours[each]))
    a = pd.DataFrame(ours).sort_values(by).reset_index(drop=True)
    b = pd.DataFrame(theirs).sort_values(by).reset_index(drop=True)
    return all(_column_fits(right[each], a[each], b[each], ordered=True) for each in ours)


def _columns(frame: pd.DataFrame) -> int:
    return sum(not str(each).startswith("index") for each in frame.columns)


def _sorted(column: pd.Series) -> bool:
    told = column[column.notna() & (column != "")]
    return told.nunique() > 1 and (told.is_monotonic_increasing or told.is_monotonic_decreasing)


def series_shown(right: pd.Series, shown: Sequence[Any], *, ordered: bool = False) -> bool:
    """Whether the labels were shown with their figures; unnamed and empty groups do not count."""
    wanted = [_flat(right.to_frame("value"))]
    if right.index.nlevels == 1 and isinstance(right.index, pd.RangeIndex):
        wanted = [pd.DataFrame({"label": right.index, "value": right.to_numpy()})]
    if right.index.nlevels == 2:
        wanted += [_flat(right.unstack(level)) for level in (0, 1)]
        wanted += [_flat(right.unstack(level).fillna(0)) for level in (0, 1)]
    for want in wanted:
        for have in tables(shown):
            for trim in (lambda frame: frame, _told):
                if agree(trim(want), trim(have), every=True, ordered=ordered):
                    return True
    return False


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    """Without rows that tell nothing: no name, no figure, or nought."""
    numeric = [each for each in frame.columns if _numeric(frame[each])]
    kept = frame.dropna()
    if numeric:
        kept = kept[(kept[numeric[-1:]] != 0).any(axis=1)]
    return kept


def rows_shown(right: pd.DataFrame, shown: Sequence[Any], *, ordered: bool, counted: bool) -> bool:
    """Whether the rows were shown: all, or the first ones where their number is told or order asked."""
    want = _flat(right)
    for have in tables(shown):
        if want.equals(have) or agree(want, have, every=False, ordered=ordered):
            return True
        if 5 <= len(have) < len(want) and (_first(want, have) if ordered else counted and _among(want, have)):
            return True
    return False


def _among(want: pd.DataFrame, have: pd.DataFrame) -> bool:
    """Whether all shown rows belong to the right ones, column by column."""
    if have.shape[1] != want.shape[1]:
        return False
    return _rows(have, want) <= _rows(want, want)


def _first(want: pd.DataFrame, have: pd.DataFrame) -> bool:
    """Whether the shown rows are the first ones, in any order where they are equal in what was sorted by."""
    keys = [at for at in range(want.shape[1]) if _sorted(_own(want.iloc[:, at]))]
    if not keys or not _among(want, have):
        return False
    return any(
        _rows(have.iloc[:, [at]], want.iloc[:, [at]], True)
        == _rows(want.iloc[: len(have), [at]], want.iloc[:, [at]], True)
        for at in keys
    )


def _rows(frame: pd.DataFrame, like: pd.DataFrame, ordered: bool = False) -> Any:
    columns = []
    for at in range(like.shape[1]):
        told = _as_right(like.iloc[:, at], frame.iloc[:, at])
        columns.append([label(round(each, 2)) if isinstance(each, float) else label(each) for each in told])
    rows = list(zip(*columns, strict=True))
    return rows if ordered else set(rows)

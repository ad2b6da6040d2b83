"""Plots for the cell, where matplotlib is installed."""

from __future__ import annotations

import importlib
import importlib.util
import io
from typing import TYPE_CHECKING, Any

from voice_widget.agents import Show
from voice_widget.agents.assistant import speaking as say
from voice_widget.agents.assistant.answers import Answer, counts, shown
from voice_widget.agents.assistant.tables import Column

if TYPE_CHECKING:
    import pandas as pd

_WITHOUT = "Plots need matplotlib, which is not installed here: pip install matplotlib."
_MOST_BARS = 20


def installed() -> bool:
    """Whether plots can be drawn here."""
    return importlib.util.find_spec("matplotlib") is not None


class Picture:
    """An image that a notebook shows; made off the main thread, so nothing of pyplot's state is touched."""

    def __init__(self, png: bytes) -> None:
        self._png = png

    def _repr_png_(self) -> bytes:
        return self._png


def plot(column: Column, against: Column | None = None) -> Answer:
    """A picture of one column, or of two against each other."""
    if column.kind == "empty":
        return [f"{say.title(column.spoken)} is empty."]
    if against is None or against is column:
        return _one(column)
    if not column.numeric and against.numeric:
        column, against = against, column
    if not column.numeric:
        return [f"{say.title(column.spoken)} holds no numbers, so there is nothing to plot."]
    return _two(column, against)


def _one(column: Column) -> Answer:
    if column.kind in ("text", "bool", "other"):
        numbers = counts(column)
        tables = [x.value for x in numbers if isinstance(x, Show)]
        if not tables:
            return numbers
        found = tables[0].iloc[:_MOST_BARS, 0]
        said = f"Here are the counts of {column.spoken}."
        return _drawn(said, lambda ax: _bars(ax, found), numbers)
    series = column.series.dropna()
    instead: Answer = [shown(series.describe().to_frame())]
    return _drawn(
        f"Here is how {column.spoken} is spread.",
        lambda ax: ax.hist(_finite(series), bins=30),
        instead,
        str(column),
    )


def _two(column: Column, against: Column) -> Answer:
    frame = column.table.frame.iloc[:, [against.position, column.position]].dropna()
    frame.columns = ["x", "y"]
    said = f"Here is {column.spoken} against {against.spoken}."
    if against.kind == "number":
        return _drawn(
            said, lambda ax: ax.scatter(frame["x"], frame["y"], s=12), [], str(against), str(column)
        )
    if against.kind == "date":
        ordered = frame.assign(x=_finite(frame["x"])).sort_values("x")
        return _drawn(said, lambda ax: ax.plot(ordered["x"], ordered["y"]), [], str(against), str(column))
    means = frame.groupby("x", observed=True)["y"].mean().iloc[:_MOST_BARS]
    said = f"Here is the average {column.spoken} by {against.spoken}."
    return _drawn(said, lambda ax: _bars(ax, means), [shown(means.to_frame())], str(against), str(column))


def _bars(axes: Any, found: pd.Series[Any]) -> None:
    axes.bar(range(len(found)), found.to_numpy("float64"))
    axes.set_xticks(range(len(found)), [say.value(key) for key in found.index], rotation=30)


def _finite(series: pd.Series[Any]) -> pd.Series[Any]:
    """What can be drawn: lengths of time as hours, months as days, nothing infinite."""
    import numpy as np
    import pandas as pd

    if isinstance(series.dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        series = series.dt.total_seconds() / 3600
    if pd.api.types.is_numeric_dtype(series.dtype):
        return series.astype("float64")[np.isfinite(series.astype("float64"))]
    return series


def _drawn(said: str, draw: Any, instead: Answer, x: str = "", y: str = "") -> Answer:
    """The picture, or, without matplotlib, a kind word and the numbers."""
    if not installed():
        table = [piece for piece in instead if isinstance(piece, Show)]
        return [f"{_WITHOUT}{' Here are the numbers.' if table else ''}", *table]
    # Untyped where it is absent; `Figure` without pyplot, which belongs to the main thread.
    figures: Any = importlib.import_module("matplotlib.figure")
    figure = figures.Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=120)
    return [said, Show(Picture(png.getvalue()), "plot")]

"""Plots for the cell, where matplotlib is installed."""

from __future__ import annotations

import importlib
import importlib.util
import io
from typing import TYPE_CHECKING, Any

from voice_widget.agents import Show
from voice_widget.agents.assistant.language import speaking as say
from voice_widget.agents.assistant.operations.masks import mask
from voice_widget.agents.assistant.operations.running import Result
from voice_widget.agents.assistant.operations.series import numbers_of, said_aggregate
from voice_widget.agents.assistant.tables.plans import Plan
from voice_widget.agents.assistant.tables.tables import Column, Table
from voice_widget.agents.assistant.telling import wording

if TYPE_CHECKING:
    import pandas as pd

Answer = list[str | Show]

_WITHOUT = "Plots need matplotlib, which is not installed here: pip install matplotlib."
_MOST_BARS = 40


def installed() -> bool:
    """Whether plots can be drawn here."""
    return importlib.util.find_spec("matplotlib") is not None


class Picture:
    """An image that a notebook shows; made off the main thread, so nothing of pyplot's state is touched.

    Attributes:
        axes: What was drawn, for who wants the numbers or goes on with it.
    """

    def __init__(self, png: bytes, axes: list[Any]) -> None:
        self._png = png
        self.axes = axes

    def _repr_png_(self) -> bytes:
        return self._png


def columns(plan: Plan, table: Table) -> Answer:
    """A picture of one column, or of two against each other."""
    named = [table.columns[p] for p in plan.measures]
    which = wording.filters(plan.filters, table)
    for column in named:
        if column.kind == "empty":
            return [f"{say.title(column.spoken)} is empty."]
    if len(named) == 1:
        return _one(named[0], plan, table, which)
    column, against = named
    if column.kind not in ("number", "bool") and against.kind in ("number", "bool"):
        column, against = against, column
    if column.kind not in ("number", "bool"):
        return [f"{say.title(column.spoken)} holds no numbers, so there is nothing to plot."]
    return _two(column, against, plan, table, which)


def _one(column: Column, plan: Plan, table: Table, which: str) -> Answer:
    rows = mask(table, plan.filters)
    series = column.series if rows is None else column.series[rows]
    if column.kind in ("text", "bool", "other"):
        try:
            counts = series.value_counts()
        except TypeError:  # lists and the like
            counts = series.dropna().astype(str).value_counts()
        found = counts[counts > 0].iloc[:_MOST_BARS]
        if not len(found):
            return [f"{say.title(column.spoken)} is empty."]
        names = [say.value(key) for key in found.index]
        return _drawn(
            f"Here are the counts of {column.spoken}{which}.",
            lambda ax: _bars(ax, names, found),
            [found.to_frame()],
        )
    series = series.dropna()
    said = f"Here is how {column.spoken}{which} is spread."
    return _drawn(
        said, lambda ax: ax.hist(_finite(series), bins=30), [series.describe().to_frame()], str(column)
    )


def _two(column: Column, against: Column, plan: Plan, table: Table, which: str) -> Answer:
    import pandas as pd

    frame = pd.DataFrame({"x": numbers_of(against).to_numpy(), "y": numbers_of(column).to_numpy()})
    rows = mask(table, plan.filters)
    frame = (frame if rows is None else frame[rows]).dropna()
    said = f"Here is {column.spoken} against {against.spoken}{which}."
    labels = str(against), str(column)
    if against.kind == "date":
        ordered = frame.assign(x=_finite(frame["x"])).sort_values("x")
        return _drawn(said, lambda ax: ax.plot(ordered["x"], ordered["y"]), [frame], *labels)
    if against.kind not in ("number", "bool"):
        return [f"{say.title(against.spoken)} holds no numbers, so there is nothing to plot it against."]
    return _drawn(
        said,
        lambda ax: ax.scatter(frame["x"].astype(float), frame["y"].astype(float), s=12),
        [frame],
        *labels,
    )


def groups(plan: Plan, result: Result, table: Table) -> Show:
    """Bars of groups, or a line along time."""
    import pandas as pd

    found = result.value if not isinstance(result.value, list) else result.value[0]
    name = (
        "count" if plan.do == "count" else f"{said_aggregate(plan)} {table.columns[plan.measures[0]].spoken}"
    )
    if len(plan.groups) == 1 and isinstance(found.index, pd.PeriodIndex):
        times = found.index.to_timestamp()
        return _picture(
            lambda ax: ax.plot(times, found.to_numpy("float64"), marker="o"), plan.groups[0].unit, name
        )
    some = found.iloc[:_MOST_BARS]
    alone = len(plan.groups) == 1 and table.columns[plan.groups[0].column].kind == "text"
    names = [str(key) if alone else wording.key(key, plan.groups, table) for key in some.index]
    return _picture(lambda ax: _bars(ax, names, some), wording.by(plan, table).removeprefix(" by "), name)


def _bars(axes: Any, names: list[str], found: pd.Series[Any]) -> None:
    axes.bar(range(len(found)), found.to_numpy("float64"))
    axes.set_xticks(range(len(found)), names, rotation=30)


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
    return (
        series
        if pd.api.types.is_datetime64_any_dtype(series.dtype)
        else pd.to_datetime(series, errors="coerce")
    )


def _drawn(said: str, draw: Any, instead: list[Any], x: str = "", y: str = "") -> Answer:
    """The picture, or, without matplotlib, a kind word and the numbers."""
    if not installed():
        tables = [Show(frame, f"table · {say.count(len(frame), 'rows')}") for frame in instead]
        return [f"{_WITHOUT}{' Here are the numbers.' if tables else ''}", *tables]
    return [said, _picture(draw, x, y)]


def _picture(draw: Any, x: str = "", y: str = "") -> Show:
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
    return Show(Picture(png.getvalue(), list(figure.axes)), "plot")

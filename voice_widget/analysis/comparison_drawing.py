"""Two distributions drawn below each other, one pair for each measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from voice_widget.analysis.figures import GREY, INK, new
from voice_widget.analysis.parts import load

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#57606a", "#8250df")
_WIDTH, _HEIGHT = 7.0, 1.25
_MOST = 400  # points of one: more are a stain
_SPREAD = 0.28
_BOXED = 5  # fewer points are seen one by one


def draw(
    table: pd.DataFrame,
    values: Mapping[tuple[str, str | None], tuple[Sequence[float], Sequence[float]]],
    names: tuple[str, str],
) -> Figure:
    """See `Comparison.plot`."""
    load("matplotlib", "A picture")
    figure = new(_WIDTH, max(1, len(values)) * _HEIGHT + 0.35)
    figure.set_layout_engine("constrained")
    if not values:
        figure.text(0.5, 0.5, "No measure has values of turns in both.", ha="center", va="center", color=GREY)
        return figure
    facts = {(row["measure"], _side(row["side"])): row for row in table.to_dict("records")}
    panels = figure.subplots(len(values), 1, squeeze=False)[:, 0]
    for ax, (key, both) in zip(panels, values.items(), strict=True):
        _panel(ax, both, names, dict(facts[key]))
    return figure


def _panel(
    ax: Axes, both: tuple[Sequence[float], Sequence[float]], names: tuple[str, str], row: dict[Any, Any]
) -> None:
    import numpy as np

    for place, (given, colour) in enumerate(zip(both, COLOURS, strict=True)):
        y = 1 - place
        found = np.sort(np.asarray(given, dtype=float))
        if len(found) > _MOST:
            found = found[np.linspace(0, len(found) - 1, _MOST).astype(int)]
        # By turns above and below: the same picture each time, and no point on its neighbour.
        offsets = _SPREAD * np.sin(2.4 * np.arange(len(found)))
        ax.plot(found, y + offsets, "o", color=colour, ms=3.2, alpha=0.45, mew=0, gid=f"points {place}")
        if len(given) >= _BOXED:
            low, middle, high = np.quantile(given, [0.25, 0.5, 0.75])
            ax.broken_barh(
                [(low, high - low)],
                (y - 0.34, 0.68),
                facecolor="none",
                edgecolor=colour,
                lw=1.2,
                gid=f"box {place}",
            )
            ax.plot([middle, middle], [y - 0.34, y + 0.34], color=colour, lw=2.4, gid=f"median {place}")
    ax.set_ylim(-0.55, 1.55)
    ax.set_yticks([1, 0], list(names))
    for label, colour in zip(ax.get_yticklabels(), COLOURS, strict=True):
        label.set_color(colour)
        label.set_parse_math(False)
    ax.tick_params(labelsize=8)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    bold = "bold" if row["clear"] is True else "normal"
    ax.set_title(heading(row), loc="left", fontsize=8.5, color=INK, fontweight=bold, parse_math=False)


def heading(row: Mapping[str, Any]) -> str:
    """What stands above a measure: its name, the difference, the interval, and what is doubtful.

    Example:
        >>> row = {"measure": "response_gap_ms", "side": "assistant", "unit": "ms", "difference": 250.0}
        >>> heading({**row, "low": 120.0, "high": 380.0, "reason": None})
        'response_gap_ms, assistant: +250 ms [120, 380]'
    """
    side, unit = _side(row["side"]), _side(row["unit"])
    name = row["measure"] if side is None else f"{row['measure']}, {side}"
    difference = row["difference"]
    told = f"{difference:+.4g} {unit or ''}".rstrip() if isinstance(difference, float) else ""
    if isinstance(row["low"], float):
        told += f" [{row['low']:.4g}, {row['high']:.4g}]"
    notes = [row["reason"]] if isinstance(row["reason"], str) else []
    if row.get("doubtful_a") or row.get("doubtful_b"):
        notes.append(f"doubtful: {row['doubtful_a']} and {row['doubtful_b']}")
    if not told:
        return f"{name}: {'; '.join(notes)}"
    return f"{name}: {told} ({'; '.join(notes)})" if notes else f"{name}: {told}"


def _side(value: object) -> str | None:
    return value if isinstance(value, str) else None

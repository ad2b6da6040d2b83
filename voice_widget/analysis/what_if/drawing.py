"""Pictures of what other detectors would have done."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from voice_widget.analysis.figures import GREY, INK, SMALL, USER, new, set_clock
from voice_widget.analysis.what_if.truth import USER as COLUMN
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import Sound, blocks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {
    "earlier": "#00795c",
    "same": GREY,
    "later": "#8a5a00",
    "too_early": "#c0272d",
    "missed": "#c0272d",
    "extra": "#7a3fa0",
    "unknown": GREY,
}
_MARKS = {
    "earlier": "<",
    "same": "o",
    "later": ">",
    "too_early": "X",
    "missed": "_",
    "extra": "P",
    "unknown": "$?$",
}
_WIDTH, _LANE = 10.0, 0.35
_BARS = 1500


def draw(table: pd.DataFrame, names: Sequence[str], sound: Sound) -> Figure:
    """See `WhatIf.plot`."""
    figure = new(_WIDTH, 1.6 + _LANE * len(names))
    figure.set_layout_engine("constrained")
    wave, lanes = figure.subplots(2, sharex=True, height_ratios=(1.0, _LANE * len(names)))
    _wave(wave, sound)
    for place, name in enumerate(names):
        rows = table[table["detector"] == name]
        for _, row in rows.iterrows():
            _turn(lanes, place, row)
    for start, end in table.dropna(subset="seq")[["start_ms", "end_ms"]].drop_duplicates().to_numpy():
        for axes in (wave, lanes):
            axes.axvspan(start / 1000, end / 1000, color=USER, alpha=0.12, linewidth=0)
    lanes.set_yticks(range(len(names)), names, fontsize=SMALL)
    lanes.set_ylim(len(names) - 0.5, -0.5)
    last = table[["end_ms", "ended_ms"]].max().max() if len(table) else 0
    set_clock(lanes, 0.0, max(sound.samples / RATE, float(last) / 1000, 0.1), 72 * (_WIDTH - 2))
    _legend(figure, set(table["verdict"].dropna()))
    return figure


def draw_sweep(table: pd.DataFrame, axes: tuple[str, ...]) -> Figure:
    """See `Sweep.plot`."""
    numbers = [name for name in axes if name != "vad"]
    varied = sorted(numbers, key=lambda name: -table[name].nunique())
    across = varied[0] if varied else None
    down = varied[1] if len(varied) > 1 else None
    others = ["vad", *varied[2:]]
    groups = list(itertools.product(*(table[name].unique() for name in others)))
    figure = new(_WIDTH, 0.6 + 2.4 * len(groups))
    figure.set_layout_engine("constrained")
    panels = figure.subplots(len(groups), 2, squeeze=False)
    most = max(1, int(table["too_early"].max()))
    waits = table["wait_p50_ms"].dropna()
    limits = (float(waits.min()), float(waits.max())) if len(waits) else (0.0, 1.0)
    for (early, wait), group in zip(panels, groups, strict=True):
        rows = table
        for name, value in zip(others, group, strict=True):
            rows = rows[rows[name] == value]
        of = ", ".join(
            str(value) if name == "vad" else f"{name} {value:g}"
            for name, value in zip(others, group, strict=True)
        )
        _map(early, rows, across, down, "too_early", (0.0, float(most)), f"{of}: turns ended too early")
        _map(wait, rows, across, down, "wait_p50_ms", limits, f"{of}: median wait in ms")
    return figure


def _wave(axes: Axes, sound: Sound) -> None:
    size = max(1, -(-sound.samples // _BARS))
    peaks: list[float] = []
    for block in blocks(sound, size * max(1, 240_000 // size)):
        pcm = np.abs(block[:, COLUMN].astype(np.float32)) / 32768
        peaks += [float(pcm[at : at + size].max()) for at in range(0, len(pcm), size)]
    at = np.arange(len(peaks)) * size / RATE
    axes.fill_between(at, np.negative(peaks), peaks, color=USER, linewidth=0)
    axes.set_yticks([])
    axes.set_ylabel("user", fontsize=SMALL)
    axes.tick_params(labelbottom=False)


def _turn(axes: Axes, place: int, row: Any) -> None:
    verdict = row["verdict"] if isinstance(row["verdict"], str) else "same"
    colour = _COLOURS[verdict]
    missed = verdict in ("missed", "unknown")
    end, ended = row["end_ms"] / 1000, (row["start_ms"] if missed else row["ended_ms"]) / 1000
    if not missed:
        axes.plot((end, ended), (place, place), color=colour, linewidth=2, solid_capstyle="butt")
    axes.plot([ended], [place], marker=_MARKS[verdict], color=colour, markersize=6, linestyle="none")


def _legend(figure: Figure, verdicts: set[str]) -> None:
    from voice_widget.analysis.parts import load

    line = load("matplotlib.lines", "A picture").Line2D
    marks = [
        line(
            [], [], color=_COLOURS[name], marker=_MARKS[name], linestyle="none", label=name.replace("_", " ")
        )
        for name in _COLOURS
        if name in verdicts
    ]
    if marks:
        figure.legend(
            handles=marks, loc="outside upper center", ncols=len(marks), fontsize=SMALL, frameon=False
        )


def _map(
    axes: Axes,
    rows: pd.DataFrame,
    across: str | None,
    down: str | None,
    what: str,
    limits: tuple[float, float],
    title: str,
) -> None:
    columns = sorted(rows[across].unique()) if across else [0.0]
    lines = sorted(rows[down].unique()) if down else [0.0]
    values = np.full((len(lines), len(columns)), np.nan)
    for _, row in rows.iterrows():
        x = columns.index(row[across]) if across else 0
        y = lines.index(row[down]) if down else 0
        values[y, x] = np.nan if row.isna()[what] else float(row[what])
    axes.imshow(values, aspect="auto", origin="lower", cmap="cividis", vmin=limits[0], vmax=limits[1])
    for (y, x), value in np.ndenumerate(values):
        shade = (value - limits[0]) / ((limits[1] - limits[0]) or 1.0)
        text = "" if np.isnan(value) else f"{value:g}"
        axes.text(x, y, text, ha="center", va="center", fontsize=SMALL, color="white" if shade < 0.5 else INK)
    axes.set_xticks(
        range(len(columns)), [f"{value:g}" for value in columns] if across else [""], fontsize=SMALL
    )
    axes.set_yticks(range(len(lines)), [f"{value:g}" for value in lines] if down else [""], fontsize=SMALL)
    axes.set_xlabel(across or "", fontsize=SMALL)
    axes.set_ylabel(down or "", fontsize=SMALL)
    axes.set_title(title, fontsize=SMALL + 1, color=INK)

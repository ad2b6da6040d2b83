"""Figures, and what stands in them: matplotlib is loaded here alone, and where a picture is asked for."""

from __future__ import annotations

import io
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Any

from voice_widget.analysis.parts import load
from voice_widget.errors import SettingError, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

USER, ASSISTANT, TOOL, INK, GREY = "#1f63c4", "#b3510c", "#00795c", "#1f2328", "#6a737d"
"""The panel's blue and orange, apart also for people who see colours otherwise; tools, texts, the rest."""
SMALL = 7.0
"""Points of a text in a picture."""
_WIDTH = 0.58  # of a letter by its size, on average, in matplotlib's own font
_TICKS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


def new(width: float, height: float) -> Figure:
    """A figure of so many inches that a notebook shows, and that is shown once and nowhere else.

    Raises:
        MissingParts: matplotlib is not installed.
    """
    module = load("matplotlib.figure", "A picture")
    figure: Figure = module.Figure((width, height), dpi=100)
    # One that pyplot knows is shown again at the end of the cell, and never freed.
    figure._repr_png_ = partial(png, figure)  # type: ignore[attr-defined]
    return figure


def png(figure: Figure) -> bytes:
    """A figure as a file."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=144)
    return data.getvalue()


def axes_of(ax: object, width: float, height: float) -> tuple[Figure, Axes]:
    """The axes to draw into and their figure; if there are none, new ones.

    Raises:
        SettingError: They are no axes.
        MissingParts: matplotlib is not installed.
    """
    if ax is None:
        figure = new(width, height)
        return figure, figure.add_subplot()
    axes: Any = load("matplotlib.axes", "A picture").Axes
    if not isinstance(ax, axes):
        raise SettingError(f"{shown(ax)} is no axes.", next_step="Give axes of matplotlib.")
    figure = ax.figure
    part: Any = load("matplotlib.figure", "A picture").SubFigure
    while isinstance(figure, part):
        figure = figure.figure
    return figure, ax


def width_of(text: str, size: float = SMALL) -> float:
    """About how wide a text is, in points: nothing is drawn for it."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return (len(text) + wide) * size * _WIDTH


def fitted(text: str, room: float, size: float = SMALL, lines: int = 1) -> str:
    r"""As much of a text as fits into so many points, in so many lines; empty if that is next to nothing.

    Example:
        >>> fitted("Which island has the most penguins?", 70, lines=2)
        'Which island has\nthe most…'
    """
    made: list[str] = []
    rest = text.split()
    while rest and len(made) < lines:
        line = [rest.pop(0)]
        while rest and width_of(" ".join([*line, rest[0]]), size) <= room:
            line.append(rest.pop(0))
        made.append(" ".join(line))
    if not made:
        return ""
    last = made[-1]
    if rest or width_of(last, size) > room:
        while last and width_of(f"{last}…", size) > room:
            last = last[:-1].rstrip()
        if len(last) < 3 and len(made) == 1:
            return ""
        made[-1] = f"{last}…"
    # A word that is too long in an earlier line ends the text.
    return "" if any(width_of(line, size) > room for line in made) else "\n".join(made)


def clock(seconds: float, step: float = 1.0) -> str:
    """A moment as minutes and seconds.

    Example:
        >>> clock(75), clock(4.5, 0.1), clock(3600)
        ('1:15', '0:04.5', '60:00')
    """
    digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
    minutes, rest = divmod(round(seconds, digits), 60)
    width = 2 if not digits else 3 + digits
    return f"{minutes:.0f}:{rest:0{width}.{digits}f}"


def set_clock(ax: Axes, start: float, stop: float, room: float) -> None:
    """Let the horizontal axis be a clock.

    Args:
        ax: The axes.
        start: Its first second.
        stop: Its last one.
        room: How wide the axes are, in points.
    """
    most = max(2.0, room / 45)
    step = next((each for each in _TICKS_S if (stop - start) / each <= most), _TICKS_S[-1])
    first = -(-start // step)
    ticks = []
    while (at := first * step) <= stop + 1e-9:
        ticks.append(at)
        first += 1
    ax.set_xlim(start, stop)
    ax.set_xticks(ticks, [clock(at, step) for at in ticks])

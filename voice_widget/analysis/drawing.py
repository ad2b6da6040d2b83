"""A talk drawn: two sides on one clock, with what stands between, under and in them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from voice_widget.analysis.envelope import envelope
from voice_widget.analysis.figures import (
    ASSISTANT,
    GREY,
    INK,
    SMALL,
    TOOL,
    USER,
    axes_of,
    fitted,
    set_clock,
    width_of,
)
from voice_widget.analysis.measuring import AT_ONCE_MS
from voice_widget.analysis.numeric import number
from voice_widget.analysis.pictured import Box, Pictured, Span, pictured
from voice_widget.analysis.talks import Analysed
from voice_widget.errors import RecordingError, SettingError, shown
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Side

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS: Mapping[Side, str] = {"user": USER, "assistant": ASSISTANT}
# From where to where a side's box lies; its text stands at the outer edge, its sound nearer to the other.
_LANES: Mapping[Side, tuple[float, float]] = {"user": (0.28, 1.28), "assistant": (-1.28, -0.28)}
_TEXT = 0.3
_ROW = 0.26  # of tools and labels
_PAD = 3.0  # points between a box and its text
_HAIR = 2.0  # points
_LONGEST_NAME = 16


class _Sheet:
    """Axes, and which stretch of the talk they show."""

    def __init__(self, figure: Figure, ax: Axes, start_ms: float, stop_ms: float) -> None:
        self.ax, self.start, self.stop = ax, start_ms, stop_ms
        self.empty = False
        self.room = float(ax.bbox.width * 72 / figure.dpi)
        self.per_ms = self.room / (stop_ms - start_ms)

    def points(self, ms: float) -> float:
        return ms * self.per_ms

    def shown(self, start: float, end: float) -> bool:
        return start < self.stop and end > self.start

    def text(self, ms: float, y: float, text: str, name: str, **how: Any) -> None:
        # What people say holds dollars, which would be read as mathematics.
        given = {"fontsize": SMALL, "color": INK, "clip_on": True, "parse_math": False, "gid": name}
        self.ax.text(ms / 1000, y, text, **{**given, **how})

    def bars(self, spans: Iterable[Span | Box], low: float, height: float, name: str, **how: Any) -> None:
        there = [(each.start_ms / 1000, (each.end_ms - each.start_ms) / 1000) for each in spans]
        if there:
            self.ax.broken_barh(there, (low, height), gid=name, **how)


def draw(talk: Analysed, ax: object, start_ms: float | None, stop_ms: float | None) -> Figure:
    """See `Drawable.plot`."""
    start, stop = _stretch(talk, start_ms, stop_ms)
    # Where a second is a hair nobody sees what the sound says more: an hour is drawn at once.
    what = pictured(talk, fine=stop - start <= AT_ONCE_MS)
    figure, axes = axes_of(ax, 10, 3)
    rows = _rows(what)
    names = [what.names[side][:_LONGEST_NAME] for side in SIDES] + [name for name, _, _ in rows]
    if ax is None:
        left = (max(map(width_of, names), default=0) * 8 / SMALL + 14) / 720
        figure.subplots_adjust(left=left, right=0.97, top=0.97, bottom=0.13)
    sheet = _Sheet(figure, axes, start, stop)
    sheet.empty = not talk.duration_ms
    _sound(sheet, talk)
    for side in SIDES:
        low, high = _LANES[side]
        sheet.bars(
            what.holes[side],
            low,
            high - low,
            f"hole {side}",
            facecolor="none",
            edgecolor=GREY,
            hatch="///",
            lw=0,
        )
    _turns(sheet, what.boxes)
    _between(sheet, what)
    for name, spans, low in rows:
        _row(sheet, name, spans, low)
    bottom = min([_LANES["assistant"][0], *(low for _, _, low in rows)]) - 0.05
    _frame(
        sheet,
        names,
        [sum(_LANES[side]) / 2 for side in SIDES] + [low + _ROW / 2 for _, _, low in rows],
        bottom,
    )
    if not any(sheet.shown(box.start_ms, box.end_ms) for box in what.boxes):
        said = "No turn sounds here." if what.boxes else "This talk has no turns that sounded."
        sheet.text((start + stop) / 2, 0, said, "nothing", ha="center", va="bottom", fontsize=10, color=GREY)
    return figure


def _stretch(talk: Analysed, start_ms: float | None, stop_ms: float | None) -> tuple[float, float]:
    """What is shown, in milliseconds."""
    whole = float(talk.duration_ms) or 1000.0
    for name, value in (("start_ms", start_ms), ("stop_ms", stop_ms)):
        if value is not None and not math.isfinite(number(value)):
            raise SettingError(
                f"`{name}` is in milliseconds, not {shown(value)}.", next_step="Give a number."
            )
    start = 0.0 if start_ms is None else max(0.0, float(start_ms))
    stop = whole if stop_ms is None else min(whole, float(stop_ms))
    if not start < stop:
        raise SettingError(
            f"There is nothing between {start:.0f} and {stop:.0f} ms: the talk lasts {whole:.0f} ms.",
            next_step="Give a start_ms before its stop_ms.",
        )
    return start, stop


def _sound(sheet: _Sheet, talk: Analysed) -> None:
    """Both sides' sound, to one scale: what is louder looks it."""
    first, last = (round(ms * RATE / 1000) for ms in (sheet.start, sheet.stop))
    try:
        last = min(last, talk.sound.samples)
        size, swing = envelope(talk.sound, first, last, round(sheet.room * 2))
    except RecordingError as error:
        sheet.ax.annotate(
            error.message.split(":")[0],
            (1, 0.5),
            (4, 0),
            "axes fraction",
            "offset points",
            rotation=270,
            va="center",
            fontsize=SMALL,
            color=GREY,
            gid="no sound",
        )
        return
    import numpy as np

    at = (first + np.arange(len(swing)) * size + size / 2) / RATE
    most = max(1, int(np.abs(swing.astype(np.int32)).max(initial=0)))
    for column, side in enumerate(SIDES):
        low, high = _inner(side)
        scale = (high - low) / 2 / most
        lower, upper = ((low + high) / 2 + swing[:, column, place] * scale for place in (0, 1))
        sheet.ax.fill_between(at, lower, upper, color=COLOURS[side], lw=0.4, gid=f"sound {side}")


def _inner(side: Side) -> tuple[float, float]:
    low, high = _LANES[side]
    return (low, high - _TEXT) if side == "user" else (low + _TEXT, high)


def _turns(sheet: _Sheet, boxes: Sequence[Box]) -> None:
    for side in SIDES:
        own = [box for box in boxes if box.side == side and sheet.shown(box.start_ms, box.end_ms)]
        low, high = _LANES[side]
        wide = sum(sheet.points(box.end_ms - box.start_ms) for box in own) > 6 * len(own)
        colour = COLOURS[side]
        sheet.bars(
            own,
            low,
            high - low,
            f"turns {side}",
            facecolor=f"{colour}26",
            edgecolor=colour,
            lw=0.7 if wide else 0,
        )
        for box in own:
            _said(sheet, box)


def _said(sheet: _Sheet, box: Box) -> None:
    """The text of a turn: its words where they sound if each has room, else as much as has, or its number."""
    low, high = _LANES[box.side]
    y, va = (high - 0.02, "top") if box.side == "user" else (low + 0.02, "bottom")
    if box.words and _roomy(sheet, box):
        for word in box.words:
            if sheet.start <= word.start_ms < sheet.stop:
                sheet.text(word.start_ms, y, word.text, f"word {box.seq}", va=va)
        return
    start, end = max(box.start_ms, sheet.start), min(box.end_ms, sheet.stop)
    room = sheet.points(end - start) - 2 * _PAD
    text = fitted(box.text, room, lines=2) or (str(box.seq) if width_of(str(box.seq)) <= room + _PAD else "")
    if text:
        sheet.text(start + _PAD / sheet.per_ms, y, text, f"text {box.seq}", va=va, linespacing=1.05)


def _roomy(sheet: _Sheet, box: Box) -> bool:
    ends = [word.start_ms for word in box.words[1:]] + [box.end_ms]
    return all(
        width_of(word.text) + 2 <= sheet.points(end - word.start_ms)
        for word, end in zip(box.words, ends, strict=True)
    )


def _between(sheet: _Sheet, what: Pictured) -> None:
    """What stands between the sides: gaps with their milliseconds, and where an answer was cut."""
    gaps = [gap for gap in what.gaps if sheet.shown(gap.start_ms, gap.end_ms)]
    sheet.bars(gaps, -0.07, 0.05, "gaps", facecolor=INK, lw=0)
    # Of one that is no wider than a hair nobody would see which one a number is of.
    notes = [
        ((gap.start_ms + gap.end_ms) / 2, gap.text, f"gap {gap.start_ms:.0f}")
        for gap in gaps
        if sheet.points(gap.end_ms - gap.start_ms) >= _HAIR
    ]
    cuts = [box for box in what.boxes if box.cut and sheet.start <= box.end_ms <= sheet.stop]
    if cuts:
        middle = sum(_inner("assistant")) / 2
        x = [box.end_ms / 1000 for box in cuts]
        sheet.ax.plot(x, [middle] * len(cuts), "x", color=INK, ms=7, mew=1.8, gid="cuts", zorder=5)
    notes += [(box.end_ms, "interrupted", f"cut {box.seq}") for box in cuts]
    taken = sheet.start
    for at, text, name in sorted(notes):
        half = (width_of(text) + 4) / 2 / sheet.per_ms
        if at - half >= taken and at + half <= sheet.stop:
            sheet.text(at, 0.0, text, name, ha="center", va="bottom")
            taken = at + half


def _rows(what: Pictured) -> list[tuple[str, list[Span], float]]:
    """The rows under the sides: the name of each, what is in it, and where it lies."""
    there = [("tools", what.tools)] if what.tools else []
    there += [(coder[:_LONGEST_NAME], spans) for coder, spans in what.labels.items()]
    top = _LANES["assistant"][0]
    return [(name, spans, top - (place + 1) * (_ROW + 0.06)) for place, (name, spans) in enumerate(there)]


def _row(sheet: _Sheet, name: str, spans: Sequence[Span], low: float) -> None:
    ends = [span.start_ms for span in spans[1:]] + [sheet.stop]
    for span, follows in zip(spans, ends, strict=True):
        if not sheet.shown(span.start_ms, max(span.end_ms, span.start_ms + 1)):
            continue
        colour = span.colour or TOOL
        hatch = "xx" if span.failed else None
        sheet.bars(
            [span], low, _ROW, f"row {name}", facecolor=f"{colour}40", edgecolor=colour, lw=1, hatch=hatch
        )
        start, end = max(span.start_ms, sheet.start), min(span.end_ms, sheet.stop)
        text = fitted(span.text, sheet.points(end - start) - 2 * _PAD)
        if text != span.text and width_of(span.text) + 2 * _PAD <= sheet.points(follows - end):
            start, text = end, span.text  # beside it there is more room
        if text:
            sheet.text(start + _PAD / sheet.per_ms, low + _ROW / 2, text, f"in {name}", va="center")


def _frame(sheet: _Sheet, names: Sequence[str], places: Sequence[float], bottom: float) -> None:
    ax = sheet.ax
    set_clock(ax, sheet.start / 1000, sheet.stop / 1000, sheet.room)
    if sheet.empty:
        ax.set_xticks([])
    ax.set_ylim(bottom, _LANES["user"][1] + 0.05)
    ax.set_yticks(list(places), list(names))
    ax.tick_params(labelsize=8, length=3)
    ax.tick_params(axis="y", length=0)
    for label, side in zip(ax.get_yticklabels(), SIDES, strict=False):
        label.set_color(COLOURS[side])
        label.set_parse_math(False)
    ax.axhline(0, color=GREY, lw=0.4, zorder=0)
    ax.spines[["top", "right", "left"]].set_visible(False)

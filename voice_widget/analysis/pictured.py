"""What there is to draw of a talk, on its timeline and by names, without a word of how it looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from voice_widget.analysis.measuring import gaps_of, measured
from voice_widget.analysis.talks import Analysed
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.record import seconds
from voice_widget.recording.spoken import SpokenWord
from voice_widget.recording.utterances import offsets


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch with a name.

    Attributes:
        start_ms: Where it begins on the recording's timeline.
        end_ms: Where it ends.
        text: What stands at it.
        colour: Its own, as ``#rrggbb``, if it has one.
        failed: It came to no good end.
    """

    start_ms: float
    end_ms: float
    text: str = ""
    colour: str | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A turn as it is drawn.

    Attributes:
        seq: Its number.
        side: Whose it is.
        start_ms: Where it begins.
        end_ms: Where it ends.
        text: What was heard of it.
        words: Its words at their times, where those are not estimated.
        cut: Whether it was broken off.
    """

    seq: int
    side: Side
    start_ms: float
    end_ms: float
    text: str
    words: tuple[SpokenWord, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class Pictured:
    """A talk, ready to be drawn.

    Attributes:
        names: How the sides are called.
        boxes: The turns that sounded, in order.
        gaps: The silences before answers, with their milliseconds.
        holes: By side, where somebody or something took the sound.
        tools: The calls of functions.
        labels: By coder, what was labelled.
    """

    names: Mapping[Side, str]
    boxes: list[Box]
    gaps: list[Span]
    holes: Mapping[Side, list[Span]]
    tools: list[Span]
    labels: Mapping[str, list[Span]]


def pictured(talk: Analysed, *, fine: bool = True) -> Pictured:
    """Read off a talk what there is to draw of it: turns and gaps as they were measured.

    Args:
        talk: The talk.
        fine: Without, its sound is not listened to, and turns are where their rows say: up to some 50 ms
            beside it.
    """
    cells = measured(talk, listen=fine).cells
    gaps = _gaps(cells, fine=fine)
    return Pictured(_names(talk), _boxes(talk, cells), gaps, holes(talk), _tools(talk), _labels(talk))


def _names(talk: Analysed) -> dict[Side, str]:
    pseudonyms = talk.manifest.get("pseudonyms") or {}
    return {side: pseudonyms.get(side) or side for side in SIDES}


def _boxes(talk: Analysed, cells: Iterable[Mapping[str, Any]]) -> list[Box]:
    said = {one.seq: one for one in talk.utterances()}
    found = []
    for cell in cells:
        one = said.get(cell["seq"])
        text = "" if one is None else one.text
        words = () if one is None else tuple(word for word in one.words if word.source != "estimated")
        place = cell["start_ms"], cell["end_ms"]
        found.append(Box(cell["seq"], cell["role"], *place, text, words, bool(cell["interrupted"])))
    return sorted(found, key=lambda box: (box.start_ms, box.seq))


def _gaps(cells: Iterable[dict[str, Any]], *, fine: bool) -> list[Span]:
    return [
        Span(gap.end_ms - gap.ms, gap.end_ms, f"{gap.ms:.0f} ms" if fine else f"{gap.ms / 1000:.1f} s")
        for gap in gaps_of(cells).values()
        if gap.ms
    ]


def holes(talk: Analysed) -> dict[Side, list[Span]]:
    """Where nobody knows what sounded, by side and in order; each says why: a `timeline.Hole`."""
    found: dict[Side, list[Span]] = {side: [] for side in SIDES}
    for piece in talk.pieces:
        if piece.hole is None:
            continue
        span = Span(piece.start * 1000 / RATE, piece.end * 1000 / RATE, piece.hole)
        own = found[piece.side]
        if own and (own[-1].end_ms, own[-1].text) == (span.start_ms, span.text):
            span = replace(span, start_ms=own.pop().start_ms)
        own.append(span)
    return found


def _tools(talk: Analysed) -> list[Span]:
    table = talk.tool_calls_df
    if not len(table):
        return []
    manifest = talk.manifest
    zeros = offsets(talk.rows, manifest["calls"], seconds(manifest["created_at"]) or 0.0)
    found = []
    for call in table.to_dict("records"):
        zero = zeros.get(call["call_id"])
        start, end = (_number(call[name]) for name in ("start_ms", "end_ms"))
        if zero is None or start is None:
            continue
        failed = call["status"] not in ("completed", "running")
        end = start if end is None else end
        found.append(Span(start + zero, end + zero, str(call["name"]), failed=failed))
    return found


def _labels(talk: Analysed) -> dict[str, list[Span]]:
    table = getattr(talk, "labels_df", None)
    if table is None:
        return {}
    scheme: Mapping[str, Any] = getattr(talk, "scheme", None) or {}
    found: dict[str, list[Span]] = {}
    for label in table.to_dict("records"):
        start, end = (_number(label[name]) for name in ("start_ms", "end_ms"))
        if start is not None and end is not None:
            colour = getattr(scheme.get(label["code"]), "colour", None)
            found.setdefault(str(label["coder"]), []).append(Span(start, end, str(label["code"]), colour))
    return found


def _number(value: Any) -> float | None:
    # A missing number is pandas' own kind of nothing, which is not even itself.
    return float(value) if isinstance(value, int | float) and value == value else None

"""What a replay shows of a talk but for its sound and its labels: turns, words and tools, on one timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypedDict

from voice_widget.analysis.measuring import Gap, response_gaps
from voice_widget.analysis.pictured import Span, holes
from voice_widget.analysis.talks import Analysed
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import Row, Side
from voice_widget.recording.spoken import SpokenWord, Utterance
from voice_widget.recording.tables import records
from voice_widget.tables.transcript import heard

Piece = tuple[str, int | None, int | None]
"""A piece of a turn's text, and from when to when it is spoken, if that is known."""


class Shown(TypedDict):
    """A turn. What nobody heard of an answer is ``unheard``; without times it was typed, or has none.

    ``gap_ms`` is the response gap as `Talk.measures` has it, and ``gap_end_ms`` where that silence ends:
    where the answer is heard, which is not always where its row begins.
    """

    seq: int
    role: str
    pieces: list[Piece]
    unheard: str
    start_ms: int | None
    end_ms: int | None
    gap_ms: int | None
    gap_end_ms: int | None
    interrupted: bool
    status: str
    source: str


class ShownTool(TypedDict):
    """A call of a tool."""

    seq: int | None
    name: str
    status: str
    start_ms: int | None
    end_ms: int | None


class ShownHole(TypedDict):
    """Where nobody knows what sounded of a side, and why."""

    side: Side
    kind: str
    start_ms: int
    end_ms: int


class Contents(TypedDict):
    """All of it, but what may become another: labels."""

    duration_ms: int
    names: dict[str, str]
    turns: list[Shown]
    tools: list[ShownTool]
    holes: list[ShownHole]


class Timed(Analysed, Protocol):
    """A talk whose calls lie on its timeline."""

    def _offsets(self) -> Mapping[str | None, float]: ...


def contents(talk: Timed) -> Contents:
    """What a replay shows of it.

    Args:
        talk: It may have no sound, and no turns.
    """
    spoken = {one.seq: one for one in talk.utterances()}
    stretches = talk.stretches()
    names = talk.manifest["pseudonyms"] or {}
    gaps = response_gaps(talk)
    return {
        "duration_ms": talk.duration_ms,
        "names": {side: names[side] for side in ("user", "assistant") if names.get(side)},
        "turns": [
            _turn(row, spoken.get(row["seq"]), stretches.get(row["seq"]), gaps.get(row["seq"]))
            for row in talk.rows
        ],
        "tools": [_tool(call, talk._offsets()) for call in records(talk.tool_calls_df)],
        "holes": [_hole(side, span) for side, spans in holes(talk).items() for span in spans],
    }


def pieces(text: str, words: Sequence[SpokenWord]) -> list[Piece]:
    """A text in pieces: each word that has times, and what stands between those.

    Example:
        >>> pieces("Well, yes.", [SpokenWord("yes.", 40, 90, "engine")])
        [('Well, ', None, None), ('yes.', 40, 90)]
    """
    found: list[Piece] = []
    at = 0
    for word in words:
        start = text.find(word.text, at)
        if start < 0 or not word.text:
            continue
        if start > at:
            found.append((text[at:start], None, None))
        at = start + len(word.text)
        found.append((word.text, word.start_ms, word.end_ms))
    return [*found, (text[at:], None, None)] if at < len(text) else found


def _turn(row: Row, spoken: Utterance | None, stretch: tuple[int, int] | None, gap: Gap | None) -> Shown:
    text = heard(row).strip()
    whole = row["text"].strip()
    start, end = (None, None) if stretch is None else (_ms(stretch[0]), _ms(stretch[1]))
    if spoken is not None:
        start, end = spoken.start_ms, end if spoken.end_ms is None else spoken.end_ms
    return {
        "seq": row["seq"],
        "role": row["role"],
        "pieces": pieces(text, () if spoken is None else spoken.words),
        "unheard": whole[len(text) :].strip() if whole.startswith(text) else "",
        "start_ms": start,
        "end_ms": end,
        "gap_ms": None if gap is None else round(gap.ms),
        "gap_end_ms": None if gap is None else round(gap.end_ms),
        "interrupted": bool(row["interrupted"]),
        "status": row["status"],
        "source": row["source"],
    }


def _tool(call: Mapping[str, Any], zeros: Mapping[str | None, float]) -> ShownTool:
    zero = zeros.get(call["call_id"])

    def on_timeline(ms: int | None) -> int | None:
        return None if ms is None or zero is None else max(0, round(ms + zero))

    return {
        "seq": call["seq"],
        "name": call["name"] or call["kind"],
        "status": call["status"],
        "start_ms": on_timeline(call["start_ms"]),
        "end_ms": on_timeline(call["end_ms"]),
    }


def _hole(side: Side, span: Span) -> ShownHole:
    return {"side": side, "kind": span.text, "start_ms": round(span.start_ms), "end_ms": round(span.end_ms)}


def _ms(sample: int) -> int:
    return round(sample * 1000 / RATE)

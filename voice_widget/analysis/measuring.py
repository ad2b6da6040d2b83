"""The measures of a talk as tables: a row per turn, and a row per measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from voice_widget.analysis.floor import transfers
from voice_widget.analysis.hearing import Heard, Span, hear
from voice_widget.analysis.talks import Analysed
from voice_widget.analysis.turns import Turn, placed
from voice_widget.errors import SettingError, shown
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.tables.columns import frame

if TYPE_CHECKING:
    import pandas as pd

BY_TURN = {
    "seq": "Int64",
    "role": "string",
    "start_ms": "Int64",
    "end_ms": "Int64",
    "source": "string",
    "response_gap_ms": "Int64",
    "floor_transfer_offset_ms": "Int64",
    "doubts": "string",
}
BY_TALK = {
    "measure": "string",
    "side": "string",
    "unit": "string",
    "n": "Int64",
    "missing": "Int64",
    "value": "Float64",
    "p50": "Float64",
    "p90": "Float64",
    "p95": "Float64",
    "points": "string",
    "doubtful": "Int64",
}
FEW = 20
"""With fewer values their points are shown: a percentile of so few says nothing."""


def measures(talk: Analysed, *, by: Literal["talk", "turn"] = "talk") -> pd.DataFrame:
    """See `Measurable.measures`."""
    if by not in ("talk", "turn"):
        raise SettingError(
            f"Measures are by talk or by turn, not by {shown(by)}.", next_step='Give by="turn".'
        )
    heard = hear(talk)
    turns = _turns(talk, heard)
    cells = _by_turn(talk, turns, heard)
    if by == "turn":
        return frame(cells, BY_TURN)
    return frame(_by_talk(cells), BY_TALK)


def _turns(talk: Analysed, heard: Heard) -> list[Turn]:
    rows: dict[int, tuple[Side, float, float]] = {}
    sides = {row["seq"]: row["role"] for row in talk.rows if row["source"] != "typed"}
    if talk.samples:
        spans = {seq: (a * 1000 / RATE, b * 1000 / RATE) for seq, (a, b) in talk.stretches().items()}
    else:
        spans = {
            one.seq: (one.start_ms, one.start_ms if one.end_ms is None else one.end_ms)
            for one in talk.utterances()
        }
    for seq, (start, end) in spans.items():
        role = sides.get(seq)
        if role in SIDES:
            rows[seq] = (role, start, end)
    return placed(rows, heard.voiced)


def _by_turn(talk: Analysed, turns: Sequence[Turn], heard: Heard) -> list[dict[str, Any]]:
    offsets = {each.after: each for each in transfers(turns)}
    ends = {turn.seq: turn.end_ms for turn in turns}
    unknown = [span for side in SIDES for span in heard.unknown[side]]
    cells: list[dict[str, Any]] = []
    for turn in turns:
        cell: dict[str, Any] = {"seq": turn.seq, "role": turn.role, "source": turn.source}
        cell |= {"start_ms": round(turn.start_ms), "end_ms": round(turn.end_ms)}
        taken = offsets.get(turn.seq)
        if taken is not None and not _touches(unknown, ends[taken.before], turn.start_ms):
            cell["floor_transfer_offset_ms"] = round(taken.offset_ms)
            if turn.role == "assistant":
                cell["response_gap_ms"] = max(0, round(taken.offset_ms))
        cells.append(cell)
    return cells


def _touches(unknown: Iterable[Span], one: float, other: float) -> bool:
    first, last = min(one, other), max(one, other)
    return any(start <= last and end >= first for start, end in unknown)


def _by_talk(cells: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    answers = [cell for cell in cells if cell["role"] == "assistant"]
    found = [_spread("response_gap_ms", "assistant", "ms", answers)]
    found += [
        _spread("floor_transfer_offset_ms", side, "ms", [cell for cell in cells if cell["role"] == side])
        for side in SIDES
    ]
    for side in SIDES:
        count = sum(cell["role"] == side for cell in cells)
        found.append(_row("turns", side, "turns", count) | {"value": float(count)})
    return found


def _row(measure: str, side: str | None, unit: str, n: int, missing: int = 0) -> dict[str, Any]:
    empty = dict.fromkeys(BY_TALK)
    return empty | {"measure": measure, "side": side, "unit": unit, "n": n, "missing": missing, "doubtful": 0}


def _spread(measure: str, side: str, unit: str, cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    import numpy as np

    values = [cell[measure] for cell in cells if cell.get(measure) is not None]
    row = _row(measure, side, unit, len(values), len(cells) - len(values))
    if len(values) < FEW:
        row["points"] = ", ".join(str(value) for value in values) or None
        return row
    p50, p90, p95 = (float(value) for value in np.percentile(values, [50, 90, 95]))
    return row | {"p50": p50, "p90": p90, "p95": p95}

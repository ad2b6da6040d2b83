"""What a detector found against when the user spoke: a row per turn, and what they come to. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal

import numpy as np

from voice_widget.analysis.what_if.hearing import Supposed
from voice_widget.analysis.what_if.truth import Spoken

Verdict = Literal["earlier", "same", "later", "too_early", "missed", "extra", "unknown"]
VERDICTS: tuple[Verdict, ...] = ("earlier", "same", "later", "too_early", "missed", "extra", "unknown")
FEW = 20
"""With fewer values their points are shown: a percentile of so few says nothing."""

COLUMNS = {
    "detector": "string",
    "seq": "Int64",
    "start_ms": "Int64",
    "end_ms": "Int64",
    "ended_ms": "Int64",
    "wait_ms": "Int64",
    "recorded_wait_ms": "Int64",
    "change_ms": "Int64",
    "verdict": "string",
    "notes": "string",
}
COUNTS: dict[str, str] = {"n": "Int64", **dict.fromkeys(VERDICTS, "Int64")}
WAITS = {"wait_p50_ms": "Float64", "wait_p90_ms": "Float64", "wait_points": "string"}
SUMMARY = {"detector": "string", **COUNTS, **WAITS}


def judged(
    name: str, spoken: Sequence[Spoken], found: Sequence[Supposed], tolerance_ms: float
) -> list[dict[str, Any]]:
    """The rows of one detector, in order of time.

    Times are judged as they stand in the rows, in whole milliseconds.

    Args:
        name: The detector's.
        spoken: When the user spoke.
        found: The turns that it found.
        tolerance_ms: Who differs by no more is the same; and so long before its end a turn may be said to be
            over.

    Example:
        >>> spoken = [Spoken(1, 100, 900, "sound", 1400)]
        >>> [row] = judged("mine", spoken, [Supposed(120, 890, 1200)], 50)
        >>> row["wait_ms"], row["recorded_wait_ms"], row["change_ms"], row["verdict"]
        (300, 500, -200, 'earlier')
    """
    turns = _Stretches([(each.start_ms, each.end_ms) for each in spoken])
    own = _Stretches([(one.start_ms, one.stop_ms) for one in found])
    rows: list[dict[str, Any]] = []
    for each in spoken:
        there = [found[at] for at in own.across(each.start_ms, each.end_ms)]
        row, decides = _of_turn(each, there, tolerance_ms)
        if decides is not None:
            joined = [spoken[at].seq for at in turns.across(decides.start_ms, decides.stop_ms)]
            row["notes"] += [f"joined with {seq}" for seq in joined if seq != each.seq]
        rows.append(row)
    rows += [
        {"start_ms": one.start_ms, "end_ms": one.stop_ms, "ended_ms": one.ended_ms, "verdict": "extra"}
        for one in found
        if not turns.across(one.start_ms, one.stop_ms)
    ]
    return [_cells(name, row) for row in sorted(rows, key=lambda row: row["start_ms"])]


def _of_turn(
    turn: Spoken, own: Sequence[Supposed], tolerance_ms: float
) -> tuple[dict[str, Any], Supposed | None]:
    """The row of a turn, and which of those found in it says so."""
    end = round(turn.end_ms)
    early = [one for one in own if round(one.ended_ms) < end - tolerance_ms]
    row: dict[str, Any] = {"seq": turn.seq, "start_ms": turn.start_ms, "end_ms": turn.end_ms}
    row["notes"] = ([] if turn.source == "sound" else ["silent"]) + (["gap"] if turn.gap else [])
    row["notes"] += ["doubtful"] if turn.doubtful else []
    if turn.unknown:
        return {**row, "verdict": "unknown"}, None
    if turn.recorded_ms is not None:
        row["recorded_wait_ms"] = round(turn.recorded_ms) - end
    if not own:
        return {**row, "verdict": "missed"}, None
    decides = (early or own)[0]
    wait = round(decides.ended_ms) - end
    row |= {"ended_ms": decides.ended_ms, "wait_ms": wait}
    if early:
        row["verdict"] = "too_early"
    elif turn.recorded_ms is not None:
        change = wait - row["recorded_wait_ms"]
        same = abs(change) <= tolerance_ms
        row |= {
            "change_ms": change,
            "verdict": "same" if same else "earlier" if change < 0 else "later",
        }
    return row, decides


class _Stretches:
    """Stretches in order of their starts: which of them lie across another, without asking each."""

    def __init__(self, stretches: Sequence[tuple[float, float]]) -> None:
        self._starts = [start for start, _ in stretches]
        self._stops = [stop for _, stop in stretches]
        self._farthest = list(accumulate(self._stops, max))

    def across(self, start: float, stop: float) -> list[int]:
        """Their places."""
        first, behind = bisect_right(self._farthest, start), bisect_left(self._starts, stop)
        return [at for at in range(first, behind) if self._stops[at] > start]


def _cells(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    cells: dict[str, Any] = dict.fromkeys(COLUMNS)
    cells |= {key: round(value) if isinstance(value, float) else value for key, value in row.items()}
    return {**cells, "detector": name, "notes": ", ".join(row.get("notes", ())) or None}


def summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the rows of one detector come to: the counts, and how long it waits where it is not too early.

    Example:
        >>> rows = [{"verdict": "same", "seq": 1, "wait_ms": 500}, {"verdict": "missed", "seq": 2}]
        >>> found = summary(rows)
        >>> found["n"], found["missed"], found["wait_p50_ms"], found["wait_points"]
        (2, 1, 500.0, '500')
    """
    listed = list(rows)
    counts: dict[str, Any] = {
        verdict: sum(row["verdict"] == verdict for row in listed) for verdict in VERDICTS
    }
    waits = [
        row["wait_ms"]
        for row in listed
        if row["verdict"] not in ("too_early", "missed", "extra") and row.get("wait_ms") is not None
    ]
    few = len(waits) < FEW
    return {
        "n": sum(row.get("seq") is not None and row["verdict"] != "unknown" for row in listed),
        **counts,
        "wait_p50_ms": float(np.median(waits)) if waits else None,
        "wait_p90_ms": None if few else float(np.percentile(waits, 90)),
        "wait_points": ", ".join(map(str, waits)) if few and waits else None,
    }

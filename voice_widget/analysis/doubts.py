"""Where a second computation from the sound says something else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.analysis.numeric import number
from voice_widget.analysis.per_turn import Cells

TOLERANCE_MS = 100.0
"""By more than this two ways to hear may not differ: else the value is doubtful."""
DOUBTED = (
    "start_ms",
    "end_ms",
    "response_gap_ms",
    "answer_gap_ms",
    "unexplained_ms",
    "floor_transfer_offset_ms",
    "barge_in_stop_ms",
    "overlap_ms",
    "dead_air_ms",
    "tool_silence_ms",
    "kind",
    "false_yield",
)
"""What both ways give of a turn, by the sound alone or with what its row says."""


def doubt(cells: list[Cells], second: list[Cells]) -> None:
    """Note where a second computation from the sound differs, with what it gives ("response_gap_ms: 812").

    Args:
        cells: Of each turn; ``doubts`` is written there.
        second: The same by another ear.
    """
    others = {each["seq"]: each for each in second}
    for own in cells:
        other = others[own["seq"]]
        named = [name for name in DOUBTED if _differ(own.get(name), other.get(name))]
        own["doubts"] = "; ".join(f"{name}: {_told_as(other.get(name))}" for name in named) or None


def _differ(one: object, other: object) -> bool:
    if isinstance(one, bool | str) or isinstance(other, bool | str) or one is None or other is None:
        return one != other
    return abs(number(one) - number(other)) > TOLERANCE_MS


def _told_as(value: object) -> str:
    """What the second way to hear gives, in a turn's ``doubts``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else str(round(number(value)))


def doubts_of(cells: Mapping[str, Any]) -> dict[str, str]:
    """What is doubtful of a turn, and what the second way to hear gives.

    Example:
        >>> doubts_of({"doubts": "overlap_ms: 812; kind: turn"})
        {'overlap_ms': '812', 'kind': 'turn'}
    """
    told = cells.get("doubts")
    return dict(each.split(": ", 1) for each in told.split("; ")) if told else {}

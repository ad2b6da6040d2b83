"""What a recording consists of, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from voice_widget.realtime.sound.formats import RATE
from voice_widget.tables.columns import frame
from voice_widget.tables.schema import dtypes

if TYPE_CHECKING:
    import pandas as pd


def recording_frame(pieces: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per piece of sound or silence that was placed on the recording's timeline.

    Args:
        pieces: Each with ``side``, ``start``, ``samples``, ``kind``, ``reason`` and ``call_id``.

    Example:
        >>> piece = {"side": "user", "start": 2400, "samples": 240, "kind": "gap", "reason": "late"}
        >>> recording_frame([piece])[["start_ms", "end_ms"]].to_numpy().tolist()
        [[100, 110]]
    """
    return frame(list(map(_row, pieces)), dtypes("recording"))


def _row(piece: Mapping[str, Any]) -> dict[str, Any]:
    start, samples = piece["start"], piece["samples"]
    return {
        "side": piece["side"],
        "kind": piece["kind"],
        "start": start,
        "samples": samples,
        "start_ms": round(start * 1000 / RATE),
        "end_ms": round((start + samples) * 1000 / RATE),
        "reason": piece.get("reason"),
        "call_id": piece.get("call_id"),
    }

"""What responses and transcriptions have used, and how long they took: one flat row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from voice_widget.realtime.state.changes import Used
from voice_widget.tables.transcript import UTC_TIME, frame

if TYPE_CHECKING:
    import pandas as pd

MOST = 2**63 - 1  # what the table can hold
# Column → where the number stands in the protocol's `usage`.
COUNTS: Mapping[str, tuple[str, ...]] = {
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "total_tokens": ("total_tokens",),
    "input_text_tokens": ("input_token_details", "text_tokens"),
    "input_audio_tokens": ("input_token_details", "audio_tokens"),
    "input_image_tokens": ("input_token_details", "image_tokens"),
    "cached_tokens": ("input_token_details", "cached_tokens"),
    "cached_text_tokens": ("input_token_details", "cached_tokens_details", "text_tokens"),
    "cached_audio_tokens": ("input_token_details", "cached_tokens_details", "audio_tokens"),
    "cached_image_tokens": ("input_token_details", "cached_tokens_details", "image_tokens"),
    "output_text_tokens": ("output_token_details", "text_tokens"),
    "output_audio_tokens": ("output_token_details", "audio_tokens"),
    "reasoning_tokens": ("output_token_details", "reasoning_tokens"),
}
KINDS = ("text", "audio", "image")
METRICS_DTYPES: Mapping[str, str] = {
    "kind": "string",
    "response_id": "string",
    "item_id": "string",
    "call_id": "string",
    "status": "string",
    "stop_reason": "string",
    "model": "string",
    "started_at": UTC_TIME,
    "arrived_at": UTC_TIME,
    "duration_ms": "Int64",
    "response_gap_ms": "Int64",
    "interrupted": "boolean",
    **dict.fromkeys(COUNTS, "Int64"),
    **{f"uncached_{kind}_tokens": "Int64" for kind in KINDS},
    "audio_seconds": "Float64",
}


def metrics_frame(used: Iterable[Used], turns: Iterable[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """One row per response and per transcription, oldest first; always with the same columns and dtypes.

    Args:
        used: What was used.
        turns: The rows of the transcript: they know the response gaps and what was interrupted.

    Example:
        >>> metrics_frame([]).dtypes["cached_tokens"]
        Int64Dtype()
    """
    by_item = {turn["item_id"]: turn for turn in turns}
    return frame([metrics_row(one, by_item.get(one.item_id)) for one in used], METRICS_DTYPES)


def metrics_row(used: Used, turn: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One row as a dict; None where the service said nothing.

    Cached tokens are part of the input: what was not cached is there in columns of its own, so that nothing
    is counted twice.

    Example:
        >>> cached = {"audio_tokens": 40}
        >>> usage = {"input_token_details": {"audio_tokens": 50, "cached_tokens_details": cached}}
        >>> used = Used("response", "resp_1", "item_1", None, "completed", None, 0.0, 1.5, usage)
        >>> metrics_row(used)["uncached_audio_tokens"], metrics_row(used)["duration_ms"]
        (10, 1500)
    """
    took = None if used.started_at is None else round((used.arrived_at - used.started_at) * 1000)
    answered = turn if used.kind == "response" else None
    counts = {name: _count(_at(used.usage, path)) for name, path in COUNTS.items()}
    if counts["cached_tokens"] == 0:  # then the details may be missing
        for kind in KINDS:
            counts[f"cached_{kind}_tokens"] = counts[f"cached_{kind}_tokens"] or 0
    uncached = {
        f"uncached_{kind}_tokens": _minus(counts[f"input_{kind}_tokens"], counts[f"cached_{kind}_tokens"])
        for kind in KINDS
    }
    return {
        "kind": used.kind,
        "response_id": used.response_id,
        "item_id": used.item_id,
        "call_id": used.call_id,
        "status": used.status,
        "stop_reason": used.stop_reason,
        "model": used.model,
        "started_at": _time(used.started_at),
        "arrived_at": _time(used.arrived_at),
        "duration_ms": took,
        "response_gap_ms": answered["response_gap_ms"] if answered is not None else None,
        "interrupted": answered["interrupted"] if answered is not None else None,
        **counts,
        **uncached,
        "audio_seconds": _seconds(_at(used.usage, ("seconds",))),
    }


def _at(place: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        place = place.get(step) if isinstance(place, Mapping) else None
    return place


def _count(value: Any) -> int | None:
    """A number of tokens; None for what cannot be one, as strange servers send anything."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= MOST else None


def _seconds(value: Any) -> float | None:
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if numeric and 0 <= value <= MOST else None


def _minus(whole: int | None, part: int | None) -> int | None:
    return None if whole is None or part is None or part > whole else whole - part


def _time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()

"""What a talk used: tokens by kind, and what they cost. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

TOKENS = (
    "input_tokens",
    "input_text_tokens",
    "input_audio_tokens",
    "input_image_tokens",
    "cached_tokens",
    "cached_text_tokens",
    "cached_audio_tokens",
    "cached_image_tokens",
    "uncached_text_tokens",
    "uncached_audio_tokens",
    "uncached_image_tokens",
    "output_tokens",
    "output_text_tokens",
    "output_audio_tokens",
    "reasoning_tokens",
    "total_tokens",
)


class Used(NamedTuple):
    """A sum. ``n``: of so many responses and transcriptions; ``missing``: so many do not say it."""

    measure: str
    unit: str
    n: int
    missing: int
    value: float | None


def used(rows: Iterable[Mapping[str, Any]]) -> list[Used]:
    """The sums of what responses and transcriptions used.

    Definition: as the service counted, by kind. What was cached is part of the input, and what was thought
    part of the output: ``total_tokens`` is input and output, and nothing is counted twice. Where a service
    tells the parts and no sum, it is their sum: text, audio and images are the input, text and audio the
    output, and both together the total; of one of both alone the total is not known.
    ``cost`` is by the prices that were given, and apart for responses and transcriptions.

    Source: the ``usage`` of ``response.done`` and of
    ``conversation.item.input_audio_transcription.completed`` in OpenAI's Realtime API.

    Args:
        rows: Of ``metrics_df``.

    Example:
        >>> [each.value for each in used([{"kind": "response", "total_tokens": 7}]) if each.value]
        [7.0]
    """
    listed = list(rows)
    responses = [row for row in listed if row["kind"] == "response"]
    heard = [row for row in listed if row["kind"] == "transcription"]
    counted = [_whole(row) for row in listed if row["kind"] == "response" or _counts_tokens(row)]
    found = [_sum(name, name, "tokens", counted) for name in TOKENS]
    found.append(_sum("audio_seconds", "audio_seconds", "s", [x for x in heard if not _counts_tokens(x)]))
    found.append(_sum("cost", "cost", "as the prices", listed))
    found.append(_sum("cost", "response_cost", "as the prices", responses))
    found.append(_sum("cost", "transcription_cost", "as the prices", heard))
    return found


_PARTS = {
    "input_tokens": ("input_text_tokens", "input_audio_tokens", "input_image_tokens"),
    "output_tokens": ("output_text_tokens", "output_audio_tokens"),
}


def _counts_tokens(row: Mapping[str, Any]) -> bool:
    """Whether a transcription is counted by tokens, and not by its seconds."""
    return any(row.get(name) is not None for name in TOKENS)


def _whole(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with the sums of its parts, where only these are told."""
    told = dict(row)
    for name, parts in _PARTS.items():
        known = [told[part] for part in parts if told.get(part) is not None]
        if told.get(name) is None and known:
            told[name] = sum(known)
    ways = told.get("input_tokens"), told.get("output_tokens")
    if told.get("total_tokens") is None and None not in ways:
        told["total_tokens"] = sum(ways)
    return told


def _sum(column: str, measure: str, unit: str, rows: list[Mapping[str, Any]]) -> Used:
    values = [row[column] for row in rows if row.get(column) is not None]
    return Used(measure, unit, len(values), len(rows) - len(values), float(sum(values)) if values else None)

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
    part of the output: ``total_tokens`` is input and output, and nothing is counted twice.
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
    counted = [row for row in listed if row.get("total_tokens") is not None or row["kind"] == "response"]
    found = [_sum(name, name, "tokens", counted) for name in TOKENS]
    found.append(_sum("audio_seconds", "audio_seconds", "s", [x for x in heard if x not in counted]))
    found.append(_sum("cost", "cost", "as the prices", listed))
    found.append(_sum("cost", "response_cost", "as the prices", responses))
    found.append(_sum("cost", "transcription_cost", "as the prices", heard))
    return found


def _sum(column: str, measure: str, unit: str, rows: list[Mapping[str, Any]]) -> Used:
    values = [row[column] for row in rows if row.get(column) is not None]
    return Used(measure, unit, len(values), len(rows) - len(values), float(sum(values)) if values else None)

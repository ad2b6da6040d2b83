"""What responses and transcriptions have used, and how long they took: one flat row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from voice_widget.realtime.state.changes import Used
from voice_widget.tables.columns import Growing, celled
from voice_widget.tables.prices import KINDS, Prices, cost_of, price_of
from voice_widget.tables.schema import dtypes
from voice_widget.tables.stages import Answering, Question

if TYPE_CHECKING:
    import pandas as pd

MOST = 2**53  # more of anything is a fault
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
TIMES = ("started_at", "arrived_at")
# What of a row may still change while the answer sounds; all else is known once it was counted.
LATER = (
    "question_id",
    "response_gap_ms",
    "interrupted",
    "end_wait_ms",
    "recognition_ms",
    "first_word_ms",
    "first_sound_ms",
    "transport_ms",
)
KNOWN = {name: dtype for name, dtype in dtypes("metrics").items() if name not in LATER}


class Counted(NamedTuple):
    """What was used: the cells of `KNOWN`, and what is known of when."""

    cells: tuple[Any, ...]
    kind: str
    item_id: str | None
    stages: Answering | Question | None = None


class MetricsTable:
    """What was used in a talk as a table: what does not change any more is converted once."""

    def __init__(self) -> None:
        self._growing = Growing(KNOWN)

    @property
    def upto(self) -> int:
        """The number of what comes next."""
        return self._growing.upto

    def frame(
        self, first: int, counted: Sequence[Counted], turns: Iterable[Mapping[str, Any]]
    ) -> pd.DataFrame:
        """One row per response and transcription, oldest first.

        Args:
            first: The number of the oldest one.
            counted: All from there on.
            turns: The rows of the transcript.
        """
        import pandas as pd

        new = counted[max(0, self.upto - first) :]
        known = self._growing.take(first, [one.cells for one in new])
        by_item = {turn["item_id"]: turn for turn in turns}
        later = [_later(one, by_item) for one in counted]
        columns = dtypes("metrics")
        made = celled(later, {name: columns[name] for name in LATER})
        return pd.DataFrame(
            {name: (made if name in LATER else known)[name].array for name in columns}, copy=False
        )


def counted(used: Used, prices: Prices | None = None, stages: Answering | Question | None = None) -> Counted:
    """What was used, read."""
    known = _known(used, prices)
    return Counted(tuple(known[name] for name in KNOWN), used.kind, used.item_id, stages)


def metrics_row(
    used: Used, turn: Mapping[str, Any] | None = None, prices: Prices | None = None
) -> dict[str, Any]:
    """One row as a dict; None where the service said nothing, and where nothing is known yet.

    Cached tokens are part of the input: what was not cached is there in columns of its own, so that nothing
    is counted twice.

    Example:
        >>> cached = {"audio_tokens": 40}
        >>> usage = {"input_token_details": {"audio_tokens": 50, "cached_tokens_details": cached}}
        >>> used = Used("response", "resp_1", "item_1", None, "completed", None, 0.0, 1.5, usage)
        >>> metrics_row(used)["uncached_audio_tokens"], metrics_row(used)["duration_ms"]
        (10, 1500)
    """
    known = _known(used, prices)
    later = _later(Counted((), used.kind, used.item_id), {} if turn is None else {used.item_id: turn})
    row = {**known, **dict(zip(LATER, later, strict=True)), **{name: _iso(known[name]) for name in TIMES}}
    return {name: row[name] for name in dtypes("metrics")}


def _later(one: Counted, turns: Mapping[Any, Mapping[str, Any]]) -> tuple[Any, ...]:
    """The cells of `LATER`."""
    stages = one.stages
    if one.kind != "response":
        heard = stages if isinstance(stages, Question) else None
        return None, None, None, heard and heard.end_wait_ms, heard and heard.recognition_ms, None, None, None
    turn = turns.get(one.item_id)
    gap, cut = (None, None) if turn is None else (turn["response_gap_ms"], turn["interrupted"])
    if not isinstance(stages, Answering):
        return None, gap, cut, None, None, None, None, None
    asked = stages.question
    return (
        asked and asked.item_id,
        gap,
        cut,
        asked and asked.end_wait_ms,
        asked and asked.recognition_ms,
        stages.first_word_ms,
        stages.first_sound_ms,
        stages.transport_ms,
    )


def _known(used: Used, prices: Prices | None) -> dict[str, Any]:
    took = None if used.started_at is None else round((used.arrived_at - used.started_at) * 1000)
    counts = {name: _count(_at(used.usage, path)) for name, path in COUNTS.items()}
    if counts["cached_tokens"] == 0:  # then the details may be missing
        for kind in KINDS:
            counts[f"cached_{kind}_tokens"] = counts[f"cached_{kind}_tokens"] or 0
    row: dict[str, Any] = {
        "kind": used.kind,
        "response_id": used.response_id,
        "item_id": used.item_id,
        "call_id": used.call_id,
        "status": used.status,
        "stop_reason": used.stop_reason,
        **_fault(used),
        "model": used.model,
        "started_at": used.started_at,
        "arrived_at": used.arrived_at,
        "duration_ms": took,
        **counts,
        **{
            f"uncached_{kind}_tokens": _minus(counts[f"input_{kind}_tokens"], counts[f"cached_{kind}_tokens"])
            for kind in KINDS
        },
        "audio_seconds": _seconds(_at(used.usage, ("seconds",))),
        "cost": None,
    }
    price = price_of(used.model, prices) if prices else None
    return row if price is None else row | {"cost": cost_of(row, price)}


def _fault(used: Used) -> dict[str, str | None]:
    error = used.error
    if error is None:
        return {"error_code": None, "error": None, "next_step": None}
    return {"error_code": error["code"], "error": error["message"], "next_step": error["next_step"] or None}


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


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()

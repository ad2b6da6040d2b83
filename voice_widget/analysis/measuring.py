"""The measures of a talk as tables: a row per turn, and a row per measure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from voice_widget.analysis.doubts import doubt
from voice_widget.analysis.finding import Findings
from voice_widget.analysis.findings import findings as findings_of
from voice_widget.analysis.hearing import Heard, hear
from voice_widget.analysis.numeric import number
from voice_widget.analysis.per_talk import BY_TALK, per_talk, word_error_rates
from voice_widget.analysis.per_turn import BY_TURN, Cells, Sounding, Told
from voice_widget.analysis.silence import DEAD_AIR_MS
from voice_widget.analysis.spans import Span
from voice_widget.analysis.talks import Analysed
from voice_widget.analysis.word_errors import Scripts, scored
from voice_widget.errors import SettingError, shown
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.delays import delays, later
from voice_widget.recording.record import seconds
from voice_widget.recording.tables import records
from voice_widget.tables.columns import frame

if TYPE_CHECKING:
    import pandas as pd

AT_ONCE_MS = 600_000
"""So much is listened to before something is shown of it: a minute takes some tenths of a second."""

ERRORS = {"word_errors": "Int64", "word_error_rate": "Float64"}
"""The columns of a turn against a script."""


@dataclass(frozen=True)
class Measured:
    """A talk that was measured: what its records say, what was heard, and a dict for each turn."""

    told: Told
    sounding: Sounding
    cells: list[Cells]
    metrics: list[dict[str, Any]]


class Gap(NamedTuple):
    """A silence before an answer.

    Attributes:
        ms: How long it is.
        end_ms: Where the answer begins to sound, on the recording's timeline.
    """

    ms: float
    end_ms: float


def measures(
    talk: Analysed,
    *,
    by: Literal["talk", "turn"] = "talk",
    dead_air_ms: float = DEAD_AIR_MS,
    script: Scripts | None = None,
) -> pd.DataFrame:
    """See `Measurable.measures`."""
    if by not in ("talk", "turn"):
        raise SettingError(
            f"Measures are by talk or by turn, not by {shown(by)}.", next_step='Give by="turn".'
        )
    scores = {} if script is None else scored(talk, script)  # a script that does not fit costs no listening
    found = measured(talk, dead_air_ms=dead_air_ms)
    if by == "turn":
        errors = {seq: each for score in scores.values() for seq, each in score.found.items()}
        for cells in found.cells if errors else ():
            if (own := errors.get(cells["seq"])) is not None:
                cells |= {"word_errors": own.errors, "word_error_rate": own.rate}
        columns = BY_TURN if script is None else _with_errors()
        return frame([_whole(cells) for cells in found.cells], columns)
    rows = per_talk(found.sounding, found.cells, found.metrics)
    return frame([*rows, *word_error_rates(scores)], BY_TALK)


def findings(talk: Analysed, *, dead_air_ms: float = DEAD_AIR_MS) -> Findings:
    """See `Measurable.findings`."""
    found = measured(talk, dead_air_ms=dead_air_ms)
    began = seconds(talk.manifest.get("created_at"))
    return findings_of(found.told, found.cells, found.metrics, began, found.sounding.trailing)


def measured(talk: Analysed, *, dead_air_ms: float = DEAD_AIR_MS, listen: bool = True) -> Measured:
    """Measure a talk, by both ears.

    Args:
        talk: The talk.
        dead_air_ms: A longer silence of both sides is dead air.
        listen: Whether to listen to its sound; without, its rows and events say all.

    Raises:
        SettingError: ``dead_air_ms`` is no time.
    """
    threshold_ms = number(dead_air_ms)
    if not 0 < threshold_ms < math.inf:
        raise SettingError(
            f"`dead_air_ms` is in milliseconds, not {shown(dead_air_ms)}.", next_step="Give 2000."
        )
    heard = hear(talk, listen=listen)
    metrics = records(talk.metrics_df)
    told = _told(talk, heard, metrics, threshold_ms)
    sounding = Sounding(told, heard.voiced)
    cells = sounding.cells()
    if heard.sounds:
        doubt(cells, Sounding(told, heard.second).cells())
    return Measured(told, sounding, cells, metrics)


def response_gaps(talk: Analysed) -> dict[int, Gap]:
    """The response gaps of a talk's answers by their number: those of `measures`. What is missing is missing.

    To a talk of more than ten minutes nobody listens before it is shown: there its rows say all.
    """
    return gaps_of(measured(talk, listen=talk.duration_ms <= AT_ONCE_MS).cells)


def gaps_of(cells: Iterable[Cells]) -> dict[int, Gap]:
    """Where the response gaps of measured turns lie, by the number of the answer."""
    found = ((each["seq"], each.get("response_gap_ms"), each["start_ms"]) for each in cells)
    return {seq: Gap(gap, start) for seq, gap, start in found if gap is not None}


def _with_errors() -> dict[str, str]:
    """The columns of turns that have a script: what is doubtful stays the last."""
    doubts = BY_TURN["doubts"]
    return {name: dtype for name, dtype in BY_TURN.items() if name != "doubts"} | ERRORS | {"doubts": doubts}


def _whole(cells: Cells) -> dict[str, Any]:
    """Milliseconds as whole numbers."""
    return {
        name: round(value) if BY_TURN.get(name) == "Int64" and isinstance(value, float) else value
        for name, value in cells.items()
    }


def _told(talk: Analysed, heard: Heard, metrics: list[dict[str, Any]], dead_air_ms: float) -> Told:
    rows = {row["seq"]: row for row in talk.rows}
    if delays(talk.manifest):  # what was heard before an answer in the call is not heard here
        rows = {seq: {**row, "response_gap_ms": None} for seq, row in rows.items()}
    spans: dict[int, tuple[Side, float, float]] = {}
    for seq, (start, end) in _spans(talk).items():
        row = rows[seq]
        if row["role"] in SIDES and row["source"] not in ("typed", "added"):
            spans[seq] = (row["role"], start, end)
    responses = {row["item_id"]: row for row in metrics if row["kind"] == "response" and row["item_id"]}
    stops = talk.manifest.get("service") != "file"
    end_ms = talk.duration_ms if heard.sounds else None
    return Told(rows, spans, responses, _tools(talk, spans), heard.unknown, dead_air_ms, stops, end_ms)


def _spans(talk: Analysed) -> Mapping[int, Span]:
    """When each row sounds by its own times: to the sample, or without sound to the millisecond."""
    if talk.samples:
        return {seq: (a * 1000 / RATE, b * 1000 / RATE) for seq, (a, b) in talk.stretches().items()}
    said = {one.seq: (one.start_ms, one.end_ms) for one in talk.utterances()}
    return {seq: (a, a if b is None else b) for seq, (a, b) in said.items()}


def _tools(talk: Analysed, spans: Mapping[int, tuple[Side, float, float]]) -> list[tuple[str | None, Span]]:
    """When functions ran, on the recording's timeline, and in which call."""
    offsets = {call["call_id"]: call.get("offset_ms") for call in talk.manifest.get("calls") or ()}
    for row in later(
        talk.rows, delays(talk.manifest)
    ):  # where nobody has measured it, rows of the call say it
        if offsets.get(row["call_id"]) is None and row["seq"] in spans and row["start_ms"] is not None:
            offsets[row["call_id"]] = spans[row["seq"]][1] - row["start_ms"]
    found: list[tuple[str | None, Span]] = []
    for tool in records(talk.tool_calls_df):
        offset = offsets.get(tool["call_id"])
        start = tool["end_ms"] if tool["start_ms"] is None else tool["start_ms"]
        if tool["kind"] in ("function", "mcp") and start is not None and offset is not None:
            end = math.nan if tool["end_ms"] is None else tool["end_ms"] + offset
            found.append((tool["call_id"], (start + offset, end)))
    return sorted(found, key=lambda each: each[1][0])

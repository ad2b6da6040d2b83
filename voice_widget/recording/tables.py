"""The tables of a recorded talk, as files and back again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import Row
from voice_widget.recording.replay import Replayed
from voice_widget.recording.timeline import Piece
from voice_widget.tables.metrics import METRICS_DTYPES, metrics_frame
from voice_widget.tables.transcript import DTYPES, UTC_TIME, frame, transcript_frame

if TYPE_CHECKING:
    import pandas as pd

RECORDING_DTYPES: Mapping[str, str] = {
    "side": "string",
    "kind": "string",
    "start": "Int64",
    "samples": "Int64",
    "start_ms": "Int64",
    "end_ms": "Int64",
    "reason": "string",
    "call_id": "string",
}


_NEEDED = {"seq", "item_id", "role", "text", "status"}


class Source(NamedTuple):
    """What tables are made of."""

    replayed: Replayed
    pieces: Sequence[Piece]


class Table(NamedTuple):
    """A table: its columns, and how it is made."""

    dtypes: Mapping[str, str]
    make: Callable[[Source], pd.DataFrame]


TABLES: Mapping[str, Table] = {
    "transcript": Table(DTYPES, lambda source: transcript_frame(source.replayed.rows)),
    "metrics": Table(
        METRICS_DTYPES, lambda source: metrics_frame(source.replayed.used, source.replayed.rows)
    ),
    "recording": Table(RECORDING_DTYPES, lambda source: recording_frame(source.pieces)),
}


def recording_frame(pieces: Iterable[Piece]) -> pd.DataFrame:
    """One row per stretch of sound or silence; the two sides lie side by side."""
    rows = [
        asdict(piece)
        | {"start_ms": round(piece.start * 1000 / RATE), "end_ms": round(piece.end * 1000 / RATE)}
        for piece in pieces
    ]
    return frame(rows, RECORDING_DTYPES)


def as_lines(table: pd.DataFrame) -> str:
    """A table as JSON lines, from which it comes back bit for bit."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records(table))


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table's rows in plain values: times as ISO 8601, and None for what nobody knows."""
    names = list(map(str, table))
    rows = zip(*[_cells(table[name]) for name in names], strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _cells(column: pd.Series[Any]) -> list[Any]:
    shown = _iso if str(column.dtype) == UTC_TIME else None
    values = column if shown else column.tolist()
    return [
        None if missing else shown(value) if shown else value
        for value, missing in zip(values, column.isna(), strict=True)
    ]


def _iso(at: pd.Timestamp) -> str:
    """As rows say it, if it is no more exact than they are."""
    return at.isoformat(timespec="microseconds" if at.microsecond % 1000 else "milliseconds")


def from_rows(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The table of that name from what its lines hold."""
    return frame(rows, TABLES[name].dtypes)


def row_of(cells: Mapping[str, Any]) -> Row | None:
    """A row of the transcript from its line; None: it is none. What older ones do not say is not known."""
    if not cells.keys() >= _NEEDED or type(cells["seq"]) is not int:
        return None
    return {name: cells.get(name) for name in Row.__annotations__}  # type: ignore[return-value]

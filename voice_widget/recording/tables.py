"""The tables of a recorded talk, as files and back again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from voice_widget.realtime.state.records import Row, ToolRow
from voice_widget.recording.timeline import Piece
from voice_widget.tables.columns import frame
from voice_widget.tables.ledger import Records
from voice_widget.tables.metrics import MetricsTable
from voice_widget.tables.pieces import recording_frame
from voice_widget.tables.schema import UTC_TIME, TableName, dtypes
from voice_widget.tables.tool_calls import tool_calls_frame
from voice_widget.tables.transcript import transcript_frame
from voice_widget.tables.words import words_frame

if TYPE_CHECKING:
    import pandas as pd

_NEEDED = {"seq", "item_id", "role", "text", "status"}


class Source(NamedTuple):
    """What tables are made of. ``levels`` reads the sound: it is asked for the transcript alone."""

    records: Records
    uses: Sequence[ToolRow]
    pieces: Sequence[Piece]
    levels: Callable[[], Mapping[str, float]]


class Table(NamedTuple):
    """A table: its columns, and how it is made."""

    dtypes: Mapping[str, str]
    make: Callable[[Source], pd.DataFrame]


_MAKE: Mapping[TableName, Callable[[Source], pd.DataFrame]] = {
    "transcript": lambda source: transcript_frame(source.records.rows, source.levels()),
    "tool_calls": lambda source: tool_calls_frame(source.uses),
    "metrics": lambda source: MetricsTable().frame(
        source.records.first, source.records.counted, source.records.rows
    ),
    "words": lambda source: words_frame(source.records.rows, source.records.pieces),
    "recording": lambda source: recording_frame(map(asdict, source.pieces)),
}
TABLES: Mapping[str, Table] = {name: Table(dtypes(name), make) for name, make in _MAKE.items()}


def as_lines(table: pd.DataFrame) -> str:
    """A table as JSON lines, from which it comes back bit for bit."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in records(table))


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


def fits(name: str, cells: Mapping[str, Any]) -> bool:
    """A line holds what the columns of that table are of; what it does not say is not known."""
    return all(
        value is None or _IS[dtype](value)
        for column, dtype in TABLES[name].dtypes.items()
        for value in [cells.get(column)]
    )


def _is_moment(value: Any) -> bool:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment is not None and moment.tzinfo is not None and bool(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return False


_IS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "Int64": lambda value: type(value) is int and -(1 << 63) <= value < 1 << 63,
    "Float64": lambda value: type(value) in (int, float),
    "boolean": lambda value: type(value) is bool,
    UTC_TIME: _is_moment,
}


def row_of(cells: Mapping[str, Any]) -> Row | None:
    """A row of the transcript from its line; None: it is none. What older ones do not say is not known."""
    if not cells.keys() >= _NEEDED or type(cells["seq"]) is not int:
        return None
    return cast(Row, {name: cells.get(name) for name in Row.__annotations__})


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as dicts, moments in ISO 8601; what is not known is None."""
    names = [str(name) for name in table]
    rows = zip(*(_cells(table[name]) for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]

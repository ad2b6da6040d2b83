"""The transcript as tables and as text: rows in, DataFrame, HTML or plain text out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from voice_widget.realtime.state.records import Row

if TYPE_CHECKING:
    import pandas as pd

    from voice_widget.tables.event_log import Line

UTC_TIME: Literal["datetime64[us, UTC]"] = "datetime64[us, UTC]"
DTYPES: Mapping[str, str] = {
    "seq": "Int64",
    "item_id": "string",
    "role": "string",
    "text": "string",
    "text_heard": "string",
    "status": "string",
    "stop_reason": "string",
    "start_ms": "Int64",
    "end_ms": "Int64",
    "service_start_ms": "Int64",
    "service_end_ms": "Int64",
    "started_at": UTC_TIME,
    "arrived_at": UTC_TIME,
    "time_source": "string",
    "response_gap_ms": "Int64",
    "interrupted": "boolean",
    "source": "string",
    "voice": "string",
    "model": "string",
    "call_id": "string",
}
EVENT_DTYPES: Mapping[str, str] = {
    "at": UTC_TIME,
    "direction": "string",
    "type": "string",
    "event_id": "string",
    "event": "string",
    "call_id": "string",
}


def transcript_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per turn, in order, with the same columns and dtypes whatever the rows hold.

    Example:
        >>> transcript_frame([]).dtypes["response_gap_ms"]
        Int64Dtype()
    """
    return frame(sorted(rows, key=lambda row: row["seq"]), DTYPES)


def events_frame(lines: Sequence[Line]) -> pd.DataFrame:
    """Every protocol event, both ways; ``event`` is its JSON."""
    import numpy as np
    import pandas as pd

    columns: dict[str, Any] = {}
    for place, (name, dtype) in enumerate(EVENT_DTYPES.items()):
        values = [line[place] for line in lines]
        if dtype == UTC_TIME:
            moments = np.round(np.array(values, dtype=float) * 1e6).astype("int64")
            columns[name] = pd.Series(moments.astype("datetime64[us]")).dt.tz_localize("UTC")
        else:
            columns[name] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(columns)


def plain_summary(rows: Iterable[Row], *, width: int = 100, most: int = 20) -> str:
    """The rows as plain text, one line each."""
    lines = [f"  {row['role']}: {_cut(heard(row), width)}" for row in _last(rows, most)]
    return "\n".join([HEADLINE, *lines]) if lines else HEADLINE


def html_summary(rows: Iterable[Row], *, most: int = 50) -> str:
    """The rows as a small table for a notebook that is read without a kernel. Everything is escaped."""
    shown = _last(rows, most)
    body = "".join(
        f"<tr><td>{_escape(row['role'])}</td><td style='text-align:left'>{_escape(_cut(heard(row), 500))}"
        f"{' <em>(interrupted)</em>' if row['interrupted'] else ''}</td>"
        f"<td>{_escape(row['response_gap_ms'])}</td></tr>"
        for row in shown
    )
    table = (
        "<table><thead><tr><th>who</th><th>said</th><th>response gap (ms)</th></tr></thead>"
        f"<tbody>{body}</tbody></table>"
        if shown
        else ""
    )
    return f"<p>{_escape(HEADLINE)}</p>{table}"


HEADLINE = "VoiceWidget: a voice agent in this notebook. The turns so far are in w.transcript_df."


def heard(row: Row) -> str:
    """What of a turn reached the listener."""
    return row["text"] if row["text_heard"] is None else row["text_heard"]


def _last(rows: Iterable[Row], most: int) -> list[Row]:
    return sorted(rows, key=lambda row: row["seq"])[-most:]


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _escape(value: Any) -> str:
    import html  # the widget's first import does without it

    return "" if value is None else html.escape(str(value))


def frame(rows: list[Any], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """A table of rows with just these columns and dtypes, whatever is in the rows."""
    import pandas as pd

    columns: dict[str, Any] = {}
    for name, dtype in dtypes.items():
        values = [row.get(name) for row in rows]
        if dtype == UTC_TIME:
            # Mixed precision ("…:05Z" beside "…:05.250Z") is normal and must not decide the dtype.
            times = pd.to_datetime(pd.Series(values, dtype=object), utc=True, format="ISO8601")
            columns[name] = times.astype(UTC_TIME)
        else:
            columns[name] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(columns)

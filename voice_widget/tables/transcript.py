"""The transcript as tables and as text: rows in, DataFrame, HTML or plain text out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from voice_widget.realtime.state.records import Row
from voice_widget.tables.columns import celled, frame, numbers
from voice_widget.tables.schema import UTC_TIME, dtypes

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

COMPUTED = ("audible_ms", "level_db", "overlap_ms")
"""The columns that no row has by itself."""
OF_ROWS = {name: dtype for name, dtype in dtypes("transcript").items() if name not in COMPUTED}
_MOMENTS = tuple(place for place, dtype in enumerate(OF_ROWS.values()) if dtype == UTC_TIME)
Cells = tuple[Any, ...]


def transcript_frame(
    rows: Iterable[Mapping[str, Any]], levels: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """One row per turn, in order, with the same columns and dtypes whatever the rows hold.

    Rows of both sides may overlap: people talk at the same time.

    Args:
        rows: The rows.
        levels: By ``item_id``, how loud the recorded sound is, in dBFS.

    Example:
        >>> transcript_frame([]).dtypes["response_gap_ms"]
        Int64Dtype()
    """
    table = frame(sorted(rows, key=itemgetter("seq")), OF_ROWS)
    return _with_computed(table, levels)


def cells_of(row: Row) -> Cells:
    """A row as the transcript has it; moments as seconds since the epoch. Place and id come first."""
    cells: list[Any] = list(row.values())
    for place in _MOMENTS:
        cells[place] = None if cells[place] is None else datetime.fromisoformat(cells[place]).timestamp()
    return tuple(cells)


def transcript_of(cells: Sequence[Cells], levels: Mapping[str, float] | None = None) -> pd.DataFrame:
    """The same as `transcript_frame`, of rows in order that were read already."""
    return _with_computed(celled(cells, OF_ROWS), levels)


def _with_computed(table: pd.DataFrame, levels: Mapping[str, float] | None) -> pd.DataFrame:
    audible, overlap = _times(table)
    loud = [levels.get(item_id) for item_id in table["item_id"].tolist()] if levels else [None] * len(table)
    return table.assign(
        audible_ms=numbers(audible),
        level_db=numbers(loud, "Float64"),
        overlap_ms=numbers(overlap),
    )


def level_db(samples: Iterable[np.ndarray[Any, Any]]) -> float | None:
    """How loud int16 samples are, in pieces: the root mean square in dB of full scale; None for silence.

    Squares are added up exactly: it is the same whatever the pieces are.

    Example:
        >>> import numpy as np
        >>> level_db([np.full(480, 16384, dtype=np.int16)])
        -6.0
    """
    import numpy as np

    power = count = 0
    for piece in samples:
        exact = piece.astype(np.float64)
        power, count = power + int(exact @ exact), count + len(exact)
    return round(10 * float(np.log10(power / count / 32768**2)), 1) + 0.0 if power else None


def _times(table: pd.DataFrame) -> tuple[Any, Any]:
    """How long each turn sounds, and how long of that the other side sounds too; NaN where nobody knows."""
    import numpy as np

    start, end = (table[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("start_ms", "end_ms"))
    audible = np.maximum(end - start, 0.0)
    known = ~np.isnan(audible)
    # On the calls' own clocks, which all begin at zero: one call after the other. Moments are estimates.
    calls = table["call_id"].factorize(use_na_sentinel=False)[0]
    begins = start + calls * (1.0 + np.nanmax(np.maximum(start, end), initial=0.0))
    until = begins + audible
    overlap = np.full(len(table), np.nan)
    assistant = (table["role"] == "assistant").to_numpy(dtype=bool, na_value=False)
    for side in (assistant, ~assistant):
        mine, theirs = known & side, known & ~side
        other = _Sound(begins[theirs], until[theirs])
        overlap[mine] = other.until(until[mine]) - other.until(begins[mine])
    return audible, overlap


class _Sound:
    """When one side sounds: its turns, joined where they overlap."""

    def __init__(self, begins: Any, until: Any) -> None:
        import numpy as np

        order = np.argsort(begins, kind="stable")
        begins, reached = begins[order], np.maximum.accumulate(until[order])
        apart = begins[1:] > reached[:-1]
        self._begins = begins[np.concatenate(([True], apart))] if len(begins) else begins
        ends = reached[np.concatenate((apart, [True]))] if len(begins) else begins
        self._lengths = ends - self._begins
        self._before = np.concatenate(([0.0], np.cumsum(self._lengths)))

    def until(self, moments: Any) -> Any:
        """How long it has sounded until each of these moments."""
        import numpy as np

        if not len(self._begins):
            return np.zeros(len(moments))
        place = np.searchsorted(self._begins, moments, side="right") - 1
        inside = np.clip(moments - self._begins[place], 0.0, self._lengths[place])
        return np.where(place < 0, 0.0, self._before[place] + inside)


def plain_summary(rows: Iterable[Row], *, width: int = 100, most: int = 20) -> str:
    """The rows as plain text, one line each."""
    lines = [f"  {row['role']}: {_cut(heard(row), width)}{_fate(row)}" for row in _last(rows, most)]
    return "\n".join([HEADLINE, *lines]) if lines else HEADLINE


def html_summary(rows: Iterable[Row], *, most: int = 50) -> str:
    """The rows as a small table for a notebook that is read without a kernel. Everything is escaped."""
    shown = _last(rows, most)
    body = "".join(
        f"<tr><td>{_escape(row['role'])}</td><td style='text-align:left'>{_escape(_cut(heard(row), 500))}"
        f"{' <em>(interrupted)</em>' if row['interrupted'] else ''}{_escape(_fate(row))}</td>"
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


def heard(row: Mapping[str, Any]) -> str:
    """What of a turn reached the listener, whatever was put in its place since."""
    said = row["text"] if row.get("text_before") is None else row["text_before"]
    text: str = said if row["text_heard"] is None else row["text_heard"]
    return text


def _fate(row: Mapping[str, Any]) -> str:
    """What became of it later by hand."""
    if row.get("status") == "rewound":
        return " (taken back)"
    return "" if row.get("text_before") is None else f" (edited: {_cut(row['text'], 100)})"


def _last(rows: Iterable[Row], most: int) -> list[Row]:
    return sorted(rows, key=lambda row: row["seq"])[-most:]


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _escape(value: Any) -> str:
    import html  # the widget's first import does without it

    return "" if value is None else html.escape(str(value))

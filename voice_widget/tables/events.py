"""The protocol's events as a table."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from voice_widget.tables.columns import Growing, Kept, framed, turned
from voice_widget.tables.event_log import EventLog, Line, left_out
from voice_widget.tables.schema import dtypes

if TYPE_CHECKING:
    import pandas as pd


def events_frame(lines: Sequence[Line]) -> pd.DataFrame:
    """Every protocol event, both ways; ``event`` is its JSON."""
    columns = dtypes("events")
    return framed(turned(lines, len(columns)), columns)


class EventsTable:
    """The events of a log as a table: a line is converted once, however often the table is asked for."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._kept, self._guard = log, Kept(), threading.Lock()
        self._growing: Growing | None = None  # the first import does without pandas
        self._edition = 0

    def frame(self) -> pd.DataFrame:
        """The table as it is now."""
        with self._guard:
            if self._edition != self._log.edition:
                self._edition, self._growing = self._log.edition, None
            return self._kept.table((self._edition, self._log.dropped, len(self._log)), self._made)

    def _made(self) -> pd.DataFrame:
        import pandas as pd

        growing = self._growing = self._growing or Growing(dtypes("events"))
        first, lines = self._log.since(growing.upto)
        table = growing.take(first, lines)
        if not first or table.empty:
            return table
        gone = events_frame([left_out(first, table["at"].iloc[0].timestamp())])
        return pd.concat([gone, table], ignore_index=True)

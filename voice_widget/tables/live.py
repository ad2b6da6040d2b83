"""The tables of a talk that goes on: made when they are asked for, and only if there is something new."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from voice_widget.realtime.state.records import Row
from voice_widget.tables.columns import Kept
from voice_widget.tables.event_log import EventLog
from voice_widget.tables.events import EventsTable
from voice_widget.tables.ledger import Ledger, Records
from voice_widget.tables.metrics import MetricsTable
from voice_widget.tables.tool_calls import tool_calls_frame
from voice_widget.tables.transcript import transcript_of
from voice_widget.tables.words import WordsTable

if TYPE_CHECKING:
    import pandas as pd


class Tables:
    """All tables of one talk. Any thread may ask, but the ledger's own.

    Args:
        events: The events.
        ledger: What happened beside them.
        on_its_thread: Calls a function on the thread that writes the ledger.
        levels: How loud rows are, in dBFS by their ``item_id``, where their sound is recorded. It is called
            on the thread that asks.
    """

    def __init__(
        self,
        events: EventLog,
        ledger: Ledger,
        on_its_thread: Callable[[Callable[[], Any]], Any],
        levels: Callable[[Sequence[Row]], Mapping[str, float]] | None = None,
    ) -> None:
        self._ledger, self._there, self._levels = ledger, on_its_thread, levels
        self._records: Records | None = None
        self._guard = threading.Lock()
        self._events = EventsTable(events)
        self._metrics: MetricsTable | None = None  # the first import does without pandas
        self._read_words = WordsTable()
        self._transcript, self._tool_calls, self._used, self._words = Kept(), Kept(), Kept(), Kept()

    def transcript(self) -> pd.DataFrame:
        """The turns."""
        with self._guard:
            records = self._read()
            levels = None if self._levels is None else self._levels(records.rows)
            return self._transcript.table(
                (records.version, levels), lambda: transcript_of(records.cells, levels)
            )

    def events(self) -> pd.DataFrame:
        """The protocol's events."""
        return self._events.frame()

    def tool_calls(self) -> pd.DataFrame:
        """The functions that were called."""
        with self._guard:
            version = self._ledger.version
            return self._tool_calls.table(version, lambda: tool_calls_frame(self._there(self._ledger.uses)))

    def metrics(self) -> pd.DataFrame:
        """What responses and transcriptions used, and how long they took."""
        return self._table(self._used, self._make_metrics)

    def words(self) -> pd.DataFrame:
        """The words that were spoken."""
        return self._table(self._words, lambda records: self._read_words.frame(records.rows, records.pieces))

    def _make_metrics(self, records: Records) -> pd.DataFrame:
        self._metrics = self._metrics or MetricsTable()
        return self._metrics.frame(records.first, records.counted, records.rows)

    def _table(self, kept: Kept, make: Callable[[Records], pd.DataFrame]) -> pd.DataFrame:
        with self._guard:
            records = self._read()
            return kept.table(records.version, lambda: make(records))

    def _read(self) -> Records:
        if self._records is None or self._records.version != self._ledger.version:
            self._records = self._there(self._ledger.read)
        return self._records

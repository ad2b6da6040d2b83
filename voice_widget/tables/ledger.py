"""What the tables are made of beside the events themselves, written down as it happens."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import (
    Change,
    ReplyRequested,
    RowChanged,
    RowText,
    TurnFinished,
    Used,
)
from voice_widget.realtime.state.clock import Clock
from voice_widget.realtime.state.records import Row, ToolRow
from voice_widget.tables.budget import Meter
from voice_widget.tables.metrics import KNOWN, Counted, counted
from voice_widget.tables.prices import Prices
from voice_widget.tables.stages import Stages
from voice_widget.tables.transcript import Cells, cells_of
from voice_widget.tables.words import Piece

MOST_USED = 20_000  # responses and transcriptions that are counted; the oldest go first
_WORD = "response.audio_timestamp.delta"  # as some services tell a word's times
_ITEM_ID = itemgetter(1)  # of cells


class Records(NamedTuple):
    """A copy of what a ledger holds: all that the tables need.

    Attributes:
        version: Of the ledger.
        rows: The rows as they were then, in order. They are told to others too: nobody changes them.
        cells: The same as the transcript has them.
        first: The number of the oldest of ``counted``.
        counted: What was used.
        pieces: Of answers, by ``item_id``: their text with the times that a voice tells.
    """

    version: int
    rows: Sequence[Row]
    cells: Sequence[Cells]
    first: int
    counted: Sequence[Counted]
    pieces: Mapping[str, Sequence[Piece]]


class Ledger:
    """What happens in one talk. One thread writes it, and it takes little of that thread's time.

    Args:
        session: What the events mean. It has taken in an event before the ledger does.
        prices: By model: what a million tokens cost, or a minute.

    Attributes:
        version: Grows with each event; any thread may read it.
        meter: Adds up what was used.
    """

    def __init__(self, session: Session, prices: Prices | None = None) -> None:
        self.version, self.meter = 0, Meter()
        self._session, self._prices = session, prices
        self._rows: dict[str, Row] = {}
        self._cells: dict[str, Cells] = {}
        self._stale: set[str] = set()  # rows that go on without being told again
        # When zero of a call's clock is thought to be: if that changes, all its rows began at other moments.
        self._origins: dict[Clock, float | None] = {}
        self._moved = False
        self._counted: deque[Counted] = deque(maxlen=MOST_USED)
        self._gone = 0
        self._pieces: dict[str, list[Piece]] = {}
        self._words: dict[str, list[Piece]] = {}
        self._stages = Stages()

    def observe(self, event: Mapping[str, Any], at: float, changes: Sequence[Change]) -> None:
        """Take in one event, whichever way it went, and what the session made of it."""
        self.version += 1
        self._stages.observe(event, at)
        for change in changes:
            match change:
                case RowText():
                    self._stale.add(change.item_id)
                    if change.delta is not None and change.audio_start_ms is not None:
                        estimated = change.estimated is True
                        piece = Piece(change.delta, change.audio_start_ms, change.audio_end_ms, estimated)
                        self._pieces.setdefault(change.item_id, []).append(piece)
                case RowChanged(row) | TurnFinished(row):
                    self._told(row)
                case ReplyRequested(response_id, item_id):
                    self._stages.asked(response_id, item_id)
                case Used():
                    self._use(change)
        kind = event["type"]
        if kind == _WORD:
            self._word(event)

    def read(self) -> Records:
        """What is there now. It must not be written meanwhile."""
        if any(clock.origin != origin for clock, origin in self._origins.items()):
            self._moved = True
        if self._moved or self._stale:
            for turn in self._session.turns:
                if self._moved or turn.item_id in self._stale:
                    self._keep(turn.row(), turn.clock)
            self._moved, self._stale = False, set()
        cells = sorted(self._cells.values())  # by their place, which each has for itself
        rows = list(map(self._rows.__getitem__, map(_ITEM_ID, cells)))
        pieces = self._pieces | self._words
        return Records(self.version, rows, cells, self._gone, list(self._counted), pieces)

    def uses(self) -> list[ToolRow]:
        """The functions that were called by now."""
        return self._session.uses.rows()

    def _told(self, row: Row) -> None:
        turn = self._session.turns.get(row["item_id"])
        if turn is not None:
            self._keep(row, turn.clock)

    def _keep(self, row: Row, clock: Clock) -> None:
        item_id = row["item_id"]
        self._rows[item_id], self._cells[item_id] = row, cells_of(row)
        if self._origins.setdefault(clock, clock.origin) != clock.origin:
            self._origins[clock], self._moved = clock.origin, True

    def _use(self, used: Used) -> None:
        stages = (
            self._stages.response(used.response_id)
            if used.kind == "response"
            else self._stages.question(used.item_id)
        )
        self._gone += len(self._counted) == MOST_USED
        one = counted(used, self._prices, stages)
        self._counted.append(one)
        self.meter.add(dict(zip(KNOWN, one.cells, strict=True)))

    def _word(self, event: Mapping[str, Any]) -> None:
        item_id, text = event.get("item_id"), event.get("text")
        start, length = event.get("audio_offset_ms"), event.get("audio_duration_ms")
        if isinstance(item_id, str) and isinstance(text, str) and isinstance(start, (int, float)):
            end = start + length if isinstance(length, (int, float)) else None
            self._words.setdefault(item_id, []).append(Piece(f" {text}", start, end))

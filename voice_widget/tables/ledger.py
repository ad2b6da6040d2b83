"""What the tables are made of beside the events themselves, written down as it happens."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import (
    Change,
    ResponseDone,
    RowChanged,
    RowText,
    ToolCallReady,
    TurnFinished,
    Used,
)
from voice_widget.realtime.state.records import Row
from voice_widget.tables.metrics import Counted, counted
from voice_widget.tables.prices import Prices
from voice_widget.tables.stages import Stages
from voice_widget.tables.tool_calls import ToolCalls, ToolUse
from voice_widget.tables.words import Piece

MOST_USED = 20_000  # responses and transcriptions that are counted; the oldest go first
_WORD = "response.audio_timestamp.delta"  # as some services tell a word's times
_ITEMS = frozenset({"conversation.item.create", "conversation.item.added", "conversation.item.done"})
_ENDS = frozenset({"voice_widget.call.closed", "voice_widget.call.failed", "voice_widget.call.retrying"})


class Records(NamedTuple):
    """A copy of what a ledger holds: all that the tables need.

    Attributes:
        version: Of the ledger.
        rows: The rows as they were then, in order. They are told to others too: nobody changes them.
        first: The number of the oldest of ``counted``.
        counted: What was used.
        uses: The functions that were called.
        pieces: Of answers, by ``item_id``: their text with the times that a voice tells.
    """

    version: int
    rows: Sequence[Row]
    first: int
    counted: Sequence[Counted]
    uses: Sequence[ToolUse]
    pieces: Mapping[str, Sequence[Piece]]


class Ledger:
    """What happens in one talk. One thread writes it, and it takes little of that thread's time.

    Args:
        session: What the events mean. It has taken in an event before the ledger does.
        prices: By model: what a million tokens cost, or a minute.

    Attributes:
        version: Grows with each event; any thread may read it.
    """

    def __init__(self, session: Session, prices: Prices | None = None) -> None:
        self.version = 0
        self._session, self._prices = session, prices
        self._rows: dict[str, Row] = {}
        # By row, when zero of its call's clock was thought to be. Rows that have changed since are not here.
        self._origins: dict[str, float | None] = {}
        self._last: tuple[int, str | None] = (0, None)  # place and id of the last turn
        self._counted: deque[Counted] = deque(maxlen=MOST_USED)
        self._gone = 0
        self._uses = ToolCalls()
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
                    self._origins.pop(change.item_id, None)
                    if change.delta is not None and change.audio_start_ms is not None:
                        estimated = change.estimated is True
                        piece = Piece(change.delta, change.audio_start_ms, change.audio_end_ms, estimated)
                        self._pieces.setdefault(change.item_id, []).append(piece)
                case RowChanged(row) | TurnFinished(row):
                    self._told(row)
                case Used():
                    self._use(change)
                case ToolCallReady() | ResponseDone():
                    self._uses.change(change, at, self._session.call_id, self._last[1])
        kind = event["type"]
        if kind in _ITEMS:
            self._uses.item(event.get("item"), at)
        elif kind == _WORD:
            self._word(event)
        elif kind in _ENDS:
            self._uses.over()

    def read(self) -> Records:
        """What is there now. It must not be written meanwhile."""
        for turn in self._session.turns:
            if self._origins.get(turn.item_id, "changed") != turn.clock.origin:
                self._rows[turn.item_id] = turn.row()
                self._origins[turn.item_id] = turn.clock.origin
        rows = sorted(self._rows.values(), key=_place)
        pieces = self._pieces | self._words
        return Records(self.version, rows, self._gone, list(self._counted), self._uses.copies(), pieces)

    def _told(self, row: Row) -> None:
        item_id = row["item_id"]
        self._rows[item_id] = row
        if row["seq"] >= self._last[0]:
            self._last = row["seq"], item_id
        turn = self._session.turns.get(item_id)
        if turn is not None:
            self._origins[item_id] = turn.clock.origin

    def _use(self, used: Used) -> None:
        stages = (
            self._stages.response(used.response_id)
            if used.kind == "response"
            else self._stages.question(used.item_id)
        )
        self._gone += len(self._counted) == MOST_USED
        self._counted.append(counted(used, self._prices, stages))

    def _word(self, event: Mapping[str, Any]) -> None:
        item_id, text = event.get("item_id"), event.get("text")
        start, length = event.get("audio_offset_ms"), event.get("audio_duration_ms")
        if isinstance(item_id, str) and isinstance(text, str) and isinstance(start, (int, float)):
            end = start + length if isinstance(length, (int, float)) else None
            self._words.setdefault(item_id, []).append(Piece(f" {text}", start, end))


def _place(row: Row) -> int:
    return row["seq"]

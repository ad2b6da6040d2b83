"""From the events of a talk to its rows again, as the kernel made them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.records import Row, ToolRow
from voice_widget.tables.event_log import UNREADABLE, Line, understood
from voice_widget.tables.ledger import Ledger, Records
from voice_widget.tables.prices import Prices

REDACTED = "voice_widget.call.redacted"
"""A turn was blanked: ``row`` is what is left of it. No event says any more what it was."""


@dataclass(frozen=True)
class Replayed:
    """What the events of a talk came to.

    Attributes:
        session: What the events came to.
        records: What the tables are made of.
        uses: The functions that were called.
    """

    session: Session
    records: Records
    uses: list[ToolRow]

    @property
    def rows(self) -> Sequence[Row]:
        """All rows, in order."""
        return self.records.rows


def replay(lines: Iterable[Line], prices: Prices | None = None) -> Replayed:
    """The rows of a talk, by the same `Session` that made them while it ran. What is no event costs itself.

    Args:
        lines: All events of the talk, oldest first.
        prices: By model: what a million tokens cost, or a minute.

    Example:
        >>> call = '{"type": "voice_widget.call.connecting", "transport": "memory"}'
        >>> heard = '{"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 200}'
        >>> talk = [Line(0.0, "local", "", None, call, None), Line(1.0, "received", "", None, heard, "rtc_1")]
        >>> [(row["item_id"], row["start_ms"]) for row in replay(talk).rows]
        [('u1', 200)]
    """
    session = Session()
    ledger = Ledger(session, prices)
    blank: dict[str, Row] = {}
    for line in lines:
        try:
            event = json.loads(line.event)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict) and event.get("type") != UNREADABLE:
            event = understood(event)
            changes = session.apply(event, line.at, sent=line.direction in ("sent", "page"))
            ledger.observe(event, line.at, changes)
            row = event.get("row") if event["type"] == REDACTED else None
            if isinstance(row, dict) and isinstance(row.get("item_id"), str):
                blank[row["item_id"]] = cast(Row, row)
    rows: list[Row] = []
    for row in session.rows:
        left = blank.get(row["item_id"])
        # Its place is as the service's chain says in the end; all else is as it was when it was blanked.
        rows.append(row if left is None else cast(Row, {**row, **left, "seq": row["seq"]}))
    return Replayed(session, ledger.read()._replace(rows=rows), ledger.uses())

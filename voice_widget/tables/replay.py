"""The records of a talk once more, from its events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from voice_widget.realtime.session.session import Session
from voice_widget.tables.event_log import Line
from voice_widget.tables.ledger import Ledger
from voice_widget.tables.prices import Prices

UNREADABLE = "voice_widget.unreadable"
_LENGTH = re.compile(r"<(\d+) characters of audio>")
_SOUND = ("response.output_audio.delta", "response.audio.delta")


def replay(lines: Iterable[Line], prices: Prices | None = None) -> Ledger:
    """What happened in a talk of which these are the events, as an `EventLog` keeps them.

    Example:
        >>> replay([]).read().rows
        []
    """
    session = Session()
    ledger = Ledger(session, prices)
    for line in lines:
        event = json.loads(line.event)
        if event["type"] in _SOUND:
            event = _with_length(event)
        changes = []
        if event["type"] != UNREADABLE:
            changes = session.apply(event, line.at, sent=line.direction in ("sent", "page"))
        ledger.observe(event, line.at, changes)
    return ledger


def _with_length(event: dict[str, Any]) -> dict[str, Any]:
    """Of sound the log keeps the length; the session needs nothing else of it."""
    kept = _LENGTH.fullmatch(str(event.get("delta")))
    return event if kept is None else {**event, "delta": "/" * int(kept[1])}

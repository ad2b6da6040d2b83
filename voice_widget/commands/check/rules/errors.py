"""Refusals: does an ``error`` say what is wrong, and with which request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from voice_widget.commands.check.record import Deviation, Record, kind_of, member, shown

BAD = "bad"
"""The note of a request that has to be refused."""
COLLIDES = "collides"
"""The note of a request that comes while a response is active."""
_ACTIVE = "conversation_already_has_active_response"


def rules(record: Record) -> Iterator[Deviation]:
    """What is wrong with the errors."""
    asked: tuple[str, Any] | None = None
    for entry in record.entries:
        if entry.sent:
            if entry.note in (BAD, COLLIDES):
                asked = (entry.note, member(entry.event, "event_id"))
            elif entry.event is not None and entry.event.get("type") != "input_audio_buffer.append":
                asked = None
        elif kind_of(entry.event) == "error":
            error = (entry.event or {}).get("error")
            yield from _itself(error, named=asked is not None)
            if asked is not None and not isinstance(error, str):
                note, event_id = asked
                yield from _request(error, event_id)
                if note == COLLIDES and member(error, "code") != _ACTIVE:
                    yield Deviation(
                        "active_response_unnamed", "error", "error.code", shown(member(error, "code"))
                    )
                asked = None


def _itself(error: Any, *, named: bool) -> Iterator[Deviation]:
    if error is None:
        yield Deviation("error_no_object", "error", "error", "none")
    if not isinstance(error, dict):
        return
    if not error.get("message"):
        yield Deviation("error_without_message", "error", "error.message", shown(error.get("message")))
    if named and not error.get("code"):
        yield Deviation("error_without_code", "error", "error.code", shown(error.get("code")))


def _request(error: Any, event_id: Any) -> Iterator[Deviation]:
    """The request that an error names. What was no JSON had no id to name."""
    given = member(error, "event_id")
    if not isinstance(event_id, str):
        return
    if given is None:
        yield Deviation(
            "error_without_event_id",
            "error",
            "error.event_id",
            "null" if "event_id" in (error or {}) else "none",
        )
    elif given != event_id:
        yield Deviation(
            "error_other_event_id", "error", "error.event_id", f"{shown(given)} for {shown(event_id)}"
        )

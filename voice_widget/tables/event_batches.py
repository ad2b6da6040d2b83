"""The events of a talk for a page that looks at them: a piece at a time, and never more than it can show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from voice_widget.tables.event_log import EventLog, Line

MOST_EVENTS = 20_000
"""A page is given no older ones; the table has them."""
LEFT_OUT = "voice_widget.left_out"
"""Stands for an event too long for a page: so many characters."""
_BATCH, _BATCH_CHARACTERS = 500, 1 << 18
_LONGEST = 1 << 15
_SHORT = 200
# The first of them that is there says in short what an event says.
_SAYS = ("delta", "transcript", "text", "arguments", "name", "status", "reason", "role", "side", "count")


def batch(log: EventLog, after: int, edition: int) -> dict[str, Any]:
    """The events from number ``after`` on, for a page that knows the log in this ``edition``, else all anew.

    Two lines for each: what a list shows of it, as JSON, and the event.

    Example:
        >>> log = EventLog()
        >>> log.add({"type": "response.create"}, "sent", 0.0, None)
        >>> batch(log, 0, 0)["next"]
        1
    """
    current = log.edition
    oldest, kept = log.since(0)
    total = oldest + len(kept)
    first = max(after if edition == current else 0, total - MOST_EVENTS, oldest)
    lines: list[str] = []
    size = 0
    for line in kept[first - oldest : first - oldest + _BATCH]:
        head, event = told(line)
        size += len(head) + len(event)
        if lines and size > _BATCH_CHARACTERS:
            break
        lines += (head, event)
    return {
        "type": "events",
        "edition": current,
        "first": first,
        "next": first + len(lines) // 2,
        "total": total,
        "lines": "\n".join(lines),
    }


def told(line: Line) -> tuple[str, str]:
    """What a list shows of an event, and the event, as far as it is short enough."""
    event = json.loads(line.event)
    head = [
        round(line.at, 3),
        line.direction,
        line.type,
        line.call_id,
        list(dict.fromkeys(_items(event))),
        _summary(event)[:_SHORT],
        _failed(line.type, event),
    ]
    text = line.event
    if len(text) > _LONGEST:
        text = json.dumps({"type": line.type, LEFT_OUT: len(text)})
    return json.dumps(head, ensure_ascii=False), text


def _items(event: Mapping[str, Any]) -> Iterator[str]:
    """Which turns it is about: the ``item_id`` of their rows."""
    response = event.get("response")
    output = response.get("output") if isinstance(response, dict) else None
    inner = [event.get("item"), *(output if isinstance(output, list) else ())]
    for item_id in (event.get("item_id"), *(each.get("id") for each in inner if isinstance(each, dict))):
        if isinstance(item_id, str):
            yield item_id


def _summary(event: Mapping[str, Any]) -> str:
    inner = [event.get(name) for name in ("error", "response", "item", "session")]
    error, *others = (each if isinstance(each, dict) else {} for each in inner)
    if isinstance(error.get("message"), str):
        return str(error["message"])
    for part in (event, *others):
        for name in _SAYS:
            if isinstance(value := part.get(name), str | int) and value != "":
                return str(value)
    return ""


def _failed(kind: str, event: Mapping[str, Any]) -> bool:
    response = event.get("response")
    status = response.get("status") if isinstance(response, dict) else None
    return kind == "error" or kind.endswith(".failed") or status == "failed"

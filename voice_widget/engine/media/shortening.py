"""Events for an end that takes no large messages: in pieces, without their long texts, or named as lost."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from voice_widget.realtime.wire.events import Event, dump, new_id

_LONG = 200
"""A text of more characters may be left out; ids and names are shorter."""

_POSITION = ("type", "response_id", "item_id", "output_index", "content_index", "call_id")
"""What a further piece of a delta says of its place."""

_MOST_ESCAPED = 12
"""Bytes that one character can take in JSON."""


def fits(text: str, most_bytes: int) -> bool:
    """Whether a message is small enough."""
    return len(text) <= most_bytes  # `dump` writes ASCII


def shortened(event: Event, most_bytes: int) -> list[str]:
    """What is sent in the place of an event that is too large, as JSON.

    A delta comes in several. Any other event comes without its tools and longest texts, and ``left_out`` says
    which: whoever waits for it goes on, and can tell what is missing from what is empty. An event that is too
    large even then is named by an ``error``.
    """
    texts = _pieces(event, most_bytes) or _without(event, most_bytes)
    return texts or [dump(_lost(event, most_bytes))]


def _pieces(event: Event, most_bytes: int) -> list[str]:
    delta = event.get("delta")
    if not isinstance(delta, str) or not event["type"].endswith(".delta"):
        return []
    room = (most_bytes - len(dump({**event, "delta": ""}))) // _MOST_ESCAPED
    if room <= 0:
        return []
    parts = [delta[at : at + room] for at in range(0, len(delta), room)]
    rest = {key: value for key, value in event.items() if key in _POSITION}
    more = [{**rest, "event_id": new_id("event"), "delta": part} for part in parts[1:]]
    return [dump(each) for each in ({**event, "delta": parts[0]}, *more)]


def _without(event: Event, most_bytes: int) -> list[str]:
    short = copy.deepcopy(dict(event))
    left_out: list[str] = []
    size = len(dump(short))
    for weight, holder, key, path in sorted(_long(short, ""), key=lambda each: -each[0]):
        if size <= most_bytes:
            break
        del holder[key]
        left_out.append(path)
        size -= weight - len(path) - 3
        short["left_out"] = left_out
        if size <= most_bytes:
            size = len(dump(short))
    return [dump(short)] if size <= most_bytes else []


def _long(value: Any, path: str) -> Iterator[tuple[int, dict[str, Any], str, str]]:
    """What may be left out: its size, what holds it, its name there and its path."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "tools" or (isinstance(each, str) and len(each) > _LONG):
                yield len(dump({key: each})), value, key, f"{path}{key}"
            else:
                yield from _long(each, f"{path}{key}.")
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _long(each, f"{path}{place}.")


def _lost(event: Event, most_bytes: int) -> Event:
    error = {
        "type": "server_error",
        "code": "event_too_large",
        "message": f"`{event['type']}` ({event.get('event_id')}) is larger than the {most_bytes:,} bytes "
        "that this data channel takes, and was not sent. Follow the call by a sideband socket to get it.",
        "param": event["type"],
        "event_id": None,
    }
    return {"type": "error", "event_id": new_id("event"), "error": error}

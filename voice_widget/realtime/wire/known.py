"""Which fields of a client's events are known to us, to find a name that was mistyped.

Services pass over fields that they do not know, or know more than are listed here: who reads a wire looks at
none of this (`fields.check`). It is for what a person writes by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from voice_widget.realtime.wire.beta import FLAT
from voice_widget.realtime.wire.fields import CLIENT_FIELDS
from voice_widget.realtime.wire.reading import part

RESPONSE = (
    *("instructions", "output_modalities", "audio", "tools", "tool_choice", "parallel_tool_calls"),
    *("max_output_tokens", "reasoning", "prompt", "metadata", "conversation", "input"),
)
"""The fields of the ``response`` of a ``response.create``, as they are documented."""
_READ_TOO = {*FLAT, "temperature", "text"}  # in the older shape, and our engine's own
ROLES = ("user", "assistant", "system")
"""Whose a message is."""


class Unknown(NamedTuple):
    """A field that nobody knows.

    Attributes:
        where: What it stands in.
        name: Its name.
        known: Those that may stand there.
    """

    where: str
    name: str
    known: tuple[str, ...]


def unknown_field(event: Mapping[str, Any]) -> Unknown | None:
    """The first field of a client's event that is not known, at its top or in its ``response``.

    Args:
        event: One of the protocol's, its shape checked.

    Example:
        >>> unknown_field({"type": "response.create", "respons": {}})
        Unknown(where='response.create', name='respons', known=('event_id', 'response', 'type'))
    """
    kind = event["type"]
    top = tuple(sorted({"type", *(name for name, _, _ in CLIENT_FIELDS[kind])}))
    found = next((name for name in event if name not in top), None)
    if found is not None:
        return Unknown(kind, found, top)
    if kind != "response.create":
        return None
    inner = (name for name in part(event, "response") if name not in RESPONSE and name not in _READ_TOO)
    found = next(inner, None)
    return None if found is None else Unknown("response", found, RESPONSE)


def roles(event: Mapping[str, Any]) -> Iterator[Any]:
    """The roles of the messages in a client's event, whatever stands there; None where there is none.

    Example:
        >>> list(roles({"type": "conversation.item.create", "item": {"type": "message", "role": "foo"}}))
        ['foo']
    """
    given = part(event, "response").get("input")
    items = [event.get("item"), *(given if isinstance(given, list) else ())]
    for item in items:
        if isinstance(item, Mapping) and item.get("type") == "message":
            yield item.get("role")

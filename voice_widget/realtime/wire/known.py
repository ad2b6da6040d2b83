"""Which fields of a client's events are known to us, to find a name that was mistyped.

Services pass over fields that they do not know, or know more than are listed here: who reads a wire looks at
none of this (`fields.check`). It is for what a person writes by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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


_EVERY_ITEM = ("id", "object", "status", "type")
ITEMS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(sorted((*_EVERY_ITEM, *fields)))
    for kind, fields in {
        "message": ("role", "content"),
        "function_call": ("call_id", "name", "arguments"),
        "function_call_output": ("call_id", "output"),
        "mcp_approval_request": ("arguments", "name", "server_label"),
        "mcp_approval_response": ("approval_request_id", "approve", "reason"),
        "mcp_list_tools": ("server_label", "tools"),
        "mcp_call": ("approval_request_id", "arguments", "error", "name", "output", "server_label"),
        "item_reference": (),
    }.items()
}
"""The fields of each kind of item, as they are documented."""
PART = ("audio", "detail", "image_url", "text", "transcript", "type")
"""The fields of a message's parts, whichever they are."""


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
    """The first field of a client's event that is not known, at its top, in its ``response`` or its items.

    Args:
        event: One of the protocol's, its shape checked.

    Example:
        >>> unknown_field({"type": "response.create", "respons": {}})
        Unknown(where='response.create', name='respons', known=('event_id', 'response', 'type'))
    """
    kind = event["type"]
    top = tuple(sorted({"type", *(name for name, _, _ in CLIENT_FIELDS[kind])}))
    response = part(event, "response") if kind == "response.create" else {}
    found = _first(kind, event, top) or _first("response", response, RESPONSE, _READ_TOO)
    if found is not None:
        return found
    given = response.get("input")
    named = [("item", event.get("item"))]
    named += [
        (f"response.input[{n}]", item) for n, item in enumerate(given if isinstance(given, list) else ())
    ]
    return next(filter(None, (unknown_in_item(item, where) for where, item in named)), None)


def unknown_in_item(item: Any, where: str) -> Unknown | None:
    """The first field of an item, or of a part of it, that is not known; of an unknown kind none is.

    Args:
        item: Whatever stands for one.
        where: What it is called.

    Example:
        >>> unknown_in_item({"type": "item_reference", "idd": "item_1"}, "item")
        Unknown(where='item', name='idd', known=('id', 'object', 'status', 'type'))
    """
    kind = item.get("type") if isinstance(item, Mapping) else None
    if not isinstance(kind, str) or kind not in ITEMS:
        return None
    content = item.get("content") if kind == "message" else None
    parts = enumerate(content if isinstance(content, list) else ())
    inside = (_first(f"{where}.content[{n}]", one, PART) for n, one in parts if isinstance(one, Mapping))
    return _first(where, item, ITEMS[kind]) or next(filter(None, inside), None)


def _first(
    where: str, given: Mapping[str, Any], known: tuple[str, ...], read_too: Collection[str] = ()
) -> Unknown | None:
    found = next((name for name in given if name not in known and name not in read_too), None)
    return None if found is None else Unknown(where, found, known)


def messages(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The messages in a client's event, whatever stands in them.

    Example:
        >>> list(messages({"type": "conversation.item.create", "item": {"type": "message", "role": "foo"}}))
        [{'type': 'message', 'role': 'foo'}]
    """
    given = part(event, "response").get("input")
    items = [event.get("item"), *(given if isinstance(given, list) else ())]
    for item in items:
        if isinstance(item, Mapping) and item.get("type") == "message":
            yield item

"""The words in which a service tells what went wrong, by whatever names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# In this order: where there are several, the first is for people and the later ones are names or wrappings.
NAMES = (
    *("message", "msg", "error_description", "description", "detail", "details"),
    *("error", "errors", "reason", "text", "title", "data"),
)
_MOST = 5  # of a list of faults
_DEEPEST = 6


def said(value: Any, depth: int = _DEEPEST) -> str:
    """What a value says to people; empty: nothing.

    Example:
        >>> said({"error": {"msg": "Out of memory"}}), said({"error": "busy", "reason": "Full."})
        ('Out of memory', 'busy')
        >>> said({"detail": [{"loc": ["body", "voice"], "msg": "unknown"}, "and more"]})
        'body.voice: unknown; and more'
    """
    if isinstance(value, str):
        return value.strip()
    if not depth:
        return ""
    if isinstance(value, (list, tuple)):
        return "; ".join(words for inner in value[:_MOST] if (words := said(inner, depth - 1)))
    if not isinstance(value, Mapping):
        return ""
    words = next((told for name in NAMES if (told := said(value.get(name), depth - 1))), "")
    where = value.get("loc")  # as validators tell it
    place = ".".join(str(step) for step in where) if isinstance(where, list) else ""
    return f"{place}: {words}" if place and words else words


def holds_error(event: Mapping[str, Any]) -> bool:
    """An event that does not say what it is tells of an error."""
    return not event.get("type") and bool(said(event.get("error")) or said(event.get("errors")))


def beginning(text: str) -> str:
    """How a text begins that should have been JSON, in quotes; empty if it was to be JSON, or is no text.

    No word is cut: half a key would not be known as a secret.
    """
    head = text[:200]
    if len(text) > len(head):
        head = head.rpartition(" ")[0]
    head = " ".join(head.split())
    return f"“{head}”" if head.isprintable() and head and head[0] not in '{["' else ""

"""The words in which a service tells what went wrong, by whatever names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# In this order: where there are several, the first is for people and the later ones are names or wrappings.
NAMES = (
    *("message", "msg", "error_description", "description", "detail", "details"),
    *("error", "errors", "reason", "text", "title", "data"),
)
ENDS = ("completed", "cancelled", "failed", "incomplete")
"""How a response may end."""
_MOST = 5  # of a list of faults
_DEEPEST = 6
_OF_ERRORS = re.compile(
    r"\b(?:\w*(?:error|exception)s?|fail(?:ed|ures?)|un(?:available|authori[sz]ed|supported)|overload(?:ed)?"
    r"|forbidden|denied|refused|rejected|invalid|not (?:found|allowed|authori[sz]ed|supported)|exceeded"
    r"|too many|time(?:d |-)?out|out of memory|bad (?:request|gateway)|can(?:no|')t|could not|unable)\b",
    re.IGNORECASE,
)
_FAULTS = re.compile(r"[45]\d\d")  # codes of HTTP


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


def tells_error(words: str) -> bool:
    """Words that come where an event should tell that something went wrong.

    Example:
        >>> tells_error("502 Bad Gateway"), tells_error("ValueError: x"), tells_error("Welcome!")
        (True, True, False)
    """
    return bool(_OF_ERRORS.search(words))


def as_error(event: dict[str, Any]) -> dict[str, Any]:
    """What is an error's object, alone or in a frame, as an error of the protocol; all else as it is.

    The types of events have a point in their names, those of errors end in "error".

    Example:
        >>> as_error({"type": "server_error", "message": "Full."})
        {'type': 'error', 'error': {'type': 'server_error', 'message': 'Full.'}}
        >>> as_error({"type": "response.created"}), as_error({"code": 7})
        ({'type': 'response.created'}, {'code': 7})
    """
    kind = event.get("type")
    kind = kind if isinstance(kind, str) else ""
    named = kind.lower().endswith("error")
    if kind == "error" or ("." in kind and not named):
        return event
    within = event.get("error") or event.get("errors")
    if said(within):
        inner = {"type": kind, **within} if kind and isinstance(within, dict) else within
        return {**event, "type": "error", "error": inner}
    words, code = "" if kind else said(event), str(event.get("code"))
    if words and (tells_error(f"{code} {words}".replace("_", " ")) or _FAULTS.fullmatch(code)):
        return {"type": "error", "error": {**event, "message": words}}
    return {"type": "error", "error": event} if named else event


def beginning(text: str) -> str:
    """How a text begins that should have been JSON; empty if it was to be JSON, or is no text.

    No word is cut: half a key would not be known as a secret.
    """
    head = text[:200]
    if len(text) > len(head):
        head = head.rpartition(" ")[0]
    head = " ".join(head.split())
    return head if head.isprintable() and head and head[0] not in '{["' else ""

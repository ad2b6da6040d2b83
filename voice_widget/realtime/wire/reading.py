"""What responses and items say, wherever a service says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from voice_widget.realtime.wire.events import OPENING
from voice_widget.realtime.wire.words import ENDS

Object = Mapping[str, Any]
SAY = "say"
"""``metadata.voice_widget`` of a ``response.create`` whose answer is spoken verbatim."""
_MEANS = {
    "canceled": "cancelled",
    "turn_detected": "cancelled",
    "client_cancelled": "cancelled",
    "error": "failed",
    "max_output_tokens": "incomplete",
    "content_filter": "incomplete",
}
_LAST_S = 1e10
"""A later time (the year 2286) is no time."""
REPLACED = "\ufffd"
"""What stands where a service cut a letter in two."""


def part(event: Object, name: str) -> dict[str, Any]:
    """An object within another one; empty where there is none."""
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def session_id(event: Object) -> str | None:
    """The id of the session that an event shows, empty if it has none; None: it shows no session."""
    if event.get("type") not in OPENING:
        return None
    shown = part(event, "session").get("id")
    return str(shown) if shown else ""


def expires_at(event: Object) -> float | None:
    """When the session that an event shows ends, in seconds since the epoch; None: no such time is said."""
    said = part(event, "session").get("expires_at") if event.get("type") in OPENING else None
    # Compared before anything is counted from it: no float holds just any integer.
    known = isinstance(said, (int, float)) and not isinstance(said, bool) and 0 < said < _LAST_S
    return said if known else None


def says(response: Object) -> bool:
    """It is spoken verbatim."""
    return part(response, "metadata").get("voice_widget") == SAY


def voice_name(voice: Any) -> str | None:
    """The voice's name: a text, or in an object."""
    if isinstance(voice, dict):
        voice = voice.get("id") or voice.get("name")
    return voice if isinstance(voice, str) and voice else None


def voice_of(response: Object) -> str | None:
    """The voice of a response."""
    return voice_name(part(part(response, "audio"), "output").get("voice"))


def status_of(response: Object) -> str:
    """How a response ended, in the protocol's word; what has another one ended as the rest says.

    Example:
        >>> [status_of({"status": status}) for status in ("COMPLETED", "canceled", "error", "success")]
        ['completed', 'cancelled', 'failed', 'completed']
    """
    status = response.get("status")
    if status in ENDS:
        return str(status)
    details = part(response, "status_details")
    for said in (status, details.get("type"), details.get("reason")):
        word = said.lower() if isinstance(said, str) else ""
        if word in ENDS:
            return word
        if word in _MEANS:
            return _MEANS[word]
    return "failed" if details.get("error") or response.get("error") else "completed"


def stop_reason(response: Object) -> str | None:
    """Why a response ended before it was whole, in the service's own word."""
    if status_of(response) == "completed":
        return None
    details = part(response, "status_details")
    error = part(details, "error") or part(response, "error")
    reason = details.get("reason") or error.get("code") or error.get("type")
    return reason if isinstance(reason, str) else None


def usage_of(event: Object) -> dict[str, Any] | None:
    """What a response used; some services say it beside the response."""
    return part(part(event, "response"), "usage") or part(event, "usage") or None


def first_item(response: Object) -> str | None:
    """The id of the first item that has one."""
    return next((item["id"] for item in response.get("output") or [] if item.get("id")), None)


def item_text(item: Object) -> str:
    """The text of an item's parts, said or written."""
    return "".join(piece.get("transcript") or piece.get("text") or "" for piece in item.get("content") or [])


def sounds(item: Object) -> bool:
    """It has a part with sound."""
    return any(piece.get("type") == "output_audio" for piece in item.get("content") or [])


def differs(text: str, final: str) -> bool:
    """The final text says something else; spaces between words are no difference."""
    return text.split() != final.split()


def goes_on_from(text: str, before: str) -> bool:
    """A text has the words of one before, and maybe more; how they are written is no difference.

    Example:
        >>> goes_on_from("Hello, my name", "hello my."), goes_on_from("Hello you", "Hello, my")
        (True, False)
    """
    letters, first = ("".join(filter(str.isalnum, words.casefold())) for words in (text, before))
    return letters.startswith(first)


def mends(text: str, said: str) -> bool:
    """A whole text has what is missing, or garbled, in what was said.

    Example:
        >>> mends("It is very good.", "It is good."), mends("Something else.", "It is good.")
        (True, False)
    """
    if REPLACED in said:
        return REPLACED not in text
    letters = iter("".join(text.split()))
    return differs(text, said) and all(letter in letters for letter in "".join(said.split()))


def typed_text(content: Iterable[Object]) -> str:
    """What the parts of an item hold that was typed."""
    return "\n".join(
        piece["text"]
        for piece in content
        if piece.get("type") in ("input_text", "text") and piece.get("text")
    )

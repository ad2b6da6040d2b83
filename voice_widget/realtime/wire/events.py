"""Events: from JSON to checked objects with current names, and back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from voice_widget.errors import ProtocolError
from voice_widget.realtime.wire import beta
from voice_widget.realtime.wire.fields import (
    CLIENT_FIELDS,
    FIELDS,
    LOCAL_FIELDS,
    SERVER_FIELDS,
    check,
    kind_of,
    read,
)
from voice_widget.realtime.wire.words import ENDS, NAMES, as_error, beginning, said, tells_error

__all__ = [
    "CLIENT_EVENTS",
    "GREETING",
    "OPENING",
    "OWN",
    "SERVER_EVENTS",
    "Event",
    "check",
    "dump",
    "new_id",
    "parse",
]

Event = dict[str, Any]

GREETING = "session.created"
"""Each socket and each channel to a session has one of its own."""
OPENING = frozenset([GREETING, "session.updated"])
"""With these a connection begins; of the talk they say nothing."""
OWN = "voice_widget."
"""The prefix of our own events. Only a socket opened with ``?agent=kernel`` gets them."""

CLIENT_EVENTS = frozenset(CLIENT_FIELDS)
SERVER_EVENTS = frozenset(SERVER_FIELDS)
_ENDS = frozenset(kind for kind in (*SERVER_FIELDS, *beta.RENAMED) if kind.endswith(".done"))


# As another of the protocols of responses names their ends: the name says how it ended.
_ENDED = {f"response.{name}": name.replace("canceled", "cancelled") for name in (*ENDS, "canceled")}
_ERROR = "response.error"
_ENDED[_ERROR] = "failed"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _number(digits: str) -> int | None:
    try:
        return int(digits)
    except ValueError:  # more of them than Python reads
        return None


# Made once: json.loads() with arguments makes a decoder for each call.
_decode = json.JSONDecoder(parse_constant=_refuse).decode
_decode_in_spite = json.JSONDecoder(parse_constant=lambda constant: None, parse_int=_number).decode
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_encode_plainly = json.JSONEncoder(ensure_ascii=False).encode


def _with(name: str, current: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Event], None]:
    def fix(event: Event) -> None:
        value = event.get(name)
        if value is not None:
            event[name] = current(value)

    return fix


def _error(event: Event) -> None:
    """What an error says may stand beside it or within it, by other names, or nowhere else."""
    error = dict(event.get("error") or {})
    for name in ("code", "message", "param"):
        value = event.get(name)
        if error.get(name) is None and isinstance(value, (str, int)) and not isinstance(value, bool):
            error[name] = str(value)
    told, words = error.get("message"), said(event.get("error_description"))
    if told and words and not error.get("code") and " " not in told:
        error.update(code=told, message=words)
    for told in (*map(error.get, NAMES), *map(event.get, NAMES)):
        if told and not error.get("message"):
            inner = dict(read({"type": "error", "error": told}).get("error") or {})
            inner["message"] = inner.get("message") or said(told)
            error.update((name, value) for name, value in inner.items() if value and not error.get(name))
    event["error"] = error


def _transcript(event: Event) -> None:
    """What was heard, where it is called a text."""
    if not event.get("transcript") and event.get("text"):
        event["transcript"] = event["text"]


_item = _with("item", beta.current_item)
_part = _with("part", beta.current_part)
_session = _with("session", beta.current_session)
_response = _with("response", beta.current_response)
_FIXES: Mapping[str, Callable[[Event], None]] = {
    "conversation.item.create": _item,
    "conversation.item.added": _item,
    "conversation.item.done": _item,
    "conversation.item.retrieved": _item,
    "response.output_item.added": _item,
    "response.output_item.done": _item,
    "response.content_part.added": _part,
    "response.content_part.done": _part,
    "session.created": _session,
    "session.updated": _session,
    "session.update": _session,
    "response.create": _response,
    "response.created": _response,
    "response.done": _response,
    "conversation.item.input_audio_transcription.completed": _transcript,
    "conversation.item.input_audio_transcription.updated": _transcript,
    "conversation.item.input_audio_transcription.failed": _error,
    "error": _error,
}


def parse(raw: str | bytes | bytearray | Mapping[str, Any], *, forgiving: bool = False) -> Event:
    """Read one event from a wire: checked, with current names, everything unknown kept.

    Names and shapes from before general availability are translated; a token that the old session object
    could hold is dropped. Fields that are missing are not this function's business (see `check`).

    Args:
        raw: JSON text, or an object that is decoded already (it is not changed).
        forgiving: It comes from a service: a field of a wrong type costs that field (see `fields.read`).

    Raises:
        ProtocolError: It is not JSON, no object, has no type, or a known field has a wrong type.

    Example:
        >>> parse('{"type": "response.audio.done", "response_id": "resp_1", "item_id": "item_1"}')["type"]
        'response.output_audio.done'
    """
    if isinstance(raw, Mapping):
        event: Any = dict(raw)
    else:
        try:
            raw = raw if isinstance(raw, str) else raw.decode("utf-8")
            event = _decoded(raw, forgiving)
        except RecursionError as error:
            raise ProtocolError("The message is nested too deeply.") from error
        except ValueError as error:
            words = beginning(raw) if forgiving and isinstance(raw, str) else ""
            if not tells_error(words):
                why = f". It begins: “{words}”" if words else f": {error}."
                raise ProtocolError(f"The message is not JSON{why}") from error
            event = words
        if forgiving and isinstance(event, str) and tells_error(words := beginning(event)):
            event = {"type": "error", "error": {"message": words}}
        if not isinstance(event, dict):
            raise ProtocolError("The message is JSON but no object.")
        if "\\ud" in raw or "\\uD" in raw:
            # Half a surrogate pair is legal JSON and breaks every later encoder: it becomes a question mark.
            event = _decode(_encode_plainly(event).encode("utf-8", "replace").decode("utf-8"))
    if forgiving and event.get("type") != _ERROR:
        event = as_error(event)
    kind = kind_of(event)
    if kind in LOCAL_FIELDS:
        # Whoever sits at the other end must not be able to say how our side of the call is.
        raise ProtocolError(f"`{kind}` cannot come from outside.", param="type")
    if forgiving and kind.startswith("response.") and kind not in FIELDS and f"{kind}.done" in _ENDS:
        # A name without its end: there are pieces, or it is whole.
        kind = event["type"] = f"{kind}.delta" if event.get("delta") else f"{kind}.done"
    if forgiving and kind in _ENDED:
        event = _ended(event, _ENDED[kind])
        kind = event["type"]
    if (name := beta.RENAMED.get(kind)) is not None:
        event["type"] = name
        if kind.startswith("transcription_session.") and isinstance(event.get("session"), dict):
            event["session"] = {"type": "transcription", **event["session"]}
    if forgiving:
        event = dict(read(event))
    else:
        check(event)
    fix = _FIXES.get(event["type"])
    if fix is not None:
        fix(event)
    return event  # type: ignore[no-any-return]


def _ended(event: Event, status: str) -> Event:
    """The end of a response that says by its own name how."""
    told = event.get("response")
    response = dict(told) if isinstance(told, dict) else {"id": told if isinstance(told, str) else None}
    response.update(id=response.get("id") or event.get("response_id"), status=status)
    result = {**event, "type": "response.done", "response": response}
    if not (event.get("error") or response.get("error")) and (
        words := said(event if status == "failed" else event.get("message"))
    ):
        result["error"] = {"message": words}
    return result


def _decoded(raw: str, forgiving: bool) -> Any:
    try:
        return _decode(raw)
    except ValueError:
        if not forgiving:
            raise
    return _decode_in_spite(raw)  # what is no number costs itself


def dump(event: Mapping[str, Any]) -> str:
    """The event as compact JSON.

    Raises:
        ProtocolError: It holds something that JSON cannot say.
    """
    try:
        return _encode(dict(event))
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"The event cannot be written as JSON: {error}.") from error


def new_id(prefix: str) -> str:
    """A new random id such as ``item_4f0c…``: 16 random hex digits, well below the protocol's limit of 32."""
    return f"{prefix}_{secrets.token_hex(8)}"

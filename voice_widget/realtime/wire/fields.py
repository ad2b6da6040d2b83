"""The known fields of the known events, and what each must be.

Fields and events that are not listed pass unseen; ``null`` always counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.errors import ProtocolError
from voice_widget.realtime.wire.shapes import (
    LONGEST_MS,
    Fault,
    List,
    Number,
    Object,
    Shape,
    in_digits,
    in_words,
)
from voice_widget.realtime.wire.words import said

UNREAD = "voice_widget.unread"
"""Under this an event that was read in spite of faults keeps what could not be read, by its path."""


def _as_reason(value: Any) -> dict[str, Any] | None:
    if isinstance(value, str) and value:
        return {"reason": value, "error": {"message": value}}
    return {"error": {"message": words}} if isinstance(value, list) and (words := said(value)) else None


def _as_message(value: Any) -> dict[str, Any] | None:
    words = said(value) or in_words(value)
    return {"message": words} if words else None


def _as_part(value: Any) -> dict[str, Any] | None:
    return {"type": "text", "text": value} if isinstance(value, str) and value else None


def _as_output(value: Any) -> list[dict[str, Any]] | None:
    piece = _as_part(value)
    return None if piece is None else [{"type": "message", "role": "assistant", "content": [piece]}]


def _as_content(value: Any) -> list[dict[str, Any]] | None:
    if isinstance(value, dict):
        return [value]
    piece = _as_part(value)
    return None if piece is None else [piece]


text = Shape(str, "a text")
code = Shape(str, "a text", in_digits)
words = Shape(str, "a text", in_words)
flag = Shape(bool, "true or false")
anything = Object()
_ms = Number(whole=False)
_likely = Shape((int, float), "a probability")
_index = Number(whole=True)
part = Object(_as_part, type=text, text=text, transcript=text)
error = Object(_as_message, type=text, code=code, message=words, param=words, event_id=text)
_item: dict[str, Shape] = {
    "type": text,
    "role": text,
    "status": text,
    "content": List(part, _as_content),
    "call_id": code,
    "name": text,
    "arguments": words,
    "server_label": text,
    "approval_request_id": code,
    "error": error,
}
item = Object(id=text, **_item)
# Responses and what is in them are told apart by their ids alone, also where a service counts them.
made = Object(id=code, **_item)
usage = Object()
_format = Object(type=text)
_sound = Object(voice=Shape((str, dict), "a name"), format=_format)
response = Object(
    id=code,
    status=text,
    status_details=Object(_as_reason, type=text, reason=text, error=error),
    error=error,
    output=List(made, _as_output),
    usage=usage,
    conversation_id=text,
    metadata=anything,
    instructions=text,
    audio=Object(output=_sound),
    text=text,
    output_modalities=List(text),
    tools=List(anything),
)
# Only the shape: a wrong setting is answered by its own name (setting_values.py).
session = Object(audio=Object(input=anything, output=anything))

Fields = tuple[tuple[str, Shape, bool], ...]
_EVERY: Fields = (("event_id", text, False),)


def _fields(*needed: tuple[str, Shape], **known: Shape) -> Fields:
    """The fields of one event: ``needed`` must be there, ``known`` may be."""
    return (
        _EVERY
        + tuple((field, shape, True) for field, shape in needed)
        + tuple((field, shape, False) for field, shape in known.items())
    )


_ITEM_ID = ("item_id", text)
_MADE_ID = ("item_id", code)
_RESPONSE_ID = ("response_id", code)
_AGENTS_TOOL = (("response_id", code), ("tool_call_id", text))
_TOOL_CALL = (("tool_call_id", text), ("number", _index))
_WHERE: dict[str, Shape] = {"output_index": _index, "content_index": _index}
_TIMES = {"audio_start_ms": _ms, "audio_end_ms": _ms, "estimated": flag}
_DELTA = _fields(_RESPONSE_ID, _MADE_ID, ("delta", text), **_TIMES, **_WHERE)
_OUTPUT_ITEM = _fields(_RESPONSE_ID, ("item", made), output_index=_index)
_PART = _fields(_RESPONSE_ID, _MADE_ID, part=part, **_WHERE)
_PLAYOUT = _fields(response_id=code, audio_ms=_ms)
_ITEM = _fields(("item", item), previous_item_id=text)
_HEARD = "conversation.item.input_audio_transcription."

CLIENT_FIELDS: Mapping[str, Fields] = {
    "session.update": _fields(("session", session)),
    "input_audio_buffer.append": _fields(("audio", text)),
    "input_audio_buffer.commit": _fields(),
    "input_audio_buffer.clear": _fields(),
    "output_audio_buffer.clear": _fields(),
    "conversation.item.create": _ITEM,
    "conversation.item.retrieve": _fields(_ITEM_ID),
    "conversation.item.truncate": _fields(_ITEM_ID, ("audio_end_ms", _ms), content_index=_index),
    "conversation.item.delete": _fields(_ITEM_ID),
    "response.create": _fields(response=response),
    "response.cancel": _fields(response_id=text),
}
"""The eleven events a client may send."""

SERVER_FIELDS: Mapping[str, Fields] = {
    "session.created": _fields(session=session),
    "session.updated": _fields(session=session),
    "conversation.created": _fields(conversation=anything),
    "conversation.item.added": _ITEM,
    "conversation.item.done": _ITEM,
    "conversation.item.retrieved": _fields(("item", item)),
    "conversation.item.truncated": _fields(_ITEM_ID, content_index=_index, audio_end_ms=_ms),
    "conversation.item.deleted": _fields(_ITEM_ID),
    _HEARD + "delta": _fields(_ITEM_ID, content_index=_index, delta=text),
    _HEARD + "completed": _fields(_ITEM_ID, content_index=_index, transcript=text, text=text, usage=usage),
    _HEARD + "segment": _fields(_ITEM_ID, content_index=_index, text=text),
    _HEARD + "failed": _fields(_ITEM_ID, content_index=_index, error=error),
    "input_audio_buffer.speech_started": _fields(_ITEM_ID, audio_start_ms=_ms),
    "input_audio_buffer.speech_stopped": _fields(_ITEM_ID, audio_end_ms=_ms),
    "input_audio_buffer.committed": _fields(_ITEM_ID, previous_item_id=text),
    "input_audio_buffer.cleared": _fields(),
    "input_audio_buffer.timeout_triggered": _fields(_ITEM_ID, audio_start_ms=_ms, audio_end_ms=_ms),
    "input_audio_buffer.dtmf_event_received": _fields(event=text),
    "output_audio_buffer.started": _PLAYOUT,
    "output_audio_buffer.stopped": _PLAYOUT,
    "output_audio_buffer.cleared": _PLAYOUT,
    "response.created": _fields(("response", response)),
    "response.output_item.added": _OUTPUT_ITEM,
    "response.output_item.done": _OUTPUT_ITEM,
    "response.content_part.added": _PART,
    "response.content_part.done": _PART,
    "response.output_text.delta": _DELTA,
    "response.output_text.done": _fields(_RESPONSE_ID, _MADE_ID, text=text, **_WHERE),
    "response.output_audio_transcript.delta": _DELTA,
    "response.output_audio_transcript.done": _fields(_RESPONSE_ID, _MADE_ID, transcript=text, **_WHERE),
    "response.output_audio.delta": _DELTA,
    "response.output_audio.done": _fields(_RESPONSE_ID, _MADE_ID, **_WHERE),
    "response.function_call_arguments.delta": _fields(_RESPONSE_ID, item_id=code, call_id=code, delta=text),
    "response.function_call_arguments.done": _fields(
        _RESPONSE_ID, item_id=code, call_id=code, name=text, arguments=words
    ),
    "mcp_list_tools.in_progress": _fields(item_id=text),
    "mcp_list_tools.completed": _fields(item_id=text),
    "mcp_list_tools.failed": _fields(item_id=text),
    "response.mcp_call_arguments.delta": _fields(_RESPONSE_ID, item_id=code, delta=text),
    "response.mcp_call_arguments.done": _fields(_RESPONSE_ID, item_id=text, arguments=words),
    "response.mcp_call.in_progress": _fields(item_id=text),
    "response.mcp_call.completed": _fields(item_id=text),
    "response.mcp_call.failed": _fields(item_id=text),
    "response.done": _fields(("response", response), error=error),
    "rate_limits.updated": _fields(rate_limits=List(anything)),
    "error": _fields(("error", error)),
}
"""The events a server may send."""

DIALECT_FIELDS: Mapping[str, Fields] = {
    _HEARD + "updated": _fields(_ITEM_ID, content_index=_index, transcript=text, text=text),
}
"""What some services say beside the protocol and the session understands."""

REPLY_FIELDS: Mapping[str, Fields] = {
    "voice_widget.reply.requested": _fields(
        _RESPONSE_ID, item_id=text, instructions=text, tools=List(anything), input=List(item)
    ),
    "voice_widget.transcription.partial": _fields(_ITEM_ID, ("text", text)),
    "voice_widget.lag": _fields(("ms", _ms)),
    "voice_widget.overlap.decided": _fields(
        _ITEM_ID,
        ("decision", text),
        over_item_id=text,
        reason=text,
        text=text,
        audio_start_ms=_ms,
        audio_end_ms=_ms,
    ),
    "voice_widget.voice_activity.wanted": _fields(("ms", _ms)),
    "voice_widget.voice_activity": _fields(
        ("audio_start_ms", _ms), ("step_ms", _ms), ("probabilities", List(_likely)), audio_ms=_ms
    ),
    "voice_widget.playing": _fields(("on", flag)),
    "voice_widget.playout": _fields(("do", text)),
    "voice_widget.reply.delta": _fields(_RESPONSE_ID, ("delta", text)),
    "voice_widget.reply.call": _fields(_RESPONSE_ID, ("call_id", code), ("name", text), arguments=words),
    # An error may be a sentence or an object of the error tree.
    "voice_widget.reply.done": _fields(_RESPONSE_ID, usage=usage),
}
"""Our own events on the kernel's socket."""

LOCAL_FIELDS: Mapping[str, Fields] = {
    "voice_widget.call.history": _fields(("messages", List(Object(role=text, tool_calls=List(anything))))),
    "voice_widget.call.connecting": _fields(
        transport=text, model=text, voice=text, reconnect=flag, shared=flag, because=code
    ),
    "voice_widget.call.joined": _fields(call_id=code),
    "voice_widget.call.media": _fields(("state", text)),
    "voice_widget.call.retrying": _fields(attempt=_index, audio_ms=_ms),
    "voice_widget.call.failed": _fields(("error", Object(code=text, message=text, next_step=text))),
    "voice_widget.call.closed": _fields(),
    "voice_widget.call.events_lost": _fields(count=_index),
    "voice_widget.call.interrupted": _fields(playback_only=flag),
    "voice_widget.call.unheard": _fields(),
    "voice_widget.call.redacted": _fields(_ITEM_ID),
    "voice_widget.call.recording": _fields(("state", text)),
    "voice_widget.call.consent": _fields(("answer", text)),
    "voice_widget.call.told": _fields(
        _ITEM_ID, ("role", text), ("text", text), ("start_ms", _ms), ("end_ms", _ms), response_gap_ms=_ms
    ),
    "voice_widget.tool.started": _fields(*_TOOL_CALL),
    "voice_widget.tool.taken": _fields(*_TOOL_CALL),
    "voice_widget.tool.approval_requested": _fields(*_TOOL_CALL, editable=flag),
    "voice_widget.tool.previewed": _fields(*_TOOL_CALL, ("text", text)),
    "voice_widget.tool.approval_answered": _fields(
        *_TOOL_CALL, ("approved", flag), ("by", text), always=flag, reason=text, arguments=text
    ),
    "voice_widget.tool.deferred": _fields(*_TOOL_CALL, ("output", text)),
    "voice_widget.tool.progress": _fields(*_TOOL_CALL, ("text", text)),
    "voice_widget.tool.ended": _fields(
        *_TOOL_CALL, ("status", text), ("output", text), error=text, traceback=text, late_call_id=text
    ),
    "voice_widget.item.adding": _fields(_ITEM_ID),
    "voice_widget.item.editing": _fields(_ITEM_ID, ("new_item_id", text)),
    "voice_widget.item.edited": _fields(_ITEM_ID, ("text", text)),
    "voice_widget.item.kept": _fields(_ITEM_ID, ("new_item_id", text), ("shown_as", text)),
    "voice_widget.item.rewound": _fields(_ITEM_ID),
    "voice_widget.item.rewound_to": _fields(_ITEM_ID),
    "voice_widget.agent.handoff": _fields(("number", _index), from_agent=text, to_agent=text),
    "voice_widget.agent.started": _fields(_RESPONSE_ID, ("agent", text)),
    "voice_widget.agent.ended": _fields(_RESPONSE_ID, ("agent", text)),
    "voice_widget.agent.guardrail": _fields(
        ("name", text),
        ("characters", _index),
        ("info", text),
        ("response_id", text),
        took_ms=_ms,
        error=text,
        traceback=text,
    ),
    "voice_widget.agent.tool_started": _fields(*_AGENTS_TOOL, ("name", text), ("arguments", text)),
    "voice_widget.agent.tool_ended": _fields(*_AGENTS_TOOL, ("status", text), output=text, error=text),
    "voice_widget.agent.remarked": _fields(_RESPONSE_ID, ("name", text), details=Object()),
    "voice_widget.agent.noticed": _fields(
        _RESPONSE_ID, ("code", text), ("message", text), ("next_step", text), details=Object()
    ),
    "voice_widget.page.voiced": _fields(("side", text), ("voiced", flag), ("at_ms", _ms)),
    "voice_widget.page.missed": _fields(("from_ms", _ms), ("to_ms", _ms)),
}
"""What the shells tell the session. Never on a wire."""

# Without these an event says nothing; whom it concerns can be told from what went before.
_ABOUT = frozenset(["item", "delta"])

FIELDS: Mapping[str, Fields] = {
    **CLIENT_FIELDS,
    **SERVER_FIELDS,
    **DIALECT_FIELDS,
    **REPLY_FIELDS,
    **LOCAL_FIELDS,
}


def _describe(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value:.6g}" if abs(value) < LONGEST_MS else "a number beyond all measure"
    if isinstance(value, str):
        return "a text"
    return (
        "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "something else"
    )


def check(event: Mapping[str, Any], *, complete: bool = False) -> None:
    """Refuse an event that has no type, or a known field of a wrong type.

    Args:
        event: The event, with current names.
        complete: Also refuse an event that lacks a field it cannot be understood without.

    Raises:
        ProtocolError: ``code`` is ``invalid_event`` or ``missing_required_parameter``, ``param`` the field.
    """
    kind = kind_of(event)
    for field, shape, needed in FIELDS.get(kind, _EVERY):
        value = event.get(field)
        if value is None:
            if needed and complete:
                raise _missing(kind, field)
        elif (fault := shape(value)) is not None:
            raise _wrong(kind, field, fault)


def read(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event as far as it can be read: a field of a wrong type is absent, and stands under `UNREAD`.

    What means the same is taken for it: a code in digits, arguments that are an object, an error or a content
    that is a text.

    Raises:
        ProtocolError: It has no type, or what it is about is missing or cannot be read.

    Example:
        >>> read({"type": "response.done", "response": {"id": "r", "status_details": []}})["response"]
        {'id': 'r'}
    """
    kind = event.get("type") if type(event) is dict else None
    if type(kind) is not str or not kind:
        kind = kind_of(event)
    result = event
    unread: dict[str, Any] | None = None  # made where there is a fault: almost every event has none
    for field, shape, needed in FIELDS.get(kind, _EVERY):
        value, fault = event.get(field), None
        if value is not None:
            if (fault := shape(value)) is None:
                continue
            if unread is None:
                unread = {}
            value = shape.read(value, field, unread)
            result = {key: inside for key, inside in result.items() if key != field}
            if value is not None:
                result[field] = value
                continue
        if needed and (field in _ABOUT or kind.startswith("voice_widget.")):
            raise _missing(kind, field) if fault is None else _wrong(kind, field, fault)
    return result if unread is None else {**result, UNREAD: unread}


def kind_of(event: Mapping[str, Any]) -> str:
    """The event's type.

    Raises:
        ProtocolError: It has none.
    """
    if not isinstance(event, (dict, Mapping)):
        raise ProtocolError("The event is no object.")
    kind = event.get("type")
    if not isinstance(kind, str) or not kind:
        raise ProtocolError("The event has no `type`.", param="type")
    return kind


def _missing(kind: str, field: str) -> ProtocolError:
    message = f"`{field}` of `{kind}` is missing."
    return ProtocolError(message, code="missing_required_parameter", param=field)


def _wrong(kind: str, field: str, fault: Fault) -> ProtocolError:
    where = field + fault.path
    return ProtocolError(
        f"`{where}` of `{kind}` must be {fault.expected}, not {_describe(fault.value)}.", param=where
    )

"""The known fields of the known events, and what each must be.

Fields and events that are not listed pass unseen; ``null`` always counts as absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from voice_widget.errors import ProtocolError


class Fault(NamedTuple):
    """What is wrong: where (behind the field's name), what it should be, what it is."""

    path: str
    expected: str
    value: Any


Test = Callable[[Any], Fault | None]
# Milliseconds beyond this (115 days) are a mistake and would overflow later arithmetic.
_LONGEST_MS = 1e10


def _of(kind: type, expected: str) -> Test:
    def test(value: Any) -> Fault | None:
        return None if isinstance(value, kind) else Fault("", expected, value)

    return test


def _ms(value: Any) -> Fault | None:
    if type(value) is int or type(value) is float:
        if 0 <= value < _LONGEST_MS:
            return None
        return Fault("", "a number of milliseconds from 0", value)
    return Fault("", "a number", value)


def _index(value: Any) -> Fault | None:
    return None if type(value) is int and value >= 0 else Fault("", "a whole number from 0", value)


def _object(**members: Test) -> Test:
    """An object whose listed members, where present, pass their own tests."""
    listed = tuple(members.items())

    def test(value: Any) -> Fault | None:
        if not isinstance(value, dict):
            return Fault("", "an object", value)
        for name, inner in listed:
            member = value.get(name)
            if member is not None and (fault := inner(member)) is not None:
                return Fault(f".{name}{fault.path}", fault.expected, fault.value)
        return None

    return test


def _list(inner: Test) -> Test:
    def test(value: Any) -> Fault | None:
        if not isinstance(value, list):
            return Fault("", "a list", value)
        for number, member in enumerate(value):
            if (fault := inner(member)) is not None:
                return Fault(f"[{number}]{fault.path}", fault.expected, fault.value)
        return None

    return test


text = _of(str, "a text")
flag = _of(bool, "true or false")
anything = _object()
part = _object(type=text, text=text, transcript=text)
item = _object(
    id=text, type=text, role=text, status=text, content=_list(part), call_id=text, name=text, arguments=text
)
usage = _object()
error = _object(type=text, code=text, message=text, param=text, event_id=text)
_format = _object(type=text)
_sound = _object(
    voice=lambda v: None if isinstance(v, (str, dict)) else Fault("", "a name", v), format=_format
)
response = _object(
    id=text,
    status=text,
    status_details=_object(type=text, reason=text, error=error),
    output=_list(item),
    usage=usage,
    conversation_id=text,
    metadata=anything,
    instructions=text,
    audio=_object(output=_sound),
    text=text,
    output_modalities=_list(text),
    tools=_list(anything),
)
# Only the shape: a wrong setting is answered by its own name (setting_values.py).
session = _object(audio=_object(input=anything, output=anything))

Fields = tuple[tuple[str, Test, bool], ...]
_EVERY: Fields = (("event_id", text, False),)


def _fields(*needed: tuple[str, Test], **known: Test) -> Fields:
    """The fields of one event: ``needed`` must be there, ``known`` may be."""
    return (
        _EVERY
        + tuple((name, test, True) for name, test in needed)
        + tuple((n, t, False) for n, t in known.items())
    )


_ITEM_ID = ("item_id", text)
_RESPONSE_ID = ("response_id", text)
_WHERE: dict[str, Test] = {"output_index": _index, "content_index": _index}
_DELTA = _fields(_RESPONSE_ID, _ITEM_ID, ("delta", text), audio_start_ms=_ms, audio_end_ms=_ms, **_WHERE)
_OUTPUT_ITEM = _fields(_RESPONSE_ID, ("item", item), output_index=_index)
_PART = _fields(_RESPONSE_ID, _ITEM_ID, part=part, **_WHERE)
_PLAYOUT = _fields(response_id=text, audio_ms=_ms)
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
    _HEARD + "completed": _fields(_ITEM_ID, content_index=_index, transcript=text, usage=usage),
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
    "response.output_text.done": _fields(_RESPONSE_ID, _ITEM_ID, text=text, **_WHERE),
    "response.output_audio_transcript.delta": _DELTA,
    "response.output_audio_transcript.done": _fields(_RESPONSE_ID, _ITEM_ID, transcript=text, **_WHERE),
    "response.output_audio.delta": _DELTA,
    "response.output_audio.done": _fields(_RESPONSE_ID, _ITEM_ID, **_WHERE),
    "response.function_call_arguments.delta": _fields(_RESPONSE_ID, item_id=text, call_id=text, delta=text),
    "response.function_call_arguments.done": _fields(
        _RESPONSE_ID, item_id=text, call_id=text, name=text, arguments=text
    ),
    "mcp_list_tools.in_progress": _fields(item_id=text),
    "mcp_list_tools.completed": _fields(item_id=text),
    "mcp_list_tools.failed": _fields(item_id=text),
    "response.mcp_call_arguments.delta": _fields(_RESPONSE_ID, item_id=text, delta=text),
    "response.mcp_call_arguments.done": _fields(_RESPONSE_ID, item_id=text, arguments=text),
    "response.mcp_call.in_progress": _fields(item_id=text),
    "response.mcp_call.completed": _fields(item_id=text),
    "response.mcp_call.failed": _fields(item_id=text),
    "response.done": _fields(("response", response)),
    "rate_limits.updated": _fields(rate_limits=_list(anything)),
    "error": _fields(("error", error)),
}
"""The events a server may send."""

REPLY_FIELDS: Mapping[str, Fields] = {
    "voice_widget.reply.requested": _fields(
        _RESPONSE_ID, item_id=text, instructions=text, tools=_list(anything)
    ),
    "voice_widget.transcription.partial": _fields(_ITEM_ID, ("text", text)),
    "voice_widget.reply.delta": _fields(_RESPONSE_ID, ("delta", text)),
    "voice_widget.reply.call": _fields(_RESPONSE_ID, ("call_id", text), ("name", text), arguments=text),
    # An error may be a sentence or an object of the error tree.
    "voice_widget.reply.done": _fields(_RESPONSE_ID),
}
"""Our own events on the kernel's socket."""

LOCAL_FIELDS: Mapping[str, Fields] = {
    "voice_widget.call.connecting": _fields(transport=text, model=text, voice=text, reconnect=flag),
    "voice_widget.call.joined": _fields(call_id=text),
    "voice_widget.call.media": _fields(("state", text)),
    "voice_widget.call.retrying": _fields(attempt=_index),
    "voice_widget.call.failed": _fields(("error", _object(code=text, message=text, next_step=text))),
    "voice_widget.call.closed": _fields(),
    "voice_widget.call.events_lost": _fields(count=_index),
    "voice_widget.page.voiced": _fields(("side", text), ("voiced", flag), ("at_ms", _ms)),
}
"""What the shells tell the session. Never on a wire."""

FIELDS: Mapping[str, Fields] = {**CLIENT_FIELDS, **SERVER_FIELDS, **REPLY_FIELDS, **LOCAL_FIELDS}


def _describe(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value:.6g}" if abs(value) < _LONGEST_MS else "a number beyond all measure"
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
    if not isinstance(event, (dict, Mapping)):
        raise ProtocolError("The event is no object.")
    kind = event.get("type")
    if not isinstance(kind, str) or not kind:
        raise ProtocolError("The event has no `type`.", param="type")
    for name, test, needed in FIELDS.get(kind, _EVERY):
        value = event.get(name)
        if value is None:
            if needed and complete:
                message = f"`{name}` of `{kind}` is missing."
                raise ProtocolError(message, code="missing_required_parameter", param=name)
        elif (fault := test(value)) is not None:
            where = name + fault.path
            raise ProtocolError(
                f"`{where}` of `{kind}` must be {fault.expected}, not {_describe(fault.value)}.", param=where
            )

"""The shapes from before general availability, turned into today's and back. Applied once, at the door.

Nothing here changes what it is given; where something has to change, a copy is returned. What the old shape
has no word for stays as it is: a service that does not know it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Dialect = Literal["current", "beta"]
"""The names in which an end hears the events."""

_STREAMS = {"text": "output_text", "audio": "output_audio", "audio_transcript": "output_audio_transcript"}
RENAMED: Mapping[str, str] = {
    **{
        f"response.{old}.{end}": f"response.{new}.{end}"
        for old, new in _STREAMS.items()
        for end in ("delta", "done")
    },
    "conversation.item.created": "conversation.item.added",
    "transcription_session.update": "session.update",
    "transcription_session.updated": "session.updated",
}
"""Old event types and what they are called now."""

_CONTENT = {"text": "output_text", "audio": "output_audio"}
_PART = {"output_text": "text", "output_audio": "audio"}
_FORMATS = {
    "pcm16": {"type": "audio/pcm", "rate": 24000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
_NESTED: Mapping[str, tuple[str, str]] = {
    "voice": ("output", "voice"),
    "speed": ("output", "speed"),
    "output_audio_format": ("output", "format"),
    "input_audio_format": ("input", "format"),
    "input_audio_transcription": ("input", "transcription"),
    "input_audio_noise_reduction": ("input", "noise_reduction"),
    "turn_detection": ("input", "turn_detection"),
}
_MOVED = {"modalities": "output_modalities", "max_response_output_tokens": "max_output_tokens"}
FLAT = frozenset([*_NESTED, *_MOVED])
"""Settings that stand at the top of a session only in the old shape."""
_OLD_NAMES: Mapping[str, str] = {
    new: old for old, new in RENAMED.items() if not old.startswith("transcription_session.")
}
_OLD_CONTENT = {new: old for old, new in _CONTENT.items()}
_OLD_FORMATS = {"audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw"}
# What came with general availability; validators of the old events refuse it.
_NEW = frozenset(
    [
        "conversation.item.done",
        "conversation.item.input_audio_transcription.segment",
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.dtmf_event_received",
    ]
)
_NEW_FAMILIES = ("mcp_list_tools.", "response.mcp_call")


def current_item(item: dict[str, Any]) -> dict[str, Any]:
    """An item whose assistant content has today's part types."""
    content = item.get("content")
    if item.get("role") != "assistant" or not isinstance(content, list):
        return item
    if not any(part.get("type") in _CONTENT for part in content):
        return item
    parts = [{**part, "type": _CONTENT.get(part.get("type"), part.get("type"))} for part in content]
    return {**item, "content": parts}


def current_part(part: dict[str, Any]) -> dict[str, Any]:
    """The ``part`` of ``response.content_part.*``, whose types are ``audio`` and ``text`` to this day."""
    kind = part.get("type")
    return {**part, "type": _PART[kind]} if kind in _PART else part


def _nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the flat ones moved to where they are today; what is there already wins."""
    result = {k: v for k, v in settings.items() if k not in FLAT and k != "temperature"}
    sides: dict[str, Any] = dict(result["audio"]) if isinstance(result.get("audio"), dict) else {}
    for old, (side, name) in _NESTED.items():
        if old in settings:
            value = settings[old]
            if name == "format":
                value = _FORMATS.get(value, value) if isinstance(value, str) else value
            there = sides.get(side)
            sides[side] = {name: value, **(there if isinstance(there, dict) else {})}
    for old, name in _MOVED.items():
        if old in settings:
            value = settings[old]
            if old == "modalities" and isinstance(value, list) and "audio" in value:
                value = ["audio"]
            result.setdefault(name, value)
    if sides:
        result["audio"] = sides
    return result


def current_session(session: Mapping[str, Any]) -> dict[str, Any]:
    """A session object in today's shape, without the token that the old shape could hold."""
    result = dict(session)
    result.pop("client_secret", None)
    return _with_detection(result if FLAT.isdisjoint(result) else {"type": "realtime", **_nested(result)})


def _with_detection(session: dict[str, Any]) -> dict[str, Any]:
    """A detection whose type is null is none."""
    audio = session.get("audio")
    listening = audio.get("input") if isinstance(audio, dict) else None
    detection = listening.get("turn_detection") if isinstance(listening, dict) else None
    if listening is None or not isinstance(detection, dict) or detection.get("type", "") is not None:
        return session
    return {**session, "audio": {**session["audio"], "input": {**listening, "turn_detection": None}}}


def current_response(response: dict[str, Any]) -> dict[str, Any]:
    """A response, or the ``response`` of ``response.create``, in today's shape."""
    result = response if FLAT.isdisjoint(response) else _nested(response)
    for name in ("output", "input"):
        if isinstance(items := result.get(name), list) and items:
            result = {**result, name: [current_item(x) if isinstance(x, dict) else x for x in items]}
    return result


def old_session(session: Mapping[str, Any]) -> dict[str, Any]:
    """A session object in the flat shape.

    Example:
        >>> old_session({"type": "realtime", "audio": {"output": {"voice": "alloy"}}})
        {'voice': 'alloy'}
    """
    return _flat({k: v for k, v in session.items() if k != "type"}, "max_response_output_tokens")


def old_client_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """A client's event as a server of the old shape wants it."""
    kind = event.get("type")
    session, item, response = event.get("session"), event.get("item"), event.get("response")
    if kind == "session.update" and isinstance(session, Mapping):
        kind = "transcription_session.update" if session.get("type") == "transcription" else kind
        return {**event, "type": kind, "session": old_session(session)}
    if kind == "response.create" and isinstance(response, Mapping):
        return {**event, "response": _old_response(response, "max_response_output_tokens")}
    if kind == "conversation.item.create" and isinstance(item, Mapping):
        return {**event, "item": _old_item(item)}
    return dict(event)


def old_server_event(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A server's event as a client of the old shape knows it; none if there was no such event then."""
    kind = str(event.get("type"))
    if kind in _NEW or kind.startswith(_NEW_FAMILIES):
        return []
    result = {**event, "type": _OLD_NAMES.get(kind, kind)}
    session, item, response = event.get("session"), event.get("item"), event.get("response")
    if isinstance(session, Mapping):
        if kind == "session.updated" and session.get("type") == "transcription":
            result["type"] = "transcription_session.updated"
        result["session"] = old_session(session)
    if isinstance(item, Mapping):
        result["item"] = _old_item(item)
    if isinstance(response, Mapping):
        result["response"] = _old_response(response, "max_output_tokens")
    if kind == "response.function_call_arguments.done":
        result.pop("name", None)
    return [result]


def _flat(settings: Mapping[str, Any], tokens: str) -> dict[str, Any]:
    """The settings with those of ``audio`` at the top; ``tokens`` is what the limit is called there."""
    audio = settings.get("audio")
    sides = {k: dict(v) for k, v in audio.items() if isinstance(v, Mapping)} if audio else {}
    result = {k: v for k, v in settings.items() if k != "audio"}
    for old, (side, name) in _NESTED.items():
        if name in sides.get(side, ()):
            result[old] = _old_setting(name, sides[side].pop(name))
    if left := {side: settings for side, settings in sides.items() if settings}:
        result["audio"] = left
    if "output_modalities" in result:
        asked = result.pop("output_modalities")
        # Audio never came alone: its transcript counted as text.
        result["modalities"] = ["text", "audio"] if asked == ["audio"] else asked
    if "max_output_tokens" in result:
        result[tokens] = result.pop("max_output_tokens")
    return result


def _old_setting(name: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if name == "format" and value.get("rate", 24000) == 24000:
        return _OLD_FORMATS.get(value.get("type", ""), value)
    if name == "voice":
        return value.get("id", value)
    if name == "turn_detection" and value.get("idle_timeout_ms", 0) is None:
        return {k: v for k, v in value.items() if k != "idle_timeout_ms"}
    return value


def _old_item(item: Mapping[str, Any]) -> dict[str, Any]:
    content = item.get("content")
    if not isinstance(content, list):
        return dict(item)
    parts = [
        {**part, "type": _OLD_CONTENT.get(str(part.get("type")), part.get("type"))}
        if isinstance(part, Mapping)
        else part
        for part in content
    ]
    return {**item, "content": parts}


def _old_response(response: Mapping[str, Any], tokens: str) -> dict[str, Any]:
    result = _flat(response, tokens)
    for name in ("output", "input"):
        if isinstance(items := result.get(name), list):
            result[name] = [_old_item(x) if isinstance(x, Mapping) else x for x in items]
    return result

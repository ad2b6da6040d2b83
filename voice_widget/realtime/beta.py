"""The shapes from before general availability, turned into today's. Applied once, at the door.

Nothing here changes what it is given; where something has to change, a copy is returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    if FLAT.isdisjoint(result):
        return result
    return {"type": "realtime", **_nested(result)}


def current_response(response: dict[str, Any]) -> dict[str, Any]:
    """A response, or the ``response`` of ``response.create``, in today's shape."""
    result = response if FLAT.isdisjoint(response) else _nested(response)
    for name in ("output", "input"):
        if isinstance(items := result.get(name), list) and items:
            result = {**result, name: [current_item(x) if isinstance(x, dict) else x for x in items]}
    return result

"""What each setting of a session may be.

Every reader takes the new value, the one in force and the setting's name on the wire, and returns what is
then in force. ``null`` clears a setting.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, NoReturn

from voice_widget.errors import ProtocolError
from voice_widget.realtime.settings.detection import MIN_NAME, WAIT_NAME

Reader = Callable[[Any, Any, str], Any]


def _refuse(where: str, must: str, code: str = "invalid_value") -> NoReturn:
    raise ProtocolError(f"`{where}` must be {must}.", code=code, param=where)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _text(value: Any, _old: Any, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        _refuse(where, "a text")
    return value


def _voice(value: Any, _old: Any, where: str) -> str | None:
    name = value.get("id") if isinstance(value, Mapping) else value
    if name is not None and (not isinstance(name, str) or not name):
        _refuse(where, "the name of a voice")
    return name


def _speed(value: Any, _old: Any, where: str) -> float | None:
    if value is not None and not (_number(value) and 0.25 <= value <= 1.5):
        _refuse(where, "a number from 0.25 to 1.5")
    return None if value is None else float(value)


def _modalities(value: Any, _old: Any, where: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or list(value) not in _MODALITIES:
        _refuse(where, '["audio"] or ["text"]')
    # What is spoken has a text too, so both together are what "audio" is.
    return ("audio",) if "audio" in value else ("text",)


_MODALITIES = (["audio"], ["text"], ["audio", "text"], ["text", "audio"])


def _tools(value: Any, _old: Any, where: str) -> tuple[dict[str, Any], ...]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        _refuse(where, "a list of tools")
    for number, tool in enumerate(value):
        here = f"{where}[{number}]"
        if not isinstance(tool, Mapping):
            _refuse(here, "an object")
        if tool.get("type") not in ("function", "mcp"):
            _refuse(f"{here}.type", '"function" or "mcp"')
        if tool["type"] == "function":
            if not isinstance(tool.get("name"), str) or not tool["name"]:
                _refuse(f"{here}.name", "the function's name", "missing_required_parameter")
            if not isinstance(tool.get("parameters"), (Mapping, NoneType)):
                _refuse(f"{here}.parameters", "a JSON schema")
        elif not isinstance(tool.get("server_label"), str) or not tool["server_label"]:
            _refuse(f"{here}.server_label", "a label of the MCP server", "missing_required_parameter")
    # A function without parameters is sent with null for them, too.
    return tuple({k: v for k, v in tool.items() if k != "parameters" or v is not None} for tool in value)


def _tool_choice(value: Any, _old: Any, where: str) -> str | dict[str, Any] | None:
    if value is None or value in ("auto", "none", "required"):
        return value  # type: ignore[no-any-return]
    named = {"function": "name", "mcp": "server_label"}
    if isinstance(value, Mapping) and isinstance(value.get(named.get(str(value.get("type")), "")), str):
        return dict(value)
    _refuse(where, '"auto", "none", "required" or a tool')


def _tokens(value: Any, _old: Any, where: str) -> int | str | None:
    if value is None or value == "inf" or (type(value) is int and 1 <= value <= 4096):
        return value  # type: ignore[no-any-return]
    _refuse(where, 'a whole number from 1 to 4096 or "inf"')


def _format(value: Any, _old: Any, where: str) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or value.get("type") not in ("audio/pcm", "audio/pcmu", "audio/pcma"):
        _refuse(where, 'an object of type "audio/pcm", "audio/pcmu" or "audio/pcma"')
    if value["type"] == "audio/pcm" and value.get("rate", 24000) != 24000:
        _refuse(f"{where}.rate", "24000")
    return dict(value)


def _noise_reduction(value: Any, _old: Any, where: str) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or value.get("type") not in ("near_field", "far_field"):
        _refuse(where, 'null or an object of type "near_field" or "far_field"')
    return dict(value)


def _transcription(value: Any, old: Any, where: str) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        _refuse(where, "null or an object")
    for name in ("model", "language", "prompt"):
        if value.get(name) is not None and not isinstance(value[name], str):
            _refuse(f"{where}.{name}", "a text")
    words = value.get("keywords")
    if words is not None and not (
        isinstance(words, (list, tuple)) and all(isinstance(w, str) for w in words)
    ):
        _refuse(f"{where}.keywords", "a list of words")
    return {**(old if isinstance(old, Mapping) else {}), **value}


def _between(low: float, high: float) -> tuple[Callable[[Any], bool], str]:
    words = f"a number from {low:g} to {high:g}" if high < math.inf else f"a number from {low:g}"
    return lambda v: _number(v) and low <= v <= high, words


_FLAG: tuple[Callable[[Any], bool], str] = (lambda v: isinstance(v, bool), "true or false")
_VAD: Mapping[str, Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "server_vad": {
        "threshold": _between(0, 1),
        "prefix_padding_ms": _between(0, math.inf),
        "silence_duration_ms": _between(0, math.inf),
        "idle_timeout_ms": _between(5000, 30000),
        "create_response": _FLAG,
        "interrupt_response": _FLAG,
        MIN_NAME: _between(0, 60_000),
        WAIT_NAME: _between(0, 60_000),
    },
    "semantic_vad": {
        "eagerness": (lambda v: v in ("low", "medium", "high", "auto"), '"low", "medium", "high" or "auto"'),
        "create_response": _FLAG,
        "interrupt_response": _FLAG,
        MIN_NAME: _between(0, 60_000),
        WAIT_NAME: _between(0, 60_000),
    },
}


def _turn_detection(value: Any, old: Any, where: str) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        _refuse(where, "null or an object")
    before = old if isinstance(old, Mapping) else {}
    kind = value.get("type")
    if kind is None:
        kind = before.get("type", "server_vad")
    if not isinstance(kind, str) or kind not in _VAD:
        _refuse(f"{where}.type", '"server_vad" or "semantic_vad"')
    for name, (good, must) in _VAD[kind].items():
        # A null clears: only `idle_timeout_ms` is shown as null, the others fall back to their defaults.
        if value.get(name) is not None and not good(value[name]):
            _refuse(f"{where}.{name}", must)
    if before.get("type", "server_vad") != kind:
        before = {}
    return {k: v for k, v in {**before, **value, "type": kind}.items() if v is not None}


_READ: Mapping[str, tuple[Reader, str]] = {
    "model": (_text, "Give the model's name."),
    "instructions": (_text, 'Write instructions="You are brief."'),
    "output_modalities": (
        _modalities,
        'Write output_modalities=["audio"] for spoken answers, or ["text"] for written ones.',
    ),
    "tools": (_tools, "Give functions, or tools as the protocol describes them."),
    "tool_choice": (_tool_choice, 'Write tool_choice="auto".'),
    "max_output_tokens": (_tokens, 'Write max_output_tokens=1000, or "inf" for no limit.'),
    "input_format": (_format, 'Write input_format={"type": "audio/pcm", "rate": 24000}.'),
    "noise_reduction": (_noise_reduction, 'Write noise_reduction={"type": "near_field"}, or None for none.'),
    "transcription": (_transcription, 'Write transcription={"language": "en"}, or None for none.'),
    "turn_detection": (
        _turn_detection,
        "Write turn_detection=ServerVad(silence_duration_ms=500) or SemanticVad(), or None for push-to-talk.",
    ),
    "output_format": (_format, 'Write output_format={"type": "audio/pcm", "rate": 24000}.'),
    "voice": (_voice, 'Give a name such as voice="marin".'),
    "speed": (_speed, "Write speed=1.2."),
}


def _helpful(reader: Reader, step: str) -> Reader:
    def read(value: Any, old: Any, where: str) -> Any:
        try:
            return reader(value, old, where)
        except ProtocolError as error:
            raise ProtocolError(error.message, code=error.code, next_step=step, param=error.param) from None

    return read


READ: Mapping[str, Reader] = {name: _helpful(reader, step) for name, (reader, step) in _READ.items()}


def _parallel(value: Any, _old: Any, where: str) -> bool | None:
    if value is not None and not isinstance(value, bool):
        _refuse(where, "true or false")
    return value


def _prompt(value: Any, _old: Any, where: str) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        _refuse(where, "null or an object")
    if not isinstance(value.get("id"), str) or not value["id"]:
        _refuse(f"{where}.id", "the prompt's id", "missing_required_parameter")
    if not isinstance(value.get("version"), (str, NoneType)):
        _refuse(f"{where}.version", "a text")
    if not isinstance(value.get("variables"), (Mapping, NoneType)):
        _refuse(f"{where}.variables", "an object")
    return dict(value)


def _truncation(value: Any, _old: Any, where: str) -> str | dict[str, Any]:
    if value is None:
        return "auto"
    if isinstance(value, Mapping) and value.get("type") == "retention_ratio":
        good, _ = _between(0, 1)
        if not good(value.get("retention_ratio")):
            _refuse(f"{where}.retention_ratio", "a number from 0 to 1")
        return dict(value)
    if value not in ("auto", "disabled"):
        _refuse(where, '"auto", "disabled" or an object of type "retention_ratio"')
    return str(value)


def _tracing(value: Any, _old: Any, where: str) -> str | dict[str, Any] | None:
    if value is None or value == "auto":
        return value  # type: ignore[no-any-return]
    if not isinstance(value, Mapping):
        _refuse(where, 'null, "auto" or an object')
    for name in ("workflow_name", "group_id"):
        if not isinstance(value.get(name), (str, NoneType)):
            _refuse(f"{where}.{name}", "a text")
    if not isinstance(value.get("metadata"), (Mapping, NoneType)):
        _refuse(f"{where}.metadata", "an object")
    return dict(value)


def _include(value: Any, _old: Any, where: str) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        _refuse(where, "a list of texts")
    return list(value)


EXTRA: Mapping[str, Reader] = {
    name: _helpful(reader, f"Write extra={{{name!r}: {example}}}.")
    for name, reader, example in (
        ("parallel_tool_calls", _parallel, "False"),
        ("prompt", _prompt, '{"id": "pmpt_123"}'),
        ("truncation", _truncation, '"auto"'),
        ("tracing", _tracing, '"auto"'),
        ("include", _include, '["item.input_audio_transcription.logprobs"]'),
    )
}
"""What is known of settings that are passed on as they are (`Settings.extra`)."""

"""The settings of a session, and what ``session.update`` does to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import Any, Literal

from voice_widget.errors import ProtocolError, shown
from voice_widget.realtime.settings import setting_values
from voice_widget.realtime.wire.beta import FLAT, current_session


class Unset(Enum):
    """The one value ``UNSET``: not set, where ``None`` is a setting of its own."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Literal[Unset.UNSET] = Unset.UNSET
_Object = Mapping[str, Any]

DEFAULT_TURN_DETECTION: Mapping[str, Mapping[str, Any]] = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    },
}
_PCM: _Object = {"type": "audio/pcm", "rate": 24000}
# Attribute → where it stands in the session object.
_PATHS: Mapping[str, tuple[str, ...]] = {
    "model": ("model",),
    "instructions": ("instructions",),
    "output_modalities": ("output_modalities",),
    "tools": ("tools",),
    "tool_choice": ("tool_choice",),
    "max_output_tokens": ("max_output_tokens",),
    "input_format": ("audio", "input", "format"),
    "noise_reduction": ("audio", "input", "noise_reduction"),
    "transcription": ("audio", "input", "transcription"),
    "turn_detection": ("audio", "input", "turn_detection"),
    "output_format": ("audio", "output", "format"),
    "voice": ("audio", "output", "voice"),
    "speed": ("audio", "output", "speed"),
}
_NULLABLE = frozenset(["transcription", "turn_detection", "noise_reduction"])
_KNOWN_ELSEWHERE = frozenset(["type", "audio", "object", "id", "expires_at"])


@dataclass(frozen=True, repr=False)
class Settings:
    """The settings of a session. What is not set is left to the service.

    Attributes:
        model: The model's name; fixed once the session exists.
        instructions: The system prompt. ``""`` clears it.
        voice: The voice; an id (``voice_…``) is written as the protocol wants it.
        speed: 0.25 … 1.5.
        output_modalities: ``("audio",)`` or ``("text",)``.
        turn_detection: `ServerVad`, `SemanticVad` or the protocol's object, or None for push-to-talk.
        transcription: ``model, language, keywords, prompt``, or None for none.
        noise_reduction: ``{"type": "near_field"}``, or None for none. The embedded engine has none.
        tools: Function and mcp tools in the protocol's form.
        tool_choice: ``auto``, ``none``, ``required`` or the tool to take.
        max_output_tokens: 1 … 4096 or ``"inf"``.
        input_format: Format of the caller's audio on a websocket session.
        output_format: Format of the answer's audio on a websocket session.
        extra: Any other settings, passed on as they are (``reasoning``, ``truncation``, ``tracing`` …).

    Example:
        >>> Settings(voice="marin").session()
        {'type': 'realtime', 'audio': {'output': {'voice': 'marin'}}}
    """

    model: str | None = None
    instructions: str | None = None
    voice: str | None = None
    speed: float | None = None
    output_modalities: Sequence[str] | None = None
    turn_detection: _Object | Literal[Unset.UNSET] | None = UNSET
    transcription: _Object | Literal[Unset.UNSET] | None = UNSET
    noise_reduction: _Object | Literal[Unset.UNSET] | None = UNSET
    tools: Sequence[_Object] | None = None
    tool_choice: str | _Object | None = None
    max_output_tokens: int | str | None = None
    input_format: _Object | None = None
    output_format: _Object | None = None
    extra: _Object = field(default_factory=dict)

    def __repr__(self) -> str:
        """Only what is set, none of it long; of tools the names, as some hold the key to a server."""
        given = self.given()
        if self.tools:
            given["tools"] = [tool.get("name") or tool.get("server_label") for tool in self.tools]
        return f"Settings({', '.join(f'{name}={_short(value)}' for name, value in given.items())})"

    def given(self) -> dict[str, Any]:
        """What is set, by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            name: value
            for name, value in values.items()
            if value is not UNSET
            and (value is not None or name in _NULLABLE)
            and not (name == "extra" and isinstance(value, Mapping) and not value)
        }

    @classmethod
    def from_session(cls, session: Mapping[str, Any]) -> Settings:
        """Read a session object that a peer shows. Never raises: what makes no sense is left out."""
        return cls()._taking(current_session(session), strict=False)

    def session(self) -> dict[str, Any]:
        """The session object for ``session.update``, an offer or a token. What is not set is absent."""
        result: dict[str, Any] = {"type": "realtime", **self.extra}
        for name, value in self.given().items():
            if name == "extra":
                continue
            path, place = _PATHS[name], result
            for step in path[:-1]:
                place = place.setdefault(step, {})
            place[path[-1]] = _plain(name, value)
        return result

    def merged(self, session: Mapping[str, Any]) -> Settings:
        """What is in force after ``session.update`` with this session: absent fields stay, all or nothing.

        ``model`` cannot change once there is one and is then passed over, as stock clients repeat theirs with
        every update. The old flat shape is accepted.

        Raises:
            ProtocolError: A setting is refused; ``code`` and ``param`` are the protocol's.
        """
        if "type" not in session and FLAT.isdisjoint(session):
            raise ProtocolError(
                '`session.type` is missing: it must be "realtime".',
                code="missing_required_parameter",
                param="session.type",
            )
        session = current_session(session)
        if session["type"] != "realtime":
            raise ProtocolError(
                f'A session of type {session["type"]!r} is not possible here: only "realtime" is.',
                code="invalid_value",
                param="session.type",
            )
        return self._taking(session, strict=True)

    def full(self, session_id: str, expires_at: float) -> dict[str, Any]:
        """The complete session object that a server shows in ``session.created`` and ``session.updated``."""
        return {
            "type": "realtime",
            "object": "realtime.session",
            "id": session_id,
            "model": self.model or "",
            "output_modalities": list(self.output_modalities or ("audio",)),
            "instructions": self.instructions or "",
            "tools": [dict(tool) for tool in self.tools or ()],
            "tool_choice": _plain("tool_choice", self.tool_choice or "auto"),
            "max_output_tokens": self.max_output_tokens or "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "include": None,
            **self.extra,
            "expires_at": int(expires_at),
            "audio": {
                "input": {
                    "format": dict(self.input_format or _PCM),
                    "transcription": _or_none(self.transcription),
                    "noise_reduction": _or_none(self.noise_reduction),
                    "turn_detection": self.turn_taking(),
                },
                "output": {
                    "format": dict(self.output_format or _PCM),
                    "voice": _plain("voice", self.voice or ""),
                    "speed": 1.0 if self.speed is None else self.speed,
                },
            },
        }

    def turn_taking(self) -> dict[str, Any] | None:
        """The turn detection in force, complete with defaults; None is push-to-talk."""
        if self.turn_detection is None:
            return None
        given: _Object = {} if self.turn_detection is UNSET else self.turn_detection
        return {**DEFAULT_TURN_DETECTION.get(given.get("type", "server_vad"), {}), **given}

    def _taking(self, session: Mapping[str, Any], *, strict: bool) -> Settings:
        values: dict[str, Any] = {}
        for name, path in _PATHS.items():
            try:
                value = _at(session, path)
                if value is UNSET or (name == "model" and self.model is not None):
                    continue
                values[name] = setting_values.READ[name](
                    value, getattr(self, name), ".".join(("session", *path))
                )
            except ProtocolError:
                if strict:
                    raise
        known = _KNOWN_ELSEWHERE.union(f.name for f in fields(self))
        extra: dict[str, Any] = {}
        for name, value in session.items():
            if name in known:
                continue
            try:
                read = setting_values.EXTRA.get(name)
                extra[name] = value if read is None else read(value, None, f"session.{name}")
            except ProtocolError:
                if strict:
                    raise
        return replace(self, **values, extra={**self.extra, **extra})


def setting_in(event: Mapping[str, Any]) -> str | None:
    """The first setting that a client event changes, by its name here; None: none of those by name.

    Example:
        >>> setting_in({"type": "session.update", "session": {"audio": {"output": {"voice": "marin"}}}})
        'voice'
        >>> setting_in({"type": "session.update", "session": {"type": "realtime", "truncation": "auto"}})
    """
    if event.get("type") != "session.update":
        return None
    session = current_session(event.get("session") or {})
    return next((name for name, path in _PATHS.items() if name != "model" and _has(session, path)), None)


def _has(session: Mapping[str, Any], path: Sequence[str]) -> bool:
    place: Any = session
    for step in path:
        if not isinstance(place, Mapping) or step not in place:
            return False
        place = place[step]
    return True


def _short(value: Any, length: int = 80, most: int = 12) -> str:
    """A value as it is written, but not more of it than one wants to read."""
    if isinstance(value, str) and len(value) > length:
        return f"<{len(value):,} characters: {value[: length - 20]!r} …>"
    if type(value) is dict:
        parts = (f"{name!r}: {_short(part, length, most)}" for name, part in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, (list, tuple)) and len(value) > most:
        return f"<{len(value):,}: {', '.join(_short(part, length) for part in value[:most])} …>"
    return shown(value, 1_000)


SessionConfig = Settings
"""The same, by the name of what they are the settings of."""


def _at(session: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    place: Any = session
    for depth, step in enumerate(path):
        if place is None:
            return UNSET
        if not isinstance(place, Mapping):
            where = ".".join(("session", *path[:depth]))
            raise ProtocolError(f"`{where}` must be an object.", code="invalid_value", param=where)
        place = place.get(step, UNSET)
        if place is UNSET:
            return UNSET
    return place


def _or_none(value: _Object | Literal[Unset.UNSET] | None) -> dict[str, Any] | None:
    return None if value is UNSET or value is None else dict(value)


def _plain(name: str, value: Any) -> Any:
    """A setting as JSON takes it."""
    if name == "voice":
        return {"id": value} if value.startswith("voice_") else value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [dict(x) if isinstance(x, Mapping) else x for x in value]
    return value

"""How the end of a turn is found, with names and types. Both are mappings: the protocol's own objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from voice_widget.errors import shown

MIN_NAME = "voice_widget.interrupt_min_ms"
INTERRUPT_MIN_MS = 500.0
"""Who speaks for so long over an answer interrupts it, whatever is said; 0: every sound does."""
WAIT_NAME = "voice_widget.interrupt_wait_ms"
INTERRUPT_WAIT_MS = 1200.0
"""So long an answer pauses for a sound that may be none of those; then it goes on."""

_OWN = {"interrupt_min_ms": MIN_NAME, "interrupt_wait_ms": WAIT_NAME}


class _Detection(Mapping[str, Any]):
    """Reads as the protocol's object; what is None is left to the service."""

    type: ClassVar[str]

    def _given(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {_OWN.get(name, name): value for name, value in values.items() if value is not None}

    def __getitem__(self, name: str) -> Any:
        return {"type": self.type, **self._given()}[name]

    def __iter__(self) -> Iterator[str]:
        return iter(("type", *self._given()))

    def __len__(self) -> int:
        return 1 + len(self._given())

    def __repr__(self) -> str:
        names = {wire: name for name, wire in _OWN.items()}
        given = ", ".join(f"{names.get(name, name)}={shown(value)}" for name, value in self._given().items())
        return f"{type(self).__name__}({given})"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ServerVad(_Detection):
    """A turn ends with a silence. What is not given is left to the service.

    Args:
        threshold: How sure it must be that this is speech: 0 … 1.
        prefix_padding_ms: How much before the first speech belongs to the turn.
        silence_duration_ms: How long a silence ends the turn.
        idle_timeout_ms: After so long without a word the assistant speaks up: 5,000 … 30,000.
        create_response: The end of a turn is answered.
        interrupt_response: Speaking stops the assistant.
        interrupt_min_ms: Speaking for so long does, whatever is said (embedded engine; 500; 0: any sound).
        interrupt_wait_ms: So long the assistant pauses for a shorter sound, a cough or "mm-hm" (1,200).

    Example:
        >>> dict(ServerVad(silence_duration_ms=900))
        {'type': 'server_vad', 'silence_duration_ms': 900}
    """

    type: ClassVar[str] = "server_vad"
    threshold: float | None = None
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None
    idle_timeout_ms: int | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None
    interrupt_min_ms: int | None = None
    interrupt_wait_ms: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SemanticVad(_Detection):
    """A turn ends when what was said sounds finished. What is not given is left to the service.

    Args:
        eagerness: How soon it takes a turn for finished.
        create_response: The end of a turn is answered.
        interrupt_response: Speaking stops the assistant.
        interrupt_min_ms: Speaking for so long does, whatever is said (embedded engine; 500; 0: any sound).
        interrupt_wait_ms: So long the assistant pauses for a shorter sound, a cough or "mm-hm" (1,200).

    Example:
        >>> dict(SemanticVad(eagerness="low"))
        {'type': 'semantic_vad', 'eagerness': 'low'}
    """

    type: ClassVar[str] = "semantic_vad"
    eagerness: Literal["low", "medium", "high", "auto"] | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None
    interrupt_min_ms: int | None = None
    interrupt_wait_ms: int | None = None

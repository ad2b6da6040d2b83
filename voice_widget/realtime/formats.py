"""What a session says of the format of its sound, in whatever words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

PCM = "audio/pcm"
TELEPHONE = ("audio/pcmu", "audio/pcma")
RATE = 24_000
_RATES = frozenset([8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])
_NAMES: Mapping[str, str] = {
    "pcm": PCM,
    "pcm16": PCM,
    "g711_ulaw": "audio/pcmu",
    "pcmu": "audio/pcmu",
    "mulaw": "audio/pcmu",
    "g711_alaw": "audio/pcma",
    "pcma": "audio/pcma",
    "alaw": "audio/pcma",
}
_WITH_RATE = re.compile(r"pcm(?:16)?[-_](\d+)(?:hz)?")
_NOTHING = frozenset(["", "not specified", "none", "default", "auto"])


class Format(NamedTuple):
    """PCM16 or a telephone's codes, at a rate."""

    kind: str
    rate: int

    @property
    def bytes_per_ms(self) -> float:
        """How large a millisecond is."""
        return self.rate * (2 if self.kind == PCM else 1) / 1000


PLAIN = Format(PCM, RATE)


def format_of(session_audio: Any, side: str) -> Format | None:
    """The format of ``input`` or ``output`` in a session's ``audio``; None where it says nothing we know.

    Example:
        >>> format_of({"output": {"format": {"type": "audio/pcm", "rate": 16000}}}, "output")
        Format(kind='audio/pcm', rate=16000)
        >>> format_of({"output": {"format": "g711_ulaw"}}, "output").rate
        8000
    """
    name, rate = _said(session_audio, side)
    if name is None:
        return None
    if (found := _WITH_RATE.fullmatch(name)) is not None:
        name, rate = PCM, int(found[1])
    kind = _NAMES.get(name, name)
    if kind in TELEPHONE:
        return Format(kind, 8_000)
    if kind != PCM:
        return None
    rate = RATE if rate is None else rate
    return Format(PCM, rate) if rate in _RATES else None


def unknown_format(session_audio: Any, side: str) -> str:
    """A format that is named and that we do not know; empty: there is none such."""
    name, rate = _said(session_audio, side)
    if name is None or name in _NOTHING or format_of(session_audio, side) is not None:
        return ""
    return name if rate is None else f"{name} at {rate:g} Hz"


def _said(session_audio: Any, side: str) -> tuple[str | None, int | None]:
    within = session_audio.get(side) if isinstance(session_audio, Mapping) else None
    told: Any = within.get("format") if isinstance(within, Mapping) else None
    rate: Any = None
    if isinstance(told, Mapping):
        told, rate = told.get("type"), told.get("rate")
    whole = isinstance(rate, int) and not isinstance(rate, bool)
    return (told.strip().lower() if isinstance(told, str) else None), (rate if whole else None)

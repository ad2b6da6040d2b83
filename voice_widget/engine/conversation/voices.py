"""Which voices may be asked for, and with which of ours they are spoken. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from voice_widget.engine.conversation.wire import refusal

ALIASES: Mapping[str, str] = {
    "alloy": "en-us",
    "ash": "en-us+m3",
    "ballad": "en-gb",
    "cedar": "en-us+m7",
    "coral": "en-us+f3",
    "echo": "en-gb-scotland",
    "marin": "en-us+f4",
    "sage": "en-gb+f3",
    "shimmer": "en-us+f3",
    "verse": "en-gb-x-rp",
}
"""OpenAI's voices, which stock clients name whether or not their user chose one, and ours that stand in."""


def check_voice(voice: Any, voices: Sequence[str], param: str) -> None:
    """Refuse a voice that this engine does not have; without a list of voices any is taken.

    Raises:
        ProtocolError: ``invalid_value``; the message lists the voices.
    """
    if voice is not None and voices and voice not in voices and voice not in ALIASES:
        raise refusal(
            "invalid_value",
            f"There is no voice {voice!r}.",
            param=param,
            next_step=f"Choose one of {', '.join(voices)}, or one of OpenAI's: {', '.join(ALIASES)}.",
        )


def spoken_by(voice: str | None, voices: Sequence[str], language: str = "en") -> str | None:
    """The voice that speaks where ``voice`` was asked for; None: the one that the part takes by itself.

    Those of ours that stand in are English; in another language the part chooses.

    Example:
        >>> spoken_by("ash", ["en-us", "en-us+m3"]), spoken_by("ash", ["tone"]), spoken_by("tone", ["tone"])
        ('en-us+m3', 'tone', 'tone')
    """
    if voice is None or voice not in ALIASES or voice in voices or not voices:
        return voice
    ours = ALIASES[voice]
    if ours not in voices:
        return voices[0]
    return ours if language.lower().partition("-")[0] == "en" else None

"""What was said when, on the recording's timeline: what every export is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from voice_widget.realtime.state.records import Side

WordSource = Literal["service", "engine", "estimated"]


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word of an utterance.

    Attributes:
        text: The word, with what is written to it (``"Sunday,"``).
        start_ms: When it begins, on the recording's timeline.
        end_ms: When it ends.
        source: Who says so: the service, the engine's voice or recogniser, or nobody (``"estimated"``: it was
            reckoned from the letters and pauses).
    """

    text: str
    start_ms: int
    end_ms: int
    source: WordSource


@dataclass(frozen=True, slots=True)
class Utterance:
    """One row of the transcript as it sounded: what one side said in one go.

    Utterances may overlap: both sides speak at once, and one side's own rows may touch or cross.

    Attributes:
        seq: The row's number.
        role: The side.
        speaker: The name that exports give that side: the role, or its pseudonym.
        text: What was heard of it; empty where nobody knows.
        start_ms: When it began, on the recording's timeline.
        end_ms: When it ended; None where that is not known, as when the talk was cut in it.
        words: Its words that have times, in order; there may be none, or not all.
        interrupted: Whether it was broken off.
    """

    seq: int
    role: Side
    speaker: str
    text: str
    start_ms: int
    end_ms: int | None
    words: tuple[SpokenWord, ...] = ()
    interrupted: bool = False

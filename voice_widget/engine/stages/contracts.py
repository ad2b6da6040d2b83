"""The contracts of the speech stages.

All audio is PCM16 mono as ``numpy.int16``. There is one instance per session; it runs in the stage process,
is used from one thread at a time, and may have a ``close()``. The engine owns time (what was played),
truncation and events; stages own none of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]


class VAD(Protocol):
    """Says how likely a frame holds speech."""

    sample_rate: int
    frame_samples: int

    def __call__(self, frame: Pcm) -> float:
        """The probability of speech, 0 … 1, in ``int16[frame_samples]``."""
        ...

    def reset(self) -> None:
        """Forget what was heard."""
        ...


@dataclass(frozen=True)
class Transcript:
    """What was recognised. ``words`` are (word, start s, end s)."""

    text: str
    final: bool = False
    confidence: float | None = None
    words: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class Hints:
    """What the recogniser should expect: whole phrases and single words."""

    phrases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    language: str = "en"


class STT(Protocol):
    """Turns one utterance into text, while it is spoken."""

    sample_rate: int

    def prepare(self, hints: Hints) -> None:
        """Get ready for these hints (may take a moment; called outside of an utterance)."""
        ...

    def start(self) -> None:
        """An utterance starts."""
        ...

    def feed(self, pcm: Pcm) -> Transcript | None:
        """The next audio; a partial if it changed."""
        ...

    def finish(self) -> Transcript:
        """The utterance is over: the final text (may be empty)."""
        ...

    def cancel(self) -> None:
        """The utterance does not count."""
        ...


@dataclass(frozen=True)
class Word:
    """A written word and when it starts within the utterance's audio; a guess where it is ``estimated``."""

    start: int
    end: int
    at_ms: float
    estimated: bool = False


@dataclass(frozen=True)
class AudioChunk:
    """A piece of speech, with the words that start in it."""

    pcm: bytes
    sample_rate: int
    words: tuple[Word, ...] = ()


class TTS(Protocol):
    """Speaks. The engine stops iterating to cancel; without word times it estimates them by characters."""

    voices: Sequence[str]

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        """The speech of ``text`` in chunks."""
        ...

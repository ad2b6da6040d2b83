"""The contracts of the speech stages.

All audio is PCM16 mono as ``numpy.int16``. A part is a `Model`, loaded once in the stage process and shared,
that gives each session what it uses there; or a class without ``session``, of which each session gets an
instance; or a plain function (`calling`). What a session uses is used from one thread at a time. The engine
owns time (what was played), truncation and events; stages own none of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
FAILURES: tuple[type[BaseException], ...] = (Exception, SystemExit)
"""What a part may raise: one of the user's may even want to end the process, in which others are served."""
Progress = Callable[[str, float | None], None]
"""Says what is being loaded, and how much of it is (0 … 1; None: not known)."""


def quietly(says: str, of: float | None) -> None:
    """A `Progress` that tells nobody."""


class Model(Protocol):
    """A part that is loaded once. It is made with the options of its `Part`, which may take long.

    ``__init__`` may take ``progress`` (a `Progress`). Sessions use it at once from threads of their own: what
    cannot bear that holds a lock. ``renew(session)`` takes back what a session used, if there is one.
    """

    def session(self) -> Any:
        """What one session uses: a `VAD`, `STT`, `TTS` or `EndOfTurn`."""
        ...


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
    """Turns one utterance into text, while it is spoken.

    It is called from the session's recogniser thread, for which nothing else waits. It may have ``pause()``
    (the speaker pauses: do the long work now) and ``resume()`` (the speaker goes on: throw it away), and
    ``pause_ms``: so much silence is a pause (200).
    """

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
    """Speaks. The engine stops iterating to cancel; without word times it estimates them by characters.

    It may have ``languages``, the codes of those that it speaks: in another one the user is told. And
    ``speak_in(language)``, which tells what a session speaks once that is not English.
    """

    voices: Sequence[str]

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        """The speech of ``text`` in chunks."""
        ...


class EndOfTurn(Protocol):
    """Judges whether who pauses has said all of it."""

    def __call__(self, pcm: Pcm, sample_rate: int, partial: str, silence_ms: float) -> float:
        """The probability that the turn is over.

        Args:
            pcm: Its sound, the last eight seconds at most.
            sample_rate: Of the sound.
            partial: What was understood so far.
            silence_ms: How much silence the sound ends in.
        """
        ...

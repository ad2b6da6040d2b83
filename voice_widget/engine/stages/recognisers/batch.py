"""What a recogniser that wants whole pieces of sound needs to serve as one that is fed: `BatchSession`.

It keeps the sound of an utterance, recognises it for good when the speaker pauses, now and then for a
partial, and bit by bit where somebody speaks for long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from voice_widget.engine.stages.contracts import Hints, Pcm, Transcript

Recognise = Callable[[Pcm, Hints, bool], Transcript]
"""(16 kHz sound, hints, whether it is for a partial only: quick matters more than right)."""

RATE = 16_000

_QUIET_S = 0.1
_SEARCHED_S = 8.0
_PAUSE_SAMPLES = round(0.15 * RATE)  # beside `pause_ms`: so long a pause is one between words


class BatchSession:
    """One session's recogniser.

    Args:
        recognise: Does the work. Takes as long as it takes; it is not asked twice at once.
        pause_ms: After so much silence the utterance is recognised, so that it is done when it turns out to
            be over.
        partial_s: A partial comes after so much new speech, at the most.
        settle_s: What was said before a pause is not recognised again once it is as long as this.
        most_s: What is longer is cut at its quietest place.
        clock: Seconds.
    """

    sample_rate = RATE

    def __init__(
        self,
        recognise: Recognise,
        *,
        pause_ms: float = 100.0,
        partial_s: float = 0.8,
        settle_s: float = 10.0,
        most_s: float = 28.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pause_ms = pause_ms
        self._recognise, self._clock = recognise, clock
        self._partial_s = partial_s
        self._settle, self._most = round(settle_s * RATE), round(most_s * RATE)
        self._hints = Hints()
        self._cost_s = 0.0
        self._on = False
        self._sound: list[Pcm] = []
        self._samples = 0  # of the sound that is not settled yet
        self._before_s = 0.0
        self._kept: list[Transcript] = []  # settled
        self._ready: Transcript | None = None  # what a pause found
        self._ready_samples = 0
        self._news: Transcript | None = None
        self._told = ""
        self._last_s, self._last_samples = clock(), 0

    def prepare(self, hints: Hints) -> None:
        """Expect this from now on."""
        self._hints = hints

    def start(self) -> None:
        """An utterance starts."""
        self.cancel()
        self._on = True

    def feed(self, pcm: Pcm) -> Transcript | None:
        """The next audio; a partial if one is due."""
        if not self._on:
            return None
        self._sound.append(pcm)
        self._samples += len(pcm)
        if self._samples >= self._most:
            whole = self._whole()
            self._keep(quietest(whole, self._most - round(_SEARCHED_S * RATE)))
        if self._ready is None and self._due():
            self._news = self._heard(self._whole(), draft=True)
        found, self._news = self._news, None
        if found is None or found.text == self._told:
            return None
        self._told = found.text
        return self._joined(found)

    def pause(self) -> None:
        """The speaker pauses: recognise now what there is."""
        if self._on and self._ready is None and self._samples:
            self._ready = self._news = self._heard(self._whole(), draft=False)
            self._ready_samples = self._samples

    def resume(self) -> None:
        """The speaker goes on: that was not all."""
        if self._ready is None:
            return
        if self._ready_samples >= self._settle and self._samples - self._ready_samples >= _PAUSE_SAMPLES:
            self._keep(self._ready_samples, self._ready)
        self._ready = None

    def finish(self) -> Transcript:
        """The utterance is over."""
        last = self._ready
        if last is None and self._samples:
            last = self._heard(self._whole(), draft=False)
        whole = replace(self._joined(last or Transcript("")), final=True)
        self.cancel()
        return whole

    def cancel(self) -> None:
        """The utterance does not count."""
        self._on = False
        self._sound, self._samples, self._before_s, self._kept = [], 0, 0.0, []
        self._ready, self._ready_samples, self._news, self._told = None, 0, None, ""
        self._last_s, self._last_samples = self._clock(), 0

    def renew(self) -> None:
        """Forget the speaker."""
        self.cancel()

    def _due(self) -> bool:
        # By sound and by the clock: what comes late comes fast, and must not be held up further.
        interval = max(self._partial_s, 2 * self._cost_s)
        new = self._samples - self._last_samples
        return new >= interval * RATE and self._clock() - self._last_s >= interval

    def _heard(self, sound: Pcm, *, draft: bool) -> Transcript:
        began = self._clock()
        found = self._recognise(sound, self._hints, draft)
        self._last_s, self._last_samples = self._clock(), self._samples
        self._cost_s = self._last_s - began
        return found

    def _whole(self) -> Pcm:
        if len(self._sound) > 1:
            self._sound = [np.concatenate(self._sound)]
        return self._sound[0]

    def _keep(self, samples: int, found: Transcript | None = None) -> None:
        """What was said up to there is settled; what follows is recognised without it."""
        whole = self._whole()
        found = found or self._heard(whole[:samples], draft=False)
        self._kept.append(_later(found, self._before_s))
        self._before_s += samples / RATE
        self._sound, self._samples = [whole[samples:]], len(whole) - samples
        self._last_samples = 0
        self._ready, self._told = None, ""

    def _joined(self, found: Transcript) -> Transcript:
        return joined([*self._kept, _later(found, self._before_s)])


def joined(parts: Sequence[Transcript]) -> Transcript:
    """One after the other; as sure as the least sure one.

    Example:
        >>> joined([Transcript("How many", confidence=0.9), Transcript(""), Transcript("rows?")])
        Transcript(text='How many rows?', final=False, confidence=0.9, words=())
    """
    sure = [part.confidence for part in parts if part.text and part.confidence is not None]
    return Transcript(
        " ".join(part.text for part in parts if part.text),
        confidence=min(sure, default=None),
        words=tuple(word for part in parts for word in part.words),
    )


def quietest(sound: Pcm, first: int) -> int:
    """The middle of the quietest tenth of a second from sample ``first`` on: there a word is hardly cut.

    Example:
        >>> loud = np.full(16_000, 3000, np.int16)
        >>> quietest(np.concatenate([loud, np.zeros(1600, np.int16), loud]), 8000)
        16800
    """
    step = round(_QUIET_S * RATE / 2)
    tail = sound[first:].astype(np.float64) ** 2
    halves = tail[: len(tail) // step * step].reshape(-1, step).sum(axis=1)
    if len(halves) < 2:
        return len(sound)
    return first + (int(np.argmin(halves[:-1] + halves[1:])) + 1) * step


def _later(found: Transcript, seconds: float) -> Transcript:
    return replace(found, words=tuple((word, a + seconds, b + seconds) for word, a, b in found.words))

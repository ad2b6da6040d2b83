"""Plain functions as parts: what a stage asks for is asked of a function that knows nothing of stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from voice_widget.engine.stages.contracts import AudioChunk, Hints, Pcm, Transcript
from voice_widget.realtime.settings.parts import Stage


def called(stage: Stage, function: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    """A part of a session that asks this function, with the part's options as keywords.

    ``vad``: a frame → a probability. ``stt``: the sound of an utterance, its rate → its text. ``tts``: a
    text → its sound and rate, or an iterator of those. ``turn_detector``: the function itself.
    """
    ask = partial(function, **options) if options else function
    made: Mapping[Stage, Callable[[Callable[..., Any]], Any]] = {
        "vad": CalledVad,
        "stt": CalledStt,
        "tts": CalledTts,
        "turn_detector": lambda asked: asked,
    }
    return made[stage](ask)


class CalledVad:
    """Asks for each 20 ms at 16 kHz."""

    sample_rate = 16000
    frame_samples = 320

    def __init__(self, ask: Callable[[Pcm], float]) -> None:
        self._ask = ask

    def __call__(self, frame: Pcm) -> float:
        """The probability of speech."""
        return float(self._ask(frame))

    def reset(self) -> None:
        """There is nothing to forget."""


class CalledStt:
    """Asks once for each utterance, in its last pause: while the silence proves the end, the text is made."""

    sample_rate = 16000

    def __init__(self, ask: Callable[[Pcm, int], str]) -> None:
        self._ask = ask
        self._sound: list[Pcm] = []
        self._text: str | None = None

    def prepare(self, hints: Hints) -> None:
        """The function gets no hints."""

    def start(self) -> None:
        """An utterance starts."""
        self._sound, self._text = [], None

    def feed(self, pcm: Pcm) -> Transcript | None:
        """Keep the sound."""
        self._sound.append(pcm)
        return None

    def pause(self) -> None:
        """Perhaps this was all of it."""
        self._text = self._asked()

    def resume(self) -> None:
        """It was not."""
        self._text = None

    def finish(self) -> Transcript:
        """The utterance is over."""
        text = self._asked() if self._text is None else self._text
        self._sound = []
        return Transcript(text, final=True)

    def cancel(self) -> None:
        """The utterance does not count."""
        self._sound = []

    def _asked(self) -> str:
        sound = np.concatenate(self._sound) if self._sound else np.zeros(0, np.int16)
        return str(self._ask(sound, self.sample_rate) or "").strip() if len(sound) else ""


class CalledTts:
    """Asks for the sound of each piece of text."""

    voices = ()

    def __init__(self, ask: Callable[[str], Any]) -> None:
        self._ask = ask

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        """The speech of ``text``; the function knows one voice and one speed."""
        made = self._ask(text)
        for pcm, rate in [made] if isinstance(made, tuple) else made:
            yield AudioChunk(_whole(pcm).tobytes(), int(rate))


def _whole(pcm: Any) -> Pcm:
    """Samples as 16-bit numbers; floating ones are -1 … 1."""
    samples = np.asarray(pcm)
    if samples.dtype.kind == "f":
        samples = np.clip(np.rint(samples * 32767), -32768, 32767)
    whole: Pcm = samples.astype(np.int16)
    return whole

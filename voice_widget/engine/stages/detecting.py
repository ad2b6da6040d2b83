"""A detector of speech on its own, for sound that is there already.

``python -m voice_widget.engine.stages.detecting VAD`` loads a detector (JSON of a part; ``null``: the best
that is installed), says what it is, and reads blocks from standard input: each a line of JSON with ``bytes``,
and so many bytes of PCM16 of 24 kHz. It answers each with a line that says how many frames are complete, and
behind it their probabilities (float64) and which of their steps of 10 ms are silent (a byte each).

With two more arguments, a detector of the end of turns and settings (``turn_detection``), the engine listens
as in a call, and the line has what it said: that a turn ``started`` or
``stopped``, where, and when it said so.

Where something fails, the line is the error, and it ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any

import numpy as np

from voice_widget.engine.stages.contracts import FAILURES, VAD, Hints, Pcm, quietly
from voice_widget.engine.stages.events import SpeechStarted, SpeechStopped, StageEvent, StageFailed
from voice_widget.engine.stages.listening import Listener
from voice_widget.engine.stages.recognising import Recognition
from voice_widget.engine.stages.registry import available, begin, load
from voice_widget.engine.stages.sharpening import Sharpener
from voice_widget.errors import EngineError, VoiceWidgetError, told
from voice_widget.realtime.settings.parts import Part, Stage, best
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Resampler

_PIECE = RATE // 100
_PIECE_MS = 10


class Frames:
    """From sound to what a detector says of its frames, and which of their steps the engine calls silent.

    Args:
        vad: The detector.
    """

    def __init__(self, vad: VAD) -> None:
        self._vad = vad
        self._resample = Resampler(RATE, vad.sample_rate)
        self._sharpen = Sharpener(vad.sample_rate)
        self._pending: Pcm = np.zeros(0, np.int16)

    def steps_ms(self) -> list[float]:
        """How long each step of a frame is."""
        silence = np.zeros(self._vad.frame_samples, np.int16)
        return [end - start for _, start, end in Sharpener(self._vad.sample_rate)(0.0, silence, 0.0)]

    @property
    def delay_ms(self) -> float:
        """So much earlier than its first sample the first frame begins."""
        return self._resample.delay_ms

    def __call__(self, pcm: Pcm) -> tuple[list[float], list[bool]]:
        """The probabilities of the frames that this completes, and which of all their steps are silent."""
        pcm = np.concatenate([self._pending, self._resample(pcm)])
        size = self._vad.frame_samples
        whole = len(pcm) // size * size
        self._pending = pcm[whole:]
        likely: list[float] = []
        silent: list[bool] = []
        for at in range(0, whole, size):
            frame = pcm[at : at + size]
            likely.append(float(self._vad(frame)))
            # A step that is silent has the probability 0, whatever the frame has: 1 shows which those are.
            marked = self._sharpen(likely[-1], frame, 0.0)
            silent += [step == 0.0 and likely[-1] > 0.0 for step, _, _ in marked]
        return likely, silent


class Turns:
    """From sound to the turns that the engine would have found in it.

    Args:
        vad: The detector of speech.
        judge: The detector of a turn's end, if there is one.
        setting: The turn detection.
    """

    def __init__(self, vad: VAD, judge: Any, setting: Mapping[str, Any]) -> None:
        self._news: list[StageEvent] = []
        self._recognition = Recognition(
            None, self._news.append, vad.sample_rate, judge, lambda *about: self._listener.judged(*about)
        )
        self._listener = Listener(vad, self._recognition, self._news.append)
        self._listener.configure(setting, Hints())
        self._at_ms = 0

    def __call__(self, pcm: Pcm) -> list[tuple[str, float, float]]:
        """What is said of turns in this: ``started`` or ``stopped``, where that was, and when it was said.

        Raises:
            EngineError: A detector fails.
        """
        said: list[tuple[str, float, float]] = []
        for at in range(0, len(pcm), _PIECE):
            self._listener.audio(pcm[at : at + _PIECE], RATE, self._at_ms)
            self._at_ms += _PIECE_MS
            for event in self._news:
                if isinstance(event, StageFailed):
                    raise EngineError(event.message)
                if isinstance(event, SpeechStarted | SpeechStopped):
                    what = "started" if isinstance(event, SpeechStarted) else "stopped"
                    said.append((what, event.at_ms, self._at_ms))
            self._news.clear()
        return said


def serve(arguments: list[str], source: IO[bytes], answers: IO[bytes]) -> None:
    """Hear until the input ends."""

    def answer(*data: bytes, **says: object) -> None:
        answers.write(json.dumps(says).encode() + b"\n" + b"".join(data))
        answers.flush()

    try:
        part = json.loads(arguments[0])
        wanted = best("vad", available)[0] if part is None else Part.load(part)
        vad: VAD = _made("vad", wanted)
        if len(arguments) == 1:
            frames = Frames(vad)
            answer(ready=True, vad=wanted.label, steps_ms=frames.steps_ms(), delay_ms=frames.delay_ms)
            _read(source, lambda pcm: _tell_frames(answer, *frames(pcm)))
            return
        turns = Turns(
            vad, _made("turn_detector", Part.load(json.loads(arguments[1]))), json.loads(arguments[2])
        )
        answer(ready=True, vad=wanted.label)
        _read(source, lambda pcm: answer(said=turns(pcm)))
    except FAILURES as error:
        known = error if isinstance(error, VoiceWidgetError) else EngineError(told("Detecting failed", error))
        answer(error=known.info())


def _made(stage: Stage, part: Part) -> Any:
    rule = (stage, part.name) == ("turn_detector", "rule")
    return None if rule else begin(stage, part, load(stage, part, quietly))


def _read(source: IO[bytes], take: Callable[[Pcm], None]) -> None:
    while line := source.readline():
        size = int(json.loads(line)["bytes"])
        take(np.frombuffer(source.read(size), "<i2").astype(np.int16))


def _tell_frames(answer: Callable[..., None], likely: list[float], silent: list[bool]) -> None:
    data = np.array(likely, "<f8").tobytes() + np.array(silent, np.uint8).tobytes()
    answer(data, frames=len(likely))


def main() -> None:
    """Run until standard input closes; whatever a library prints goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a kernel's interrupt reaches the whole group
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        serve(sys.argv[1:], sys.stdin.buffer, answers)
    sys.stderr.flush()
    os._exit(0)  # threads may be inside native code


if __name__ == "__main__":
    main()

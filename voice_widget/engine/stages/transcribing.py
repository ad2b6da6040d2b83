"""A recogniser on its own, for sound that is there already.

``python -m voice_widget.engine.stages.transcribing PART LANGUAGE`` loads a recogniser, says so, and reads
utterances from standard input: each a line of JSON with ``bytes``, and so many bytes of PCM16 of 16 kHz. It
answers each with a line of JSON. Where something fails, the line is the error, and it ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import IO

import numpy as np

from voice_widget.engine.stages.contracts import FAILURES, STT, Hints, Pcm, quietly
from voice_widget.engine.stages.registry import begin, load
from voice_widget.errors import EngineError, VoiceWidgetError, told
from voice_widget.realtime.settings.parts import Part
from voice_widget.realtime.sound.resampling import Resampler

RATE = 16_000
_PIECE = RATE // 10


def recognise(stt: STT, pcm: Pcm) -> str:
    """The text of one utterance of 16 kHz."""
    resample = Resampler(RATE, stt.sample_rate)
    stt.start()
    for at in range(0, len(pcm), _PIECE):
        stt.feed(resample(pcm[at : at + _PIECE]))
    return stt.finish().text.strip()


def serve(part: str, language: str, source: IO[bytes], answers: IO[str]) -> None:
    """Recognise until the input ends."""

    def answer(**says: object) -> None:
        answers.write(json.dumps(says) + "\n")
        answers.flush()

    try:
        wanted = Part.load(json.loads(part))
        stt: STT = begin("stt", wanted, load("stt", wanted, quietly))
        stt.prepare(Hints(language=language))
        answer(ready=True)
        while line := source.readline():
            size = int(json.loads(line)["bytes"])
            answer(text=recognise(stt, np.frombuffer(source.read(size), "<i2").astype(np.int16)))
    except FAILURES as error:
        known = (
            error if isinstance(error, VoiceWidgetError) else EngineError(told("Recognising failed", error))
        )
        answer(error=known.info())


def main() -> None:
    """Run until standard input closes; whatever a library prints goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a kernel's interrupt reaches the whole group
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        serve(sys.argv[1], sys.argv[2], sys.stdin.buffer, answers)
    sys.stderr.flush()
    os._exit(0)  # threads may be inside native code


if __name__ == "__main__":
    main()

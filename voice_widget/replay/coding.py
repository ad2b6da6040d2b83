"""Sound as a page plays it: coded a piece at a time, so that nothing waits for the whole of it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Literal

from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import Sound, Stereo, blocks

Form = Literal["opus", "wav"]
MIME: dict[Form, str] = {"opus": "audio/ogg; codecs=opus", "wav": "audio/wav"}
PIECE_S = 60
BIT_RATE = 48_000
"""Of both sides together: 21.6 MB an hour at most, and less where nobody speaks."""


class Coded:
    """The sound as pieces of one file, which are made in order and kept.

    Args:
        sound: Both sides' samples.
        form: Opus in Ogg, or WAV.

    Attributes:
        form: As given.
        pieces: How many there are.
    """

    def __init__(self, sound: Sound, form: Form) -> None:
        self.form, self.pieces = form, max(1, -(-sound.samples // (PIECE_S * RATE)))
        self._made: list[bytes] = []
        self._next = opus(sound) if form == "opus" else wav(sound)

    def piece(self, number: int) -> bytes:
        """One piece, from 0; those before it are made if nobody has asked for them yet.

        Raises:
            RecordingError: The sound cannot be read any more.
        """
        while len(self._made) <= number:
            self._made.append(next(self._next))
        return self._made[number]


def form_here() -> Form:
    """Opus; WAV where PyAV is missing."""
    try:
        import av
    except ImportError:
        return "wav"
    return "opus" if av else "wav"


def opus(sound: Sound) -> Iterator[bytes]:
    """Opus in Ogg: a piece of the file for each minute of the sound."""
    import av

    end = End()
    with av.open(end, "w", format="ogg") as file:
        stream = file.add_stream("libopus", rate=RATE, layout="stereo")
        stream.codec_context.bit_rate = BIT_RATE
        at, last = 0, max(0, sound.samples - 1) // (PIECE_S * RATE)
        for number, minute in enumerate(_minutes(sound)):
            for start in range(0, len(minute), RATE):
                block = minute[start : start + RATE]
                frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout="stereo")
                frame.rate, frame.pts = RATE, at
                at += len(block)
                file.mux(stream.encode(frame))
            if number < last:
                yield end.take()
        file.mux(stream.encode(None))
    yield end.take()


def wav(sound: Sound) -> Iterator[bytes]:
    """WAV: the same."""
    size = 4 * sound.samples
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        2,
        RATE,
        4 * RATE,
        4,
        16,
        b"data",
        size,
    )
    if not sound.samples:
        yield head
    for number, minute in enumerate(_minutes(sound)):
        yield (b"" if number else head) + minute.astype("<i2").tobytes()


def _minutes(sound: Sound) -> Iterator[Stereo]:
    return blocks(sound, PIECE_S * RATE)


class End:
    """What is written, until somebody takes it. There is no way back in it: Ogg needs none."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Write it behind what is there."""
        self._written.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What was written since somebody took it last."""
        taken, self._written = b"".join(self._written), []
        return taken

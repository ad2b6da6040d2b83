"""Speech that a user's iterator makes while it is being said."""

from __future__ import annotations

import io
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from voice_widget.audio.microphone import SAMPLE_RATE, pcm24k
from voice_widget.errors import AgentError, SettingError
from voice_widget.threads.work import Work

if TYPE_CHECKING:
    from voice_widget.realtime.sound.resampling import Resampler


def is_stream(audio: Any) -> bool:
    """Is it an iterator of sound, and no sound itself?

    Example:
        >>> is_stream(iter([b""])), is_stream([0, 1])
        (True, False)
    """
    return isinstance(audio, (Iterator, AsyncIterable)) and not isinstance(audio, io.IOBase)


async def pieces(audio: Any, sample_rate: int | None = None) -> AsyncIterator[bytes]:
    """What an iterator, sync or async, yields, as PCM16 at 24 kHz; it runs on a work thread.

    Raises:
        SettingError: It raised, or yielded something else than sound.
    """
    from threading import Event as Flag

    def sound() -> Any:
        return audio if isinstance(audio, Iterator) else aiter(audio)

    sound.__qualname__ = "The iterator of the audio"  # so the log calls it if it fails
    converter = _Converter(sample_rate)
    stream = Work(keep=0).stream(sound, cancelled=Flag(), convert=converter)
    try:
        async with aclosing(stream) as parts:  # type: ignore[type-var]
            async for part in parts:
                if isinstance(part, SettingError):
                    raise part
                if part:
                    yield part
        if rest := converter.rest():
            yield rest
    except AgentError as error:
        raise SettingError(
            f"The iterator of the audio failed: {error.message}",
            code="audio_failed",
            next_step="The traceback is in the log.",
        ) from error


class _Converter:
    """Makes PCM16 at 24 kHz of what comes, on the work thread: to read an array may run the user's code."""

    def __init__(self, sample_rate: int | None) -> None:
        pcm24k(b"", sample_rate)  # refuses a rate that is none
        self._rate = SAMPLE_RATE if sample_rate is None else int(sample_rate)
        self._resampler: Resampler | None = None
        self._rest = b""

    def __call__(self, piece: Any) -> bytes | SettingError:
        if isinstance(piece, (bytes, bytearray, memoryview)):
            # A sample may be cut in two by where the stream was cut.
            piece = self._rest + bytes(piece)
            whole = len(piece) // 2 * 2
            piece, self._rest = piece[:whole], piece[whole:]
        try:
            pcm = pcm24k(piece)
        except SettingError as error:
            return error
        if self._rate == SAMPLE_RATE:
            return pcm
        import numpy as np

        from voice_widget.realtime.sound.resampling import Resampler

        if self._resampler is None:
            self._resampler = Resampler(self._rate, SAMPLE_RATE, in_time=True)
        samples = self._resampler(np.frombuffer(pcm, "<i2").astype(np.int16))
        return bytes(samples.astype("<i2").tobytes())

    def rest(self) -> bytes:
        """What is held back at the end."""
        return b"" if self._resampler is None else bytes(self._resampler.flush().astype("<i2").tobytes())

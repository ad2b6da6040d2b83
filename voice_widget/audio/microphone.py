"""The caller of a headless call: an open microphone made of samples."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

from voice_widget.errors import SettingError, shown
from voice_widget.realtime.sound.voice import USER, Voice

if TYPE_CHECKING:
    import numpy as np

SAMPLE_RATE = 24_000
FRAME_MS = 20
FAST_FRAME_MS = 100
_AHEAD = SAMPLE_RATE * 2  # a second
Pace = Literal["real", "max"]
Speech = bytes | AsyncIterator[bytes]


def pcm24k(audio: Any, sample_rate: int | None = None) -> bytes:
    """Samples as the protocol wants them: PCM16 mono at 24 kHz.

    Args:
        audio: ``bytes`` of PCM16, or an array: whole numbers are PCM16, others lie within ±1. Two channels
            are mixed.
        sample_rate: The rate of the samples; by default 24,000.

    Raises:
        SettingError: It is no audio.

    Example:
        >>> import numpy as np
        >>> len(pcm24k(np.zeros(480), 48_000))
        480
    """
    import numpy as np  # here: it is half of what making a widget would import, and a microphone needs none

    rate: Any = SAMPLE_RATE if sample_rate is None else sample_rate
    if isinstance(rate, float) and rate.is_integer():
        rate = int(rate)
    if isinstance(rate, bool) or not isinstance(rate, (int, np.integer)) or not 4_000 <= rate <= 384_000:
        raise SettingError(
            f"{shown(sample_rate)} is no sample rate.", next_step="Give it in hertz, such as 48000."
        )
    if isinstance(audio, (bytes, bytearray, memoryview)):
        data = bytes(audio)
        samples = np.frombuffer(data[: len(data) // 2 * 2], np.int16).astype(np.float64)
    else:
        try:
            array = np.asarray(audio)
        except Exception:  # of the user's own objects it may be any
            array = np.asarray(None)  # lists of different lengths
        if array.ndim not in (1, 2) or array.dtype.kind not in "iuf":
            raise SettingError("This is no audio.", next_step="Give a one-dimensional array of samples.")
        scale = 1.0 if array.dtype.kind in "iu" else 32767.0
        if not array.size:
            array = array.reshape(-1)
        if array.ndim == 2:
            array = array.mean(axis=int(np.argmin(array.shape)))
        samples = array.astype(np.float64) * scale
    if not np.isfinite(samples).all():
        raise SettingError("The samples are not all numbers.", next_step="Remove NaN and infinity.")
    if rate != SAMPLE_RATE and samples.size:
        samples = _resampled(samples, int(rate))
    return bytes(np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes())


def _resampled(samples: np.ndarray[Any, np.dtype[np.float64]], rate: int) -> Any:
    import numpy as np

    if rate > SAMPLE_RATE:
        # Windowed sinc below the new half rate: without it high sounds fold into speech.
        reach = np.arange(-48, 49)
        kernel = np.sinc(reach * 0.92 * SAMPLE_RATE / rate) * np.hamming(reach.size)
        samples = np.convolve(samples, kernel / kernel.sum(), "same")
    length = round(samples.size * SAMPLE_RATE / rate)
    return np.interp(np.arange(length) * rate / SAMPLE_RATE, np.arange(samples.size), samples)


class Microphone:
    """Sends silence frame by frame, and what is to be said in between; its samples are the audio clock.

    Args:
        append: Sends PCM16 at 24 kHz.
        moved: Told of the clock after every frame, in milliseconds.
        playing: Whether the assistant has sound left to be played.
        tail_ms: How much silence to hurry through after something said at ``"max"``, so that the turn ends.
        voiced: Told when somebody is heard, and when no longer: true or false, and when that was.
    """

    def __init__(
        self,
        append: Callable[[bytes], Awaitable[None]],
        moved: Callable[[float], Awaitable[None]],
        playing: Callable[[], bool],
        *,
        tail_ms: int = 1000,
        voiced: Callable[[bool, float], None] = lambda voiced, ms: None,
    ) -> None:
        self.position_ms = 0.0
        self._append, self._moved, self._playing = append, moved, playing
        self._tail_ms, self._voiced = tail_ms, voiced
        self._voice = Voice(USER, follows_noise=True)
        self._jobs: deque[_Job] = deque()
        self._hurry_until = 0.0
        self._hurries = False

    async def play(self, speech: Speech, pace: Pace) -> None:
        """Say it; returns when the last sample has been sent.

        Of what comes piece by piece at most a second is held. Where it does not come in time there is silence
        at ``"real"``, as with any microphone, and at ``"max"`` time stands still.
        """
        job = _Job(pace, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        try:
            if isinstance(speech, bytes):
                job.add(speech)
            else:
                async for piece in speech:
                    job.add(piece)
                    await job.has_room()
                    if job.said.done():
                        break  # the microphone was closed
            job.end()
            await job.said
        finally:
            job.end()
            if job in self._jobs:  # the waiting was given up, or there is no more to be had: stop talking
                self._jobs.remove(job)

    async def run(self) -> None:
        """Keep the microphone open until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                job = self._jobs[0] if self._jobs else None
                if job is not None:
                    self._hurries = job.pace == "max"
                fast = self._hurries and (
                    job is not None or self.position_ms < self._hurry_until or self._playing()
                )
                length_ms = FAST_FRAME_MS if fast else FRAME_MS
                if job is not None and job.pace == "max" and not job.ready(_bytes(length_ms)):
                    await job.news()
                    due = loop.time()
                    continue
                await self._frame(job, length_ms)
                if fast:
                    await asyncio.sleep(0)
                    due = loop.time()
                    continue
                due = max(due + length_ms / 1000, loop.time() - 0.2)  # after a stall do not catch up for ever
                await asyncio.sleep(max(0, due - loop.time()))
        finally:
            for job in self._jobs:
                job.said.cancel()
                job.end()

    async def _frame(self, job: _Job | None, length_ms: int) -> None:
        size = _bytes(length_ms)
        frame = job.take(size) if job is not None else b""
        if frame or self._voice.voiced:
            marks = self._voice.push(frame.ljust(size, b"\0"), round(self.position_ms * SAMPLE_RATE / 1000))
            for voiced, sample in marks:
                self._voiced(voiced, sample * 1000 / SAMPLE_RATE)
        await self._append(frame.ljust(size, b"\0"))
        self.position_ms += length_ms
        if job is not None and job.over:
            if job in self._jobs:
                self._jobs.remove(job)
            if job.pace == "max":
                self._hurry_until = self.position_ms + self._tail_ms
            if not job.said.done():
                job.said.set_result(None)
        await self._moved(self.position_ms)


class _Job:
    """Something to be said, as far as it is there."""

    def __init__(self, pace: Pace, said: asyncio.Future[None]) -> None:
        self.pace, self.said = pace, said
        self._pieces = bytearray()
        self._at = 0
        self._whole = False
        self._changed = asyncio.Event()

    @property
    def over(self) -> bool:
        return self._whole and self._at >= len(self._pieces)

    def ready(self, size: int) -> bool:
        """Is there a whole frame of it, or the end?"""
        return self._whole or len(self._pieces) - self._at >= size

    def add(self, piece: bytes) -> None:
        del self._pieces[: self._at]
        self._at = 0
        self._pieces += piece
        self._changed.set()

    def end(self) -> None:
        self._whole = True
        self._changed.set()

    def take(self, size: int) -> bytes:
        if not self.ready(size):
            return b""  # half a frame now would be a gap within a word
        frame = bytes(self._pieces[self._at : self._at + size])
        self._at += len(frame)
        self._changed.set()
        return frame

    async def has_room(self) -> None:
        while len(self._pieces) - self._at > _AHEAD and not self._whole:
            await self.news()

    async def news(self) -> None:
        self._changed.clear()
        await self._changed.wait()


def _bytes(ms: int) -> int:
    return SAMPLE_RATE * ms // 1000 * 2

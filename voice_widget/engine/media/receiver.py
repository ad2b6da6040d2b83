"""The adaptive receiver: the caller's audio, without the hold that aiortc puts on it.

aiortc holds back four frames (75 ms). That buffer serves a loudspeaker, which must never run dry; ours feeds
a recogniser, to which late audio is as good as audio in time. So a packet in order passes at once, and
packets wait only for one that is missing, and only if lately missing ones did arrive after all.

`Reorder` and `Timeline` are pure; `release` is the one place that reaches into aiortc; `Receiver` moves the
frames.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import av
from aiortc import MediaStreamTrack, RTCRtpReceiver
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError

SAMPLE_RATE = 16_000

_RTP_RATE = 48_000
_SEQUENCES = 1 << 16


class Numbered(Protocol):
    """What `Reorder` needs to know of a packet."""

    sequence_number: int


P = TypeVar("P", bound=Numbered)


class Reorder(Generic[P]):
    """Puts packets in order.

    Args:
        most: Packets ever held while one is missing (20 ms each).
        calm: After so many packets in order the hold gets shorter by one.

    Attributes:
        depth: How many packets are held at present while one is missing.
        lost: Packets given up; `late`: those of them that came after all.
    """

    def __init__(self, most: int = 5, calm: int = 500) -> None:
        self._most = most
        self._calm = calm
        self._in_order = 0
        self._expected: int | None = None
        self._held: dict[int, P] = {}
        self._given_up: dict[int, None] = {}
        self.depth = 0
        self.lost = 0
        self.late = 0

    def push(self, packet: P) -> list[P]:
        """The packets that may pass now, in order."""
        number = packet.sequence_number
        ahead = 0 if self._expected is None else _distance(self._expected, number)
        if abs(ahead) > 1000:
            # A new stream (or an hour's pause): what was held belongs to the old one.
            self._held.clear()
            self._given_up.clear()
            ahead = 0
        if ahead < 0:
            self._came_late(number, -ahead)
            return []
        if ahead == 0:
            self._expected = number
            self._grow_calm()
        else:
            self._in_order = 0
        self._held[number] = packet
        return self._passing()

    def _passing(self) -> list[P]:
        assert self._expected is not None
        passing: list[P] = []
        while self._held:
            packet = self._held.pop(self._expected, None)
            if packet is not None:
                passing.append(packet)
            elif len(self._held) > self.depth:
                self.lost += 1
                self._given_up[self._expected] = None
                if len(self._given_up) > 100:
                    del self._given_up[next(iter(self._given_up))]
            else:
                break
            self._expected = (self._expected + 1) % _SEQUENCES
        return passing

    def _came_late(self, number: int, by: int) -> None:
        if number in self._given_up:  # else it is a copy of one that has passed
            del self._given_up[number]
            self.late += 1
            self._in_order = 0
            self.depth = min(self._most, max(self.depth, by))

    def _grow_calm(self) -> None:
        self._in_order += 1
        if self._in_order >= self._calm:
            self._in_order = 0
            self.depth = max(0, self.depth - 1)


class Timeline:
    """The audio clock: samples since the first packet by RTP time stamps, with gaps kept.

    Args:
        rate: Samples per second of the time stamps.
    """

    def __init__(self, rate: int = _RTP_RATE) -> None:
        self._rate = rate
        self._offset: int | None = None
        self._position = 0
        self._at: float | None = None

    def place(self, stamp: int, samples: int, now: float) -> int:
        """Put a frame on the clock. Returns how many samples are missing before it.

        A jump of the stamps longer than the time that has really passed is no gap but a new stream. A frame
        that belongs before the present position (its place was filled up already) shifts the clock: no audio
        is dropped.
        """
        reach = self._reach(now)
        if self._offset is None:
            self._offset = reach - stamp
        gap = stamp + self._offset - self._position
        if gap < 0 or gap > reach - self._position + self._rate:
            self._offset = self._position - stamp
            gap = 0
        self._position += gap + samples
        self._at = now
        return gap

    def fill(self, now: float, behind: float) -> int:
        """No packet came: how many samples of silence bring the clock to ``behind`` seconds before now."""
        missing = max(0, self._reach(now - behind) - self._position)
        if self._at is not None:
            self._position += missing
            self._at += missing / self._rate
        return missing

    def now_ms(self, now: float) -> int:
        """The clock now: it goes on between packets, and begins with the first packet or question."""
        if self._at is None:
            self._at = now
        return round(self._position * 1000 / self._rate + max(0.0, now - self._at) * 1000)

    def _reach(self, now: float) -> int:
        # In whole 10 ms: a number of samples that any other rate has too.
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        return self._position + int(passed * 100 + 1e-6) * (self._rate // 100)


def release(receiver: RTCRtpReceiver) -> Reorder[Any]:
    """Take aiortc's hold off an audio receiver that has not started yet, and put packets in order instead.

    Raises:
        RuntimeError: aiortc has changed inside; this function must be looked at again.
    """
    hold = "_RTCRtpReceiver__jitter_buffer"
    if not hasattr(receiver, hold) or not hasattr(receiver, "_handle_rtp_packet"):
        raise RuntimeError("This version of aiortc keeps its receive buffer elsewhere.")
    order: Reorder[Any] = Reorder()
    handle = receiver._handle_rtp_packet

    async def handle_in_order(packet: Any, arrival_time_ms: int) -> None:
        for each in order.push(packet):
            await handle(each, arrival_time_ms=arrival_time_ms)

    setattr(receiver, hold, _NoHold())
    receiver._handle_rtp_packet = handle_in_order  # type: ignore[method-assign]
    return order


class _NoHold:
    """In the place of aiortc's buffer: each packet of Opus is a whole frame."""

    def add(self, packet: Any) -> tuple[bool, JitterFrame | None]:
        return False, JitterFrame(packet._data, packet.timestamp) if packet._data else None


class Receiver:
    """Reads a track until it ends and passes its audio on, as PCM16 mono at 16 kHz on the audio clock.

    Args:
        on_audio: Called with (pcm, at_ms); at_ms is the clock of its first sample.
        idle: After so many seconds without a packet silence is passed on, so that a turn can end.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        on_audio: Callable[[bytes, float], None],
        *,
        idle: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_audio = on_audio
        self._idle = idle
        self._clock = clock
        self._timeline = Timeline()
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        self._passed = 0
        self._primed = False

    def audio_ms(self) -> int:
        """The audio clock now."""
        return self._timeline.now_ms(self._clock())

    async def run(self, track: MediaStreamTrack) -> None:
        """Read until the track ends. Always reading is what keeps aiortc's queue empty."""
        while True:
            try:
                async with asyncio.timeout(self._idle):
                    frame = await track.recv()
            except TimeoutError:
                self._silence(self._timeline.fill(self._clock(), self._idle / 2))
                continue
            except MediaStreamError:
                return
            if isinstance(frame, av.AudioFrame):
                self._frame(frame)

    def _frame(self, frame: av.AudioFrame) -> None:
        self._silence(self._timeline.place(frame.pts or 0, frame.samples, self._clock()))
        # The resampler counts for itself; with a stamp of ours it would see gaps that are filled already.
        frame.pts = None
        pcm = b"".join(bytes(p.planes[0])[: p.samples * 2] for p in self._resampler.resample(frame))
        if not self._primed:
            # The resampler keeps the first millisecond back; without this every packet would end inside a
            # frame of the detector, which would then wait for the next packet.
            self._primed = True
            self._pass(bytes(frame.samples * SAMPLE_RATE // _RTP_RATE * 2 - len(pcm)))
        self._pass(pcm)

    def _silence(self, samples: int) -> None:
        step = _RTP_RATE // 10
        while samples > 0:
            part = min(samples, step)
            self._pass(bytes(part * SAMPLE_RATE // _RTP_RATE * 2))
            samples -= part

    def _pass(self, pcm: bytes) -> None:
        at_ms = self._passed * 1000 / SAMPLE_RATE
        self._passed += len(pcm) // 2
        if pcm:
            self._on_audio(pcm, at_ms)


def _distance(expected: int, number: int) -> int:
    """How far ahead (or, negative, behind) in numbers that wrap."""
    return (number - expected + _SEQUENCES // 2) % _SEQUENCES - _SEQUENCES // 2

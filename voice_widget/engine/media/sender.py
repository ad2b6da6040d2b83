"""The paced sender: what the engine says, in packets of 20 ms against the clock.

Three parts: `Playout` is the queue and the count of what was played, `Pacer` is the time table, and
`SpeakerTrack` is what aiortc reads. The first two are pure.

The packets are encoded here and not by aiortc: silence is then one ready-made packet that costs nothing,
speech needs no detour through a thread pool, and there is no resampler to hold a frame back.
"""

from __future__ import annotations

import asyncio
import fractions
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

SAMPLE_RATE = 24_000
FRAME_MS = 20
FRAME_BYTES = SAMPLE_RATE * FRAME_MS // 1000 * 2
MOST_QUEUED_MS = 10 * 60_000
"""More than this is never queued: what comes beyond it is not said."""

_FORGET_BYTES = 1 << 18
_RTP_RATE = 48_000
_RTP_FRAME = _RTP_RATE * FRAME_MS // 1000
_RTP_TIME = fractions.Fraction(1, _RTP_RATE)
_OPUS_SILENCE = b"\xf8\xff\xfe"


@dataclass
class _Response:
    response_id: str
    audio: bytearray = field(default_factory=bytearray)
    read: int = 0
    played: int = 0
    ended: bool = False
    started: bool = False

    @property
    def waiting(self) -> int:
        return len(self.audio) - self.read

    def take(self) -> bytes:
        piece = bytes(self.audio[self.read : self.read + FRAME_BYTES])
        self.read += len(piece)
        self.played += len(piece)
        if self.read > _FORGET_BYTES:
            del self.audio[: self.read]
            self.read = 0
        return piece.ljust(FRAME_BYTES, b"\0")


class Playout:
    r"""What is to be said, in order, and how much of it was.

    Args:
        on_started: Called with the response's id when its first frame is handed over.
        on_drained: Called with the response's id when its last frame has been.

    Example:
        >>> playout = Playout(print, print)
        >>> playout.push("resp_1", b"\1\0" * 480)
        >>> len(playout.frame())
        resp_1
        960
        >>> playout.played()
        ('resp_1', 20)
    """

    def __init__(self, on_started: Callable[[str], None], on_drained: Callable[[str], None]) -> None:
        self._on_started = on_started
        self._on_drained = on_drained
        self._queue: deque[_Response] = deque()
        self.dropped_ms = 0
        self.held = False
        """Nothing is handed over; all of it waits."""

    def push(self, response_id: str, pcm: bytes) -> None:
        """Say this after all that is queued."""
        room = (MOST_QUEUED_MS - self.queued_ms) // FRAME_MS * FRAME_BYTES
        if len(pcm) > room:
            self.dropped_ms += (len(pcm) - room) * FRAME_MS // FRAME_BYTES
            pcm = pcm[:room]
        self._response(response_id).audio += pcm

    def end(self, response_id: str) -> None:
        """All audio of this response was pushed."""
        self._response(response_id).ended = True

    def clear(self) -> tuple[str | None, int]:
        """Drop what is queued; what was playing, and how much of it was played."""
        playing = self.played()
        self.held = False
        self._queue.clear()
        return playing

    def played(self) -> tuple[str | None, int]:
        """The response that is playing and how many milliseconds of it were handed over."""
        if not self._queue or not self._queue[0].started:
            return None, 0
        head = self._queue[0]
        return head.response_id, head.played * FRAME_MS // FRAME_BYTES

    @property
    def queued_ms(self) -> int:
        """What is still to be played."""
        return sum(each.waiting for each in self._queue) * FRAME_MS // FRAME_BYTES

    def frame(self) -> bytes | None:
        """The next 20 ms, or ``None`` while there is nothing to say.

        A response whose audio is made too slowly pauses; one that has ended is filled up with silence.
        """
        self._settle()
        if self.held or not self._queue:
            return None
        head = self._queue[0]
        if not head.waiting or (head.waiting < FRAME_BYTES and not head.ended):
            return None
        if not head.started:
            head.started = True
            self._on_started(head.response_id)
            # The callback may have cleared the queue: then this frame is not played.
            if not self._queue or self._queue[0] is not head:
                return None
        return head.take()

    def _settle(self) -> None:
        # Drained is told when the slot after the last frame comes: by then that frame has been played.
        while self._queue and self._queue[0].ended and not self._queue[0].waiting:
            head = self._queue.popleft()
            if head.started:
                self._on_drained(head.response_id)

    def _response(self, response_id: str) -> _Response:
        for each in self._queue:
            if each.response_id == response_id:
                return each
        self._queue.append(_Response(response_id))
        return self._queue[-1]


class Pacer:
    """When each frame is due: every 20 ms from the first, whatever happened in between.

    After a stall the missed frames follow at half the distance, not in a burst. A stall longer than
    ``give_up`` is not caught up: the time table moves, and `skipped` says by how many frames, so that time
    stamps stay on the clock.

    Args:
        give_up: Seconds.
    """

    frame = FRAME_MS / 1000

    def __init__(self, give_up: float = 0.2) -> None:
        self._give_up = give_up
        self._due: float | None = None
        self._last = 0.0
        self.skipped = 0
        self.sent = 0
        self.late = 0
        self.worst_ms = 0.0

    def next(self, now: float) -> float:
        """When the next frame is to leave; not before ``now`` is reached."""
        if self._due is None:
            self._due = now
            return now
        return max(self._due, self._last + self.frame / 2)

    def leave(self, now: float) -> int:
        """A frame leaves now. Returns how many frames of time were skipped before it."""
        assert self._due is not None
        lateness = now - self._due
        skipped = 0
        if lateness > self._give_up:
            skipped = int(lateness / self.frame)
            self._due += skipped * self.frame
            self.skipped += skipped
        self.sent += 1
        self.worst_ms = max(self.worst_ms, lateness * 1000)
        if lateness > 0.04:
            self.late += 1
        self._due += self.frame
        self._last = now
        return skipped


class SpeakerTrack(MediaStreamTrack):
    """The outgoing track: it never ends by itself and sends silence while there is nothing to say.

    Args:
        audio_ms: The clock of the caller's audio, which the callbacks report.
        on_started: Called with (response_id, audio_ms) as its first frame is handed to aiortc.
        on_drained: Called with (response_id, audio_ms) when all of it has been played.
        clock: Monotonic seconds.
        sleep: Waits so many seconds.
    """

    kind = "audio"

    def __init__(
        self,
        *,
        audio_ms: Callable[[], int] = lambda: 0,
        on_started: Callable[[str, int], None] = lambda response_id, audio_ms: None,
        on_drained: Callable[[str, int], None] = lambda response_id, audio_ms: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__()
        self._playout = Playout(
            lambda response_id: on_started(response_id, audio_ms()),
            lambda response_id: on_drained(response_id, audio_ms()),
        )
        self.pacer = Pacer()
        self._clock = clock
        self._sleep = sleep or asyncio.sleep
        self._encoder = _Encoder()
        self._pts = 0
        self._tail = 0

    def push(self, response_id: str, item_id: str, pcm: bytes) -> None:
        """Say this (PCM16 mono at 24 kHz): its first sample leaves in the next slot."""
        self._playout.push(response_id, pcm)

    def end(self, response_id: str) -> None:
        """All audio of this response was pushed; `on_drained` follows."""
        self._playout.end(response_id)

    def clear(self) -> tuple[str | None, int]:
        """Fall silent now. Returns what was playing and how much of it was played."""
        return self._playout.clear()

    def hold(self, on: bool) -> None:
        """Pause, or go on where it paused."""
        self._playout.held = on

    def played(self) -> tuple[str | None, int]:
        """What is playing and how much of it was handed to aiortc."""
        return self._playout.played()

    @property
    def queued_ms(self) -> int:
        """What is still to be played."""
        return self._playout.queued_ms

    async def recv(self) -> av.Packet[av.stream.Stream]:
        """The next packet, when it is due (aiortc calls this)."""
        if self.readyState != "live":
            raise MediaStreamError
        wait = self.pacer.next(self._clock()) - self._clock()
        if wait > 0:
            await self._sleep(wait)
        self._pts += self.pacer.leave(self._clock()) * _RTP_FRAME
        pcm = self._playout.frame()
        if pcm is not None:
            # The encoder looks 6.5 ms ahead: after speech it has to be emptied by real silence.
            self._tail = 2
        elif self._tail:
            self._tail -= 1
            pcm = bytes(FRAME_BYTES)
        packet = av.Packet(self._encoder.encode(pcm) if pcm is not None else _OPUS_SILENCE)
        packet.pts = self._pts
        packet.time_base = _RTP_TIME
        self._pts += _RTP_FRAME
        return packet


class _Encoder:
    """PCM frames of 20 ms to Opus packets, one for one."""

    def __init__(self) -> None:
        context = av.CodecContext.create("libopus", "w")
        assert isinstance(context, av.AudioCodecContext)
        context.bit_rate = 40_000
        context.format = "s16"
        context.layout = "mono"
        context.options = {"application": "voip"}
        context.sample_rate = SAMPLE_RATE
        context.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self._context = context
        self._pts = 0

    def encode(self, pcm: bytes) -> bytes:
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        frame.planes[0].update(pcm)
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        frame.pts = self._pts
        self._pts += frame.samples
        return b"".join(bytes(packet) for packet in self._context.encode(frame))

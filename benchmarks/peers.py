"""A small aiortc caller that can be pointed at any server that answers ``POST`` of an offer.

Both it and the bare responder take a received packet out of aiortc's jitter buffer at once: the buffer's fixed hold
(four frames, and one to see a frame's end) would otherwise hide what is measured.
"""

from __future__ import annotations

import asyncio
import fractions
import time
from collections.abc import Iterable
from typing import Any

import aiohttp
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtp import RtpPacket
from av import AudioFrame
from numpy.typing import NDArray

RATE = 48_000
FRAME = 960
VOICED = 1_500  # RMS that counts as sound; the tones measured are far above it, silence far below

Pcm = NDArray[np.int16]


class NoHold(JitterBuffer):
    """Hands each packet on as it comes (loopback neither loses nor reorders)."""

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        return False, JitterFrame(data=packet._data, timestamp=packet.timestamp)  # type: ignore[attr-defined]


def remove_hold(receiver: RTCRtpReceiver) -> None:
    """Take the receive hold out of one receiver."""
    receiver._RTCRtpReceiver__jitter_buffer = NoHold(capacity=16)  # type: ignore[attr-defined]


class Track(MediaStreamTrack):
    """Paced 20 ms frames: what is queued, else silence. Keeps the time at which each voiced frame was handed over."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._start = 0.0
        self._frames = 0
        self._queue: Pcm = np.zeros(0, np.int16)
        self.last_voiced = 0.0
        self.first_voiced = 0.0

    def push(self, pcm: Pcm) -> None:
        """Queue PCM16 mono at 48 kHz; forgets the marks of earlier sounds."""
        self._queue = np.concatenate([self._queue, pcm])
        self.first_voiced = 0.0

    def clear(self) -> None:
        self._queue = self._queue[:0]

    async def recv(self) -> AudioFrame:
        now = time.monotonic()
        if not self._frames:
            self._start = now
        due = self._start + self._frames * 0.02
        if due > now:
            await asyncio.sleep(due - now)
        piece, self._queue = self._queue[:FRAME], self._queue[FRAME:]
        pcm = np.zeros(FRAME, np.int16)
        pcm[: len(piece)] = piece
        if voiced := np.flatnonzero(np.abs(pcm) > 200).tolist():
            handed = time.monotonic()
            self.first_voiced = self.first_voiced or handed
            # The frame's samples belong to the 20 ms before it is handed over.
            self.last_voiced = handed - (FRAME - 1 - voiced[-1]) / RATE
        frame = AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self._frames * FRAME
        frame.time_base = fractions.Fraction(1, RATE)
        self._frames += 1
        return frame


class Ear:
    """Reads a received track; knows when it became voiced and silent."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self.levels: list[float] = []
        self._changed = asyncio.Condition()

    async def listen(self, track: Any) -> None:
        from aiortc.mediastreams import MediaStreamError

        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            pcm = frame.to_ndarray().astype(np.float32)
            async with self._changed:
                self.arrivals.append(time.monotonic())
                self.levels.append(float(np.sqrt(np.mean(pcm * pcm))))
                self._changed.notify_all()

    async def voiced(self, after: float, seconds: float = 10) -> float:
        """Arrival of the first voiced frame after a time."""
        return await self._wait(after, seconds, lambda level: level > VOICED)

    async def silent(self, after: float, seconds: float = 10) -> float:
        """Arrival of the first silent frame after a time."""
        return await self._wait(after, seconds, lambda level: level < VOICED / 10)

    async def quiet(self, for_s: float = 0.3, seconds: float = 30) -> None:
        """Wait until nothing was voiced for a while."""
        async with asyncio.timeout(seconds), self._changed:
            while True:
                now = time.monotonic()
                recent = [v for t, v in zip(reversed(self.arrivals), reversed(self.levels), strict=True) if t > now - for_s]
                if recent and max(recent) < VOICED / 10 and len(recent) >= for_s / 0.02 * 0.7:
                    return
                await self._changed.wait()

    async def _wait(self, after: float, seconds: float, good: Any) -> float:
        position = 0
        async with asyncio.timeout(seconds), self._changed:
            while True:
                for k in range(position, len(self.arrivals)):
                    if self.arrivals[k] > after and good(self.levels[k]):
                        return self.arrivals[k]
                position = len(self.arrivals)
                await self._changed.wait()


class Caller:
    """One call to a server: an outgoing track to push sound into, an ear on the answer, a data channel."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        self.token = token
        self.track = Track()
        self.ear = Ear()
        self.events: list[tuple[float, str]] = []
        self.call_id = ""
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Caller:
        open_ = asyncio.Event()
        self._peer.addTrack(self.track)
        self.channel = self._peer.createDataChannel("oai-events")
        self.channel.on("open", open_.set)
        self.channel.on("message", lambda data: self.events.append((time.monotonic(), data)))

        @self._peer.on("track")
        def _(track: Any) -> None:
            for transceiver in self._peer.getTransceivers():
                remove_hold(transceiver.receiver)
            task = asyncio.create_task(self.ear.listen(track))
            self._tasks.add(task)

        await self._peer.setLocalDescription(await self._peer.createOffer())
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {self.token}"}
        async with (
            aiohttp.ClientSession() as http,
            http.post(self.url, data=self._peer.localDescription.sdp, headers=headers) as reply,
        ):
            reply.raise_for_status()
            self.call_id = reply.headers.get("Location", "").rsplit("/", 1)[-1]
            answer = RTCSessionDescription(await reply.text(), "answer")
        await self._peer.setRemoteDescription(answer)
        async with asyncio.timeout(20):
            await open_.wait()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._peer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def tone(ms: float, hertz: float = 300, level: int = 12_000) -> Pcm:
    """A tone at 48 kHz."""
    t = np.arange(int(ms * RATE / 1000)) / RATE
    return (level * np.sin(2 * np.pi * hertz * t)).astype(np.int16)


def join(parts: Iterable[Pcm]) -> Pcm:
    return np.concatenate(list(parts))


def quiet(ms: float) -> Pcm:
    return np.zeros(int(ms * RATE / 1000), np.int16)

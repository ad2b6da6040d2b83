"""A small aiortc caller that can be pointed at any server that answers ``POST`` of an offer.

Both it and the bare responder take a received packet out of aiortc's jitter buffer at once: the buffer's
fixed hold (four frames, and one to see a frame's end) would otherwise hide what is measured.
"""

from __future__ import annotations

import asyncio
import fractions
import json
import time
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import aiohttp
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from av import AudioFrame

from benchmarks.sounds import RATE, Pcm

FRAME = RATE // 50
MARKED = 200  # a sample sent that counts as voiced
VOICED = 500  # the peak of a received frame that counts as sound; all sounds measured are far above it
SILENT = 200  # and as silence; what Opus leaves behind is below it
PATIENCE_S = 20.0


class NoHold(JitterBuffer):
    """Hands each packet on as it comes (loopback neither loses nor reorders), and notes when that was."""

    def __init__(self) -> None:
        super().__init__(capacity=16)
        self.packets: list[tuple[float, int]] = []  # (arrival, RTP time stamp)

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Take one, give one."""
        self.packets.append((time.monotonic(), packet.timestamp))
        return False, JitterFrame(data=packet._data, timestamp=packet.timestamp)  # type: ignore[attr-defined]


def remove_hold(receiver: RTCRtpReceiver) -> NoHold:
    """Take the receive hold out of one receiver."""
    buffer = receiver._RTCRtpReceiver__jitter_buffer = NoHold()  # type: ignore[attr-defined]
    return buffer


class Track(MediaStreamTrack):
    """Paced 20 ms frames: what is queued, else silence. Knows when the first and the last voiced sample left.

    A frame's samples belong to the 20 ms before it is handed over.
    """

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.first_voiced = 0.0
        self.last_voiced = 0.0
        self.begun = asyncio.Event()  # something voiced of what was pushed last
        self.sent = asyncio.Event()  # all that was pushed
        self._start = 0.0
        self._frames = 0
        self._queue: Pcm = np.zeros(0, np.int16)

    def push(self, pcm: Pcm) -> None:
        """Queue sound; the first voiced sample is one of this sound."""
        self._queue = np.concatenate([self._queue, pcm])
        self.begun.clear()
        self.sent.clear()

    def clear(self) -> None:
        """Forget what is queued."""
        self._queue = self._queue[:0]

    async def recv(self) -> AudioFrame:
        """The next frame, when it is due."""
        now = time.monotonic()
        if not self._frames:
            self._start = now
        await asyncio.sleep(max(0.0, self._start + self._frames * 0.02 - now))
        piece, self._queue = self._queue[:FRAME], self._queue[FRAME:]
        pcm = np.zeros(FRAME, np.int16)
        pcm[: len(piece)] = piece
        self._mark(pcm)
        if not len(self._queue):
            self.sent.set()
        frame = AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self._frames * FRAME
        frame.time_base = fractions.Fraction(1, RATE)
        self._frames += 1
        return frame

    def _mark(self, pcm: Pcm) -> None:
        voiced = np.flatnonzero(np.abs(pcm) > MARKED)
        if len(voiced):
            begin = time.monotonic() - 0.02
            self.last_voiced = begin + int(voiced[-1]) / RATE
            if not self.begun.is_set():
                self.first_voiced = begin + int(voiced[0]) / RATE
                self.begun.set()


class Ear:
    """Reads a received track; knows when it became voiced and silent."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self.levels: list[float] = []
        self._news = asyncio.Event()

    async def listen(self, track: Any) -> None:
        """Read to the end."""
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                self.arrivals.append(time.monotonic())
                self.levels.append(float(np.abs(frame.to_ndarray().astype(np.int32)).max()))
                self._news.set()

    async def voiced(self, after: float) -> float:
        """Arrival of the first voiced frame after a time."""
        return await self._first(after, lambda level: level > VOICED)

    async def silent(self, after: float) -> float:
        """Arrival of the first silent frame after a time."""
        return await self._first(after, lambda level: level < SILENT)

    async def quiet(self, for_s: float = 0.3, seconds: float = PATIENCE_S) -> None:
        """Wait until nothing was voiced for a while."""
        frames = round(for_s / 0.02)
        async with asyncio.timeout(seconds):
            start = len(self.levels)
            while len(self.levels) < start + frames or max(self.levels[-frames:]) >= SILENT:
                await self._more()

    def share_voiced(self, start: float, end: float) -> float:
        """How much of a stretch of time was voiced."""
        levels = self.levels[bisect_right(self.arrivals, start) : bisect_right(self.arrivals, end)]
        return sum(level > VOICED for level in levels) / max(1, len(levels))

    async def _first(self, after: float, good: Callable[[float], bool]) -> float:
        at = bisect_right(self.arrivals, after)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                while at < len(self.levels):
                    if good(self.levels[at]):
                        return self.arrivals[at]
                    at += 1
                await self._more()

    async def _more(self) -> None:
        self._news.clear()
        await self._news.wait()


class Caller:
    """One call to a server: an outgoing track to push sound into, an ear on the answer, a data channel.

    Args:
        url: Where the offer is posted.
        token: A bearer token, where one is needed.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        self.token = token
        self.track = Track()
        self.ear = Ear()
        self.events: list[dict[str, Any]] = []
        self.times: list[float] = []  # of the events
        self.call_id = ""
        self._buffer: NoHold | None = None
        self._news = asyncio.Event()
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._listening: asyncio.Task[None] | None = None

    @property
    def packets(self) -> list[tuple[float, int]]:
        """The packets received so far: (arrival, RTP time stamp)."""
        return self._buffer.packets if self._buffer else []

    async def __aenter__(self) -> Caller:
        opened = asyncio.Event()
        self._peer.addTrack(self.track)
        self._channel = self._peer.createDataChannel("oai-events")
        self._channel.on("open", opened.set)
        self._channel.on("message", self._heard)
        self._peer.on("track", self._take)
        await self._peer.setLocalDescription(await self._peer.createOffer())
        headers = {"Content-Type": "application/sdp"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        async with aiohttp.ClientSession() as http:
            reply = await http.post(self.url, data=self._peer.localDescription.sdp, headers=headers)
            sdp = await reply.text()
            if reply.status != 201:
                raise RuntimeError(f"{self.url} refused the offer with {reply.status}: {sdp}")
            self.call_id = reply.headers.get("Location", "").split("/")[-1]
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        async with asyncio.timeout(PATIENCE_S):
            await opened.wait()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._peer.close()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    def _take(self, track: Any) -> None:
        self._buffer = remove_hold(self._peer.getTransceivers()[0].receiver)
        self._listening = asyncio.create_task(self.ear.listen(track))

    def _heard(self, text: str) -> None:
        self.events.append(json.loads(text))
        self.times.append(time.monotonic())
        self._news.set()

    def send(self, event: dict[str, Any]) -> None:
        """Send a client event."""
        self._channel.send(json.dumps(event))

    async def until(self, kind: str, after: int = 0) -> dict[str, Any]:
        """The first event of a type, from number ``after`` on."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for event in self.events[after:]:
                    if event["type"] == kind:
                        return event
                self._news.clear()
                await self._news.wait()

    async def configure(self, session: dict[str, Any]) -> None:
        """Change settings, and wait until they are in force."""
        seen = len(self.events)
        self.send({"type": "session.update", "session": {"type": "realtime", **session}})
        await self.until("session.updated", seen)

    async def ask(self, pcm: Pcm) -> float:
        """Say something, wait for the answer to begin: milliseconds from voiced sample to voiced sample."""
        self.track.push(pcm)
        await self.track.sent.wait()
        last = self.track.last_voiced
        return (await self.ear.voiced(last) - last) * 1000

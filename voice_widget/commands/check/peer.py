"""A caller by WebRTC, made of aiortc: it speaks in real time, hears, and talks over a data channel."""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import logging

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from voice_widget.commands.check.lines import Ended, Line, NoWay
from voice_widget.commands.check.record import Way
from voice_widget.errors import ServiceError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.sound.resampling import Resampler
from voice_widget.realtime.sound.sound import RATE
from voice_widget.services.openai import OpenAI

# Opus runs at 48 kHz; from any other rate aiortc's encoder makes packets that come 20 ms later.
_RATE = 48_000
_FRAME = _RATE // 50
_AUDIBLE = 500
_CLOSE_S = 5.0


class PeerLine(Line):
    """A WebRTC call. Its events go over a data channel of the client's making.

    Args:
        service: The server.
        settings: What the offer says of the session.
        patience: Seconds for the connection to stand.
    """

    way: Way = "webrtc"

    def __init__(self, service: OpenAI, settings: SessionConfig, patience: float) -> None:
        super().__init__(service, settings)
        self.call_id: str | None = None
        self._patience = patience
        self._peer: RTCPeerConnection | None = None
        self._microphone = _Microphone()
        self._open = asyncio.Event()
        self._audible = asyncio.Event()
        self._listening: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Offer, and connect by the answer."""
        peer = self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._microphone, self._open, self._audible = _Microphone(), asyncio.Event(), asyncio.Event()
        peer.addTrack(self._microphone)
        peer.on("track", self._listen)
        channel = self._channel = peer.createDataChannel("oai-events")
        channel.on("open", self._open.set)
        channel.on("message", self.took)
        channel.on("close", lambda: self.over("The data channel closed."))
        await peer.setLocalDescription(await peer.createOffer())
        answer = await self.service.answer(peer.localDescription.sdp, self.settings)
        self.call_id = answer.call_id
        try:
            async with asyncio.timeout(self._patience):
                await peer.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
                if channel.readyState != "open":
                    await self._open.wait()
        except TimeoutError:
            seen = f"connection {peer.connectionState}, data channel {channel.readyState}"
            raise _no_connection(f"after {self._patience:g} s: {seen}") from None
        except Exception as error:  # aiortc has no common ground for what it refuses in an answer
            raise _no_connection(f"the answer cannot be used: {type(error).__name__}: {error}") from None

    async def close(self) -> None:
        """End the call, at the server too."""
        peer, self._peer = self._peer, None
        if peer is None:
            return
        self._microphone.stop()
        try:
            if self.call_id is not None:
                await self.service.hangup(self.call_id)
        except ServiceError as error:
            self.lack("hangup_refused", "(hang-up)", error.message)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await peer.close()
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)

    async def put(self, text: str) -> None:
        """Send a text as it is."""
        if self._peer is None or self._channel.readyState != "open":
            raise Ended(self.ended or "The data channel is closed.")
        self._channel.send(text)

    def speak(self, pcm: bytes) -> None:
        """Say this into the track."""
        self._microphone.say(pcm)

    async def sounds(self, seconds: float) -> bool:
        """Whether the track sounded by then."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._audible.wait()
        return self._audible.is_set()

    def _listen(self, track: MediaStreamTrack) -> None:
        task = asyncio.create_task(self._hear(track), name="check: hears a track")
        self._listening.add(task)
        task.add_done_callback(self._listening.discard)

    async def _hear(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, av.AudioFrame) and np.abs(frame.to_ndarray()).max() > _AUDIBLE:
                    self._audible.set()


class _Microphone(MediaStreamTrack):
    """Silence in real time, and what it is given to say."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._said = np.zeros(0, np.int16)
        self._resample = Resampler(RATE, _RATE)
        self._pts = 0
        self._began: float | None = None

    def say(self, pcm: bytes) -> None:
        samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.int16)
        self._said = np.concatenate([self._said, self._resample(samples)])

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        if self._began is None:
            self._began = loop.time()
        await asyncio.sleep(max(0.0, self._began + self._pts / _RATE - loop.time()))
        if self.readyState != "live":
            raise MediaStreamError
        samples, self._said = self._said[:_FRAME], self._said[_FRAME:]
        frame = av.AudioFrame(format="s16", layout="mono", samples=_FRAME)
        frame.planes[0].update(np.pad(samples, (0, _FRAME - len(samples))).tobytes())
        frame.sample_rate, frame.pts = _RATE, self._pts
        frame.time_base = fractions.Fraction(1, _RATE)
        self._pts += _FRAME
        return frame


def _no_connection(seen: str) -> NoWay:
    return NoWay("no_connection", "POST /v1/realtime/calls", seen)


# What goes wrong in a call is in the record.
logging.getLogger("aioice").setLevel(logging.CRITICAL)
logging.getLogger("aiortc").setLevel(logging.CRITICAL)

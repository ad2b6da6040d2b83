"""A page made of aiortc: it makes a real offer and speaks and hears real sound."""

from __future__ import annotations

import asyncio
import fractions
from collections import deque
from types import TracebackType
from typing import Any

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError
from av import AudioFrame

from tests.talking import FakePage, Stage
from voice_widget.threads.loop import submit

FRAME = 480  # 20 ms at 24 kHz


class Microphone(AudioStreamTrack):
    """Silence, and what it is given to say."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: deque[bytes] = deque()
        self._at = 0
        self._began: float | None = None

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        if self._began is None:
            self._began = loop.time()
        await asyncio.sleep(max(0, self._began + self._at / 24_000 - loop.time()))
        pcm = self.waiting.popleft() if self.waiting else bytes(FRAME * 2)
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME)
        frame.planes[0].update(pcm.ljust(FRAME * 2, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = 24_000, self._at, fractions.Fraction(1, 24_000)
        self._at += FRAME
        return frame


class AiortcPage(FakePage):
    """Use it with ``with``: it closes its peer."""

    def __init__(self, stage: Stage, name: str = "page_1") -> None:
        super().__init__(stage, name)
        self.microphone = Microphone()
        self.loudest = 0
        self.heard_ms = 0.0  # of sound that is no silence
        self._peer: RTCPeerConnection | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> AiortcPage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        submit(self._close()).result(10)

    def call(self) -> int:
        """Press Call: offer, answer, connected."""
        offer = submit(self._offer()).result(10)
        answer = self.reply(self.ask("call.open", sdp=offer, microphone=True), 30)
        assert answer["type"] == "answer", answer
        submit(self._connect(answer["sdp"])).result(20)
        self.say("call.peer", call=answer["call"], state="connected")
        self.stage.wait(lambda: self.stage.states().get("call_started_at"))
        self.stage.is_state("connected")
        return int(answer["call"])

    def speak(self, pcm: bytes) -> None:
        """Say PCM16 at 24 kHz, in real time."""
        self.microphone.waiting.extend(pcm[at : at + FRAME * 2] for at in range(0, len(pcm), FRAME * 2))

    def heard_something(self) -> bool:
        """Was there any sound from the other side?"""
        return bool(self.stage.wait(lambda: self.loudest > 1000))

    async def _offer(self) -> str:
        peer = self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.addTrack(self.microphone)
        self._channel = peer.createDataChannel("oai-events")

        @peer.on("track")
        def on_track(track: Any) -> None:
            task = asyncio.ensure_future(self._listen(track))
            self._tasks.add(task)

        await peer.setLocalDescription(await peer.createOffer())
        return str(peer.localDescription.sdp)

    async def _connect(self, sdp: str) -> None:
        assert self._peer is not None
        opened = asyncio.Event()
        self._channel.on("open", opened.set)
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        if self._channel.readyState != "open":
            await opened.wait()

    async def _listen(self, track: Any) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            loud = int(np.abs(frame.to_ndarray()).max())
            self.loudest = max(self.loudest, loud)
            self.heard_ms += 1000 * frame.samples / frame.sample_rate if loud > 1000 else 0.0

    async def _close(self) -> None:
        if self._peer is not None:
            await self._peer.close()
        for task in self._tasks:
            task.cancel()

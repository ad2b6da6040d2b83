"""A caller for tests: a small aiortc client that speaks what it is given and keeps what it hears."""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

PATIENCE = 15.0

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]


def tone(ms: int, hertz: float = 300.0, rate: int = 24_000) -> bytes:
    """A tone as PCM16 mono."""
    return (9_000 * np.sin(2 * np.pi * hertz * np.arange(ms * rate // 1000) / rate)).astype("<i2").tobytes()


class Events:
    """What arrived, and a way to wait for what will."""

    def __init__(self) -> None:
        self.all: list[dict[str, Any]] = []
        self._more = asyncio.Event()

    def add(self, event: dict[str, Any]) -> None:
        self.all.append(event)
        self._more.set()

    def types(self) -> list[str]:
        return [event["type"] for event in self.all]

    async def until(
        self,
        kind: str,
        where: Callable[[dict[str, Any]], bool] = lambda event: True,
        *,
        after: int = 0,
        patience: float | None = PATIENCE,
    ) -> dict[str, Any]:
        """The first event of this kind (from number ``after`` on), which may have come already."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    for event in self.all[after:]:
                        if event["type"] == kind and where(event):
                            return event
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"No {kind} came, only {self.types()[after:]}.") from None


class Microphone(MediaStreamTrack):
    """Silence in real time, and whatever it is told to say."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._said = bytearray()
        self._pts = 0
        self._start: float | None = None
        self.quiet = asyncio.Event()

    def say(self, pcm: bytes) -> None:
        self._said += pcm
        self.quiet.clear()

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        if self._start is None:
            self._start = loop.time()
        await asyncio.sleep(max(0.0, self._start + self._pts / 48_000 - loop.time()))
        if self.readyState != "live":
            raise MediaStreamError
        piece = np.frombuffer(bytes(self._said[:960]).ljust(960, b"\0"), "<i2")
        del self._said[:960]
        if not self._said:
            self.quiet.set()
        # At 48 kHz: from any other rate aiortc's encoder would make packets that come 20 ms later.
        frame = av.AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(np.repeat(piece, 2).tobytes())
        frame.sample_rate, frame.pts = 48_000, self._pts
        frame.time_base = fractions.Fraction(1, 48_000)
        self._pts += 960
        return frame


class Caller:
    """One call. Use it as ``async with Caller() as caller``.

    Args:
        channel: Whether it has a data channel, or the options of that.
        audio: The directions of its audio sections; the microphone speaks on the first that sends.
    """

    def __init__(
        self, *, channel: bool | Mapping[str, Any] = True, audio: Sequence[Direction] = ("sendrecv",)
    ) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.microphone = Microphone()
        speaks = next((place for place, each in enumerate(audio) if each.startswith("send")), None)
        for place, direction in enumerate(audio):
            self.connection.addTransceiver(self.microphone if place == speaks else "audio", direction)
        self.events = Events()
        self.open = asyncio.Event()
        self.closed = asyncio.Event()
        self.levels: list[int] = []
        self._heard = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self.connection.on("track", self._listen)
        options: Mapping[str, Any] = channel if isinstance(channel, Mapping) else {}
        self.channel = None if channel is False else self.connection.createDataChannel("any-label", **options)
        if self.channel is not None:
            self.channel.on("open", self.open.set)
            self.channel.on("close", self.closed.set)
            self.channel.on("message", lambda text: self.events.add(json.loads(text)))

    async def offer(self) -> str:
        """The offer as a browser posts it: without candidates."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        lines = self.connection.localDescription.sdp.splitlines()
        dropped = ("a=candidate", "a=end-of-candidates")
        return "\r\n".join(line for line in lines if not line.startswith(dropped)) + "\r\n"

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        if self.channel is not None:
            async with asyncio.timeout(PATIENCE):
                await self.open.wait()

    def send(self, event: dict[str, Any] | str) -> None:
        assert self.channel is not None
        self.channel.send(event if isinstance(event, str) else json.dumps(event))

    async def hears(self, where: Callable[[int], bool], frames: int = 5) -> None:
        """Until so many frames in a row are of such a level, counting those that have just come."""
        at, found = max(0, len(self.levels) - frames), 0
        async with asyncio.timeout(PATIENCE):
            while True:
                # On a busy machine many come at once: a short pause is not among the last ones then.
                for level in self.levels[at:]:
                    found = found + 1 if where(level) else 0
                    if found == frames:
                        return
                at = len(self.levels)
                self._heard.clear()
                await self._heard.wait()

    def _listen(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.create_task(self._read(track))

    async def _read(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.AudioFrame)
                self.levels.append(int(np.abs(frame.to_ndarray()).max()))
                self._heard.set()

    async def __aenter__(self) -> Caller:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.microphone.stop()
        await self.connection.close()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

"""The double with calls by WebRTC: its events go over the caller's data channel, and over sidebands.

What goes where is as on the captured sidebands: no greeting and no sound in events there, and
``output_audio_buffer.*`` on both. When the sound starts and stops is made up: its track sounds, or does not.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription

from tests.commands.check.double import Double, Event, Session
from tests.engine.caller import Microphone


class Sounding(Microphone):
    """A track that always sounds."""

    async def recv(self) -> Any:
        self.say((9_000 * np.sin(np.arange(480) / 8)).astype("<i2").tobytes())
        return await super().recv()


@dataclass
class CallingDouble(Double):
    """The server.

    Attributes:
        location: ``Location`` beside its answers.
        sidebands: Calls can be followed.
        sounds: Its track sounds.
        refusal: Answers offers with this status, instead.
        answer: Is sent for an answer, instead.
        hangs_up: It ends calls when it is asked to.
    """

    location: str | None = "/v1/realtime/calls/rtc_1"
    sidebands: bool = True
    sounds: bool = True
    refusal: int = 0
    answer: str | None = None
    hangs_up: bool = True
    calls: list[Call] = field(default_factory=list)

    async def other(self, request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return await self.sideband(request)
        if request.path.endswith("/hangup"):
            return web.Response(status=200 if self.hangs_up else 500)
        if self.refusal:
            return web.json_response({"error": {"message": "Not like this."}}, status=self.refusal)
        part = (await request.post())["sdp"]
        sdp = part.decode() if isinstance(part, (bytes, bytearray)) else str(part)
        call = Call(self)
        self.calls.append(call)
        answer = self.answer or await call.accept(sdp)
        headers = {"Location": self.location} if self.location else {}
        return web.Response(status=201, text=answer, content_type="application/sdp", headers=headers)

    async def sideband(self, request: web.Request) -> web.StreamResponse:
        if not self.sidebands:
            return web.json_response({"detail": "Not Found"}, status=404)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        call = self.calls[-1]
        call.followers.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await call.take(message.data)
        call.followers.remove(socket)
        return socket

    async def close(self) -> None:
        for call in self.calls:
            await call.close()


class Call(Session):
    """One call."""

    double: CallingDouble

    def __init__(self, double: CallingDouble) -> None:
        super().__init__(double, web.WebSocketResponse())
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel: RTCDataChannel | None = None
        self.track = Sounding() if double.sounds else Microphone()
        self.followers: list[web.WebSocketResponse] = []
        self.serving: asyncio.Task[None] | None = None
        self.coming: asyncio.Queue[str] = asyncio.Queue()

    async def accept(self, offer: str) -> str:
        self.peer.on("datachannel", self.opened)
        await self.peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        self.peer.addTrack(self.track)
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        return str(self.peer.localDescription.sdp)

    def opened(self, channel: RTCDataChannel) -> None:
        self.channel = channel
        channel.on("message", self.coming.put_nowait)
        self.serving = asyncio.create_task(self.serve())

    async def serve(self) -> None:
        await self.greet()
        while await self.take(await self.coming.get()):
            pass
        assert self.channel is not None
        self.channel.close()

    async def put(self, text: str) -> None:
        assert self.channel is not None
        with contextlib.suppress(Exception):  # the caller may have gone
            self.channel.send(text)
        for follower in self.followers:
            await follower.send_str(text)

    async def send(self, event: Event) -> None:
        kind = event["type"]
        if kind == "response.output_audio.delta":
            return
        await super().send(event)
        if kind == "response.content_part.added":
            await self.say("output_audio_buffer.started", response_id=event["response_id"])
        elif kind == "response.done":
            response = event["response"]
            over = "stopped" if response["status"] == "completed" else "cleared"
            if not any(item["type"] == "function_call" for item in response["output"]):
                await self.say(f"output_audio_buffer.{over}", response_id=response["id"])

    async def on(self, event: Event) -> None:
        if event.get("type") != "output_audio_buffer.clear":
            await super().on(event)

    async def close(self) -> None:
        self.end()
        self.track.stop()
        if self.serving is not None:
            self.serving.cancel()
            await asyncio.gather(self.serving, return_exceptions=True)
        await self.peer.close()

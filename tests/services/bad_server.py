"""A Realtime server that behaves, or misbehaves in every way that a test asks for; and a proxy before it.

It listens on a real port and is talked to over real HTTP and WebSockets. What it was asked stands in
``requests``; what clients said over its sockets in ``heard``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from multidict import CIMultiDict

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
EK = "ek_minted_0123456789"
# Captures of OpenAI and Azure: a session's own socket is greeted; on a sideband nothing comes before the
# client's first `session.update` is answered.
CREATED = '{"type": "session.created", "event_id": "e1", "session": {"type": "realtime"}}'
UPDATED = '{"type": "session.updated", "event_id": "e2", "session": {"type": "realtime"}}'


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: CIMultiDict[str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ") or self.headers.get(
            "api-key", ""
        )

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Refusal:
    """What to answer with, instead of what was asked for. ``{KEY}`` becomes the key that was sent."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class BadServer:
    """Set a field, then call it.

    Attributes:
        url: Where it is, with ``/v1``.
        refusal: Answers every request.
        silent: Takes requests and never answers.
        hangs_up: Closes each connection without a word.
        frames: What a socket hears first; texts, or bytes for binary frames. None: what services say.
        closing: Close code and reason after the frames; None: stay open.
        drops: Cut the connection after the frames, without a close.
        location: ``Location`` of an answer.
        sdp: The answer to an offer.
        endless: Answers with this status and a body that does not end; compressed, if ``endless_compressed``.
    """

    url: str = ""
    refusal: Refusal | None = None
    silent: bool = False
    hangs_up: bool = False
    frames: Sequence[str | bytes] | None = None
    closing: tuple[int, str] | None = None
    drops: bool = False
    location: str | None = "/v1/realtime/calls/rtc_42?region=eu"
    sdp: str = SDP
    endless: int = 0
    endless_compressed: bool = False
    sent: int = 0
    requests: list[Asked] = field(default_factory=list)
    heard: list[Any] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(
            Asked(
                request.method,
                request.path,
                dict(request.query),
                request.headers.copy(),
                await request.read(),
            )
        )
        if self.hangs_up:
            self.cut(request)
            return web.Response()
        if self.silent:
            await self.released.wait()
        if self.endless:
            return await self.go_on(request)
        if self.refusal is not None:
            body = self.refusal.body.replace("{KEY}", self.requests[-1].key)
            return web.Response(status=self.refusal.status, text=body, headers=self.refusal.headers)
        if request.method == "GET":
            return await self.socket(request)
        if request.path.endswith("/client_secrets"):
            return web.json_response({"value": EK, "expires_at": 1_900_000_000, "session": {}})
        if request.path.endswith("/sessions"):
            return web.json_response({"client_secret": {"value": EK, "expires_at": 1_900_000_000}})
        if request.path.endswith(("/realtime/calls", "/realtime")):
            headers = {"Location": self.location} if self.location else {}
            return web.Response(status=201, text=self.sdp, headers=headers)
        return web.Response(status=200)  # accept, reject, refer, hangup

    async def socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        usual = () if "call_id" in request.query else (CREATED,)
        for frame in usual if self.frames is None else self.frames:
            if isinstance(frame, bytes):
                await socket.send_bytes(frame)
            else:
                await socket.send_str(frame.replace("{KEY}", self.requests[-1].key))
        if self.drops:
            self.cut(request)
        elif self.closing is not None:
            await socket.close(code=self.closing[0], message=self.closing[1].encode())
        else:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.heard.append(json.loads(message.data))
                    if self.heard[-1]["type"] == "session.update":
                        await socket.send_str(UPDATED)
                    if self.heard[-1]["type"] == "bye":
                        await socket.close()
        return socket

    async def go_on(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=self.endless)
        start, part = b"", b"v=0\r\n" * 16384
        if self.endless_compressed:
            response.headers["Content-Encoding"] = "deflate"
            zipped = zlib.compressobj()
            start = zipped.compress(part) + zipped.flush(zlib.Z_FULL_FLUSH)
            part = zipped.compress(part) + zipped.flush(zlib.Z_FULL_FLUSH)  # the same again and again
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            await response.write(start)
            while True:
                await response.write(part)
                self.sent += len(part)
                await asyncio.sleep(0)
        return response

    @staticmethod
    def cut(request: web.Request) -> None:
        assert request.transport is not None
        request.transport.abort()


@contextlib.asynccontextmanager
async def bad_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[BadServer]:
    """One on a free port of the loopback."""
    server = BadServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        server.released.set()
        await runner.cleanup()


@contextlib.asynccontextmanager
async def proxy(server: BadServer) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy by which every host is that server. Gives its address and the targets it was asked for."""
    targets: list[str] = []
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, _, rest = head.partition("\r\n")
        method, target, version = first.split(" ")
        targets.append(f"{method} {target}")
        behind, ahead = await asyncio.open_connection("127.0.0.1", port)
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                path = "/" + target.partition("://")[2].partition("/")[2]
                ahead.write(f"{method} {path} {version}\r\n{rest}".encode())
            await asyncio.gather(pump(reader, ahead), pump(behind, writer))
        finally:
            for end in (writer, ahead):
                end.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", targets
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()

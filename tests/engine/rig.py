"""A whole engine in the test's loop, with stages that need nothing installed, and ways to reach it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import ClientSession, WSMsgType

from tests.engine.caller import PATIENCE, Caller, Events
from voice_widget.engine.companion import CompanionFactory
from voice_widget.engine.http.access import Access
from voice_widget.engine.http.calls import Calls
from voice_widget.engine.http.door import Bounds
from voice_widget.engine.http.server import Server
from voice_widget.engine.stages.keeper import StageKeeper
from voice_widget.realtime.script import Script
from voice_widget.realtime.settings.parts import StageSpec

TOKEN = "the-token-of-this-test"
LISTENING = {"type": "server_vad", "silence_duration_ms": 200, "prefix_padding_ms": 0}
SESSION = {"type": "realtime", "audio": {"input": {"turn_detection": LISTENING}}}


class Ended(AssertionError):
    """The socket was closed."""


class Socket:
    """A client's WebSocket: what came on it, and a way to send."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.events = Events()
        self.closed = asyncio.Event()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self.ws:
            if message.type == WSMsgType.TEXT:
                self.events.add(json.loads(message.data))
        self.closed.set()

    async def send(self, event: Mapping[str, Any] | str) -> None:
        await self.ws.send_str(event if isinstance(event, str) else json.dumps(event))

    async def join(self) -> None:
        """Say the first word, and wait until it is answered."""
        await self.send({"type": "session.update", "session": {"type": "realtime"}})
        await self.events.until("session.updated")

    async def begin(self, query: str) -> None:
        """Until the session is there: it greets a socket of its own, a sideband has to speak first."""
        await (self.join() if "call_id=" in query else self.events.until("session.created"))

    async def gone(self) -> int | None:
        async with asyncio.timeout(PATIENCE):
            await self.closed.wait()
        return self.ws.close_code

    async def close(self) -> None:
        await self.ws.close()
        await self.reading


class Rig:
    """The engine and its client side."""

    def __init__(self, server: Server, calls: Calls, keeper: StageKeeper, http: ClientSession, port: int):
        self.server, self.calls, self.keeper, self.http = server, calls, keeper, http
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.sockets: list[Socket] = []

    async def post(self, path: str, *, token: str | None = TOKEN, **request: Any) -> aiohttp.ClientResponse:
        headers = {**request.pop("headers", {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        response = await self.http.post(self.url + path, headers=headers, **request)
        await response.read()
        return response

    async def socket(self, query: str, *, token: str | None = TOKEN, **request: Any) -> Socket:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        ws = await self.http.ws_connect(f"{self.url}/v1/realtime?{query}", headers=headers, **request)
        socket = Socket(ws)
        self.sockets.append(socket)
        return socket

    async def sideband(self, query: str, **request: Any) -> Socket:
        """Join a call as clients of real services do: who speaks first there is the client."""
        socket = await self.socket(query, **request)
        await socket.join()
        return socket

    async def call(self, caller: Caller, session: Mapping[str, Any] = SESSION) -> str:
        """Make a call as the kernel does, and wait until the session is there. Returns its id."""
        with aiohttp.MultipartWriter("form-data") as body:
            part = body.append(await caller.offer(), {"Content-Type": "application/sdp"})
            part.set_content_disposition("form-data", name="sdp")
            part = body.append(json.dumps(session), {"Content-Type": "application/json"})
            part.set_content_disposition("form-data", name="session")
        response = await self.post("/v1/realtime/calls", data=body)
        assert response.status == 201, await response.text()
        await caller.accept(await response.text())
        await caller.events.until("session.created")
        return response.headers["Location"].rpartition("/")[2]

    async def kernel(self, query: str, answer: Callable[[dict[str, Any]], str]) -> Socket:
        """A kernel's socket that answers every request at once."""
        socket = await self.socket(f"{query}&agent=kernel")

        async def work() -> None:
            seen = 0
            while True:
                event = await socket.events.until("voice_widget.reply.requested", after=seen, patience=None)
                seen = socket.events.all.index(event) + 1
                reply = {"response_id": event["response_id"]}
                await socket.send({"type": "voice_widget.reply.delta", **reply, "delta": answer(event)})
                await socket.send({"type": "voice_widget.reply.done", **reply})

        working = asyncio.create_task(work())
        socket.reading.add_done_callback(lambda task: working.cancel())
        await socket.begin(query)
        return socket

    async def stages_back(self) -> None:
        """Until a new stage process serves the sessions."""
        back = asyncio.Event()

        class User:
            def stages_lost(self) -> None: ...

            def stages_back(self) -> None:
                back.set()

        user = User()
        self.keeper.enter(user)
        async with asyncio.timeout(PATIENCE):
            await back.wait()
        self.keeper.leave(user)

    async def release(self) -> None:
        for socket in self.sockets:
            await socket.close()


@asynccontextmanager
async def engine(
    *,
    hear: Sequence[str] = ("what is the mean", "and the median", "thanks"),
    say: str | None = None,
    origins: Sequence[str] = (),
    warm: bool = True,
    companion: CompanionFactory | None = None,
    bounds: Bounds | None = None,
    of_kernel: bool = False,
) -> AsyncIterator[Rig]:
    """An engine which hears these sentences one after the other (and, with ``say``, answers by itself)."""
    script = Script.load([{"hear": text, "say": say or ""} for text in hear])
    keeper = StageKeeper(StageSpec("level", "scripted", "tone", script.dump()))
    calls = Calls(keeper, scripted=script if say else None, companion=companion)
    server = Server(Access(TOKEN, origins=origins), calls, bounds, of_kernel=of_kernel)
    port = await server.start()
    async with ClientSession() as http:
        rig = Rig(server, calls, keeper, http, port)
        try:
            if warm:
                keeper.start()
                async with asyncio.timeout(PATIENCE):
                    await keeper.settled.wait()
                assert keeper.warm
            yield rig
            await rig.release()
        finally:
            await server.close()
            await keeper.close()

"""The sending side of one WebSocket: in order, without waiting, and bounded."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from aiohttp import web

from voice_widget.engine.media.sinks import Sink
from voice_widget.realtime.wire.beta import Dialect

MOST_WAITING_CHARS = 64 << 20
"""An end that leaves so much unread is gone."""

CLOSE_SECONDS = 2.0


class Socket:
    """Sends what is given to it, in a task of its own.

    Args:
        ws: The socket, not yet open.
        dialect: The names in which its end hears the events.
    """

    def __init__(self, ws: web.WebSocketResponse, dialect: Dialect = "current") -> None:
        self.ws = ws
        self._dialect: Dialect = dialect
        self._queue: deque[str] = deque()
        self._size = 0
        self._more = asyncio.Event()
        self._code: int | None = None
        self._task: asyncio.Task[None] | None = None

    def sink(self, *, kernel: bool, sideband: bool) -> Sink:
        """This socket as an end that hears a session: its own, or that of a call which it follows."""
        return Sink(self.send, kernel=kernel, audio=not sideband, greeted=not sideband, dialect=self._dialect)

    async def start(self, request: web.Request) -> None:
        """Open the socket and begin to send."""
        await self.ws.prepare(request)
        self._task = asyncio.create_task(self._write(), name="socket writer")

    def send(self, text: str) -> None:
        """Send this after what was given before."""
        if self._code is not None:
            return
        self._queue.append(text)
        self._size += len(text)
        if self._size > MOST_WAITING_CHARS:
            self._queue.clear()
            self.hang_up(1008)
        self._more.set()

    def hang_up(self, code: int = 1000) -> None:
        """Close the socket when all has been sent."""
        if self._code is None:
            self._code = code
            self._more.set()

    async def close(self) -> None:
        """Let go, whether or not the other end still listens."""
        self.hang_up()
        if self._task is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await asyncio.shield(self._task)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            while True:
                while self._queue:
                    text = self._queue.popleft()
                    self._size -= len(text)
                    await self.ws.send_str(text)
                if self._code is not None:
                    break
                self._more.clear()
                await self._more.wait()
        with contextlib.suppress(ConnectionError, RuntimeError):
            await self.ws.close(code=self._code or 1000)

"""A socket is read ahead of whoever takes its messages."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

MOST_BYTES = 32 << 20
"""What is not taken yet; a flood beyond this is read as fast as it is taken."""


class Ahead:
    """Messages that are read before anybody takes them, from the first that is taken on.

    A ping waits behind what was not read, and a service that gets no answer to it takes us for gone.

    Args:
        read: Reads the next message.
        most: So many bytes may wait.
    """

    def __init__(self, read: Callable[[], Awaitable[bytes]], most: int = MOST_BYTES) -> None:
        self._read, self._most = read, most
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._news, self._room = asyncio.Event(), asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def take(self) -> bytes:
        """The next message; after the last one the error with which the reading ended."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._fill(), name="voice_widget socket")
            self._reading.add_done_callback(self._ended)
        while not self._waiting:
            if self._reading.done():
                self._reading.result()
            self._news.clear()
            await self._news.wait()
        message = self._waiting.popleft()
        self._size -= len(message)
        self._room.set()
        return message

    async def close(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    def _ended(self, reading: asyncio.Task[None]) -> None:
        if not reading.cancelled():
            reading.exception()  # whether or not anybody takes what is left
        self._news.set()

    async def _fill(self) -> None:
        while True:
            message = await self._read()
            self._waiting.append(message)
            self._size += len(message)
            self._news.set()
            while self._size > self._most:
                self._room.clear()
                await self._room.wait()

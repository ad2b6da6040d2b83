"""A socket ends when it is closed, whatever the other end does."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection, serve

from voice_widget.services import openai
from voice_widget.services.openai import OpenAI

MORE_THAN_BUFFERS_HOLD = "x" * (24 << 20)


async def test_a_peer_that_reads_nothing_any_more_does_not_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "CLOSE_S", 0.1)
    sockets: asyncio.Queue[ServerConnection] = asyncio.Queue()
    over = asyncio.Event()

    async def deaf(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        sockets.put_nowait(socket)
        await over.wait()

    async with serve(deaf, "127.0.0.1", 0, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        service = OpenAI("m", "a-key-of-this-test", f"http://127.0.0.1:{port}/v1")
        try:
            connection = await service.connect()
            socket = await sockets.get()
            sending = asyncio.create_task(connection.send_text(MORE_THAN_BUFFERS_HOLD))
            for _ in range(20):  # it goes as far as it can
                await asyncio.sleep(0)
            async with asyncio.timeout(10):
                await connection.close()
                await sending
                socket.transport.resume_reading()
                await socket.wait_closed()
            assert socket.close_code == 1006
        finally:
            over.set()
            await service.close()

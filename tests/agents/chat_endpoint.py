"""A chat-completions endpoint for tests: a real HTTP server that streams what it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

PATIENCE = 15.0


def delta(**fields: Any) -> dict[str, Any]:
    """One chunk of a stream."""
    return {
        "id": "chatcmpl_1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": fields, "finish_reason": None}],
    }


def says(*texts: str) -> list[dict[str, Any]]:
    return [delta(role="assistant", content=""), *(delta(content=text) for text in texts)]


def calls(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [delta(tool_calls=[part]) for part in parts]


class Endpoint:
    """What was asked, and what is answered next: ``answers`` is used up from the front."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.answers: list[Any] = []
        self.gone = asyncio.Event()
        """A client has left in the middle of a stream."""
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(await request.json())
        self.keys.append(request.headers.get("Authorization"))
        self.asked.set()
        answer = self.answers.pop(0)
        if isinstance(answer, web.Response):
            return answer
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            for chunk in answer:
                if chunk == "wait":
                    await self.go_on.wait()
                    continue
                text = chunk if isinstance(chunk, str) else json.dumps(chunk)
                await response.write(f"data: {text}\n\n".encode())
            await response.write(b"data: [DONE]\n\n")
        except (ConnectionError, asyncio.CancelledError):
            self.gone.set()
            raise
        return response

    def answer(self, *answers: Sequence[Any] | web.Response) -> None:
        self.answers += answers


@asynccontextmanager
async def endpoint() -> AsyncIterator[Endpoint]:
    made = Endpoint()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", made.handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield made
    finally:
        await runner.cleanup()

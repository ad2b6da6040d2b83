"""A service at a real address: it says what it was given, well or badly, and then answers as a good one."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from collections.abc import Sequence
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.strange.streams import Frame
from voice_widget.services.openai import OpenAI
from voice_widget.threads.loop import submit

Event = dict[str, Any]
ANSWER = "It is fine."
END = "strange.end"
"""The type of what the first session says behind its stream: who knows it has read the stream."""
GREETING = '{"type": "session.created", "session": {"type": "realtime"}}'


class Line:
    """One session's socket.

    Attributes:
        sent: What the client has said.
        over: The socket was closed: nobody reads the stream to its end any more.
    """

    def __init__(self, socket: ServerConnection, stream: Sequence[Frame], number: int) -> None:
        self.sent: list[Event] = []
        self.over = threading.Event()
        self._socket, self._stream, self._number = socket, stream, number
        self._numbers = itertools.count()

    async def run(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for frame in self._stream:
                await self._socket.send(frame)
            if self._number == 0:
                await self._say({"type": END})
            async for raw in self._socket:
                await self._hear(json.loads(raw))
        self.over.set()

    async def _hear(self, event: Event) -> None:
        self.sent.append(event)
        if event["type"] == "session.update":
            await self._say({"type": "session.updated", "session": {"type": "realtime"}})
        elif event["type"] == "conversation.item.create":
            await self._say({"type": "conversation.item.added", "item": event["item"]})
            await self._say({"type": "conversation.item.done", "item": event["item"]})
        elif event["type"] == "response.create":
            for said in _answer(f"{self._number}_{len(self.sent)}"):
                await self._say(said)

    async def _say(self, event: Event) -> None:
        named = {"event_id": f"own_{self._number}_{next(self._numbers)}", **event}
        await self._socket.send(json.dumps(named))


def _answer(key: str) -> list[Event]:
    response, item = f"resp_{key}", f"item_{key}"
    place = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
    message = {"id": item, "type": "message", "role": "assistant", "status": "completed"}
    said = {**message, "content": [{"type": "output_text", "text": ANSWER}]}
    return [
        {"type": "response.created", "response": {"id": response, "status": "in_progress"}},
        {"type": "response.output_item.added", "response_id": response, "item": {**message, "content": []}},
        {"type": "response.output_text.delta", **place, "delta": ANSWER},
        {"type": "response.output_text.done", **place, "text": ANSWER},
        {"type": "response.done", "response": {"id": response, "status": "completed", "output": [said]}},
    ]


class StrangeServer:
    """Services, one after the other. The first session of each plays its stream; further ones are good."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._stream: Sequence[Frame] = ()
        self._numbers = itertools.count()
        self._path = ""
        self._server: Server = submit(self._start()).result(10)
        self._port = int(next(iter(self._server.sockets)).getsockname()[1])

    def service(self, stream: Sequence[Frame]) -> OpenAI:
        """What calls the next one; of the last one no socket counts any more."""
        self.lines = []
        self._stream, self._path = stream, f"/{next(self._numbers)}/v1"
        return OpenAI("strange", "none", f"http://127.0.0.1:{self._port}{self._path}")

    def close(self) -> None:
        submit(self._stop()).result(10)

    async def _start(self) -> Server:
        return await serve(self._serve, "127.0.0.1", 0, max_size=None, close_timeout=1)

    async def _stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        if socket.request.path.startswith(self._path):
            line = Line(socket, [GREETING] if self.lines else self._stream, len(self.lines))
            self.lines.append(line)
            await line.run()

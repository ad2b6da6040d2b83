"""A service that says what it was given, well or badly, and then answers as a good one does."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

from voice_widget.errors import ProtocolError
from voice_widget.realtime.events import Event, parse
from voice_widget.realtime.settings import SessionConfig
from voice_widget.services import Answer, Capabilities, Secret

ANSWER = "It is fine."


class Line:
    """One session's socket. Every event that it gives moves its clock on."""

    def __init__(self, stream: Sequence[str], number: int) -> None:
        self.sent: list[Event] = []
        self.number = number
        self.played = threading.Event()
        self._stream = list(stream)
        self._answers: asyncio.Queue[Event | None] = asyncio.Queue()
        self._clock_ms = 0.0

    def audio_ms(self) -> float:
        return self._clock_ms

    async def __aiter__(self) -> AsyncIterator[Event]:
        for raw in self._stream:
            self._clock_ms += 50
            yield _parsed(raw)
        self.played.set()
        while (event := await self._answers.get()) is not None:
            self._clock_ms += 500
            yield event

    async def send(self, event: Event) -> None:
        self.sent.append(event)
        if event["type"] == "session.update":
            self._say({"type": "session.updated", "session": {"type": "realtime"}})
        elif event["type"] == "conversation.item.create":
            self._say({"type": "conversation.item.added", "item": event["item"]})
            self._say({"type": "conversation.item.done", "item": event["item"]})
        elif event["type"] == "response.create" and self.played.is_set():
            for said in _answer(f"{self.number}_{len(self.sent)}"):
                self._say(said)

    def _say(self, event: Event) -> None:
        self._answers.put_nowait({"event_id": f"own_{self.number}_{next(_NUMBERS)}", **event})

    async def close(self) -> None:
        self.played.set()
        self._answers.put_nowait(None)


_NUMBERS = itertools.count()


def _parsed(raw: str) -> Event:
    try:
        return parse(raw)
    except ProtocolError as error:
        return {"type": "voice_widget.unreadable", "error": error.info(), "bytes": len(raw)}


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


class StrangeService:
    """The first session plays the stream; further ones are good from the start."""

    name = "strange service"
    model = "strange"

    def __init__(self, stream: Sequence[str]) -> None:
        self.capabilities = Capabilities(any_voice=True)
        self.lines: list[Line] = []
        self._stream = stream

    async def start(self) -> None:
        pass

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        raise AssertionError("there is no page")

    async def secret(self, session: SessionConfig) -> Secret:
        raise AssertionError("there is no page")

    async def connect(self, *, call_id: str | None = None, session: SessionConfig | None = None) -> Any:
        greeting = '{"type": "session.created", "session": {"type": "realtime"}}'
        line = Line([greeting] if self.lines else self._stream, len(self.lines))
        self.lines.append(line)
        return line

    async def hangup(self, call_id: str) -> None:
        pass

    async def close(self) -> None:
        for line in self.lines:
            await line.close()

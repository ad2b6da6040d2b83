"""A Realtime server that does what captured sessions show, and deviates where a test wants it to.

It listens on a real port. What it sends and when is as captured from OpenAI's service by WebSocket (typed
turn, spoken turn, tool call); interruptions, collisions and errors are as OpenAI's guides describe them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from voice_widget.realtime.settings.settings import Settings

Event = dict[str, Any]
Twist = Callable[[Event], Iterable[Any]]
SILENCE_MS = 300
TONE = base64.b64encode((8000 * np.sin(np.arange(2400) / 8)).astype("<i2").tobytes()).decode()
USAGE = {"total_tokens": 12, "input_tokens": 6, "output_tokens": 6}


def error(code: str, message: str, event_id: Any) -> Event:
    told = {"type": "invalid_request_error", "code": code, "message": message, "param": None}
    return {"type": "error", "error": {**told, "event_id": event_id}}


@dataclass
class Double:
    """The server. ``twist`` turns each event that it is about to send into those that it sends.

    Attributes:
        twist: The deviation. What it gives may be events, or texts that go out as they are.
        deaf: Client events of these types are passed over.
        closes: A client event of this type ends the connection.
    """

    twist: Twist = lambda event: [event]
    deaf: frozenset[str] = frozenset()
    closes: str | None = None
    url: str = ""
    sockets: list[Session] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method != "GET" or "call_id" in request.query:
            return await self.other(request)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        session = Session(self, socket)
        self.sockets.append(session)
        await session.serve()
        return socket

    async def other(self, request: web.Request) -> web.StreamResponse:
        """Calls by WebRTC: it has none."""
        return web.json_response({"detail": "Not Found"}, status=404)


class Session:
    """One connection."""

    def __init__(self, double: Double, socket: web.WebSocketResponse) -> None:
        self.double, self.socket = double, socket
        self.settings = Settings(model="m", voice="alloy")
        self.numbers = itertools.count(1)
        self.last: str | None = None
        self.items: dict[str, Event] = {}
        self.active: asyncio.Task[None] | None = None
        self.ms = 0.0
        self.loud: float | None = None
        self.speech: str | None = None

    async def serve(self) -> None:
        await self.greet()
        async for message in self.socket:
            if message.type is WSMsgType.TEXT and not await self.take(message.data):
                break
        self.end()

    async def greet(self) -> None:
        await self.say("session.created", session=self.settings.full("sess_1", 2_000_000_000))

    async def take(self, text: str) -> bool:
        """A message of the client's; False: that was enough."""
        try:
            event = json.loads(text)
        except ValueError:
            await self.send(error("invalid_event", "This is no JSON.", None))
            return True
        kind = event.get("type")
        if kind == self.double.closes:
            return False
        if not (isinstance(kind, str) and kind in self.double.deaf):
            await self.on(event)
        return True

    def end(self) -> None:
        if self.active is not None:
            self.active.cancel()

    async def say(self, kind: str, **fields: Any) -> None:
        await self.send({"type": kind, **fields})

    async def send(self, event: Event) -> None:
        event = {"event_id": f"event_{id(self):x}_{next(self.numbers)}", **event}
        with contextlib.suppress(ConnectionError):
            for made in self.double.twist(json.loads(json.dumps(event))):
                await self.put(made if isinstance(made, str) else json.dumps(made))

    async def put(self, text: str) -> None:
        await self.socket.send_str(text)

    async def refuse(self, event: Event, code: str, message: str) -> None:
        await self.send(error(code, message, event.get("event_id")))

    async def on(self, event: Event) -> None:
        kind = event.get("type")
        if kind == "session.update":
            if not isinstance(event["session"].get("instructions", ""), str):
                return await self.refuse(event, "invalid_type", "`instructions` must be a text.")
            self.settings = self.settings.merged(event["session"])
            return await self.say("session.updated", session=self.settings.full("sess_1", 2_000_000_000))
        if kind == "input_audio_buffer.append":
            return await self.hear(base64.b64decode(event["audio"]))
        if kind == "conversation.item.create":
            if not isinstance(event.get("item"), dict):
                return await self.refuse(event, "missing_required_parameter", "`item` must be an object.")
            return await self.add(
                {"id": f"item_{next(self.numbers)}", "status": "completed", **event["item"]}
            )
        if kind == "conversation.item.delete":
            return await self.refuse(event, "item_delete_invalid_item_id", "There is no such item.")
        if kind == "conversation.item.truncate":
            where = {name: event[name] for name in ("item_id", "content_index", "audio_end_ms")}
            return await self.say("conversation.item.truncated", **where)
        if kind == "response.create":
            if self.active is not None:
                code = "conversation_already_has_active_response"
                return await self.refuse(event, code, "There is an active response.")
            return self.answer()
        if kind == "response.cancel":
            if self.active is None:
                return await self.refuse(event, "response_cancel_not_active", "Nothing is active.")
            return await self.cut("client_cancelled")
        await self.refuse(event, "invalid_event", f"There is no event {kind!r}.")

    async def add(self, item: Event, *, done: bool = True) -> None:
        previous, self.last = self.last, item["id"]
        self.items[item["id"]] = item
        await self.say("conversation.item.added", item=item, previous_item_id=previous)
        if done:
            await self.say("conversation.item.done", item=item, previous_item_id=previous)

    # --- what it hears ---

    async def hear(self, pcm: bytes) -> None:
        self.ms += len(pcm) / 48
        if np.abs(np.frombuffer(pcm, "<i2").astype(int)).max() > 1000:
            if self.speech is None:
                self.speech = f"item_{next(self.numbers)}"
                place = {"item_id": self.speech, "audio_start_ms": int(self.ms)}
                await self.say("input_audio_buffer.speech_started", **place)
                if self.active is not None:
                    await self.cut("turn_detected")
            self.loud = self.ms
        elif self.speech is not None and self.loud is not None and self.ms - self.loud >= SILENCE_MS:
            item_id, self.speech = self.speech, None
            await self.say("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=int(self.ms))
            await self.say("input_audio_buffer.committed", item_id=item_id, previous_item_id=self.last)
            content = [{"type": "input_audio", "transcript": None}]
            said = {"id": item_id, "type": "message", "status": "completed", "role": "user"}
            await self.add({**said, "content": content})
            self.answer()
            heard = "conversation.item.input_audio_transcription."
            place = {"item_id": item_id, "content_index": 0}
            for word in ("two ", "plus ", "three"):
                await self.say(heard + "delta", **place, delta=word)
            usage = {"type": "duration", "seconds": 1}
            await self.say(heard + "completed", **place, transcript="two plus three", usage=usage)

    # --- what it answers ---

    def answer(self) -> None:
        self.active = asyncio.create_task(self.respond())

    async def cut(self, reason: str) -> None:
        task, self.active = self.active, None
        assert task is not None
        task.cancel(reason)
        await asyncio.gather(task, return_exceptions=True)

    async def respond(self) -> None:
        number = next(self.numbers)
        response = {"object": "realtime.response", "id": f"resp_{number}", "status_details": None}
        response |= {"conversation_id": "conv_1", "output_modalities": ["audio"], "metadata": None}
        begun = {**response, "status": "in_progress", "output": [], "usage": None}
        await self.say("response.created", response=begun)
        output: list[Event] = []
        try:
            output = [await self.step(f"resp_{number}", f"item_{next(self.numbers)}")]
        except asyncio.CancelledError as cancelled:
            details = {
                "type": "cancelled",
                "reason": cancelled.args[0] if cancelled.args else "client_cancelled",
            }
            await self.say(
                "response.done",
                response={**response, "status": "cancelled", "output": [], "status_details": details},
            )
            return
        self.active = None
        await self.say(
            "response.done", response={**response, "status": "completed", "output": output, "usage": USAGE}
        )
        limit = {"name": "tokens", "limit": 100, "remaining": 90, "reset_seconds": 1.0}
        await self.say("rate_limits.updated", rate_limits=[limit])

    async def step(self, response_id: str, item_id: str) -> Event:
        asked = list(self.items.values())[-1]
        text = json.dumps(asked.get("content", ""))
        if self.settings.tools and asked["type"] == "message":
            return await self.call(response_id, item_id)
        return await self.speak(response_id, item_id, for_ever="Count" in text)

    async def call(self, response_id: str, item_id: str) -> Event:
        item = {"id": item_id, "type": "function_call", "name": "get_weather", "call_id": f"call_{item_id}"}
        begun = {**item, "status": "in_progress", "arguments": ""}
        done = {**item, "status": "completed", "arguments": '{"city": "Paris"}'}
        previous = self.last
        await self.say("response.output_item.added", response_id=response_id, output_index=0, item=begun)
        await self.add(begun, done=False)
        place = {
            "response_id": response_id,
            "item_id": item_id,
            "output_index": 0,
            "call_id": item["call_id"],
        }
        arguments = "response.function_call_arguments."
        for piece in ('{"city": ', '"Paris"}'):
            await self.say(arguments + "delta", **place, delta=piece)
        await self.say(arguments + "done", **place, name="get_weather", arguments=done["arguments"])
        await self.say("conversation.item.done", item=done, previous_item_id=previous)
        await self.say("response.output_item.done", response_id=response_id, output_index=0, item=done)
        return done

    async def speak(self, response_id: str, item_id: str, *, for_ever: bool) -> Event:
        item = {"id": item_id, "type": "message", "role": "assistant"}
        begun: Event = {**item, "status": "in_progress", "content": []}
        previous = self.last
        at = {"response_id": response_id, "output_index": 0}
        place = {**at, "item_id": item_id, "content_index": 0}
        await self.say("response.output_item.added", **at, item=begun)
        await self.add(begun, done=False)
        await self.say("response.content_part.added", **place, part={"type": "audio", "transcript": ""})
        words = "response.output_audio_transcript."
        for word in ("eighty", " four", "."):
            await self.say(words + "delta", **place, delta=word)
            await self.say("response.output_audio.delta", **place, delta=TONE)
        if for_ever:
            await asyncio.Event().wait()  # until it is cut
        await self.say("response.output_audio.done", **place)
        await self.say(words + "done", **place, transcript="eighty four.")
        await self.say(
            "response.content_part.done", **place, part={"type": "audio", "transcript": "eighty four."}
        )
        content = [{"type": "output_audio", "transcript": "eighty four."}]
        done = {**item, "status": "completed", "content": content}
        await self.say("conversation.item.done", item=done, previous_item_id=previous)
        await self.say("response.output_item.done", **at, item=done)
        return done


@contextlib.asynccontextmanager
async def double(server: Double | None = None, **how: Any) -> AsyncIterator[Double]:
    """One on a free port of the loopback."""
    server = server or Double(**how)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()

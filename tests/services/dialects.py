"""Services as others speak the protocol: small doubles, each with what it is believed to do, and why.

A `Speaker` says what captured sessions of OpenAI say. A `Dialect` puts that into the words of another
service: what it sends otherwise, what it leaves out, what it does not take. ``beliefs`` says where each of
this is known from: a capture, a document, the service's own code as it was published, or a guess.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.services.bad_server import SDP

Event = dict[str, Any]
SECOND = base64.b64encode(b"\x01\x00" * 24_000).decode()
SPOKEN, SPOKEN_BYTES = "good morning", 40_000
TRANSCRIPTION = "conversation.item.input_audio_transcription"
WEATHER = {"name": "get_weather", "arguments": '{"city": "Oslo"}'}


class Speaker:
    """One session in the words of OpenAI's captures (``tapes/openai_ws__*``).

    It greets back, asks for the weather by a tool, and tells a story that does not end.
    """

    def __init__(self, send: Callable[[Event], None], *, sound: bool = True) -> None:
        self._send, self._sound = send, sound
        self._numbers = itertools.count(1)
        self._last: Event = {}
        self._previous: str | None = None
        self._open: tuple[str, str] | None = None  # the response and the item of the story
        self._bytes = 0

    def greet(self) -> None:
        self._send({"type": "session.created", "session": self._session()})

    def hear(self, event: Event) -> None:
        match event["type"]:
            case "session.update":
                self._send({"type": "session.updated", "session": self._session()})
            case "conversation.item.create":
                item = {"id": self._id("item"), "status": "completed", **event["item"]}
                self._add(item)
                self._send({**self._place, "type": "conversation.item.done", "item": item})
                self._last, self._previous = item, item["id"]
            case "input_audio_buffer.append":
                self._listen(base64.b64decode(event["audio"]))
            case "response.create" if self._open is not None:
                code = "conversation_already_has_active_response"
                self.refuse(event, code, "A response is in progress.")
            case "response.create":
                self._answer()
            case "response.cancel" if self._open is None:
                self.refuse(event, "response_cancel_not_active", "There is none.")
            case "response.cancel":
                (response, item_id), self._open = self._open, None
                self._end(response, item_id, "Once upon a time", "incomplete")
                self._done(response, "cancelled", [])
            case "conversation.item.truncate":
                self._send({**event, "type": "conversation.item.truncated", "event_id": None})
            case "output_audio_buffer.clear":
                self._send({"type": "output_audio_buffer.cleared", "response_id": self._response})

    def refuse(self, event: Event, code: str, message: str) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": message, "param": None}
        self._send({"type": "error", "error": {**error, "event_id": event.get("event_id")}})

    def _listen(self, pcm: bytes) -> None:
        """The first second of sound is an utterance."""
        before, self._bytes = self._bytes, self._bytes + len(pcm.strip(b"\0"))
        if not before < SPOKEN_BYTES <= self._bytes:
            return
        item_id = self._id("item")
        heard = {"type": "input_audio", "transcript": None}
        item = {"id": item_id, "type": "message", "role": "user", "status": "completed", "content": [heard]}
        where = {"item_id": item_id}
        self._send({"type": "input_audio_buffer.speech_started", **where, "audio_start_ms": 100})
        self._send({"type": "input_audio_buffer.speech_stopped", **where, "audio_end_ms": 900})
        self._send({"type": "input_audio_buffer.committed", **where, **self._place})
        self._add(item)
        self._send({"type": "conversation.item.done", **self._place, "item": item})
        self._previous = item_id
        completed = {**where, "content_index": 0, "transcript": SPOKEN}
        for piece in (SPOKEN[:5], SPOKEN[5:]):
            delta = {**where, "content_index": 0, "delta": piece}
            self._send({"type": f"{TRANSCRIPTION}.delta", **delta})
        self._send({"type": f"{TRANSCRIPTION}.completed", **completed, "usage": None})
        self._last = {"type": "message"}
        self._answer()

    def _answer(self) -> None:
        content = self._last.get("content") or [{}]
        asked = content[0].get("text", "") if self._last.get("type") == "message" else ""
        response = self._response = self._id("resp")
        created = {"id": response, "object": "realtime.response", "status": "in_progress", "output": []}
        self._send({"type": "response.created", "response": created})
        if asked == "weather":
            self._call(response)
            return
        told = self._last.get("output")
        item_id = self._begin(response)
        if asked == "story":
            self._say(response, item_id, ["Once upon ", "a time"], 2)
            self._open = response, item_id
            return
        text = f"It is {told}." if told else "Hello to you."
        self._say(response, item_id, [text[:5], text[5:]], 1)
        item = self._end(response, item_id, text, "completed")
        self._done(response, "completed", [item])
        if not self._sound:
            self._send({"type": "output_audio_buffer.stopped", "response_id": response})

    def _begin(self, response: str) -> str:
        item_id = self._id("item")
        item = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self._send({"type": "response.output_item.added", **self._of(response), "item": item})
        self._add(item)
        part = {"type": "audio", "transcript": ""}
        self._send({"type": "response.content_part.added", **self._of(response, item_id), "part": part})
        return item_id

    def _say(self, response: str, item_id: str, pieces: Iterable[str], seconds: int) -> None:
        where = self._of(response, item_id)
        for piece in pieces:
            self._send({"type": "response.output_audio_transcript.delta", **where, "delta": piece})
        for _ in range(seconds if self._sound else 0):
            self._send({"type": "response.output_audio.delta", **where, "delta": SECOND})
        if not self._sound:
            self._send({"type": "output_audio_buffer.started", "response_id": response})

    def _end(self, response: str, item_id: str, text: str, status: str) -> Event:
        where, part = self._of(response, item_id), {"type": "audio", "transcript": text}
        content = [{"type": "output_audio", "transcript": text}]
        item = {"id": item_id, "type": "message", "role": "assistant", "status": status, "content": content}
        self._send({"type": "response.output_audio.done", **where})
        self._send({"type": "response.output_audio_transcript.done", **where, "transcript": text})
        self._send({"type": "response.content_part.done", **where, "part": part})
        self._send({"type": "conversation.item.done", **self._place, "item": item})
        self._send({"type": "response.output_item.done", **self._of(response), "item": item})
        self._previous = item_id
        return item

    def _call(self, response: str) -> None:
        item_id, call_id = self._id("item"), self._id("call")
        item = {"id": item_id, "type": "function_call", "call_id": call_id, **WEATHER}
        begun = {**item, "status": "in_progress", "arguments": ""}
        where = {**self._of(response, item_id), "call_id": call_id}
        del where["content_index"]
        self._send({"type": "response.output_item.added", **self._of(response), "item": begun})
        self._add(begun)
        for at in range(0, 16, 4):
            piece = WEATHER["arguments"][at : at + 4]
            self._send({"type": "response.function_call_arguments.delta", **where, "delta": piece})
        self._send({"type": "response.function_call_arguments.done", **where, **WEATHER})
        made = {**item, "status": "completed"}
        self._send({"type": "conversation.item.done", **self._place, "item": made})
        self._send({"type": "response.output_item.done", **self._of(response), "item": made})
        self._previous = item_id
        self._done(response, "completed", [made])

    def _done(self, response: str, status: str, output: list[Event]) -> None:
        details = {"type": status, "reason": "client_cancelled"} if status == "cancelled" else None
        done = {"id": response, "status": status, "status_details": details, "output": output, "usage": None}
        self._send({"type": "response.done", "response": done})

    def _add(self, item: Event) -> None:
        self._send({"type": "conversation.item.added", **self._place, "item": item})

    @property
    def _place(self) -> Event:
        return {"previous_item_id": self._previous}

    def _of(self, response: str, item_id: str | None = None) -> Event:
        where: Event = {"response_id": response, "output_index": 0}
        return where if item_id is None else {**where, "item_id": item_id, "content_index": 0}

    def _session(self) -> Event:
        audio = {"input": {"format": {"type": "audio/pcm", "rate": 24000}}, "output": {"voice": "marin"}}
        return {"type": "realtime", "id": "sess_1", "model": "m", "audio": audio, "tools": []}

    def _id(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers)}"


Words = Callable[[Event], Iterable[Event]]


def _as_they_are(event: Event) -> Iterator[Event]:
    yield event


@dataclass(frozen=True)
class Dialect:
    """How a service speaks.

    Attributes:
        name: The service.
        beliefs: What it does, each with where that is known from.
        words: Puts an event of a `Speaker` into its own.
        unknown: Client events that it refuses.
        refusal: Its error for one.
        ids: What stands as ``event_id``; None: a new one each.
        answers: It holds conversations at all.
        offers: It takes offers, and a page can relay its events.
        location: Its answer says where the call is.
        old: It is to be called with ``dialect="beta"``.
    """

    name: str
    beliefs: tuple[tuple[str, str], ...]
    words: Words = _as_they_are
    unknown: tuple[str, ...] = ()
    refusal: Callable[[Event], Event] | None = None
    ids: str | None = None
    answers: bool = True
    offers: bool = False
    location: bool = False
    old: bool = False


class Session:
    """One session in a dialect. ``send`` gets the service's events."""

    def __init__(self, dialect: Dialect, send: Callable[[Event], None], *, sound: bool = True) -> None:
        self.heard: list[Event] = []
        self._dialect, self._to_client = dialect, send
        self._numbers = itertools.count(1)
        self._speaker = Speaker(self._say, sound=sound)

    def greet(self) -> None:
        self._speaker.greet()

    def hear(self, event: Event) -> None:
        self.heard.append(event)
        dialect = self._dialect
        if event["type"] in dialect.unknown or (not dialect.answers and event["type"] != "session.update"):
            if dialect.refusal is not None:
                self._to_client(dialect.refusal(event))
            else:
                self._speaker.refuse(event, "invalid_value", f"Invalid value: '{event['type']}'.")
            return
        if event["type"] == "session.update" and not dialect.answers:
            return
        self._speaker.hear(event)

    def _say(self, event: Event) -> None:
        for said in self._dialect.words(event):
            own_id = f"event_{next(self._numbers)}" if self._dialect.ids is None else self._dialect.ids
            self._to_client({**said, "event_id": own_id})


@dataclass
class DialectServer:
    """A service at a real address. Sidebands are refused: who relays shows what it can do alone."""

    dialect: Dialect
    sessions: list[Session] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self.url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(f"{request.method} {request.path}")
        if request.method == "POST":
            if request.path.endswith(("/calls", "/realtime")):
                headers = {"Location": "/v1/realtime/calls/rtc_1"} if self.dialect.location else {}
                return web.Response(status=201, text=SDP, headers=headers)
            return web.Response(status=200)
        if "call_id" in request.query:
            return web.Response(status=404, text="404 page not found")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        said: list[Event] = []
        session = Session(self.dialect, said.append)
        self.sessions.append(session)
        session.greet()
        await self._flush(socket, said)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                session.hear(json.loads(message.data))
                await self._flush(socket, said)
        return socket

    @staticmethod
    async def _flush(socket: web.WebSocketResponse, said: list[Event]) -> None:
        while said:
            await socket.send_str(json.dumps(said.pop(0)))


# --- the dialects ---


def _without(*kinds: str) -> Words:
    def words(event: Event) -> Iterator[Event]:
        if event["type"] not in kinds:
            yield event

    return words


def _limits(event: Event) -> Iterator[Event]:
    yield event
    if event["type"] == "response.done":
        yield {"type": "rate_limits.updated", "rate_limits": []}


_OLD = {
    "conversation.item.added": "conversation.item.created",
    "response.output_text.delta": "response.text.delta",
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
}


def _old_names(event: Event) -> Iterator[Event]:
    if event["type"] != "conversation.item.done":
        yield {**event, "type": _OLD.get(event["type"], event["type"])}


def _voice_live(event: Event) -> Iterator[Event]:
    if event["type"].startswith("session."):
        voice = {"name": "alloy", "type": "openai"}
        event = {**event, "session": {"id": "sess_1", "modalities": ["audio"], "voice": voice, "tools": []}}
    yield from _old_names(event)


def _xai(event: Event) -> Iterator[Event]:
    if event["type"] == "session.updated":
        yield {"type": "conversation.created", "conversation": {"id": "conv_1"}}
        yield {"type": "ping", "timestamp": 1}
    if event["type"] == f"{TRANSCRIPTION}.delta":
        return
    if event["type"] == "input_audio_buffer.speech_started":
        yield event
        yield from _xai_hears(event["item_id"], "good")
        return
    if event["type"] == f"{TRANSCRIPTION}.completed":
        yield from _xai_hears(event["item_id"], "good mor")
        yield {**event, "status": "in_progress"}
        yield {**event, "status": "completed"}
        return
    if event["type"] != "conversation.item.done":
        yield event


def _xai_hears(item_id: str, text: str) -> Iterator[Event]:
    """All that was understood so far, each time."""
    yield {"type": f"{TRANSCRIPTION}.updated", "item_id": item_id, "transcript": text}
    yield {
        "type": f"{TRANSCRIPTION}.completed",
        "item_id": item_id,
        "transcript": text,
        "status": "in_progress",
    }


def _speaches(event: Event) -> Iterator[Event]:
    if event["type"] in ("session.created", "session.updated"):
        event = {**event, "session": {"id": "sess_1", "modalities": ["audio", "text"], "voice": "alloy"}}
    if event["type"] == "response.created":
        event = {**event, "response": {**event["response"], "status": "incomplete"}}
    if event["type"] == "response.function_call_arguments.done":
        event = {name: value for name, value in event.items() if name != "name"}
    yield from _old_names(event)


def _nameless_refusal(event: Event) -> Event:
    kind = {"type": "invalid_request_error", "message": f"Unknown event {event['type']}."}
    return {"type": "error", "event_id": "event_x", "error": kind}


class _HuggingFace:
    """The response begins with its sound, a tool's call stands alone, and its end says nothing of it."""

    def __call__(self, event: Event) -> Iterator[Event]:
        kind = event["type"]
        if kind in ("conversation.item.done", "response.content_part.added", "response.content_part.done"):
            return
        if kind.startswith("response.output_item") or kind.endswith(("arguments.delta", "transcript.delta")):
            return
        if kind == "conversation.item.added":
            if event["item"].get("role") == "assistant" or event["item"]["type"] == "function_call":
                return
            event = {**event, "type": "conversation.item.created"}
        if kind == "response.done":
            event = {**event, "response": {**event["response"], "output": None}}
        yield event


class _LocalAI:
    """Its own items are not announced; the user's comes once its text is there, and by an id of its own."""

    def __init__(self) -> None:
        self._held: list[Event] = []

    def __call__(self, event: Event) -> Iterator[Event]:
        kind, item = event["type"], event.get("item") or {}
        if kind == "conversation.item.done":
            return
        if kind == "conversation.item.added":
            if item.get("role") == "assistant" or item.get("type") == "function_call":
                return
            event = {**event, "previous_item_id": "TODO"}
            if item.get("content", [{}])[0].get("type") == "input_audio":
                content = [{"type": "input_audio", "transcript": SPOKEN}]
                self._held.append({**event, "item": {**item, "content": content}})
                return
        if "part" in event:
            event = {**event, "part": {**event["part"], "type": "output_audio"}}
        if kind in ("input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"):
            event = {name: value for name, value in event.items() if name != "item_id"}
        elif kind == "input_audio_buffer.committed":
            event = {**event, "item_id": f"{event['item_id']}_committed", "previous_item_id": "TODO"}
        elif kind.startswith(TRANSCRIPTION):
            event = {**event, "item_id": f"{event['item_id']}_transcribed"}
        yield event
        if kind == f"{TRANSCRIPTION}.completed":
            yield from self._held
            self._held.clear()


def _vllm(event: Event) -> Iterator[Event]:
    if event["type"] == "session.created":
        yield {"type": "session.created", "id": "sess-1", "created": 1}


def _vllm_refusal(event: Event) -> Event:
    return {"type": "error", "error": f"Unknown event type: {event['type']}", "code": "unknown_event"}


DIALECTS = (
    Dialect(
        "openai",
        (
            ("the order and the fields of all events", "capture: openai_ws__*"),
            ("rate_limits.updated after response.done", "capture: openai_ws__input_audio_retention*"),
            ("the buffer's events by webrtc", "capture: openai_ws_sideband__webrtc_sideband_audio_turn"),
            ("a cancelled response closes its parts", "document"),
            ("a sideband that answers 404", "guess: a call that another region made"),
        ),
        words=_limits,
        unknown=("voice_widget.anything",),
        offers=True,
        location=True,
    ),
    Dialect(
        "azure",
        (
            ("as OpenAI, without rate_limits.updated", "capture: azure_ws__*"),
            ("an answer without Location", "guess: its page about WebRTC does not speak of one"),
        ),
        offers=True,
    ),
    Dialect(
        "azure_voice_live",
        (
            ("flat sessions with a voice as an object", "capture: azure_voice_live_ws__tool_call_round"),
            ("conversation.item.created, and no conversation.item.done", "capture: the same"),
            ("the old names of audio's events", "guess: those of text are old in the capture"),
        ),
        words=_voice_live,
    ),
    Dialect(
        "xai",
        (
            ("conversation.created and ping before session.updated", "capture: xai_ws__audio_in_*"),
            ("no conversation.item.done", "capture: the same"),
            ("transcription.completed in_progress, with all so far", "capture: the same"),
            ("typed turns and tools as OpenAI's", "guess"),
            ("it cannot be cut short by a truncation", "guess: none is captured"),
        ),
        words=_xai,
        unknown=("conversation.item.truncate",),
    ),
    Dialect(
        "vllm",
        (
            ("it transcribes and answers nothing", "code: realtime/connection.py"),
            ("session.created without a session, no session.updated", "code: realtime/protocol.py"),
            ("an error as a text with its code beside it", "code: realtime/protocol.py"),
        ),
        words=_vllm,
        refusal=_vllm_refusal,
        answers=False,
    ),
    Dialect(
        "localai",
        (
            ("every event has the same event_id", 'code: realtime.go, "event_TODO"'),
            ("no conversation.item.added of what it makes itself, no .done", "code: realtime_stream.go"),
            ("previous_item_id is TODO", "code: realtime.go; of items by guess"),
            ("speech_started and _stopped name no item", "code: realtime.go, handleVAD"),
            ("an id each for committed, transcription and item", "code: realtime.go, commitUtterance"),
            ("a part of type output_audio", "code: realtime_stream.go"),
            ("no buffer events, no truncation", "guess"),
            ("an answer without Location", "guess"),
        ),
        words=_LocalAI(),
        unknown=("conversation.item.truncate", "output_audio_buffer.clear"),
        ids="event_TODO",
        offers=True,
    ),
    Dialect(
        "huggingface",
        (
            ("a call only by function_call_arguments.done, output null", "document: its README; null: guess"),
            ("the transcript comes at the end", "document: its README"),
            ("conversation.item.created for what the client sends", "document: its README"),
            ("truncate and clear are unknown events", "document: its README does not list them"),
        ),
        words=_HuggingFace(),
        unknown=("conversation.item.truncate", "output_audio_buffer.clear"),
        offers=True,
    ),
    Dialect(
        "speaches",
        (
            ("the events from before general availability", "code: realtime/response_event_router.py"),
            ("response.created is incomplete", "code: the same"),
            ("arguments.done without a name", "code: the same"),
            ("errors without event_id and code", "code: realtime/conversation_event_router.py"),
        ),
        words=_speaches,
        refusal=_nameless_refusal,
        unknown=("output_audio_buffer.clear",),
        offers=True,
        old=True,
    ),
)

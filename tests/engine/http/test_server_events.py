"""Whole talks whose every event the stock client's types take: by data channel, by socket, in old names."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.engine.caller import Caller, Events, tone
from tests.engine.rig import LISTENING, TOKEN, Rig, Socket, engine
from tests.engine.stock import check_old, check_today
from voice_widget.engine.stages.events import StageReport

LOOK = {"type": "function", "name": "look", "description": "Looks.", "parameters": {"type": "object"}}
SESSION = {
    "type": "realtime",
    "model": "gpt-4o-realtime-preview",
    "instructions": "Be brief.",
    "tools": [LOOK],
    "audio": {
        "input": {"turn_detection": LISTENING, "transcription": {"model": "gpt-4o-mini-transcribe"}},
        "output": {"voice": "alloy"},
    },
}
SHORT, LONG = "one two", "one two three four five six seven eight nine ten eleven twelve"
OLD = {"OpenAI-Beta": "realtime=v1"}


class Fellow:
    """Looks when it is asked to, tells what it saw, and talks at length when told so."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._last: dict[str, Any] = {}

    def hear(self, text: str) -> None:
        event = json.loads(text)
        if event["type"] == "conversation.item.done":
            self._last = event["item"]
        if event["type"] != "voice_widget.reply.requested":
            return
        content = (self._last.get("content") or [{}])[0]
        about = {"response_id": event["response_id"]}
        said = content.get("text")
        if self._last["type"] == "function_call_output":
            self._tell("delta", **about, delta=f"I see {self._last['output']}")
        elif said == "look":
            self._tell("delta", **about, delta="Let me look. ")
            self._tell("call", **about, call_id="call_1", name="look", arguments='{"far": true}')
        elif said == "wait":
            return
        elif said == "fail":
            return self._tell("done", **about, error={"code": "agent_failed", "message": "It broke."})
        else:
            self._tell("delta", **about, delta=LONG if said == "talk" else SHORT)
        self._tell("done", **about)

    def close(self) -> None: ...

    def _tell(self, what: str, **fields: Any) -> None:
        self._send(json.dumps({"event_id": "mine", "type": f"voice_widget.reply.{what}", **fields}))


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with engine(companion=Fellow) as made:
        yield made


class End:
    """One end of a talk: sends, and waits for what comes after."""

    def __init__(self, events: Events, send: Callable[[dict[str, Any]], Any]) -> None:
        self.events, self._send, self.seen = events, send, 0

    async def do(self, kind: str, /, until: str, **fields: Any) -> dict[str, Any]:
        """Send an event and wait for what it leads to."""
        self.seen = len(self.events.all)
        sent = self._send({"type": kind, "event_id": "mine", **fields})
        if sent is not None:
            await sent
        return await self.until(until)

    async def until(self, kind: str) -> dict[str, Any]:
        return await self.events.until(kind, after=self.seen)

    async def typed(self, text: str, until: str = "response.done") -> dict[str, Any]:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.do("conversation.item.create", "conversation.item.done", item=item)
        return await self.do("response.create", until)


async def by_typing(end: End) -> None:
    """The part of a talk that needs no sound from the user."""
    done = await end.typed("look")
    assert [item["type"] for item in done["response"]["output"]] == ["message", "function_call"]
    output = {"type": "function_call_output", "call_id": "call_1", "output": "a cat"}
    await end.do("conversation.item.create", "conversation.item.done", item=output)
    done = await end.do("response.create", "response.done")
    [item] = done["response"]["output"]
    assert item["content"][0]["transcript"] == "I see a cat"
    retrieved = await end.do("conversation.item.retrieve", "conversation.item.retrieved", item_id=item["id"])
    assert retrieved["item"]["content"] == [{"type": "output_audio", "transcript": "I see a cat"}]
    await end.typed("wait", "response.created")
    beside = {
        "conversation": "none",
        "metadata": {"topic": "mood"},
        "output_modalities": ["text"],
        "text": "fine",
    }
    done = await end.do("response.create", "response.done", response=beside)
    assert (done["response"]["metadata"], done["response"]["conversation_id"]) == ({"topic": "mood"}, None)
    cancelled = await end.do("response.cancel", "response.done")
    assert cancelled["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    failed = await end.typed("fail")
    assert failed["response"]["status_details"]["error"]["code"] == "agent_failed"
    cut = {"output_modalities": ["text"], "max_output_tokens": 1}
    done = await end.do("response.create", "response.done", response={**cut, "text": "one two three"})
    assert done["response"]["status"] == "incomplete"
    await end.do("session.update", "session.updated", session={"type": "realtime", "tools": []})
    await end.do("input_audio_buffer.clear", "input_audio_buffer.cleared")
    await end.do("conversation.item.delete", "conversation.item.deleted", item_id=item["id"])
    for kind in ("response.cancel", "no.such.event"):
        assert (await end.do(kind, "error"))["error"]["event_id"] == "mine"


TYPED = {
    "session.created",
    "session.updated",
    "error",
    "conversation.item.added",
    "conversation.item.done",
    "conversation.item.retrieved",
    "conversation.item.deleted",
    "input_audio_buffer.cleared",
    "response.created",
    "response.done",
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.added",
    "response.content_part.done",
    "response.output_text.delta",
    "response.output_text.done",
    "response.output_audio_transcript.delta",
    "response.output_audio_transcript.done",
    "response.output_audio.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "rate_limits.updated",
}
SPOKEN = {
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.input_audio_transcription.completed",
    "conversation.item.truncated",
}
PLAYED = {"output_audio_buffer.started", "output_audio_buffer.stopped", "output_audio_buffer.cleared"}
OLD_NAMES = {
    "conversation.item.added": "conversation.item.created",
    "conversation.item.done": None,
    **{
        f"response.output_{what}.{end}": f"response.{what}.{end}"
        for what in ("text", "audio", "audio_transcript")
        for end in ("delta", "done")
    },
}


def in_old_names(kinds: set[str]) -> set[str]:
    return {old for kind in kinds if (old := OLD_NAMES.get(kind, kind))}


async def test_every_event_of_a_call_is_one_that_stock_clients_take(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller, SESSION)
        today = await rig.sideband(f"call_id={call_id}")
        old = await joined(rig, f"call_id={call_id}", OLD)
        end = End(caller.events, caller.send)
        caller.microphone.say(bytes(4800) + tone(300))
        await end.until("output_audio_buffer.stopped")
        await by_typing(end)
        # Talk over the answer, while it is played.
        created = await end.do("response.create", "response.created", response={"text": LONG})
        about = created["response"]["id"]
        await caller.events.until("output_audio_buffer.started", lambda event: event["response_id"] == about)
        end.seen = len(caller.events.all)
        caller.microphone.say(tone(400))
        assert (await end.until("output_audio_buffer.cleared"))["response_id"] == about
        assert (await end.until("conversation.item.truncated"))["audio_end_ms"] > 0
        await end.until("output_audio_buffer.stopped")
        # What each of the others has heard when it hears of this.
        await end.do("input_audio_buffer.clear", "input_audio_buffer.cleared")
        last = caller.events.all[-1]["event_id"]
        for other in (today, old):
            await other.events.until("input_audio_buffer.cleared", lambda e: e["event_id"] == last)
    for event in (*caller.events.all, *today.events.all):
        check_today(event)
    for event in old.events.all:
        check_old(event)
    assert set(caller.events.types()) == TYPED | SPOKEN | PLAYED
    # Errors go to who made them, and what was before they came they have not heard.
    assert set(today.events.types()) == (TYPED | SPOKEN | PLAYED) - {"error", "session.created"}
    assert set(old.events.types()) == in_old_names(set(today.events.types()))


@pytest.mark.parametrize("dialect", ["today", "old"])
async def test_every_event_of_a_session_socket_is_one_that_stock_clients_take(rig, dialect):
    socket = await joined(rig, "model=gpt-4o-realtime-preview", OLD if dialect == "old" else {})
    names = (lambda kind: OLD_NAMES.get(kind, kind)) if dialect == "old" else (lambda kind: kind)

    async def say(pcm: bytes) -> None:
        for start in range(0, len(pcm), 4800):
            piece = base64.b64encode(pcm[start : start + 4800]).decode()
            await socket.send({"type": "input_audio_buffer.append", "audio": piece})

    class OldEnd(End):
        async def until(self, kind: str) -> dict[str, Any]:
            # The older names have no event for an item that is done.
            kind = "conversation.item.created" if kind == "conversation.item.done" else kind
            event = await super().until(kind)
            return json.loads(json.dumps(event).replace('"type": "audio"', '"type": "output_audio"'))

    end = (OldEnd if dialect == "old" else End)(socket.events, socket.send)
    await end.do("session.update", "session.updated", session=SESSION)
    await say(bytes(24_000) + tone(400) + bytes(48_000))
    done = await end.until("response.done")
    item_id = done["response"]["output"][0]["id"]
    truncate = {"item_id": item_id, "content_index": 0, "audio_end_ms": 300}
    await end.do("conversation.item.truncate", "conversation.item.truncated", **truncate)
    await by_typing(end)
    # Talk over an answer that is being made.
    await end.typed("wait", "response.created")
    await say(tone(400) + bytes(48_000))
    cancelled = await end.until("response.done")
    assert cancelled["response"]["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    end.seen = socket.events.types().index("response.done", end.seen + 1) + 1
    await end.until("response.done")
    check = check_old if dialect == "old" else check_today
    for event in socket.events.all:
        check(event)
    expected = TYPED | SPOKEN | {"response.output_audio.delta"}
    assert set(socket.events.types()) == {names(kind) for kind in expected} - {None}


async def test_events_about_speech_that_cannot_be_recognised_are_ones_that_stock_clients_take(rig):
    rig.keeper.report = StageReport(("tone",), {"stt": "There is no recogniser. Install one."})
    async with Caller() as caller:
        call_id = await rig.call(caller, SESSION)
        old = await joined(rig, f"call_id={call_id}", OLD)
        caller.microphone.say(bytes(4800) + tone(300))
        for events in (caller.events, old.events):
            failed = await events.until("conversation.item.input_audio_transcription.failed")
            assert failed["error"]["code"] == "missing_parts"
    for event in caller.events.all:
        check_today(event)
    for event in old.events.all:
        check_old(event)


async def joined(rig: Rig, query: str, headers: dict[str, str]) -> Socket:
    """A socket that may ask for the older names."""
    headers = {"Authorization": f"Bearer {TOKEN}", **headers}
    socket = Socket(await rig.http.ws_connect(f"{rig.url}/v1/realtime?{query}", headers=headers))
    rig.sockets.append(socket)
    await socket.begin(query)
    return socket

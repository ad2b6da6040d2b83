"""The ``openai`` package's own realtime connection, every event held against its own types."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from tests.engine.caller import PATIENCE, Caller, Events
from tests.engine.stock import check_today
from tests.stock.said import COUNT, HINTS, LONG, QUESTION, STOP, STOPPED, WEATHER, spoken
from tests.stock.serving import TOKEN, Served

TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SESSION: dict[str, Any] = {
    "type": "realtime",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "transcription": {"model": "gpt-4o-mini-transcribe", "prompt": HINTS},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 400},
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "marin"},
    },
    "tools": [TOOL],
    "tool_choice": "auto",
}


class Talk:
    """A session of the stock client that runs its tools as their examples do."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.events = Events()
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def listen(self) -> None:
        async for event in self.connection:
            if event.type == "response.output_item.done" and event.item.type == "function_call":
                assert event.item.name
                assert event.item.arguments
                self.calls.append((event.item.name, json.loads(event.item.arguments)))
                output = {"type": "function_call_output", "call_id": event.item.call_id, "output": WEATHER}
                await self.connection.conversation.item.create(item=output)  # type: ignore[arg-type]
            elif event.type == "response.done" and any(
                item.type == "function_call" for item in event.response.output or ()
            ):
                await self.connection.response.create()
            self.events.add(event.to_dict(mode="json"))

    async def type(self, text: str) -> None:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        await self.connection.conversation.item.create(item=item)  # type: ignore[arg-type]
        await self.connection.response.create()

    async def speak(self, text: str) -> None:
        pcm = spoken(text)
        for start in range(0, len(pcm), 4800):
            piece = base64.b64encode(pcm[start : start + 4800]).decode()
            await self.connection.input_audio_buffer.append(audio=piece)

    async def answered(self, with_text: str, after: int = 0) -> dict[str, Any]:
        """The end of the response whose transcript holds this text."""
        said = await self.events.until(
            "response.output_audio_transcript.done", lambda e: with_text in e["transcript"], after=after
        )
        return await self.events.until("response.done", _of(said["response_id"]))

    def sound(self, response_id: str) -> np.ndarray[Any, np.dtype[np.int16]]:
        """All the audio of a response."""
        deltas = [
            base64.b64decode(event["delta"])
            for event in self.events.all
            if event["type"] == "response.output_audio.delta" and event["response_id"] == response_id
        ]
        return np.frombuffer(b"".join(deltas), "<i2")


def _of(response_id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: event["response"]["id"] == response_id


@asynccontextmanager
async def talking(served: Served) -> AsyncIterator[Talk]:
    """A configured session. Ends with no error, and with no event that the client's types refuse."""
    async with (
        AsyncOpenAI(base_url=served.url, api_key=TOKEN) as client,
        client.realtime.connect(model="gpt-realtime-2.1") as connection,
        asyncio.TaskGroup() as group,
    ):
        _strictly(connection)
        talk = Talk(connection)
        listening = group.create_task(talk.listen())
        await talk.events.until("session.created")
        await connection.session.update(session=SESSION)  # type: ignore[arg-type]
        await talk.events.until("session.updated")
        yield talk
        listening.cancel()
    assert "error" not in talk.events.types(), [e for e in talk.events.all if e["type"] == "error"]


def _strictly(connection: AsyncRealtimeConnection) -> None:
    """The client takes what it is sent as it comes; here its types check it first."""
    parse = connection.parse_event

    def checked(data: str | bytes) -> Any:
        check_today(json.loads(data))
        return parse(data)

    connection.parse_event = checked  # type: ignore[method-assign]


async def test_a_typed_question_runs_a_tool_and_is_answered_aloud(served: Served) -> None:
    async with talking(served) as talk:
        await talk.type(f"{QUESTION}?")
        done = await talk.answered(WEATHER)
        assert talk.calls == [("get_weather", {"city": "London"})]
        assert done["response"]["status"] == "completed"
        assert done["response"]["audio"]["output"]["voice"] == "marin"
        sound = talk.sound(done["response"]["id"])
        assert len(sound) > 24_000
        assert np.abs(sound).max() > 1_000


async def test_a_spoken_question_is_written_down_runs_a_tool_and_is_answered(served: Served) -> None:
    async with talking(served) as talk:
        await talk.speak(QUESTION)
        heard = await talk.events.until("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"].lower() == QUESTION.lower()
        done = await talk.answered(WEATHER)
        assert talk.calls == [("get_weather", {"city": "london"})]
        assert np.abs(talk.sound(done["response"]["id"])).max() > 1_000


async def test_speech_interrupts_an_answer_that_is_being_made(served: Served) -> None:
    async with talking(served) as talk:
        await talk.type(LONG)
        first = await talk.events.until("response.output_audio.delta")
        await talk.speak(STOP)
        done = await talk.events.until("response.done", _of(first["response_id"]))
        assert done["response"]["status"] == "cancelled"
        assert done["response"]["status_details"]["reason"] == "turn_detected"
        await talk.answered(STOPPED)


async def test_a_client_cancels_an_answer_and_cuts_it_where_it_was_heard(served: Served) -> None:
    async with talking(served) as talk:
        await talk.type(LONG)
        first = await talk.events.until("response.output_audio.delta")
        await talk.connection.response.cancel()
        done = await talk.events.until("response.done", _of(first["response_id"]))
        assert done["response"]["status_details"]["reason"] == "client_cancelled"
        await talk.connection.conversation.item.truncate(
            item_id=first["item_id"], content_index=0, audio_end_ms=50
        )
        cut = await talk.events.until("conversation.item.truncated")
        assert cut["audio_end_ms"] == 50
        seen = len(talk.events.all)
        await talk.type(COUNT)
        await talk.answered("30", seen)


async def test_a_button_instead_of_turn_detection(served: Served) -> None:
    async with talking(served) as talk:
        await talk.connection.session.update(
            session={"type": "realtime", "audio": {"input": {"turn_detection": None}}}  # type: ignore[typeddict-item]
        )
        await talk.speak(QUESTION)
        await talk.connection.input_audio_buffer.commit()
        await talk.connection.response.create()
        await talk.answered(WEATHER)
        assert talk.calls == [("get_weather", {"city": "london"})]
        assert "input_audio_buffer.speech_started" not in talk.events.types()


async def test_an_answer_in_writing_beside_the_conversation(served: Served) -> None:
    async with talking(served) as talk:
        question = [{"type": "input_text", "text": "what is two plus three"}]
        await talk.connection.response.create(
            response={
                "conversation": "none",
                "metadata": {"topic": "sums"},
                "output_modalities": ["text"],
                "input": [{"type": "message", "role": "user", "content": question}],  # type: ignore[list-item,typeddict-item]
            }
        )
        done = await talk.events.until("response.done")
        assert done["response"]["metadata"] == {"topic": "sums"}
        assert done["response"]["output"][0]["content"][0]["text"] == "That is 5."
        assert "conversation.item.added" not in talk.events.types()


async def test_a_server_answers_a_pages_offer_follows_its_call_and_ends_it(served: Served) -> None:
    async with AsyncOpenAI(base_url=served.url, api_key=TOKEN) as client, Caller() as caller:
        answer = await client.realtime.calls.with_raw_response.create(
            sdp=await caller.offer(),
            session={"type": "realtime", "tools": [TOOL]},  # type: ignore[list-item]
        )
        call_id = answer.headers["Location"].split("/")[-1]
        await caller.accept(answer.text)
        async with client.realtime.connect(call_id=call_id) as connection, asyncio.TaskGroup() as group:
            _strictly(connection)
            talk = Talk(connection)
            listening = group.create_task(talk.listen())
            await talk.type(f"{QUESTION}?")
            await talk.answered(WEATHER)
            await caller.hears(lambda level: level > 500)
            assert talk.calls == [("get_weather", {"city": "London"})]
            await client.realtime.calls.hangup(call_id)
            await listening  # the socket ends with the call
        await asyncio.wait_for(caller.closed.wait(), PATIENCE)
        assert "error" not in talk.events.types() + caller.events.types()


async def test_a_secret_opens_a_session_with_the_settings_it_was_made_with(served: Served) -> None:
    async with AsyncOpenAI(base_url=served.url, api_key=TOKEN) as client:
        secret = await client.realtime.client_secrets.create(
            expires_after={"anchor": "created_at", "seconds": 60},
            session={"type": "realtime", "instructions": "Be brief."},
        )
        assert secret.value.startswith("ek_")
    async with (
        AsyncOpenAI(base_url=served.url, api_key=secret.value) as page,
        page.realtime.connect(model="gpt-realtime-2.1") as connection,
    ):
        _strictly(connection)
        created = await connection.recv()
        assert created.type == "session.created"
        assert created.session.instructions == "Be brief."


async def test_a_token_that_is_not_the_servers_is_refused_as_their_client_knows_it(served: Served) -> None:
    import websockets

    async with AsyncOpenAI(base_url=served.url, api_key="another") as client:
        with pytest.raises(websockets.InvalidStatus, match="401"):
            async with client.realtime.connect(model="gpt-realtime-2.1"):
                pass

"""The ``openai-agents`` package's own runner: alone by WebSocket, and beside a running WebRTC call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import numpy as np
import pytest
from agents import GuardrailFunctionOutput, function_tool, output_guardrail
from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession
from agents.realtime.events import RealtimeSessionEvent

from tests.engine.caller import Caller, Events
from tests.stock.said import COUNT, HINTS, QUESTION, STOP, STOPPED, WEATHER, spoken
from tests.stock.serving import TOKEN, Served

FORBIDDEN = "abracadabra"
INPUT = {
    "transcription": {"model": "gpt-4o-mini-transcribe", "prompt": HINTS},
    "turn_detection": {"type": "semantic_vad", "eagerness": "high", "interrupt_response": True},
}


class Talk:
    """A session of the runner; ``raw`` are the server's events, ``events`` the session's own."""

    def __init__(self, session: RealtimeSession, calls: list[str]) -> None:
        self.session = session
        self.calls = calls
        self.raw = Events()
        self.events = Events()
        self.sound = b""

    async def listen(self) -> None:
        async for event in self.session:
            self._take(event)

    def _take(self, event: RealtimeSessionEvent) -> None:
        if event.type == "raw_model_event" and event.data.type == "raw_server_event":
            self.raw.add(event.data.data)
            return
        if event.type == "audio":
            self.sound += event.audio.data
        kind = f"model {event.data.type}" if event.type == "raw_model_event" else event.type
        self.events.add({"type": kind, "event": event})

    async def answered(self, with_text: str) -> None:
        await self.raw.until(
            "response.output_audio_transcript.done", lambda event: with_text in event["transcript"]
        )

    def history(self, role: str) -> list[str]:
        """What each message of a role says, as the session keeps it."""
        latest = [event["event"].history for event in self.events.all if event["type"] == "history_updated"]
        return [
            str(getattr(part, "transcript", None) or getattr(part, "text", ""))
            for item in (latest[-1] if latest else [])
            if item.type == "message" and item.role == role
            for part in item.content
        ]

    async def heard(self, text: str) -> None:
        """Until the history says that the user said this."""
        await self.events.until(
            "history_updated", lambda event: text.lower() in (said.lower() for said in self.history("user"))
        )


@asynccontextmanager
async def running(config: dict[str, Any], audio: dict[str, Any]) -> AsyncIterator[Talk]:
    """A session with a tool. Ends without an error of the server, of a validator or of the client."""
    calls: list[str] = []

    @function_tool
    def get_weather(city: str) -> str:
        """The weather of a city."""
        calls.append(city)
        return WEATHER

    @output_guardrail
    def no_secrets(context: Any, agent: Any, output: str) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(None, tripwire_triggered=FORBIDDEN in output)

    billing: RealtimeAgent[Any] = RealtimeAgent(name="Billing", instructions="Mind the money.")
    agent: RealtimeAgent[Any] = RealtimeAgent(
        name="Weather",
        instructions="Be brief.",
        tools=[get_weather],
        handoffs=[billing],
        output_guardrails=[no_secrets],
    )
    runner = RealtimeRunner(agent)
    settings = {"audio": {"input": INPUT, **audio}}
    session = await runner.run(model_config={**config, "api_key": TOKEN, "initial_model_settings": settings})  # type: ignore[typeddict-item]
    async with session, asyncio.TaskGroup() as group:
        talk = Talk(session, calls)
        listening = group.create_task(talk.listen())
        await talk.raw.until("session.updated")
        yield talk
        listening.cancel()
    wrong = [event["event"] for event in talk.events.all if event["type"] in ("error", "model exception")]
    assert not [event for event in wrong if "no active response to cancel" not in repr(event)]
    # The client cancels what its guardrail does not like, and on a busy machine too late.
    assert not wrong or any(event["type"] == "guardrail_tripped" for event in talk.events.all)


@pytest.fixture
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert not [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


pytestmark = pytest.mark.usefixtures("quiet_log")


def alone(served: Served) -> Any:
    return running({"url": f"{served.socket}?model=gpt-realtime-2.1"}, {"output": {"voice": "ash"}})


async def test_a_typed_question_runs_the_tool_and_is_answered_aloud(served: Served) -> None:
    async with alone(served) as talk:
        await talk.session.send_message(f"{QUESTION}?")
        await talk.answered(WEATHER)
        await talk.events.until("audio_end")
        assert talk.calls == ["London"]
        tool = await talk.events.until("tool_end")
        assert (tool["event"].output, tool["event"].arguments) == (WEATHER, '{"city": "London"}')
        assert np.abs(np.frombuffer(talk.sound, "<i2")).max() > 1_000


async def test_a_spoken_question_is_in_the_history_and_runs_the_tool(served: Served) -> None:
    async with alone(served) as talk:
        await talk.session.send_audio(spoken(QUESTION))
        await talk.heard(QUESTION)
        await talk.answered(WEATHER)
        assert talk.calls == ["london"]
        await talk.events.until("audio_end")
        assert np.abs(np.frombuffer(talk.sound, "<i2")).max() > 1_000


async def test_the_session_interrupts_an_answer(served: Served) -> None:
    async with alone(served) as talk:
        await talk.session.send_message(COUNT)
        await talk.events.until("audio")
        await talk.session.interrupt()
        await talk.events.until("audio_interrupted")
        await _cut_short(talk)


async def test_speech_interrupts_an_answer(served: Served) -> None:
    async with alone(served) as talk:
        await talk.session.send_message(COUNT)
        await talk.events.until("audio")
        await talk.session.send_audio(spoken(STOP))
        await talk.events.until("audio_interrupted")
        await _cut_short(talk)
        await talk.heard(STOP)
        await talk.answered(STOPPED)


async def _cut_short(talk: Talk) -> None:
    """The server knows that the user has heard the beginning only, of some ten seconds."""
    cut = await talk.raw.until("conversation.item.truncated")
    assert cut["audio_end_ms"] < 5_000


async def test_a_question_for_another_agent_is_handed_over_and_the_session_goes_on(served: Served) -> None:
    async with alone(served) as talk:
        await talk.session.send_message("transfer to the billing agent")
        handoff = await talk.events.until("handoff")
        assert handoff["event"].to_agent.name == "Billing"
        await talk.raw.until("session.updated", lambda e: e["session"]["instructions"] == "Mind the money.")
        await talk.answered("Transfer to")
        await talk.session.send_message("what are your instructions")
        await talk.answered("Mind the money")


async def test_a_guardrail_stops_an_answer_and_says_why(served: Served) -> None:
    async with alone(served) as talk:
        await talk.session.send_message(f"repeat {FORBIDDEN} " + "and so on " * 40)
        await talk.events.until("guardrail_tripped")
        added = "conversation.item.added"
        await talk.raw.until(added, lambda event: "guardrail" in str(event["item"]).lower())


# --- beside a WebRTC call -----------------------------------------------------------------------------


@asynccontextmanager
async def beside(served: Served) -> AsyncIterator[tuple[Caller, Talk]]:
    """A caller by WebRTC and a runner that joins the call by its id."""
    async with Caller() as caller:
        async with (
            aiohttp.ClientSession() as http,
            http.post(
                f"{served.url}/realtime/calls",
                data=await caller.offer(),
                headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/sdp"},
            ) as reply,
        ):
            assert reply.status == 201
            call_id = reply.headers["Location"].split("/")[-1]
            await caller.accept(await reply.text())
        url = f"{served.socket}?call_id={call_id}"
        async with running({"url": url, "call_id": call_id}, {}) as talk:
            yield caller, talk
        assert "error" not in caller.events.types()


async def test_a_runner_beside_a_call_runs_the_tool_that_the_caller_asks_for(served: Served) -> None:
    async with beside(served) as (caller, talk):
        caller.microphone.say(spoken(QUESTION))
        await talk.heard(QUESTION)
        await talk.answered(WEATHER)
        assert talk.calls == ["london"]
        await caller.hears(lambda level: level > 500)


async def test_a_runner_beside_a_call_types_and_the_caller_hears_the_answer(served: Served) -> None:
    async with beside(served) as (caller, talk):
        await talk.session.send_message(f"{QUESTION}?")
        await talk.answered(WEATHER)
        assert talk.calls == ["London"]
        await caller.hears(lambda level: level > 500)


async def test_the_caller_talks_over_an_answer_and_the_runner_knows(served: Served) -> None:
    async with beside(served) as (caller, talk):
        await talk.session.send_message(COUNT)
        await caller.hears(lambda level: level > 500)
        caller.microphone.say(spoken(STOP))
        cut = await talk.raw.until("conversation.item.truncated")
        assert cut["audio_end_ms"] > 0
        await talk.heard(STOP)
        await talk.answered(STOPPED)

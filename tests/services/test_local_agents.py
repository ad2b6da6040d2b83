"""A RealtimeAgent at the real engine: by the session's own socket, and beside a WebRTC call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.agents.sdk.played import HEARD, PRICE, SORRY, llm
from tests.agents.sdk.travel import RUN_CONFIG, triage
from tests.engine.caller import Caller
from tests.talking import FakePage, Stage
from voice_widget.agents.sdk.given import SdkAgent
from voice_widget.services.local import Local
from voice_widget.threads.loop import submit
from voice_widget.tools.approvals import Decision


@pytest.fixture(scope="module")
def service() -> Iterator[Local]:
    service = Local(vad="level", tts="tone", script=[{"hear": "nothing", "say": ""}])
    submit(service.start()).result(60)
    yield service
    submit(service.close()).result(10)


def opened(service: Local, transport: str) -> tuple[Stage, dict[str, Any]]:
    context: dict[str, Any] = {}
    given = SdkAgent(triage(), context, llm, RUN_CONFIG)
    return Stage(service, agent=given, transport=transport, closes_service=False), context


def talk_about_prices(stage: Stage) -> None:
    """Typed, so that only the engine's own voice is heard."""
    stage.talk.send_text(HEARD[0]).result(10)

    def waiting() -> list[Any]:
        return [use for use in stage.talk.ledger.uses() if use["status"] == "waiting"]

    (asked,) = stage.wait(waiting, 20)
    stage.talk.decide(asked["tool_call_id"], Decision(True, "python")).result(10)
    stage.wait(lambda: any(turn["text"] == "2 seats booked." for turn in stage.turns), 20)
    stage.talk.send_text(HEARD[1]).result(10)
    stage.wait(lambda: any(turn["text"] == SORRY for turn in stage.turns), 30)


def kinds(stage: Stage) -> list[tuple[str, str]]:
    return [(use["kind"], use["status"]) for use in stage.talk.ledger.uses()]


ALL = [("handoff", "completed"), ("function", "completed"), ("guardrail", "completed")]


def test_by_its_socket_the_agent_is_run_as_at_any_service(service: Local) -> None:
    stage, context = opened(service, "memory")
    try:
        stage.talk.connect().result(30)
        talk_about_prices(stage)
        assert (kinds(stage), context, stage.problems) == (ALL, {"booked": 2}, [])
        assert stage.talk.settings().instructions == "You book."
    finally:
        stage.close()


async def test_beside_a_call_a_guardrail_silences_what_is_buffered(service: Local) -> None:
    stage, context = opened(service, "webrtc")
    page = FakePage(stage)
    try:
        async with Caller() as caller:
            page.say("call.pending")
            request = page.ask("call.open", sdp=await caller.offer(), microphone=True)
            answer = await asyncio.to_thread(page.reply, request, 30)
            assert answer["type"] == "answer", answer
            await caller.accept(answer["sdp"])
            page.say("call.peer", call=answer["call"], state="connected")
            await asyncio.to_thread(stage.has, connection_state="connected")
            await asyncio.to_thread(talk_about_prices, stage)
        assert (kinds(stage), context, stage.problems) == (ALL, {"booked": 2}, [])
        sent = [entry.event["type"] for entry in stage.talk.events if entry.direction == "sent"]
        heard = [entry.event["type"] for entry in stage.talk.events if entry.direction == "received"]
        assert "output_audio_buffer.clear" in sent
        assert "conversation.item.truncate" not in sent
        assert "response.cancel" in sent or "output_audio_buffer.cleared" in heard
        # Of 2.4 s of sound hardly any was heard.
        (cut,) = [row for row in stage.rows() if row["text"] and PRICE.startswith(row["text"])]
        assert cut["interrupted"]
        assert cut["text_heard"] != PRICE
    finally:
        await asyncio.to_thread(stage.close)

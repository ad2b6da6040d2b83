"""Two agents of the Agents SDK hand over, ask for leave and are silenced: the same by every way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from agents import Agent, GuardrailFunctionOutput, RunContextWrapper, function_tool, output_guardrail
from agents.realtime import RealtimeAgent

from tests.agents.sdk.played import HEARD, PRICE, SORRY, llm
from tests.agents.sdk.scripted import BOOKED, by_the_sdk, streams
from tests.agents.sdk.travel import RUN_CONFIG, triage
from tests.services.tool_talk import WAYS, Talked
from tests.stock.serving import Served, serve
from tests.talking import Stage
from voice_widget.agents import ToolCall, Turn
from voice_widget.agents.sdk.given import SdkAgent
from voice_widget.services.local import Local
from voice_widget.tools.approvals import Decision

EARS = "tests.agents.sdk.played:Ears"
TRIP = "guardrail triggered: no_prices"
LONG_PRICE = "Four hundred dollars for the two of you. " * 5 + "Really."
TONE_MS = 300  # a word of this voice


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serve(
        "--vad", "level", "--stt", EARS, "--tts", "tone", "--agent", "tests.agents.sdk.played:llm"
    ) as served:
        yield served


@pytest.fixture(scope="module")
def by_sdk() -> dict[str, list[str]]:
    """What the session tells by the SDK's own scripted model."""
    events, _ = asyncio.run(by_the_sdk({}))
    return streams(events)


def test_a_slow_guardrail_silences_what_sounds_though_the_next_answer_is_made() -> None:
    release = threading.Event()

    @function_tool
    def look() -> str:
        """Look."""
        return "seen"

    @output_guardrail
    async def no_prices(
        context: RunContextWrapper[Any], agent: Agent[Any], output: Any
    ) -> GuardrailFunctionOutput:
        assert await asyncio.to_thread(release.wait, 20)
        return GuardrailFunctionOutput("a price", tripwire_triggered="dollars" in output)

    def model(turn: Turn) -> Iterator[Any]:
        if turn.results:
            yield "That is all there is."
        else:
            yield LONG_PRICE
            yield ToolCall("look")

    agent: RealtimeAgent[Any] = RealtimeAgent("one", tools=[look], output_guardrails=[no_prices])
    stage = Stage(Local(vad="level", stt=EARS, tts="tone"), agent=SdkAgent(agent, None, model, RUN_CONFIG))
    with closing(stage):
        stage.talk.connect().result(30)
        stage.talk.send_text("go").result(10)

        def responses() -> int:
            return sum(e.event["type"] == "response.created" for e in stage.talk.events)

        stage.wait(lambda: responses() == 2 and stage.talk.session.sounding, 30)
        release.set()
        answer = stage.wait(
            lambda: [row for row in stage.rows() if row["text"] == LONG_PRICE and row["interrupted"]], 30
        )[0]
        stage.has(activity="idle")
        assert answer["stopped_by"] == "interrupt"
        assert len(answer["text_heard"].split()) < len(LONG_PRICE.split()) / 2


@pytest.mark.parametrize("way", WAYS)
def test_what_two_agents_do(server: Served, by_sdk: dict[str, list[str]], way: str) -> None:
    context: dict[str, Any] = {}
    given = SdkAgent(triage(), context, llm, RUN_CONFIG)
    told: list[Any] = []
    with ExitStack() as held:
        talk = Talked(way, server, held, ears=EARS, agent=given)
        stage = talk.stage
        assert stage.talk.agent is not None
        stage.talk.agent.listener = lambda heard: told.append(heard["event"])

        def uses() -> list[Any]:
            return stage.talk.ledger.uses()

        talk.ask()
        stage.wait(lambda: [use["status"] for use in uses()] == ["completed", "waiting"], 30)
        assert context == {}
        stage.talk.decide(uses()[1]["tool_call_id"], Decision(True, "python")).result(10)
        talk.says(BOOKED)
        talk.ask()
        stage.wait(lambda: talk.answers[-1:] == [SORRY], 30)
        stage.wait(lambda: streams(told) == by_sdk, 10)
        assert [row["text"] for row in stage.rows()] == [HEARD[0], BOOKED, HEARD[1], PRICE, TRIP, SORRY]
        assert [row["interrupted"] for row in stage.rows()] == [False, False, False, True, False, False]
        assert [
            (use["kind"], use["name"], use["approval"], use["output"], use["status"]) for use in uses()
        ] == [
            ("handoff", "transfer_to_booking", None, '{"assistant": "booking"}', "completed"),
            ("function", "book", "approved", BOOKED, "completed"),
            ("guardrail", "no_prices", None, "a price", "completed"),
        ]
        assert context == {"booked": 2}
        # By whatever way it went, the answer was silenced, and by us: also what was buffered.
        assert [row["stopped_by"] for row in stage.rows() if row["interrupted"]] == ["interrupt"]
        if talk.page is not None:
            whole_ms = sum(len(text.split()) for text in (BOOKED, PRICE, SORRY)) * TONE_MS
            assert talk.page.heard_ms < whole_ms - 2 * TONE_MS
        assert stage.talk.settings().instructions == "You book."
        assert stage.problems == []

"""What an agent tells beside its words reaches the tables and the notice, in a talk by the real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.agents.houses.talking import answer_to, talk_with
from voice_widget.agents import Notice, Piece, ToolRun, Turn, Usage


def agent(turn: Turn) -> Iterator[Piece]:
    yield Notice("history_cut", "Some of it is cut.", "Ask for less.", {"messages": 3})
    yield ToolRun("call_1", "look", {"at": "tips"})
    yield ToolRun("call_1", output="42")
    yield "It is 42."
    yield Usage(input_tokens=70, output_tokens=9, cached_tokens=64, reasoning_tokens=4)


async def test_it_reaches_the_tables_and_the_notice():
    async with talk_with(agent) as w:
        assert await answer_to(w, "how much is it") == "It is 42."
        assert w.notice == {
            "code": "history_cut",
            "message": "Some of it is cut.",
            "next_step": "Ask for less.",
        }
    [tool] = w.tool_calls_df.to_dict("records")
    assert [tool[name] for name in ("name", "arguments", "output", "status")] == [
        *("look", '{"at": "tips"}', "42", "completed"),
    ]
    assert tool["duration_ms"] >= 0
    assert tool["seq"] == 1
    responses = w.metrics_df[w.metrics_df["kind"] == "response"]
    names = [
        "input_tokens",
        "output_tokens",
        "cached_text_tokens",
        "uncached_text_tokens",
        "reasoning_tokens",
    ]
    assert responses[names].to_numpy().tolist() == [[70, 9, 64, 6, 4]]
    kept = map(json.loads, w.events_df["event"])
    noticed = [event for event in kept if event["type"] == "voice_widget.agent.noticed"]
    assert [event["details"] for event in noticed] == [{"messages": 3}]


async def test_a_tool_that_the_agent_ran_is_not_told_again():
    histories: list[int] = []

    def asked(turn: Turn) -> Iterator[Piece]:
        histories.append(sum(message.role == "tool" for message in turn.history))
        yield from agent(turn)

    async with talk_with(asked) as w:
        await answer_to(w, "how much is it")
        await answer_to(w, "and now")
    assert histories == [0, 0]
    assert list(w.tool_calls_df["status"]) == ["completed"] * 2

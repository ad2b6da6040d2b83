"""The agent beside the engine: asked for each answer, stopped when nobody wants it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

from tests.engine.caller import PATIENCE
from tests.engine.rig import Rig, Socket, engine
from voice_widget.agents import Agent, Message, ToolCall, Turn
from voice_widget.agents.builtin.agent import Assistant
from voice_widget.agents.builtin.attendant import Attendant
from voice_widget.errors import AgentError
from voice_widget.threads.work import Work

WRITTEN = {"type": "response.create", "response": {"output_modalities": ["text"]}}
ADD = {"type": "function", "name": "add", "parameters": {"type": "object", "properties": {}}}


def attended(agent: Agent, *, timeout_s: float = 5.0) -> AbstractAsyncContextManager[Rig]:
    work = Work()
    return engine(companion=lambda send: Attendant(agent, work, send, timeout_s=timeout_s))


async def typed(socket: Socket, text: str, **response: Any) -> dict[str, Any]:
    """Type something, and give the response that comes of it."""
    begun = len(socket.events.all)
    part = {"type": "input_text", "text": text}
    item = {"type": "message", "role": "user", "content": [part]}
    await socket.send({"type": "conversation.item.create", "item": item})
    written = {"output_modalities": ["text"], **response}
    await socket.send({"type": "response.create", "response": written})
    done = await socket.events.until("response.done", after=begun)
    return dict(done["response"])


def text_of(response: dict[str, Any]) -> str:
    return str(response["output"][0]["content"][0]["text"])


async def opened(rig: Rig) -> Socket:
    socket = await rig.socket("model=any")
    await socket.events.until("session.created")
    return socket


class Asked:
    """An agent that keeps its turns."""

    def __init__(self, answer: Callable[[Turn], Any]) -> None:
        self.turns: list[Turn] = []
        self.answer = answer

    def __call__(self, turn: Turn) -> Any:
        self.turns.append(turn)
        return self.answer(turn)


async def test_a_call_that_nobody_answers_is_not_made_again():
    async with attended(Assistant()) as rig:
        socket = await opened(rig)
        settings = {"type": "realtime", "tools": [ADD]}
        await socket.send({"type": "session.update", "session": settings})
        first = await typed(socket, "please add")
        assert [item["type"] for item in first["output"]] == ["function_call"]
        for _ in range(3):
            begun = len(socket.events.all)
            await socket.send(WRITTEN)
            done = await socket.events.until("response.done", after=begun)
            assert text_of(done["response"]) == "Add failed: no result has come. "


async def test_asked_again_with_instructions_it_does_not_give_the_last_answer_again():
    async with attended(Assistant()) as rig:
        socket = await opened(rig)
        assert text_of(await typed(socket, "what is two plus two")) == "That is 4."
        begun = len(socket.events.all)
        await socket.send(
            {
                "type": "response.create",
                "response": {**WRITTEN["response"], "instructions": "Greet the user."},
            }
        )
        done = await socket.events.until("response.done", after=begun)
        assert text_of(done["response"]).startswith("Hello, I am the built-in agent")
        part = {"type": "input_text", "text": 'Say "Two minutes left."'}
        item = {"type": "message", "role": "system", "content": [part]}
        await socket.send({"type": "conversation.item.create", "item": item})
        begun = len(socket.events.all)
        await socket.send(WRITTEN)
        done = await socket.events.until("response.done", after=begun)
        assert text_of(done["response"]) == "Two minutes left."


async def test_it_is_told_what_was_said_and_what_it_may_do():
    agent = Asked(lambda turn: f"Answer to {turn.text}.")
    async with attended(agent) as rig:
        socket = await opened(rig)
        settings = {"type": "realtime", "instructions": "Be kind.", "tools": [ADD], "tool_choice": "required"}
        await socket.send({"type": "session.update", "session": settings})
        assert text_of(await typed(socket, "one")) == "Answer to one."
        await typed(socket, "two", instructions="Be brief.", tool_choice="none")
        await typed(socket, "three", tool_choice="auto")
        await socket.send({"type": "session.update", "session": {"type": "realtime", "tool_choice": "auto"}})
        named = {"type": "function", "name": "add"}
        for choice in ("required", named, "auto"):
            await typed(socket, "four", tool_choice=choice)
    first, second, *others = agent.turns
    assert (first.text, first.history, first.instructions) == ("one", (), "Be kind.")
    assert (list(first.tools), first.tool_choice) == ([ADD], "required")
    assert second.history == (Message("user", "one"), Message("assistant", "Answer to one."))
    assert (second.instructions, list(second.tools), second.tool_choice) == ("Be brief.", [], "auto")
    assert [turn.tool_choice for turn in others] == ["auto", "required", "required", "auto"]


async def test_what_a_tool_returned_comes_with_the_question_that_wanted_it():
    def answer(turn: Turn) -> Any:
        if turn.history:
            return f"It is {turn.history[-1].text}."
        return iter(["One moment.", ToolCall("add", {"a": 2})])

    agent = Asked(answer)
    async with attended(agent) as rig:
        socket = await opened(rig)
        [_, call] = (await typed(socket, "add two", tools=[ADD]))["output"]
        assert (call["name"], call["arguments"]) == ("add", '{"a": 2}')
        done = len(socket.events.all)
        item = {"type": "function_call_output", "call_id": call["call_id"], "output": "4"}
        await socket.send({"type": "conversation.item.create", "item": item})
        await socket.send(WRITTEN)
        said = await socket.events.until("response.output_text.done", after=done)
    assert said["text"] == "It is 4."
    output = Message("tool", "4", "add", '{"a": 2}', call["call_id"], spoken="One moment.")
    assert (agent.turns[1].text, agent.turns[1].history) == ("add two", (output,))


async def test_an_answer_that_is_cancelled_stops_the_agent():
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def talkative(turn: Turn) -> Iterator[str]:
        yield "Well, "
        turn.cancelled.wait(PATIENCE)
        if turn.cancelled.is_set():
            loop.call_soon_threadsafe(stopped.set)
        yield "you see."

    async with attended(talkative) as rig:
        socket = await opened(rig)
        await socket.send(WRITTEN)
        await socket.events.until("response.output_text.delta")
        await socket.send({"type": "response.cancel"})
        async with asyncio.timeout(PATIENCE):
            await stopped.wait()
        assert (await socket.events.until("response.done"))["response"]["status"] == "cancelled"


async def test_a_session_that_ends_stops_the_agent():
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def patient(turn: Turn) -> Iterator[str]:
        yield "Well, "
        turn.cancelled.wait(PATIENCE)
        if turn.cancelled.is_set():
            loop.call_soon_threadsafe(stopped.set)

    async with attended(patient) as rig:
        socket = await opened(rig)
        await socket.send(WRITTEN)
        await socket.events.until("response.output_text.delta")
        await socket.close()
        async with asyncio.timeout(PATIENCE):
            await stopped.wait()


async def test_what_goes_wrong_is_told_in_the_agents_words_and_costs_its_turn_only():
    def broken(turn: Turn) -> str:
        if turn.text == "fail":
            raise AgentError("The oracle is out.", code="oracle_out", next_step="Come back later.")
        return "Fine."

    async with attended(broken) as rig:
        socket = await opened(rig)
        failed = await typed(socket, "fail")
        assert failed["status"] == "failed"
        assert failed["status_details"]["error"]["code"] == "oracle_out"
        assert "The oracle is out." in failed["status_details"]["error"]["message"]
        assert text_of(await typed(socket, "go on")) == "Fine."


async def test_an_agent_that_says_nothing_is_given_up():
    def silent(turn: Turn) -> str:
        turn.cancelled.wait(PATIENCE)
        return "Too late."

    async with attended(silent, timeout_s=0.1) as rig:
        failed = await typed(await opened(rig), "hello")
        assert failed["status_details"]["error"]["code"] == "agent_timeout"


async def test_sessions_do_not_hear_each_other():
    agent = Asked(lambda turn: "Yes.")
    async with attended(agent) as rig:
        first, second = await opened(rig), await opened(rig)
        await typed(first, "one")
        await typed(second, "two")
    assert [turn.history for turn in agent.turns] == [(), ()]

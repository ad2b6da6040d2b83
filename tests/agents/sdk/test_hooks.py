"""The hooks of a RealtimeAgent, by the SDK's own scripted model: they are called, and once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from agents import RunContextWrapper
from agents.realtime import RealtimeAgent, RealtimeAgentHooks, RealtimeRunner
from agents.realtime.testing import ScriptedRealtimeModel
from agents.tool_context import ToolContext

from tests.agents.sdk.played import HEARD, PRICE
from tests.agents.sdk.scripted import BOOKED, RESPONSES, SCRIPT, calls, hears
from tests.agents.sdk.travel import RUN_CONFIG, triage
from voice_widget.agents.sdk import hooks as under_test
from voice_widget.agents.sdk.session import TalkSession

NAMES = {"on_start", "on_end", "on_handoff", "on_tool_start", "on_tool_end"}


class Kept(RealtimeAgentHooks):
    """Keeps what it is told, with the object that is the context."""

    def __init__(self, told: list[tuple[Any, ...]]) -> None:
        self.told, self.contexts = told, list[RunContextWrapper[Any]]()

    def keep(self, context: RunContextWrapper[Any], *what: Any) -> None:
        self.contexts.append(context)
        self.told.append(what)

    async def on_start(self, context: Any, agent: Any) -> None:
        await asyncio.sleep(0)  # the next one waits for it
        self.keep(context, "start", agent.name)

    async def on_end(self, context: Any, agent: Any, output: Any) -> None:
        self.keep(context, "end", agent.name, output)

    async def on_handoff(self, context: Any, agent: Any, source: Any) -> None:
        self.keep(context, "handoff", source.name, agent.name)

    async def on_tool_start(self, context: Any, agent: Any, tool: Any) -> None:
        self.keep(context, "tool_start", agent.name, tool.name)

    async def on_tool_end(self, context: Any, agent: Any, tool: Any, result: Any) -> None:
        self.keep(context, "tool_end", agent.name, tool.name, result)


class Failing(RealtimeAgentHooks):
    """Raises whatever it is asked."""

    async def on_start(self, context: Any, agent: Any) -> None:
        raise KeyError("start")

    async def on_tool_start(self, context: Any, agent: Any, tool: Any) -> None:
        raise KeyError("tool")


class Watch:
    """Keeps what was raised."""

    def __init__(self) -> None:
        self.hooks: list[tuple[str, str, str]] = []

    def tool_raised(self, call_id: str, error: Exception) -> None:
        raise AssertionError(error)

    def guardrail_raised(self, name: str, text: str, took_ms: int, error: Exception) -> None:
        raise AssertionError(error)

    def hook_raised(self, name: str, agent: str, error: Exception) -> None:
        self.hooks.append((name, agent, str(error)))


async def played(session: Any, model: ScriptedRealtimeModel) -> None:
    """The two agents' talk, to its end."""
    ended = 0
    async with session:

        async def talk() -> None:
            await model.emit(*hears(1, HEARD[0]), *calls(1, "transfer_to_booking", "{}"))

        talking = asyncio.create_task(talk())
        async for event in session:
            if isinstance(session, TalkSession):
                session.hooks.hear(event)
            if event.type == "tool_approval_required":
                await session.approve_tool_call(event.call_id)
            ended += event.type == "agent_end"
            if ended == RESPONSES:
                break
        await talking
    model.assert_complete()


def with_hooks(hooks: Any) -> RealtimeAgent[Any]:
    first = triage()
    for agent in (first, *first.handoffs):
        agent.hooks = hooks  # type: ignore[union-attr]
    return first


def in_a_talk(hooks: Any, watch: Watch, context: Any) -> None:
    model = ScriptedRealtimeModel(SCRIPT)
    asyncio.run(
        played(
            TalkSession(watch, model=model, agent=with_hooks(hooks), context=context, run_config=RUN_CONFIG),
            model,
        )
    )


def test_the_sdks_own_session_calls_none() -> None:
    """Should it begin to: then what it calls is left to it, as `CALLED_BY_SDK` says."""
    told: list[tuple[Any, ...]] = []
    model = ScriptedRealtimeModel(SCRIPT)
    runner = RealtimeRunner(with_hooks(Kept(told)), model=model, config=RUN_CONFIG)

    async def run() -> None:
        await played(await runner.run(context={}), model)

    asyncio.run(run())
    assert told == []
    assert not NAMES & under_test.CALLED_BY_SDK


def test_each_is_called_in_its_order_with_the_users_context() -> None:
    told: list[tuple[Any, ...]] = []
    watch = Watch()
    context: dict[str, Any] = {}
    hooks = Kept(told)
    in_a_talk(hooks, watch, context)
    assert told[:8] == [
        ("start", "triage"),
        ("end", "triage", ""),
        ("handoff", "triage", "booking"),
        ("start", "booking"),
        ("end", "booking", ""),
        ("tool_start", "booking", "book"),
        ("tool_end", "booking", "book", BOOKED),
        ("start", "booking"),
    ]
    said = [what[2].strip() for what in told if what[0] == "end" and what[2]]
    assert said[:2] == [BOOKED, PRICE]
    assert all(one.context is context for one in hooks.contexts)
    (started,) = (one for one, what in zip(hooks.contexts, told, strict=True) if what[0] == "tool_start")
    assert isinstance(started, ToolContext)
    assert (started.tool_call_id, started.tool_arguments) == ("call_2", '{"seats": 2}')
    assert (context, watch.hooks) == ({"booked": 2}, [])


def test_what_the_sdk_calls_by_itself_is_not_called_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "CALLED_BY_SDK", frozenset({"on_start", "on_tool_end"}))
    told: list[tuple[Any, ...]] = []
    in_a_talk(Kept(told), Watch(), {})
    assert {what[0] for what in told} == {"end", "handoff", "tool_start"}


def test_one_that_raises_is_told_and_all_goes_on() -> None:
    watch = Watch()
    context: dict[str, Any] = {}
    in_a_talk(Failing(), watch, context)
    assert ("on_start", "triage", "'start'") in watch.hooks
    assert ("on_tool_start", "booking", "'tool'") in watch.hooks
    assert context == {"booked": 2}

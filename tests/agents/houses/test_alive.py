"""What agents of other packages do without a word is a sign of life: each step, message and event."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from voice_widget.agents import Thinking, Turn, Usage
from voice_widget.agents.houses import pydantic_ai, smolagents
from voice_widget.agents.houses.langgraph import LangGraph


def test_each_step_of_smolagents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smolagents, "_with_memory", lambda agent, turn: agent)
    uncounted = type("ActionStep", (), {"token_usage": None, "tool_calls": None})()
    agent = SimpleNamespace(
        run=lambda text, **options: (step for step in [uncounted, uncounted]), interrupt=lambda: None
    )
    assert list(smolagents.Smolagents(agent)(Turn("hello"))) == [Thinking(), Thinking()]


async def test_each_update_of_langgraph() -> None:
    async def astream(given: Any, config: Any, stream_mode: Any) -> AsyncIterator[tuple[str, Any]]:
        yield "updates", {"look": {"documents": 3}}

    pieces = [piece async for piece in LangGraph(SimpleNamespace(astream=astream))(Turn("hello"))]
    assert pieces == [Thinking(), Usage()]


async def test_each_event_of_pydantic_ai(monkeypatch: pytest.MonkeyPatch) -> None:
    capabilities = ModuleType("pydantic_ai.capabilities")
    capabilities.ReinjectSystemPrompt = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pydantic_ai", ModuleType("pydantic_ai"))
    monkeypatch.setitem(sys.modules, "pydantic_ai.capabilities", capabilities)
    monkeypatch.setattr(pydantic_ai, "_messages", lambda turn: [])

    @asynccontextmanager
    async def events(text: str | None, **options: Any) -> AsyncIterator[AsyncIterator[Any]]:
        async def thoughts() -> AsyncIterator[Any]:
            yield SimpleNamespace(event_kind="part_end")

        yield thoughts()

    agent = pydantic_ai.PydanticAI(SimpleNamespace(run_stream_events=events))
    assert [piece async for piece in agent(Turn("hello"))] == [Thinking()]

"""MCP servers that the kernel calls, in a talk: offered, called, and let go of."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent

from tests.talking import Stage
from voice_widget.agents import ToolCall, Turn
from voice_widget.agents.sdk.given import SdkAgent
from voice_widget.services.scripted import ScriptedService
from voice_widget.talk import local_servers
from voice_widget.tools.local_mcp import LocalMcp

COMMAND = [sys.executable, str(Path(__file__).parents[1] / "tools" / "mcp_server.py")]
Open = Callable[..., Stage]


@pytest.fixture
def open_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.setattr(local_servers, "READY_S", 60.0)  # a process begins; other tests may run beside
    stages: list[Stage] = []

    def make(*tools: Any, **options: Any) -> Stage:
        options = {"agent": agent, **options}
        stages.append(stage := Stage(ScriptedService([]), tools=tools, **options))
        stage.talk.connect().result(90)
        return stage

    yield make
    for stage in stages:
        stage.close()


def agent(turn: Turn) -> Any:
    if turn.results:
        return f"{turn.results[-1].text} It is."
    name, _, port = turn.text.partition(" ")
    return ToolCall(name, {"port": port} if port else {})


def offered(stage: Stage) -> list[str]:
    return [tool["name"] for tool in stage.talk.config.tools or ()]


def says(stage: Stage, text: str) -> None:
    stage.wait(lambda: any(text in turn["text"] for turn in stage.turns), 60)


def gauge() -> str:
    """Of the notebook's own."""
    return "dry"


def test_its_tools_are_offered_from_the_first_call_on_and_called(open_stage: Open) -> None:
    server = LocalMcp(COMMAND, allowed_tools=["high_water", "gauge", "die"], start_timeout_s=60)
    stage = open_stage(gauge, server)
    # The notebook's own keeps its name.
    assert offered(stage) == ["gauge", "high_water", "mcp_server_gauge", "die"]
    begun = stage.client_events("session.update")[0]
    assert [tool["name"] for tool in begun["session"]["tools"]] == offered(stage)
    stage.talk.send_text("high_water Ostend").result(10)
    says(stage, "In Ostend at 14:10. It is.")
    stage.talk.send_text("die").result(10)
    says(stage, "has ended. It says: The sea took me.")
    stage.talk.send_text("high_water Oslo").result(10)
    says(stage, "In Oslo at 14:10. It is.")
    assert [use["status"] for use in stage.talk.ledger.uses()] == ["completed", "failed", "completed"]
    assert stage.talk.kept()[0][-1] is server  # for another widget; its tools come with it
    assert [getattr(tool, "name", "") for tool in stage.talk.kept()[0]] == ["gauge", "mcp_server"]


def test_one_that_does_not_start_is_a_notice_and_the_talk_goes_on(open_stage: Open) -> None:
    stage = open_stage(gauge, LocalMcp([sys.executable, "-c", "import sys; sys.exit('no sea')"], name="sea"))
    stage.wait(lambda: stage.states().get("notice"))
    notice = stage.states()["notice"]
    assert notice["code"] == "mcp_failed"
    assert "'sea' did not start" in notice["message"]
    assert "no sea" in notice["message"]
    stage.talk.send_text("gauge").result(10)
    says(stage, "dry It is.")


def test_one_that_did_not_start_is_started_with_the_next_call(open_stage: Open, tmp_path: Path) -> None:
    program = tmp_path / "sea.py"
    stage = open_stage(LocalMcp([sys.executable, str(program)], allowed_tools=["gauge"], start_timeout_s=60))
    stage.wait(lambda: stage.states().get("notice"))
    assert offered(stage) == []
    program.write_text(Path(COMMAND[1]).read_text())
    stage.talk.disconnect().result(20)
    stage.talk.connect().result(60)
    stage.wait(lambda: offered(stage) == ["gauge"])
    stage.wait(lambda: stage.states().get("notice") is None)


def test_it_ends_with_the_last_talk_that_has_it(open_stage: Open) -> None:
    server = LocalMcp(COMMAND, start_timeout_s=60)
    one, other = open_stage(server), open_stage(server)
    serving = server._serving
    assert serving is not None
    one.close()
    assert not serving.done()
    other.close()
    assert serving.done()


@function_tool(name_override="gauge")
def agents_gauge() -> str:
    """Of the agent's own."""
    return "wet"


def model(turn: Turn) -> Any:
    return f"{turn.results[-1].text} It is." if turn.results else ToolCall(turn.text, {})


def test_beside_an_agents_own_tool_of_the_same_name_both_are_called(open_stage: Open) -> None:
    weather: RealtimeAgent[Any] = RealtimeAgent("weather", instructions="Be brief.", tools=[agents_gauge])
    server = LocalMcp(COMMAND, allowed_tools=["gauge"], start_timeout_s=60)
    stage = open_stage(server, agent=SdkAgent(weather, llm=model))
    stage.wait(lambda: sorted(offered(stage)) == ["gauge", "mcp_server_gauge"])
    stage.talk.send_text("gauge").result(10)
    says(stage, "wet It is.")
    stage.talk.send_text("mcp_server_gauge").result(10)
    says(stage, '"metres"')
    stage.talk.disconnect().result(20)
    stage.talk.connect().result(60)
    assert sorted(offered(stage)) == ["gauge", "mcp_server_gauge"]

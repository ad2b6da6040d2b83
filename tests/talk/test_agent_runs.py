"""A RealtimeAgent in a talk: its own runner runs it, and the talk says, answers and silences."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from agents import Agent, GuardrailFunctionOutput, RunContextWrapper, function_tool, output_guardrail
from agents.mcp import MCPServer
from agents.realtime import RealtimeAgent, realtime_handoff
from mcp.types import CallToolResult, TextContent
from mcp.types import Tool as MCPTool

from tests.agents.chat_endpoint import calls, endpoint, says
from tests.agents.sdk.played import HEARD, PRICE, SORRY, llm
from tests.agents.sdk.travel import RUN_CONFIG, triage
from tests.talking import FakePage, PeerService, Stage
from voice_widget.agents import ToolCall, Turn
from voice_widget.agents.chat import Chat
from voice_widget.agents.sdk import running
from voice_widget.agents.sdk.given import SdkAgent
from voice_widget.errors import AgentError, SettingError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.records import ToolRow
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted import ScriptedService
from voice_widget.talk import agent_runs
from voice_widget.threads.loop import call, loop
from voice_widget.threads.own_loop import AGENT_THREAD
from voice_widget.tools.approvals import Decision
from voice_widget.tools.hosted_mcp import HostedMcp
from voice_widget.tools.tool import Tool

Open = Callable[..., Stage]


@pytest.fixture
def open_stage() -> Iterator[Open]:
    stages: list[Stage] = []

    def make(given: SdkAgent, *tools: Any, service: Any = None, script: Any = (), **options: Any) -> Stage:
        stages.append(stage := Stage(service or ScriptedService(script), agent=given, tools=tools, **options))
        heard = stage.__dict__.setdefault("heard", [])
        assert stage.talk.agent is not None
        stage.talk.agent.listener = heard.append
        return stage

    yield make
    for stage in stages:
        stage.close()


def events(stage: Stage) -> list[Any]:
    return [told["event"] for told in stage.__dict__["heard"]]


def types(stage: Stage) -> list[str]:
    return [event.type for event in events(stage)]


def uses(stage: Stage) -> list[ToolRow]:
    return stage.talk.ledger.uses()


def outputs(stage: Stage) -> list[str]:
    items = [event["item"] for event in stage.client_events("conversation.item.create")]
    return [item["output"] for item in items if item["type"] == "function_call_output"]


def waiting(stage: Stage) -> ToolRow:
    return stage.wait(lambda: [use for use in uses(stage) if use["status"] == "waiting"])[0]


def caller(*calls: ToolCall) -> Callable[[Turn], Any]:
    """A model that calls these together, and then says what they gave."""

    def model(turn: Turn) -> Iterator[Any]:
        if turn.results:
            yield " ".join(message.text for message in turn.results)
        elif turn.text == "go":
            yield from calls
        else:
            yield "Well."

    return model


@function_tool
def temperature(city: str) -> str:
    """How warm it is.

    Args:
        city: The city.
    """
    return f"12 in {city}"


def one_tool(tool: Any = temperature, **more: Any) -> RealtimeAgent[Any]:
    return RealtimeAgent("weather", instructions="Be brief.", tools=[tool], **more)


class Server(MCPServer):
    """A server of tools, in this process."""

    name = "words"
    session = None

    def __init__(self) -> None:
        super().__init__()
        self.let_go, self.threads = threading.Event(), list[str]()

    async def connect(self) -> None:
        self.threads.append(threading.current_thread().name)

    async def cleanup(self) -> None:
        self.threads.append(threading.current_thread().name)
        self.let_go.set()

    async def list_tools(self, run_context: Any = None, agent: Any = None) -> list[Any]:
        words = {"type": "object", "properties": {"word": {"type": "string"}}}
        return [MCPTool(name="look_up", description="A word.", inputSchema=words)]

    async def call_tool(self, tool_name: str, arguments: Any, meta: Any = None) -> Any:
        return CallToolResult(content=[TextContent(type="text", text=f"{arguments['word']}: a small gift")])

    async def list_prompts(self) -> Any:
        raise NotImplementedError

    async def get_prompt(self, name: str, arguments: Any = None) -> Any:
        raise NotImplementedError


def test_the_sdk_runs_its_tool_and_the_talk_answers_it_once(open_stage: Open) -> None:
    given = SdkAgent(one_tool(), llm=caller(ToolCall("temperature", {"city": "Oslo"})))
    stage = open_stage(given, script=[{"hear": "go", "say": ""}])
    stage.talk.connect().result(20)
    assert [row["text"] for row in stage.finished(2)] == ["go", "12 in Oslo"]
    (use,) = uses(stage)
    assert (use["kind"], use["name"], use["output"], use["status"]) == (
        "function",
        "temperature",
        "12 in Oslo",
        "completed",
    )
    assert outputs(stage) == ["12 in Oslo"]
    assert len(stage.client_events("response.create")) == 1
    stage.wait(lambda: {"tool_start", "tool_end", "agent_start", "agent_end"} <= set(types(stage)))
    told = [e.event["type"] for e in stage.talk.events if e.event["type"].startswith("voice_widget.tool.")]
    assert [kind.rpartition(".")[2] for kind in told] == ["taken", "started", "ended"]
    assert stage.problems == []


def test_its_instructions_and_tools_begin_the_session_and_the_widgets_settings_stay(open_stage: Open) -> None:
    def ours() -> str:
        """One of the widget's."""
        return "ours"

    config = SessionConfig(voice="two", turn_detection={"type": "server_vad", "silence_duration_ms": 300})
    stage = open_stage(SdkAgent(one_tool(), llm=caller()), ours, config=config)
    stage.talk.connect().result(20)
    (update,) = stage.client_events("session.update")
    session = update["session"]
    assert session["instructions"] == "Be brief."
    assert [tool["name"] for tool in session["tools"]] == ["temperature", "ours"]
    assert session["tools"][0]["parameters"]["required"] == ["city"]
    assert session["audio"]["output"]["voice"] == "two"
    assert session["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 300
    functions, settings = stage.talk.kept()
    assert [tool.name for tool in functions] == ["ours"]
    assert settings.tools is None  # the agent brings its own again
    stage.talk.update(tools=[Tool(ours, name="more")]).result(10)
    told = stage.client_events("session.update")[-1]["session"]
    assert [tool["name"] for tool in told["tools"]] == ["more", "temperature", "ours"]
    with pytest.raises(SettingError, match="The agent 'weather' has a tool 'temperature' of its own"):
        stage.talk.add_tool(Tool(ours, name="temperature")).result(10)


def test_beside_it_a_server_that_the_service_calls_is_given_once(open_stage: Open) -> None:
    served = HostedMcp("files", "https://example.org/mcp")
    stage = open_stage(SdkAgent(one_tool(), llm=caller()), served)
    stage.talk.connect().result(20)
    (update,) = stage.client_events("session.update")
    told = [tool.get("name") or tool["server_label"] for tool in update["session"]["tools"]]
    assert told == ["temperature", "files"]


def test_of_both_drivers_tools_one_answer_is_asked_for(open_stage: Open) -> None:
    def ours() -> str:
        """One of the widget's."""
        return "ours"

    calls = (
        ToolCall("temperature", {"city": "Oslo"}),
        ToolCall("ours"),
        ToolCall("temperature", {"city": "Rome"}),
    )
    stage = open_stage(SdkAgent(one_tool(), llm=caller(*calls)), ours)
    stage.talk.connect().result(20)
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: any(turn["text"] == "12 in Oslo ours 12 in Rome" for turn in stage.turns))
    assert outputs(stage) == ["12 in Oslo", "ours", "12 in Rome"]
    assert len(stage.client_events("response.create")) == 2  # one for the text, one for all outputs
    stage.wait(lambda: types(stage).count("tool_end") == 2)  # its own


def test_an_agent_hands_over_asks_for_leave_and_is_silenced_by_its_guardrail(open_stage: Open) -> None:
    threads: list[str] = []
    context: dict[str, Any] = {}
    given = SdkAgent(triage(threads), context, llm, RUN_CONFIG)
    stage = open_stage(given, script=[{"hear": heard, "say": ""} for heard in HEARD])
    stage.talk.connect().result(20)
    asked = waiting(stage)
    assert (asked["name"], asked["arguments"]) == ("book", '{"seats": 2}')
    assert context == {}
    stage.talk.decide(asked["tool_call_id"], Decision(True, "python")).result(10)
    rows = stage.finished(6)
    trip = "guardrail triggered: no_prices"
    assert [row["text"] for row in rows] == [HEARD[0], "2 seats booked.", HEARD[1], PRICE, trip, SORRY]
    assert context == {"booked": 2}
    told = [(use["kind"], use["name"], use["approval"], use["output"], use["status"]) for use in uses(stage)]
    assert told == [
        ("handoff", "transfer_to_booking", None, '{"assistant": "booking"}', "completed"),
        ("function", "book", "approved", "2 seats booked.", "completed"),
        ("guardrail", "no_prices", None, "a price", "completed"),
    ]
    assert uses(stage)[2]["turn_id"] == rows[3]["item_id"]
    # The other agent's settings are in force before it is asked.
    order = [
        event.event["type"]
        for event in stage.talk.events
        if event.direction == "sent"
        and event.event["type"] in ("session.update", "response.create", "conversation.item.create")
    ]
    assert order[:4] == ["session.update", "session.update", "conversation.item.create", "response.create"]
    assert stage.talk.settings().instructions == "You book."
    (handoff,) = [event for event in events(stage) if event.type == "handoff"]
    assert (handoff.from_agent.name, handoff.to_agent.name) == ("triage", "booking")
    assert "guardrail_tripped" in types(stage)
    assert set(threads) == {AGENT_THREAD}


def test_by_webrtc_what_is_buffered_is_silenced_and_the_service_cuts_by_itself(open_stage: Open) -> None:
    clock = ManualClock(1_700_000_000.0)  # nothing is heard to its end before it is turned
    (booking,) = triage().handoffs
    given = SdkAgent(booking, None, lambda turn: PRICE if turn.text == "go" else SORRY, RUN_CONFIG)
    stage = open_stage(given, service=PeerService([], clock), transport="webrtc")
    FakePage(stage).call()
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: stage.client_events("output_audio_buffer.clear"))
    stage.wait(lambda: "audio_interrupted" in types(stage))
    stage.wait(lambda: any(turn["text"] == SORRY for turn in stage.turns) or clock.advance(0.5))
    assert stage.client_events("conversation.item.truncate") == []
    assert [row["interrupted"] for row in stage.rows() if row["text"] == PRICE] == [True]


def slow_guardrail(release: threading.Event, text: str = "dollars") -> Any:
    """Finds that text, and only once it is let."""

    @output_guardrail
    async def slowly(
        context: RunContextWrapper[Any], agent: Agent[Any], output: Any
    ) -> GuardrailFunctionOutput:
        assert await asyncio.to_thread(release.wait, 10)
        return GuardrailFunctionOutput("a price", tripwire_triggered=text in output)

    return slowly


def spoken_first(go_on: threading.Event) -> Callable[[Turn], Any]:
    """A model that speaks and calls a tool in one answer, and once it is let says that it is done."""

    def model(turn: Turn) -> Iterator[Any]:
        if turn.results:
            assert go_on.wait(10)
            yield "Done."
        else:
            yield PRICE
            yield ToolCall("temperature", {"city": "Oslo"})

    return model


def test_a_guardrail_silences_what_still_sounds_while_the_next_answer_is_made(open_stage: Open) -> None:
    clock, release, go_on = ManualClock(1_700_000_000.0), threading.Event(), threading.Event()
    given = SdkAgent(
        one_tool(output_guardrails=[slow_guardrail(release)]), None, spoken_first(go_on), RUN_CONFIG
    )
    stage = open_stage(given, service=PeerService([], clock), transport="webrtc")
    FakePage(stage).call()
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: types(stage).count("agent_start") == 2)  # another answer is being made
    assert stage.client_events("output_audio_buffer.clear") == []
    release.set()
    stage.wait(lambda: stage.client_events("output_audio_buffer.clear"))
    stage.wait(lambda: [row["interrupted"] for row in stage.rows() if row["text"] == PRICE] == [True])
    go_on.set()
    stage.wait(lambda: any(row["text"] == "Done." for row in stage.rows()))
    assert stage.client_events("response.cancel") == []  # what else is made is none of its business
    assert [use["status"] for use in uses(stage) if use["kind"] == "function"] == ["completed"]
    (price,) = (row for row in stage.rows() if row["text"] == PRICE)
    assert [use["turn_id"] for use in uses(stage) if use["kind"] == "guardrail"] == [price["item_id"]]


def test_what_is_rejected_the_sdk_tells_its_model(open_stage: Open) -> None:
    context: dict[str, Any] = {}
    stage = open_stage(SdkAgent(triage(), context, llm), script=[{"hear": HEARD[0], "say": ""}])
    stage.talk.connect().result(20)
    asked = waiting(stage)
    assert asked["editable"] is False
    with pytest.raises(SettingError, match="the arguments that the model wrote"):
        stage.talk.decide(asked["tool_call_id"], Decision(True, "page", arguments='{"seats": 9}')).result(10)
    stage.talk.decide(asked["tool_call_id"], Decision(False, "page", reason="too late")).result(10)
    stage.wait(lambda: uses(stage)[1]["status"] == "rejected")
    assert (uses(stage)[1]["reason"], uses(stage)[1]["output"]) == ("too late", "too late")
    assert context == {}
    stage.finished(2)


def test_an_id_that_comes_again_is_another_call(open_stage: Open) -> None:
    class Counting(ScriptedService):
        """Each of its calls of functions has the same id."""

        async def connect(self, **given: Any) -> Any:
            connection = await super().connect(**given)
            reply = connection._on_voice_widget_reply_call
            connection._on_voice_widget_reply_call = lambda event: reply({**event, "call_id": "call_1"})  # type: ignore[method-assign]
            return connection

    model = caller(ToolCall("temperature", {"city": "Oslo"}))
    stage = open_stage(SdkAgent(one_tool(), llm=model), service=Counting([]))
    stage.talk.connect().result(20)
    for count in (2, 4):
        stage.talk.send_text("go").result(10)
        stage.finished(count)
    assert [(use["tool_call_id"], use["output"]) for use in uses(stage)] == [("call_1", "12 in Oslo")] * 2


async def test_any_chat_endpoint_is_its_model(open_stage: Open) -> None:
    async with endpoint() as server:
        function = {"name": "temperature", "arguments": '{"city": "Oslo"}'}
        server.answer(
            calls({"index": 0, "id": "c", "type": "function", "function": function}), says("It is 12.")
        )
        stage = open_stage(SdkAgent(one_tool(), llm=Chat(server.url, "m", key="k")))
        await asyncio.wrap_future(stage.talk.connect())
        await asyncio.wrap_future(stage.talk.send_text("how warm is it"))
        await asyncio.to_thread(stage.finished, 2)
        first, second = server.requests
    assert stage.turns[-1]["text"] == "It is 12."
    assert first["tools"][0]["function"]["name"] == "temperature"
    assert first["messages"][0]["content"].startswith("Be brief.")
    assert second["messages"][-1]["content"] == "12 in Oslo"


def test_what_blocks_a_session_blocks_no_call(open_stage: Open) -> None:
    release = threading.Event()

    @function_tool
    async def blocks() -> str:
        """Block."""
        release.wait(10)  # the loop of its session stands still
        return "done"

    stage = open_stage(SdkAgent(one_tool(blocks), llm=caller(ToolCall("blocks"))))
    stage.talk.connect().result(20)
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: [use for use in uses(stage) if use["status"] == "running"] or uses(stage))
    stage.talk.update(voice="two").result(10)
    assert stage.talk.settings().voice == "two"
    release.set()
    stage.wait(lambda: any(turn["text"] == "done" for turn in stage.turns))


def test_what_blocks_a_session_for_ever_does_not_keep_the_next_call_from_one(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "FREE_S", 0.1)
    began, release = threading.Event(), threading.Event()

    @function_tool
    async def blocks() -> str:
        """Block."""
        began.set()
        release.wait(20)
        return "done"

    stage = open_stage(SdkAgent(one_tool(blocks), llm=caller(ToolCall("blocks"))))
    stage.talk.connect().result(20)
    stage.talk.send_text("go").result(10)
    assert began.wait(10)
    stage.talk.disconnect().result(10)
    assert [(use["status"], use["error"]) for use in uses(stage)] == [
        ("cancelled", "blocks was cancelled: the call has ended.")
    ]
    stage.talk.connect().result(20)
    stage.talk.send_text("and now?").result(10)
    stage.wait(lambda: any(turn["text"] == "Well." for turn in stage.turns))
    release.set()


def test_a_tool_that_outlives_its_own_limit_is_given_up_and_cancelled(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_runs, "LATER_S", 0.1)
    cancelled = threading.Event()

    @function_tool(timeout=0.1)
    async def hangs() -> str:
        """Hang."""
        while not cancelled.is_set():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if stage.talk.ledger.uses()[0]["status"] == "failed":  # not by the SDK, but given up
                    cancelled.set()
        return "never"

    stage = open_stage(SdkAgent(one_tool(hangs), llm=caller(ToolCall("hangs"))))
    stage.talk.connect().result(20)
    session = stage.talk.agent.session  # type: ignore[union-attr]
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: uses(stage) and uses(stage)[0]["status"] == "failed")
    assert uses(stage)[0]["error"] == "hangs gave nothing for 0.2 s, and was given up."
    stage.wait(lambda: len(stage.client_events("response.create")) == 2)
    assert "gave nothing for 0.2 s" in outputs(stage)[0]
    assert stage.talk.agent.session is session  # type: ignore[union-attr]
    assert stage.problems == []
    cancelled.set()


@pytest.mark.parametrize("end", ["disconnect", "close"])
def test_a_tool_without_a_limit_may_take_for_ever_and_ends_with_the_call(open_stage: Open, end: str) -> None:
    running, over = threading.Event(), threading.Event()

    @function_tool
    async def hangs() -> str:
        """Hang."""
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            over.set()
        return "never"

    stage = open_stage(SdkAgent(one_tool(hangs), llm=caller(ToolCall("hangs"))))
    stage.talk.connect().result(20)
    stage.talk.send_text("go").result(10)
    assert running.wait(10)
    stage.wait(lambda: uses(stage)[0]["status"] == "running")
    live: Any = stage.talk.agent
    assert [run.limit for run in live._runs.values()] == [None]
    stage.types("and now?")  # the talk goes on
    assert [turn["text"] for turn in stage.turns if turn["role"] == "assistant"] == ["Well."]
    assert (uses(stage)[0]["status"], over.is_set()) == ("running", False)
    getattr(stage.talk, end)().result(10)
    assert over.wait(10)
    stage.wait(lambda: uses(stage)[0]["status"] == "cancelled")
    assert stage.problems == []


def test_a_tool_that_is_always_allowed_is_asked_for_once(open_stage: Open) -> None:
    careful = function_tool(temperature.__wrapped__, name_override="temperature", needs_approval=True)
    call_it = ToolCall("temperature", {"city": "Oslo"})
    stage = open_stage(SdkAgent(one_tool(careful), llm=caller(call_it)))
    stage.talk.connect().result(20)
    stage.talk.send_text("go").result(10)
    stage.talk.decide(waiting(stage)["tool_call_id"], Decision(True, "page", always=True)).result(10)
    stage.finished(2)
    stage.talk.send_text("go").result(10)
    stage.finished(4)
    assert [(use["approval"], use["status"]) for use in uses(stage)] == [
        ("always", "completed"),
        (None, "completed"),
    ]
    assert types(stage).count("tool_approval_required") == 1


def test_what_nobody_allows_in_time_is_rejected(open_stage: Open) -> None:
    careful = function_tool(temperature.__wrapped__, name_override="temperature", needs_approval=True)
    model = caller(ToolCall("temperature", {"city": "Oslo"}))
    stage = open_stage(SdkAgent(one_tool(careful), llm=model, approval_timeout_s=0.05))
    stage.talk.connect().result(20)
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: uses(stage) and uses(stage)[0]["status"] == "rejected")
    assert (uses(stage)[0]["approval"], outputs(stage)) == ("expired", ["nobody answered in 0.05 s"])


def test_its_mcp_servers_are_connected_for_the_call_and_let_go_of_after_it(open_stage: Open) -> None:
    server = Server()
    agent: RealtimeAgent[Any] = RealtimeAgent("a", handoffs=[RealtimeAgent("b")], mcp_servers=[server])
    stage = open_stage(SdkAgent(agent, llm=caller(ToolCall("look_up", {"word": "tip"}))))
    stage.talk.connect().result(20)
    names = [tool["name"] for tool in stage.client_events("session.update")[0]["session"]["tools"]]
    assert names == ["look_up", "transfer_to_b"]
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: any("tip: a small gift" in turn["text"] for turn in stage.turns))
    stage.talk.disconnect().result(10)
    assert server.let_go.wait(10)
    assert set(server.threads) == {AGENT_THREAD}


def test_a_tool_that_ends_its_session_costs_its_call_only_and_the_agent_goes_on(open_stage: Open) -> None:
    @function_tool(failure_error_function=None)
    def fails() -> str:
        """Fail."""
        raise KeyError("tip")

    stage = open_stage(SdkAgent(one_tool(fails), llm=caller(ToolCall("fails"))))
    stage.talk.connect().result(20)
    before = stage.talk.agent.session  # type: ignore[union-attr]
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: uses(stage) and uses(stage)[0]["status"] == "failed")
    assert "KeyError" in (uses(stage)[0]["error"] or "")
    assert "agent_failed" in stage.problems
    stage.wait(lambda: stage.talk.agent.session not in (None, before))  # type: ignore[union-attr]
    stage.talk.send_text("and now?").result(10)
    stage.wait(lambda: any(turn["text"] == "Well." for turn in stage.turns))


def test_the_agent_that_was_updated_goes_on_after_its_code_raised(open_stage: Open) -> None:
    @function_tool(failure_error_function=None)
    def fails() -> str:
        """Fail."""
        raise KeyError("tip")

    other: RealtimeAgent[Any] = RealtimeAgent("other", instructions="Be long.", tools=[fails])
    stage = open_stage(SdkAgent(one_tool(), llm=caller(ToolCall("fails"))))
    stage.talk.connect().result(20)
    session = stage.talk.agent.session  # type: ignore[union-attr]
    asyncio.run(session.update_agent(other))
    stage.wait(lambda: stage.talk.settings().instructions == "Be long.")
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: stage.talk.agent.session not in (None, session))  # type: ignore[union-attr]
    stage.talk.send_text("and now?").result(10)
    stage.wait(lambda: any(turn["text"] == "Well." for turn in stage.turns))
    assert stage.talk.settings().instructions == "Be long."
    assert [tool["name"] for tool in stage.talk.settings().tools or ()] == ["fails"]


def test_what_a_tool_raises_is_in_its_row_though_the_sdk_makes_a_text_of_it(open_stage: Open) -> None:
    @function_tool
    def fails() -> str:
        """Fail."""
        raise KeyError("tip")

    stage = open_stage(SdkAgent(one_tool(fails), llm=caller(ToolCall("fails"))))
    stage.talk.connect().result(20)
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: uses(stage) and uses(stage)[0]["status"] == "failed")
    (use,) = uses(stage)
    assert use["error"] == "KeyError: 'tip'"
    assert 'raise KeyError("tip")' in (use["traceback"] or "")
    stage.wait(lambda: outputs(stage))
    assert outputs(stage)[0].startswith("An error occurred while running the tool")
    assert stage.problems == []
    assert fails._use_default_failure_error_function  # the user's tool stays as it was


def test_a_name_that_nobody_has_is_told_to_the_model(open_stage: Open) -> None:
    stage = open_stage(SdkAgent(one_tool(), llm=caller(ToolCall("nothing"))))
    stage.talk.connect().result(20)
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: outputs(stage))
    assert outputs(stage) == ["Tool nothing not found"]


def test_instructions_that_raise_make_no_call(open_stage: Open) -> None:
    def instructions(context: Any, agent: Any) -> str:
        raise ValueError("no day")

    agent: RealtimeAgent[Any] = RealtimeAgent("day", instructions=instructions)
    stage = open_stage(SdkAgent(agent, llm=caller()))
    with pytest.raises(AgentError, match="could not begin: ValueError: no day"):
        stage.talk.connect().result(20)


def test_two_tools_of_one_name_make_no_call(open_stage: Open) -> None:
    ours = Tool(lambda: "", name="look_up")
    stage = open_stage(SdkAgent(one_tool(mcp_servers=[Server()]), llm=caller()), ours)
    with pytest.raises(AgentError) as raised:  # only its server knows what it has
        stage.talk.connect().result(20)
    assert raised.value.code == "two_tools"


@pytest.mark.parametrize("name", ["book", "transfer_to_booking"])
def test_what_an_agent_is_known_to_bring_is_refused_at_once(open_stage: Open, name: str) -> None:
    given, mine = SdkAgent(triage(), llm=caller()), Tool(lambda: "", name=name)
    stage = open_stage(given)
    for give in (
        lambda: open_stage(given, mine),
        lambda: stage.talk.update(tools=[mine]),
        lambda: stage.talk.add_tool(mine),
    ):
        with pytest.raises(SettingError, match=f"has a tool '{name}' of its own") as raised:
            give()
        assert raised.value.code == "two_tools"
    stage.talk.connect().result(20)


def test_a_name_that_comes_with_a_handoff_leaves_the_talk_alive(open_stage: Open) -> None:
    (booking,) = triage().handoffs
    own_making = realtime_handoff(booking)  # which hides the agent behind it
    first: RealtimeAgent[Any] = RealtimeAgent("first", instructions="You greet.", handoffs=[own_making])

    def mine(seats: int) -> str:
        """Book seats in the widget's own way."""
        return f"{seats} seats, the widget's way."

    script = [{"hear": HEARD[0], "say": ""}]
    stage = open_stage(SdkAgent(first, {}, llm), Tool(mine, name="book"), script=script)
    stage.talk.connect().result(20)
    stage.wait(lambda: [row["text"] for row in stage.rows()] == [HEARD[0], "2 seats, the widget's way."])
    assert stage.problems == ["two_tools"]
    assert stage.talk.settings().instructions == "You book."
    assert [use["name"] for use in uses(stage)] == ["transfer_to_booking", "book"]


def test_the_session_lives_as_long_as_the_call(open_stage: Open) -> None:
    stage = open_stage(SdkAgent(one_tool(), llm=caller()))
    agent = stage.talk.agent
    assert agent is not None
    assert agent.session is None
    stage.talk.connect().result(20)
    session = agent.session
    assert session is not None
    asyncio.run(session.send_message("hello"))  # on whatever loop
    stage.wait(lambda: any(turn["text"] == "Well." for turn in stage.turns))
    stage.talk.disconnect().result(10)
    assert agent.session is None
    stage.talk.connect().result(20)
    assert agent.session not in (None, session)


def test_it_goes_on_when_a_lost_call_is_got_back(open_stage: Open) -> None:
    service = ScriptedService([])
    release = threading.Event()

    @function_tool
    def look() -> str:
        """Look."""
        assert release.wait(10)
        return "there"

    stage = open_stage(SdkAgent(one_tool(look), llm=caller(ToolCall("look"))), service=service)
    stage.talk.connect().result(20)
    agent = stage.talk.agent
    assert agent is not None
    session = agent.session
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: "tool_start" in types(stage))
    call(service.connections[-1].cut)
    stage.wait(lambda: len(service.connections) == 2)
    stage.has(connection_state="connected")
    release.set()
    stage.wait(lambda: uses(stage)[0]["status"] == "completed")
    assert agent.session is session
    stage.wait(lambda: "there" in json.dumps(service.connections[-1].received))
    begun = service.connections[-1].received[0]
    assert [tool["name"] for tool in begun["session"]["tools"]] == ["look"]


def test_in_a_call_that_was_made_elsewhere_the_agent_takes_over_what_is_its_own(open_stage: Open) -> None:
    service = PeerService([])
    call(lambda: loop().create_task(service.answer("the offer", SessionConfig())))
    stage = open_stage(SdkAgent(one_tool(), llm=caller()), service=service, transport="webrtc")
    stage.talk.join("rtc_1").result(20)
    stage.wait(lambda: len(stage.client_events("session.update")) == 2)
    session = stage.client_events("session.update")[1]["session"]
    assert session.keys() == {"type", "instructions", "tools"}
    assert session["instructions"] == "Be brief."
    assert [tool["name"] for tool in session["tools"]] == ["temperature"]

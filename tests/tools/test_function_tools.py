"""Function tools of the Agents SDK among the widget's own."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from typing import Any

import pytest
from agents import RunContextWrapper, ToolGuardrailFunctionOutput, function_tool, tool_input_guardrail
from agents.realtime import RealtimeAgent

from voice_widget import ScriptedService, Tool, ToolCall, Turn, VoiceWidget
from voice_widget.errors import SettingError
from voice_widget.tools.function_tools import AgentsTool, tool_of
from voice_widget.tools.tools import Tools


@function_tool(timeout=7)
async def book(seats: int) -> str:
    """Book seats.

    Args:
        seats: How many.
    """
    return f"{seats} booked"


async def for_groups(context: RunContextWrapper[Any], given: dict[str, Any], call_id: str) -> bool:
    return bool(given["seats"] > 10)


def test_it_describes_itself_as_the_sdk_does() -> None:
    tool = tool_of(book)
    assert isinstance(tool, AgentsTool)
    assert (tool.name, tool.timeout_s, tool.needs_approval) == ("book", 7, False)
    assert tool.spec == {
        "type": "function",
        "name": "book",
        "description": "Book seats.",
        "parameters": book.params_json_schema,
    }


def test_what_is_a_tool_already_or_a_function_stays_what_it_is() -> None:
    ready = Tool(lambda: 1, name="one")
    assert tool_of(ready) is ready
    assert type(tool_of(for_groups)) is Tool


@pytest.mark.parametrize("text", ["nonsense", "[1]", "null"])
def test_what_is_no_object_is_the_models_mistake(text: str) -> None:
    with pytest.raises(ValueError, match="arguments are"):
        tool_of(book).arguments(text)


@pytest.mark.parametrize("is_enabled", [False, lambda *_: True])
def test_whether_it_is_there_is_for_a_runner(is_enabled: Any) -> None:
    with pytest.raises(SettingError, match="book has is_enabled") as caught:
        tool_of(function_tool(for_groups, name_override="book", is_enabled=is_enabled, strict_mode=False))
    assert caught.value.next_step == "Give it to a RealtimeAgent(tools=[…]), and that as agent=…."


def test_guardrails_are_for_a_runner() -> None:
    @tool_input_guardrail
    def small(data: Any) -> ToolGuardrailFunctionOutput:
        return ToolGuardrailFunctionOutput.allow()

    guarded = function_tool(for_groups, tool_input_guardrails=[small], strict_mode=False)
    with pytest.raises(SettingError, match="has guardrails"):
        tool_of(guarded)


def test_two_of_one_name_are_refused_whatever_they_are() -> None:
    with pytest.raises(SettingError, match="Two tools have the name 'book'"):
        Tools([book, Tool(lambda: 1, name="book")])


def test_what_it_raises_is_in_its_row_and_the_model_gets_the_sdks_text() -> None:
    @function_tool
    def fails() -> str:
        """Fail."""
        raise KeyError("tip")

    def agent(turn: Turn) -> Any:
        return turn.results[-1].text if turn.results else ToolCall("fails")

    service = ScriptedService([])
    with closing(VoiceWidget(agent=agent, tools=[fails], service=service, transport="memory")) as widget:
        widget.connect().result(20)
        answer = widget.next_turn("assistant")
        widget.send_text("go").result(10)
        text = answer.result(10)["text"]
        (call,) = widget.tool_calls_df.to_dict("records")
    assert text.startswith("An error occurred while running the tool")
    assert (call["status"], call["output"], call["error"]) == ("failed", text, "KeyError: 'tip'")
    assert 'raise KeyError("tip")' in call["traceback"]


async def words_later(context: Any, error: Exception) -> str:
    return "Ask tomorrow."


@pytest.mark.parametrize(
    "words", [lambda context, error: "Ask tomorrow.", words_later], ids=["plain", "async"]
)
def test_what_it_says_of_its_own_lateness_is_told_to_the_model(words: Any) -> None:
    @function_tool(timeout=0.05, timeout_error_function=words)
    async def slow() -> str:
        """Take for ever."""
        await asyncio.Event().wait()
        return "never"

    def agent(turn: Turn) -> Any:
        return turn.results[-1].text if turn.results else ToolCall("slow")

    service = ScriptedService([])
    with closing(VoiceWidget(agent=agent, tools=[slow], service=service, transport="memory")) as widget:
        widget.connect().result(20)
        answer = widget.next_turn("assistant")
        widget.send_text("go").result(10)
        assert answer.result(10)["text"] == "Ask tomorrow."
        (call,) = widget.tool_calls_df.to_dict("records")
    assert (call["status"], call["output"]) == ("failed", "Ask tomorrow.")
    assert "timed out after 0.05 seconds" in call["error"]


def test_the_talk_runs_it_and_asks_for_leave_where_it_wants_that() -> None:
    careful = function_tool(book.__wrapped__, name_override="book", needs_approval=for_groups)

    def agent(turn: Turn) -> Any:
        if turn.results:
            return turn.results[-1].text
        return ToolCall("book", {"seats": int(turn.text)})

    service = ScriptedService([])
    with closing(VoiceWidget(agent=agent, tools=[careful], service=service, transport="memory")) as widget:
        widget.connect().result(20)
        answer = widget.next_turn("assistant")
        widget.send_text("2").result(10)
        assert answer.result(10)["text"] == "2 booked"
        stop = widget.on("approval", lambda call: widget.approve_tool_call(call["tool_call_id"]))
        answer = widget.next_turn("assistant")
        widget.send_text("12").result(10)
        assert answer.result(10)["text"] == "12 booked"
        stop()
        calls = widget.tool_calls_df
        assert calls["approval"].tolist()[1:] == ["approved"]
        assert calls["approval"].isna().tolist() == [True, False]
        assert [json.loads(given) for given in calls["arguments"]] == [{"seats": 2}, {"seats": 12}]


@function_tool
async def note(context: RunContextWrapper[dict[str, Any]], what: str) -> str:
    """Note something.

    Args:
        what: What.
    """
    context.context["noted"] = what
    return f"noted {what}"


def noting(turn: Turn) -> Any:
    return turn.results[-1].text if turn.results else ToolCall("note", {"what": turn.text})


def notes(widget: VoiceWidget, what: str) -> None:
    answer = widget.next_turn("assistant")
    widget.send_text(what).result(10)
    assert answer.result(10)["text"] == f"noted {what}"


def test_with_any_agent_it_gets_the_widgets_context_and_so_it_does_in_a_fork() -> None:
    context: dict[str, Any] = {}
    given: dict[str, Any] = {"agent": noting, "transport": "memory", "context": context}
    with closing(VoiceWidget(service=ScriptedService([]), tools=[note], **given)) as widget:
        widget.connect().result(20)
        notes(widget, "one")
        assert context == {"noted": "one"}
        widget.disconnect().result(10)
        with closing(widget.fork()) as other:
            other.connect().result(20)
            notes(other, "two")
    assert context == {"noted": "two"}


def test_beside_a_realtime_agent_it_gets_the_same_also_if_it_comes_later() -> None:
    context: dict[str, Any] = {}
    given: dict[str, Any] = {"transport": "memory", "context": context, "llm": noting}
    for before, later in ((note,), ()), ((), (note,)):
        agent: Any = RealtimeAgent("secretary", instructions="Note it.")
        service = ScriptedService([])
        with closing(VoiceWidget(agent=agent, service=service, tools=before, **given)) as widget:
            widget.connect().result(20)
            if later:
                widget.update(tools=later).result(10)
            notes(widget, f"{len(before)} before")
            assert context.pop("noted") == f"{len(before)} before"


def test_a_context_that_nobody_gets_is_refused() -> None:
    with pytest.raises(
        SettingError, match="for a RealtimeAgent or a FunctionTool among the tools"
    ) as refused:
        VoiceWidget(agent=noting, tools=[Tool(lambda: 1, name="one")], context={})
    assert refused.value.next_step.startswith("Leave it out")


def test_options_are_for_functions_and_it_has_its_own() -> None:
    says = r"not a FunctionTool\. A FunctionTool has options of its own, as function_tool\(timeout=5\): "
    with pytest.raises(SettingError, match=says):
        Tool(book)  # type: ignore[arg-type]
    with closing(VoiceWidget(service=ScriptedService([]), transport="memory", agent=noting)) as widget:
        for decorate in (widget.tool, widget.tool(timeout_s=3)):
            with pytest.raises(SettingError, match=says):
                decorate(book)

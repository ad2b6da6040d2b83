"""The widget's tools with the notebook's assistant: called where it has a model, and else said not to be."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import Any

import pandas as pd
import pytest

from voice_widget import NotebookAssistant, ScriptedService, VoiceWidget
from voice_widget.agents import Message, Notice, Piece, Thinking, ToolCall, Turn, Usage
from voice_widget.agents.assistant import calling
from voice_widget.agents.assistant.arguments import NAME
from voice_widget.data import load

FORECAST = {"type": "function", "name": "forecast", "description": "How warm it is.", "parameters": {}}
QUESTION = "how warm is it in Oslo"
GAVE = Message("tool", "3.5", "forecast", '{"city": "Oslo"}', "call_1", "The mean is 12.")
MEAN = {"do": "aggregate", "measures": ["body mass"], "aggregate": "mean"}


def forecast(city: str) -> float:
    """How warm it is in a city."""
    return {"Oslo": 3.5}[city]


class Model:
    """A chat endpoint by a function of the turn, which keeps what it was asked."""

    def __init__(self, answers: Callable[[Turn], list[Piece]]) -> None:
        self.answers = answers
        self.turns: list[Turn] = []

    async def __call__(self, turn: Turn) -> AsyncIterator[Piece]:
        self.turns.append(turn)
        for piece in self.answers(turn):
            yield piece

    @property
    def names(self) -> list[str]:
        """The tools that it was offered last."""
        return [tool["name"] for tool in self.turns[-1].tools]


def calls_and_tells(turn: Turn) -> list[Piece]:
    if turn.results:
        return [f"It is {turn.results[-1].text} degrees."]
    return [ToolCall("forecast", {"city": turn.text.split()[-1]})]


async def pieces(agent: NotebookAssistant, turn: Turn) -> list[Piece]:
    """Without the signs of life."""
    return [piece async for piece in agent(turn) if not isinstance(piece, Thinking)]


async def answered(*given: Piece, data: Any = None, history: tuple[Message, ...] = ()) -> list[Piece]:
    agent = NotebookAssistant(data, model=Model(lambda turn: list(given)))  # type: ignore[arg-type]
    return await pieces(agent, Turn(QUESTION, history, tools=[FORECAST]))


# --- without a model ---


@pytest.mark.parametrize("data", [None, load()], ids=["no table", "a table"])
async def test_without_a_model_it_says_that_nobody_calls_the_tools(data: Any) -> None:
    notice, *_ = await pieces(NotebookAssistant(data), Turn(QUESTION, tools=[FORECAST]))
    assert isinstance(notice, Notice)
    assert (notice.code, notice.details) == ("tools_not_offered", {"tools": ["forecast"]})
    assert "forecast" in notice.message
    for way in ("agent=NotebookAssistant(model=Chat(", "that Chat alone", "service=OpenAI()"):
        assert way in notice.next_step


@pytest.mark.parametrize("tools", [[], [{"type": "mcp", "server_label": "tides"}]], ids=["none", "hosted"])
async def test_without_tools_that_it_could_call_it_says_nothing_of_them(tools: list[Any]) -> None:
    assert await pieces(NotebookAssistant(), Turn("stop", tools=tools)) == ["Okay."]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"tools": [forecast]}, ["forecast"]),
        ({"namespace": {"df": load()}}, ["list_variables", "look_at_variable", "compute_expression"]),
    ],
    ids=["tools", "namespace"],
)
def test_the_default_agent_tells_it_in_the_panel(given: dict[str, Any], names: list[str]) -> None:
    widget = talking([QUESTION], **given)
    with closing(widget):
        assert widget.notice is not None
        assert widget.notice["code"] == "tools_not_offered"
        assert all(name in widget.notice["message"] for name in names)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        (QUESTION, "I did not get that."),
        ("hello", "Hello."),
        ("what can you do", "I answer questions about a DataFrame."),
    ],
)
async def test_without_model_and_table_it_says_that_a_model_is_missing_and_no_table(
    text: str, begins: str
) -> None:
    _, said = await pieces(NotebookAssistant(), Turn(text, tools=[FORECAST]))
    assert said == f"{begins} {calling.NO_MODEL}"
    [said] = await pieces(NotebookAssistant(), Turn(text))
    assert "I have no table to look at yet." in str(said)


async def test_it_says_so_again_when_it_is_asked_to() -> None:
    history = Message("user", QUESTION), Message("assistant", f"I did not get that. {calling.NO_MODEL}")
    for text in ("say that again", "go on"):
        notice, said = await pieces(NotebookAssistant(), Turn(text, history, tools=[FORECAST]))
        assert isinstance(notice, Notice)
        assert said == {"say that again": history[1].text, "go on": "That was all."}[text]


# --- with one ---


async def test_without_a_table_it_says_which_tools_it_can_call() -> None:
    agent = NotebookAssistant(model=Model(calls_and_tells))  # type: ignore[arg-type]
    assert await pieces(agent, Turn("hello", tools=[FORECAST])) == ["Hello. I can call forecast."]


@pytest.mark.parametrize("data", [None, load()], ids=["no table", "a table"])
def test_what_its_model_has_used_stands_in_the_table(data: Any) -> None:
    def counted(turn: Turn) -> list[Piece]:
        return [*calls_and_tells(turn), Usage(7, 2, cached_tokens=3)]

    agent = NotebookAssistant(data, model=Model(counted))  # type: ignore[arg-type]
    with closing(talking([QUESTION], agent=agent, tools=[forecast])) as widget:
        used = widget.metrics_df.query("kind == 'response'")
        columns = ["input_tokens", "output_tokens", "cached_tokens"]
        assert used[columns].to_numpy().tolist() == [
            [7, 2, 3],
            [7, 2, 3],
        ]  # the call, and what was said of it


def talking(hears: list[str], **given: Any) -> VoiceWidget:
    """A widget in which so many questions were answered."""
    service = ScriptedService([{"hear": text, "say": ""} for text in hears])
    widget = VoiceWidget(service=service, transport="memory", **given)
    done = threading.Semaphore(0)
    widget.on("turn", lambda row: done.release() if row["role"] == "assistant" else None)
    widget.connect().result(10)
    for _ in hears:
        assert done.acquire(timeout=10)
    return widget


@pytest.mark.parametrize("data", [None, load()], ids=["no table", "a table"])
def test_a_model_calls_the_widgets_tool_and_says_what_it_gave(data: Any) -> None:
    model = Model(calls_and_tells)
    agent = NotebookAssistant(data, model=model)  # type: ignore[arg-type]
    with closing(talking([QUESTION], agent=agent, tools=[forecast])) as widget:
        said = [row["text"] for row in widget.transcript if row["role"] == "assistant"]
        assert said == ["It is 3.5 degrees."]
        ran = widget.tool_calls_df
        assert ran[["name", "output", "status"]].to_numpy().tolist() == [["forecast", "3.5", "completed"]]
        assert widget.notice is None
    assert len(model.turns) == 2
    assert model.names == ([] if data is None else [NAME]) + ["forecast"]


def test_a_model_looks_at_the_notebooks_variables() -> None:
    def looks(turn: Turn) -> list[Piece]:
        if turn.results:
            return ["The mean tip is two." if "mean" in turn.results[-1].text else "I saw nothing."]
        return [ToolCall("look_at_variable", {"name": "tips"})]

    agent = NotebookAssistant(model=Model(looks))  # type: ignore[arg-type]
    tips = pd.DataFrame({"tip": [1.0, 3.0]})
    with closing(talking(["what is the mean tip"], agent=agent, namespace={"tips": tips})) as widget:
        assert widget.transcript[-1]["text"] == "The mean tip is two."


async def test_what_the_grammar_understands_needs_no_model_with_tools_either() -> None:
    model = Model(calls_and_tells)
    agent = NotebookAssistant(load(), model=model)  # type: ignore[arg-type]
    said, *_ = await pieces(agent, Turn("how many rows are there", tools=[FORECAST]))
    assert "344" in str(said)
    assert model.turns == []


async def test_several_calls_go_out_together() -> None:
    calls = [ToolCall("forecast", {"city": city}) for city in ("Oslo", "Rome")]
    assert await answered(*calls, data=load()) == calls


async def test_a_plan_beside_a_call_waits_until_that_is_answered() -> None:
    call = ToolCall("forecast", {"city": "Oslo"})
    assert await answered(call, ToolCall(NAME, MEAN), data=load()) == [call]


async def test_a_tool_that_nobody_has_is_not_called() -> None:
    assert await answered(ToolCall("launch")) == ["I did not get that."]
    assert await answered(ToolCall(NAME, MEAN)) == ["I did not get that."]


async def test_what_no_tool_gave_is_not_stated() -> None:
    assert await answered("It is 12 degrees.", data=load()) == ["I did not get that."]
    assert await answered("Which day do you mean?") == ["Which day do you mean?"]


async def test_what_a_tool_gave_is_told_to_the_model_and_no_answer_of_ours() -> None:
    model = Model(lambda turn: ["It is 3.5."])
    agent = NotebookAssistant(load(), model=model)  # type: ignore[arg-type]
    before = Message("user", "mean mass"), Message("assistant", "It is 4202 grams.")
    turn = Turn(QUESTION, (*before, GAVE), instructions="Be kind.", tools=[FORECAST])
    assert await pieces(agent, turn) == ["It is 3.5."]
    [told] = model.turns
    assert list(told.history) == [before[0], GAVE._replace(spoken="")]
    assert "Be kind." in told.instructions


async def test_what_came_late_to_a_question_of_the_grammars_is_said() -> None:
    """A tool in the background has ended since."""
    agent = NotebookAssistant(load(), model=Model(calls_and_tells))  # type: ignore[arg-type]
    assert await pieces(agent, Turn("thanks", [GAVE], tools=[FORECAST])) == ["It is 3.5 degrees."]


def test_the_assistants_own_tool_keeps_its_name() -> None:
    assert calling.offered(Turn("", tools=[{"type": "function", "name": NAME}, FORECAST])) == [FORECAST]


async def test_a_call_that_is_required_is_required_of_the_model() -> None:
    model = Model(calls_and_tells)
    agent = NotebookAssistant(model=model)  # type: ignore[arg-type]
    await pieces(agent, Turn(QUESTION, tools=[FORECAST], tool_choice="required"))
    assert model.turns[0].tool_choice == "required"

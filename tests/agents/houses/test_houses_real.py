"""Agents of other packages, with the packages themselves: `make real` installs them."""

from __future__ import annotations

import asyncio
import gc
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.agents.chat_endpoint import Endpoint, calls, delta, endpoint, says
from tests.agents.houses.talking import answer_to, talk_with
from tests.packages import needed
from voice_widget import AgentError, VoiceWidget
from voice_widget.agents.functions import as_agent
from voice_widget.agents.houses.langgraph import LangGraph
from voice_widget.agents.houses.pydantic_ai import PydanticAI
from voice_widget.agents.houses.smolagents import Smolagents

# The packages warn of themselves, at their own time, and keep their connections for the next answer.
pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
]

KEY = "sk-the-secret-key-of-this-test"
USAGE = {"prompt_tokens": 70, "completion_tokens": 9, "total_tokens": 79}


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """All before there are threads: Python 3.11 cannot parse in two of them at once, and imports parse."""
    for name in (
        "pydantic_ai.models.openai",
        "pydantic_ai.models.test",
        "langgraph.prebuilt",
        "langgraph.checkpoint.memory",
        "langchain_core.language_models.fake_chat_models",
        "smolagents",
    ):
        needed(name)


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    """Connections that a package keeps go while nobody minds, and not in another test."""
    yield
    gc.collect()


@pytest.fixture
async def server() -> AsyncIterator[Endpoint]:
    async with endpoint() as made:
        yield made


def temperature(city: str) -> float:
    """How warm it is.

    Args:
        city: The city's name.
    """
    return {"Oslo": 3.5}[city]


def called(city: str) -> list[dict[str, Any]]:
    function = {"name": "temperature", "arguments": f'{{"city": "{city}"}}'}
    return [
        *calls({"index": 0, "id": "call_1", "type": "function", "function": function}),
        {**delta(), "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        used(),
    ]


def said(*texts: str) -> list[dict[str, Any]]:
    stop = {**delta(), "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return [*says(*texts), stop, used()]


def used() -> dict[str, Any]:
    return {**delta(), "choices": [], "usage": USAGE}


def whole(**message: Any) -> web.Response:
    """An answer in one piece, as those get that do not ask for a stream."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return web.json_response({**delta(), "object": "chat.completion", "choices": [choice], "usage": USAGE})


def spent(w: VoiceWidget) -> list[list[int]]:
    responses = w.metrics_df[w.metrics_df["kind"] == "response"]
    return [list(map(int, row)) for row in responses[["input_tokens", "output_tokens"]].to_numpy()]


def ran(w: VoiceWidget) -> list[list[Any]]:
    table = w.tool_calls_df[["name", "arguments", "output", "status"]]
    return [list(row) for row in table.to_numpy()]


def asked(server: Endpoint, number: int) -> list[tuple[str, Any]]:
    return [(message["role"], message.get("content")) for message in server.requests[number]["messages"]]


# --- Pydantic AI -----------------------------------------------------------------------------------


def of_pydantic_ai(server: Endpoint, **options: Any) -> Any:
    models = needed("pydantic_ai.models.openai")
    providers = needed("pydantic_ai.providers.openai")
    provider = providers.OpenAIProvider(base_url=server.url, api_key=KEY)
    model = models.OpenAIChatModel("m", provider=provider)
    return needed("pydantic_ai").Agent(model, tools=[temperature], **options)


async def test_pydantic_ai_answers_word_by_word_with_its_tool_and_what_was_heard(server: Endpoint):
    server.answer(called("Oslo"), said("It is ", "3.5 degrees."), said("You asked of Oslo."))
    async with talk_with(of_pydantic_ai(server, system_prompt="You are a thermometer.")) as w:
        w.update(instructions="Be brief.")
        assert await answer_to(w, "how warm is it in Oslo") == "It is 3.5 degrees."
        assert await answer_to(w, "what did I ask") == "You asked of Oslo."
    assert ran(w) == [["temperature", '{"city":"Oslo"}', "3.5", "completed"]]
    assert spent(w) == [[140, 18], [70, 9]]
    sent = map(json.loads, w.events_df["event"])
    deltas = [event["delta"] for event in sent if event["type"] == "voice_widget.reply.delta"]
    assert list(filter(None, deltas))[:2] == ["It is ", "3.5 degrees."]  # others are signs of life
    last = asked(server, 2)
    assert [role for role, _ in last] == ["system", "system", "user", "assistant", "user"]
    assert {last[0][1], last[1][1]} == {"You are a thermometer.", "Be brief."}
    assert [text for _, text in last[2:]] == [
        *("how warm is it in Oslo", "It is 3.5 degrees.", "what did I ask"),
    ]


async def test_an_interrupted_pydantic_ai_lets_go_and_answers_again(server: Endpoint):
    server.answer([*says("Well, ", "then. "), "wait"], said("Again."))
    async with talk_with(of_pydantic_ai(server)) as w:
        await w.send_text("hello")
        await server.asked.wait()
        w.interrupt()
        await server.gone.wait()
        assert await answer_to(w, "once more") == "Again."


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "agent_key_refused"), (429, "agent_rate_limited"), (404, "agent_model_not_found")],
)
async def test_a_refusal_of_pydantic_ais_model_is_a_sentence(server: Endpoint, status: int, code: str):
    body = {"error": {"message": f"No, {KEY}."}}
    server.answer(*[web.json_response(body, status=status) for _ in range(4)])
    async with talk_with(of_pydantic_ai(server)) as w:
        with pytest.raises(AgentError) as caught:
            await answer_to(w, "hello")
        assert caught.value.code == code
        assert str(status) in caught.value.message
        assert KEY not in str(w.events_df["event"].tolist()) + caught.value.message


async def test_an_output_of_pydantic_ai_that_is_no_text_is_shown():
    pydantic_ai, test = needed("pydantic_ai"), needed("pydantic_ai.models.test")
    agent = pydantic_ai.Agent(test.TestModel(custom_output_args=3), output_type=int)
    async with talk_with(PydanticAI(agent)) as w:
        assert await answer_to(w, "how many") == "Here it is."
        assert [result.value for result in w.results] == [3]


async def test_a_key_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    async with talk_with(needed("pydantic_ai").Agent("openai:gpt-5.2", defer_model_check=True)) as w:
        with pytest.raises(AgentError, match="OPENAI_API_KEY") as caught:
            await answer_to(w, "hello")
        assert caught.value.code == "agent_key_missing"


# --- LangGraph -------------------------------------------------------------------------------------


def of_langgraph(*answers: Any, **options: Any) -> tuple[Any, list[Any]]:
    """A graph whose model streams what calls no tool, word by word; and what its model was given."""
    graphs, prebuilt = needed("langgraph.graph"), needed("langgraph.prebuilt")
    fakes = needed("langchain_core.language_models.fake_chat_models")
    left, given = list(answers), []

    async def think(state: Any) -> Any:
        given.append([(message.type, message.content) for message in state["messages"]])
        answer = left.pop(0)
        if not answer.tool_calls:
            model = fakes.GenericFakeChatModel(messages=iter([answer]))
            answer = await model.ainvoke(state["messages"])
        return {"messages": [answer]}

    builder = graphs.StateGraph(graphs.MessagesState)
    builder.add_node("think", think)
    builder.add_node("tools", prebuilt.ToolNode([temperature]))
    builder.add_edge(graphs.START, "think")
    builder.add_conditional_edges("think", prebuilt.tools_condition)
    builder.add_edge("tools", "think")
    return builder.compile(**options), given


def of_ai(text: str, *tool_calls: Any) -> Any:
    usage = {"input_tokens": 70, "output_tokens": 9, "total_tokens": 79}
    message = needed("langchain_core.messages").AIMessage
    return message(text, tool_calls=list(tool_calls), usage_metadata=usage)


async def test_langgraph_answers_word_by_word_with_its_tool_and_what_was_heard():
    call = {"name": "temperature", "args": {"city": "Oslo"}, "id": "call_1"}
    memory = needed("langgraph.checkpoint.memory").InMemorySaver()
    answers = of_ai("One moment. ", call), of_ai("It is 3.5 degrees."), of_ai("You asked of Oslo.")
    graph, given = of_langgraph(*answers, checkpointer=memory)
    async with talk_with(graph) as w:
        assert await answer_to(w, "how warm is it in Oslo") == "One moment. It is 3.5 degrees."
        assert await answer_to(w, "what did I ask") == "You asked of Oslo."
    assert ran(w) == [["temperature", '{"city": "Oslo"}', "3.5", "completed"]]
    assert [kind for kind, _ in given[2]] == ["system", "human", "ai", "human"]
    assert given[2][2][1] == "One moment. It is 3.5 degrees."


async def test_langgraph_speaks_what_nodes_give_whole_and_only_of_those_that_are_heard():
    graphs = needed("langgraph.graph")
    builder = graphs.StateGraph(graphs.MessagesState)
    builder.add_node("plan", lambda state: {"messages": [of_ai("My plan is secret. ")]})
    builder.add_node("answer", lambda state: {"messages": [{"role": "assistant", "content": "Three."}]})
    builder.add_edge(graphs.START, "plan")
    builder.add_edge("plan", "answer")
    graph = builder.compile()
    async with talk_with(LangGraph(graph, nodes=["answer"])) as w:
        assert await answer_to(w, "how many") == "Three."
    assert spent(w) == [[70, 9]]
    async with talk_with(graph) as w:
        assert await answer_to(w, "how many") == "My plan is secret. Three."


async def test_a_langgraph_that_waits_for_a_person_says_so():
    graphs, types = needed("langgraph.graph"), needed("langgraph.types")
    builder = graphs.StateGraph(graphs.MessagesState)
    builder.add_node("ask", lambda state: {"messages": [types.interrupt("May I?")]})
    builder.add_edge(graphs.START, "ask")
    memory = needed("langgraph.checkpoint.memory").InMemorySaver()
    async with talk_with(builder.compile(checkpointer=memory)) as w:
        with pytest.raises(AgentError) as caught:
            await answer_to(w, "do it")
        assert caught.value.code == "agent_waits"


def streaming(*chunks: Any) -> Any:
    """A model that streams these: pairs of a text, and what is said with it to have been used."""
    models, messages = needed("langchain_core.language_models"), needed("langchain_core.messages")
    generation = needed("langchain_core.outputs").ChatGenerationChunk

    class Model(models.BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "streaming"

        def _generate(self, *args: Any, **options: Any) -> Any:
            raise AssertionError("it is to stream")

        async def _astream(
            self, given: Any, stop: Any = None, run_manager: Any = None, **options: Any
        ) -> AsyncIterator[Any]:
            for text, used in chunks:
                usage = used and {
                    "input_tokens": used[0],
                    "output_tokens": used[1],
                    "total_tokens": sum(used),
                }
                chunk = generation(message=messages.AIMessageChunk(text, usage_metadata=usage))
                if run_manager is not None:
                    await run_manager.on_llm_new_token(text, chunk=chunk)
                yield chunk

    return Model()


def of_one_node(think: Any) -> Any:
    graphs = needed("langgraph.graph")
    builder = graphs.StateGraph(graphs.MessagesState)
    builder.add_node("think", think)
    return builder.add_edge(graphs.START, "think").compile()


CHUNKS = [("It is ", (70, 1)), ("3.5 ", None), ("degrees.", (0, 8))]
"""A service may tell in parts what was used: the question's at once, the rest at the end."""


@pytest.mark.parametrize("given", ["the message", "its text"])
@pytest.mark.parametrize("chunks", [CHUNKS, [("It is ", None), ("3.5 degrees.", (70, 9))]])
async def test_what_a_streaming_model_of_langgraph_used_is_counted_once(given: str, chunks: Any):
    model = streaming(*chunks)

    async def think(state: Any) -> Any:
        answer = await model.ainvoke(state["messages"])
        return {"messages": [answer]} if given == "the message" else {}

    async with talk_with(of_one_node(think)) as w:
        assert await answer_to(w, "how warm is it") == "It is 3.5 degrees."
    assert spent(w) == [[70, 9]]
    deltas = [json.loads(event) for event in w.events_df["event"] if "voice_widget.reply.delta" in event]
    assert [event["delta"] for event in deltas] == [text for text, _ in chunks]


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "agent_key_refused"), (429, "agent_rate_limited"), (404, "agent_model_not_found")],
)
async def test_a_refusal_of_langgraphs_model_is_a_sentence(server: Endpoint, status: int, code: str):
    server.answer(web.json_response({"error": {"message": f"No, {KEY}."}}, status=status))

    async def think(state: Any) -> Any:
        said = [{"role": "user", "content": state["messages"][-1].content}]
        async with needed("openai").AsyncOpenAI(base_url=server.url, api_key=KEY, max_retries=0) as client:
            return {"messages": [await client.chat.completions.create(model="m", messages=said)]}

    async with talk_with(of_one_node(think)) as w:
        with pytest.raises(AgentError) as caught:
            await answer_to(w, "hello")
        assert caught.value.code == code
        assert str(status) in caught.value.message
        assert KEY not in str(w.events_df["event"].tolist()) + caught.value.message
        assert w.metrics_df["error_code"].tolist() == [code]


async def test_a_langgraph_that_comes_to_no_end_says_so():
    graphs = needed("langgraph.graph")
    builder = graphs.StateGraph(graphs.MessagesState)
    builder.add_node("again", lambda state: {})
    builder.add_edge(graphs.START, "again")
    builder.add_edge("again", "again")
    async with talk_with(LangGraph(builder.compile(), config={"recursion_limit": 3})) as w:
        with pytest.raises(AgentError) as caught:
            await answer_to(w, "go")
        assert caught.value.code == "agent_limit"


# --- smolagents ------------------------------------------------------------------------------------


def of_smolagents(server: Endpoint) -> Any:
    smolagents = needed("smolagents")
    model = smolagents.OpenAIModel("m", api_base=server.url, api_key=KEY, client_kwargs={"max_retries": 0})
    return smolagents.ToolCallingAgent([smolagents.tool(temperature)], model, verbosity_level=0)


def calling(name: str, arguments: str, call_id: str) -> web.Response:
    function = {"name": name, "arguments": arguments}
    return whole(tool_calls=[{"id": call_id, "type": "function", "function": function}])


async def test_smolagents_answers_with_its_tool_and_what_was_heard(server: Endpoint):
    server.answer(
        calling("temperature", '{"city": "Oslo"}', "call_1"),
        calling("final_answer", '{"answer": "It is 3.5 degrees."}', "call_2"),
        calling("final_answer", '{"answer": "You asked of Oslo."}', "call_3"),
    )
    agent = of_smolagents(server)
    async with talk_with(agent) as w:
        assert await answer_to(w, "how warm is it in Oslo") == "It is 3.5 degrees."
        assert await answer_to(w, "what did I ask") == "You asked of Oslo."
    assert ran(w) == [["temperature", '{"city": "Oslo"}', "3.5", "completed"]]
    assert spent(w) == [[140, 18], [70, 9]]
    assert [role for role, _ in asked(server, 2)] == ["system", "user", "assistant", "user"]
    assert "It is 3.5 degrees." in str(asked(server, 2)[2])
    assert agent.memory.steps == []


async def test_a_refusal_of_smolagents_model_is_a_sentence(server: Endpoint):
    server.answer(*[web.json_response({"error": {"message": "No."}}, status=401) for _ in range(3)])
    async with talk_with(of_smolagents(server)) as w:
        with pytest.raises(AgentError) as caught:
            await answer_to(w, "hello")
        assert caught.value.code == "agent_key_refused"


def test_the_docs_build_them_with_the_packages_themselves(monkeypatch: pytest.MonkeyPatch):
    for package in ("pydantic_ai", "langgraph", "smolagents"):
        needed(package)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    page = (Path(__file__).parents[3] / "docs" / "agents.md").read_text(encoding="utf-8")
    section = page.split("## Agents of other packages")[1].split("\n## ")[0]
    names: dict[str, Any] = {"VoiceWidget": lambda agent: as_agent(agent)}
    built = []
    for block in re.findall(r"```python\n(.*?)```", section, re.DOTALL):
        exec(block, names)
        built.append(type(names["w"]))
    assert built == [PydanticAI, LangGraph, Smolagents, Smolagents]


# --- anything else ---------------------------------------------------------------------------------


async def test_any_async_iterator_of_text_is_spoken():
    async def words() -> AsyncIterator[str]:
        yield "One, "
        await asyncio.sleep(0)
        yield "two."

    async with talk_with(lambda turn: words()) as w:
        assert await answer_to(w, "count") == "One, two."

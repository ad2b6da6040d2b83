"""The agent that asks a chat-completions endpoint, against a real HTTP server that streams."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiohttp import web

from tests.agents.chat_endpoint import PATIENCE, Endpoint, calls, delta, endpoint, says
from voice_widget import Local, VoiceWidget
from voice_widget.agents import Message, Notice, Piece, ToolCall, Turn, Usage
from voice_widget.agents.chat import Chat
from voice_widget.agents.completions import SPOKEN
from voice_widget.agents.driver import Driver
from voice_widget.agents.functions import as_agent
from voice_widget.errors import AgentError, SettingError
from voice_widget.threads.loop import submit
from voice_widget.threads.work import Work

KEY = "sk-the-secret-key-of-this-test"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VOICE_WIDGET_CHAT_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
async def server() -> AsyncIterator[Endpoint]:
    async with endpoint() as made:
        yield made


async def pieces(chat: Chat, turn: Turn) -> list[Piece]:
    async with asyncio.timeout(PATIENCE):
        return [piece async for piece in chat(turn)]


async def refusal(server: Endpoint, answer: Any, key: str | None = KEY) -> AgentError:
    server.answer(answer)
    with pytest.raises(AgentError) as caught:
        await pieces(Chat(server.url, "m", key), Turn("hi"))
    error = caught.value
    # Others, subclasses above all, would not come through the work threads as they are.
    assert type(error) is AgentError
    assert error.next_step
    assert KEY not in str(error) + repr(error) + repr(error.__dict__)
    return error


async def test_an_answer_is_streamed_piece_by_piece(server: Endpoint):
    server.answer(says("Hello", " there."))
    assert await pieces(Chat(server.url, "m", KEY), Turn("hi", instructions="Be brief.")) == [
        "Hello",
        " there.",
    ]
    assert server.keys == [f"Bearer {KEY}"]
    [asked] = server.requests
    assert asked["stream"] is True
    assert asked["model"] == "m"
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hi"},
    ]
    assert "tools" not in asked


async def test_without_instructions_the_model_is_told_that_it_is_heard(server: Endpoint):
    server.answer(says("Yes."))
    await pieces(Chat(server.url, "m", KEY), Turn("hi"))
    assert server.requests[0]["messages"][0] == {"role": "system", "content": SPOKEN}


async def test_options_are_fields_of_the_request_also_those_that_only_the_server_knows(server: Endpoint):
    server.answer(says("Yes."))
    options = {"temperature": 0.1, "top_k": 40, "stream": False, "model": "other"}
    await pieces(Chat(server.url, "m", KEY, options=options), Turn("hi"))
    [asked] = server.requests
    assert {name: asked[name] for name in options} == {
        **options,
        "stream": True,
        "model": "m",
    }


async def test_tools_are_offered_and_their_calls_put_together(server: Endpoint):
    server.answer(
        [
            *says("One moment."),
            *calls(
                {"index": 0, "id": "call_a", "type": "function", "function": {"name": "get_weather"}},
                {"index": 0, "function": {"arguments": '{"city": '}},
                {"index": 1, "id": "call_b", "function": {"name": "get_weather", "arguments": "{}"}},
                {"index": 0, "function": {"arguments": '"Paris"}'}},
            ),
        ]
    )
    turn = Turn("weather?", tools=[WEATHER, {"type": "mcp", "server_label": "x"}], tool_choice="required")
    assert await pieces(Chat(server.url, "m", KEY), turn) == [
        "One moment.",
        ToolCall("get_weather", {"city": "Paris"}),
        ToolCall("get_weather", {}),
    ]
    [asked] = server.requests
    function = {name: WEATHER[name] for name in ("name", "description", "parameters")}
    assert asked["tools"] == [{"type": "function", "function": function}]
    assert asked["tool_choice"] == "required"


async def test_whole_calls_that_all_have_the_index_0_stay_apart(server: Endpoint):
    whole = [
        {"index": 0, "id": f"call_{n}", "function": {"name": "add", "arguments": f'{{"n": {n}}}'}}
        for n in (1, 2)
    ]
    server.answer([delta(tool_calls=whole)])
    assert await pieces(Chat(server.url, "m", KEY), Turn("add")) == [
        ToolCall("add", {"n": 1}),
        ToolCall("add", {"n": 2}),
    ]


async def test_outputs_of_tools_follow_their_calls_under_the_same_id(server: Endpoint):
    server.answer(says("Sunny."))
    history = [
        Message("user", "hello"),
        Message("assistant", "Hello."),
        Message("tool", '"sunny"', "get_weather", '{"city": "Paris"}', "call_7", spoken="One moment."),
        Message("tool", "mild"),
    ]
    turn = Turn("weather in Paris?", history=history, tools=[WEATHER], tool_choice="required")
    assert await pieces(Chat(server.url, "m", KEY), turn) == ["Sunny."]
    said = server.requests[0]["messages"]
    assert [m["role"] for m in said] == [
        *("system", "user", "assistant", "user"),
        *("assistant", "tool", "assistant", "tool"),
    ]
    assert said[3]["content"] == "weather in Paris?"
    call = said[4]["tool_calls"][0]
    assert call["function"] == {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    assert call["id"] == said[5]["tool_call_id"] == "call_7"
    assert [said[place]["content"] for place in (4, 6)] == ["One moment.", None]
    assert said[6]["tool_calls"][0]["id"] == said[7]["tool_call_id"]
    # The tool has answered: who must call one again would never tell what it said.
    assert "tool_choice" not in server.requests[0]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "chat_key_refused"),
        (403, "chat_key_refused"),
        (404, "chat_model_not_found"),
        (429, "chat_rate_limited"),
        (400, "chat_refused"),
        (500, "chat_unavailable"),
        (503, "chat_unavailable"),
    ],
)
async def test_each_refusal_has_a_name_and_never_shows_the_key(server: Endpoint, status: int, code: str):
    body = {"error": {"message": f"No, {KEY} is not welcome.", "type": "x", "code": None}}
    error = await refusal(server, web.json_response(body, status=status))
    assert error.code == code
    assert str(status) in error.message
    assert "No, … is not welcome" in error.message
    assert len(server.requests) == 1  # nobody waits through a second try


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(text="<html>Welcome</html>", content_type="text/html"),
        web.json_response({"hello": "world"}),
        web.Response(text="{", content_type="application/json"),
        ["{no json"],
        ['"text"'],
        [],
    ],
    ids=["page", "other json", "broken json", "broken chunk", "odd chunk", "nothing"],
)
async def test_what_is_no_chat_completion_is_told(server: Endpoint, answer: Any):
    assert (await refusal(server, answer)).code == "chat_not_json"


async def test_an_html_page_of_an_error_is_not_read_aloud(server: Endpoint):
    error = await refusal(server, web.Response(text="<html>Bad gateway</html>", status=502))
    assert error.code == "chat_unavailable"
    assert "html" not in error.message


async def test_an_error_in_the_middle_of_a_stream_is_told(server: Endpoint):
    error = await refusal(server, [*says("Well"), {"error": {"message": f"overloaded {KEY}"}}])
    assert error.code == "chat_failed"
    assert "overloaded" in error.message


async def test_arguments_that_are_no_json_are_the_models_mistake(server: Endpoint):
    broken = calls({"index": 0, "id": "c", "function": {"name": "add", "arguments": "{a"}})
    assert (await refusal(server, broken)).code == "chat_bad_arguments"


async def test_an_endpoint_that_says_nothing_is_given_up(server: Endpoint):
    server.answer([*says("Well"), "wait"])
    chat = Chat(server.url, "m", KEY, timeout=0.2)
    with pytest.raises(AgentError) as caught:
        await pieces(chat, Turn("hi"))
    assert caught.value.code == "chat_timeout"


async def test_an_endpoint_that_is_not_there_is_told(unused_port: int):
    with pytest.raises(AgentError) as caught:
        await pieces(Chat(f"http://127.0.0.1:{unused_port}/v1", "m", KEY), Turn("hi"))
    assert caught.value.code == "chat_unreachable"
    assert caught.value.next_step == "Check its address, and that it runs."


async def test_an_endpoint_without_tls_is_told(server: Endpoint):
    with pytest.raises(AgentError) as caught:
        await pieces(Chat(server.url.replace("http:", "https:"), "m", KEY), Turn("hi"))
    assert caught.value.code == "chat_unreachable"
    assert caught.value.message.endswith(" is not reachable: it does not speak TLS.")
    assert caught.value.next_step == "Use http:// in the address, or give the server TLS."


async def test_a_server_that_does_not_stream_is_understood(server: Endpoint):
    message = {
        "role": "assistant",
        "content": "Hello.",
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "add", "arguments": "{}"}}],
    }
    server.answer(web.json_response({"choices": [{"index": 0, "message": message}]}))
    assert await pieces(Chat(server.url, "m", KEY), Turn("hi")) == ["Hello.", ToolCall("add", {})]


async def test_the_key_comes_from_the_environment_and_may_be_absent(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch
):
    server.answer(says("a"), says("b"), says("c"))
    await pieces(Chat(server.url, "m"), Turn("hi"))
    monkeypatch.setenv("OPENAI_API_KEY", "second")
    await pieces(Chat(server.url, "m"), Turn("hi"))
    monkeypatch.setenv("VOICE_WIDGET_CHAT_KEY", "first")
    await pieces(Chat(server.url, "m"), Turn("hi"))
    assert server.keys == [None, "Bearer second", "Bearer first"]


async def made() -> Turn:
    return Turn("hi")


async def test_it_answers_on_work_threads_and_a_cancelled_turn_closes_its_stream(
    server: Endpoint, caplog: pytest.LogCaptureFixture
):
    server.answer([*says("Well"), "wait"], says("Again."))
    sent: list[dict[str, Any]] = []
    spoke = asyncio.Event()

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)
        spoke.set()

    driver = Driver(as_agent(Chat(server.url, "m", KEY)), Work(), send=send, show=lambda turn, show: None)
    with caplog.at_level(logging.DEBUG):
        first = driver.answer("resp_1", made)
        assert first is not None
        async with asyncio.timeout(PATIENCE):
            await spoke.wait()
            driver.cancel("resp_1")
            await asyncio.wait({first})
            await server.gone.wait()
            await cast(asyncio.Task[None], driver.answer("resp_2", made))
    assert [event.get("delta") for event in sent] == ["Well", "Again.", None]
    assert KEY not in caplog.text


async def test_its_refusal_reaches_the_user_in_its_own_words(server: Endpoint):
    server.answer(web.json_response({"error": {"message": "nope"}}, status=401))
    sent: list[dict[str, Any]] = []

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    driver = Driver(Chat(server.url, "m", KEY), Work(), send=send, show=lambda turn, show: None)
    await cast(asyncio.Task[None], driver.answer("resp_1", made))
    assert driver.errors["resp_1"]["code"] == "chat_key_refused"
    assert sent[-1]["error"]["code"] == "chat_key_refused"


def test_it_needs_a_model_and_shows_no_key():
    with pytest.raises(SettingError, match="model"):
        Chat(None, " ")
    shown = repr(Chat("http://name:password@example.org:81/v1", "m", KEY))
    assert shown == "Chat(server='example.org:81', model='m')"


def test_a_chunk_without_choices_is_nothing():
    # The last chunk of a stream with usage has none.
    from voice_widget.agents.completions import first

    assert first({"choices": []}, "delta") == {}
    assert json.dumps(first(delta(content="x"), "delta")) == '{"content": "x"}'


async def test_it_answers_in_a_widget_and_uses_its_tools(server: Endpoint):
    def get_weather(city: str) -> str:
        return f"sunny in {city}"

    arguments = {"name": "get_weather", "arguments": '{"city": "Rome"}'}
    server.answer(calls({"index": 0, "id": "c", "function": arguments}), says("Sunny."))
    service = Local(vad="level", tts="tone", script=[])
    widget = VoiceWidget(
        agent=Chat(server.url, "m", KEY),
        tools=[get_weather],
        service=service,
        transport="memory",
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await widget.connect()
            answer = widget.next_turn("assistant")
            await widget.send_text("weather in Rome")
            assert (await answer)["text"] == "Sunny."
            await widget.disconnect()
    finally:
        widget.close()
        # It was given, so it is ours to end.
        await asyncio.wrap_future(submit(service.close()))
    call, output = server.requests[1]["messages"][-2:]
    assert call["tool_calls"][0]["function"] == arguments
    assert (output["tool_call_id"], output["content"]) == (call["tool_calls"][0]["id"], "sunny in Rome")


async def test_what_it_used_is_told_once_also_where_each_chunk_says_it(server: Endpoint):
    used = {"prompt_tokens": 70, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 64}}
    running = [
        {**delta(content=word), "usage": {**used, "completion_tokens": n}} for n, word in enumerate("ab")
    ]
    server.answer([*running, {**delta(), "choices": [], "usage": used}], says("No count."))
    chat = Chat(server.url, "m", KEY)
    assert await pieces(chat, Turn("hi")) == ["a", "b", Usage(70, 9, 64, 0)]
    assert server.requests[0]["stream_options"] == {"include_usage": True}
    assert await pieces(chat, Turn("hi")) == ["No count."]


async def test_what_it_used_is_told_of_an_answer_that_does_not_stream(server: Endpoint):
    whole = {
        "choices": [{"message": {"content": "Yes."}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }
    server.answer(web.json_response(whole))
    assert await pieces(Chat(server.url, "m", KEY), Turn("hi")) == ["Yes.", Usage(7, 2)]


async def test_a_field_that_a_server_refuses_can_be_left_out(server: Endpoint):
    server.answer(says("Yes."))
    await pieces(Chat(server.url, "m", KEY, options={"stream_options": None}), Turn("hi"))
    assert "stream_options" not in server.requests[0]


async def test_a_history_that_is_too_long_is_cut_and_that_is_told(server: Endpoint):
    server.answer(says("Yes."))
    history = [Message("system", "Be kind."), *[Message("user", f"number {n}") for n in range(5)]]
    chat = Chat(server.url, "m", KEY, most_messages=2)
    told, answer = await pieces(chat, Turn("now", history, "Be brief."))
    assert isinstance(told, Notice)
    assert (told.code, told.details["messages"], answer) == ("history_cut", 3, "Yes.")
    assert [message["content"] for message in server.requests[0]["messages"]] == [
        *("Be brief.", "Be kind.", "number 3", "number 4", "now"),
    ]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"key": [b"s3cret"]}, "key must be a text, not list"),
        ({"timeout": "soon"}, "timeout must be a number of seconds above 0"),
        ({"options": 5}, "The options of the chat endpoint are 5"),
    ],
)
def test_an_argument_of_another_kind_is_refused_and_no_key_is_told(wrong: dict[str, Any], says: str):
    with pytest.raises(SettingError, match=says) as raised:
        Chat(None, "m", **wrong)
    assert "s3cret" not in str(raised.value)
    assert raised.value.next_step


@pytest.mark.parametrize("most", [{"most_tokens": 0}, {"most_messages": "3"}, {"most_tokens": True}])
def test_a_limit_that_is_no_number_is_refused(most: dict[str, Any]):
    with pytest.raises(SettingError, match=next(iter(most))):
        Chat(None, "m", **most)

"""``python -m voice_widget serve`` as people run it: a process of its own, reached over the network only."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import aiohttp
import pytest
from aiohttp import web
from openai import AsyncOpenAI

from tests.agents.chat_endpoint import calls, endpoint, says
from tests.engine.caller import Caller, tone
from tests.engine.rig import SESSION, Socket
from tests.serving import PARTS, PATIENCE, Serve, alive, children, serving
from voice_widget.__main__ import main
from voice_widget.commands.serve import told
from voice_widget.engine.stages.events import StageReport
from voice_widget.realtime.wire.images import image_part

TOKEN = "the-token-of-this-test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGE = "https://hub.example.org"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture(scope="module")
def server() -> Iterator[Serve]:
    yield from serving(*PARTS, "--allow-origin", PAGE, environment={"VOICE_WIDGET_TOKEN": TOKEN})


@pytest.fixture(scope="module")
def secret(server: Serve) -> str:
    """The shortest-lived one there is. The last test waits for its end."""
    body = {"expires_after": {"anchor": "created_at", "seconds": 10}, "session": {"instructions": "Be kind."}}
    request = Request(f"{server.url}/v1/realtime/client_secrets", json.dumps(body).encode(), BEARER)
    with urlopen(request, timeout=PATIENCE) as response:
        made = json.load(response)
    assert made["value"].startswith("ek_")
    return str(made["value"])


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@asynccontextmanager
async def talk(http: aiohttp.ClientSession, url: str, query: str = "model=m") -> AsyncIterator[Socket]:
    made = Socket(await http.ws_connect(f"{url}/v1/realtime?{query}", headers=BEARER))
    try:
        await made.begin(query)
        yield made
    finally:
        await made.close()


async def ask(client: Socket, text: str) -> dict[str, Any]:
    """Type something, and give the response that comes of it."""
    part = {"type": "input_text", "text": text}
    item = {"type": "message", "role": "user", "content": [part]}
    await client.send({"type": "conversation.item.create", "item": item})
    return await answered(client)


async def answered(client: Socket) -> dict[str, Any]:
    begun = len(client.events.all)
    response = {"output_modalities": ["text"]}
    await client.send({"type": "response.create", "response": response})
    done = await client.events.until("response.done", after=begun)
    return dict(done["response"])


def text_of(response: dict[str, Any]) -> str:
    return str(response["output"][0]["content"][0]["text"])


async def warm(http: aiohttp.ClientSession, server: Serve) -> None:
    """Until the stages are there: a session is opened only then."""
    async with talk(http, server.url):
        pass


# --- what it says ---------------------------------------------------------------------------------


def test_it_says_where_it_is_and_how_to_use_it_but_not_a_token_that_was_given(server: Serve):
    assert server.lines[0] == f"voice_widget serves OpenAI's Realtime API at {server.url}/v1"
    assert [line.split(":")[0] for line in server.lines[1:]] == ["notebook", "openai", "curl"]
    assert all(server.url in line for line in server.lines)
    assert TOKEN not in "\n".join(server.lines)


def test_a_token_in_the_environment_is_not_passed_on(server: Serve):
    async def stages() -> list[int]:
        async with aiohttp.ClientSession() as http:
            await warm(http, server)
        return children(server.process.pid)

    pids = asyncio.run(stages())
    assert pids
    for pid in pids:
        assert TOKEN.encode() not in Path(f"/proc/{pid}/environ").read_bytes()


async def test_a_random_token_is_printed_and_works(http):
    for server in serving(*PARTS):
        token = next(line for line in server.lines if line.startswith("token: ")).removeprefix("token: ")
        assert len(token) >= 32
        url = f"{server.url}/healthz"
        assert (await http.get(url, headers={"Authorization": f"Bearer {token}"})).status == 200
        assert (await http.get(url)).status == 401


def test_it_says_which_parts_it_took_and_what_one_must_know_of_them():
    for server in serving(*PARTS[:4], "--tts", "tests.serving:Copied"):
        server.until("^note")
        assert server.lines[-2:] == [
            "parts:     vad level, stt tests.serving:Ears, tts tests.serving:Copied, turn_detector rule",
            "note:      It is a copy of somebody's voice.",
        ]


def test_why_smaller_parts_were_taken_is_told():
    missing = 'kokoro is not installed. Run: pip install "voice-widget[natural]"'
    report = StageReport((), {}, {"tts": "piper"}, (missing,), ("The voice joe comes from that of Lessac.",))
    assert told(report) == [
        "parts:     tts piper",
        f"note:      {missing}",
        "note:      The voice joe comes from that of Lessac.",
    ]


# --- who may --------------------------------------------------------------------------------------


async def test_nobody_gets_in_without_a_credential(http, server):
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        for method, path in (("POST", "/v1/realtime/calls"), ("POST", "/v1/realtime/client_secrets")):
            response = await http.request(method, server.url + path, headers=headers)
            assert response.status == 401
            assert (await response.json())["error"]["code"] == "invalid_api_key"
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(f"{server.url}/v1/realtime?model=m", headers=headers)
        assert caught.value.status == 401


async def test_a_short_lived_secret_opens_sessions(http, server, secret):
    headers = {"Authorization": f"Bearer {secret}"}
    ws = await http.ws_connect(f"{server.url}/v1/realtime?model=m", headers=headers)
    assert json.loads(await ws.receive_str(timeout=PATIENCE))["session"]["instructions"] == "Be kind."
    await ws.close()


async def test_only_allowed_pages_may_ask(http, server):
    url = f"{server.url}/v1/realtime/calls"
    refused = await http.post(url, headers={**BEARER, "Origin": "https://evil.example.org"})
    assert refused.status == 403
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-openai-agents-sdk",
    }
    preflight = await http.options(url, headers=asked)
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == PAGE
    assert "x-openai-agents-sdk" in preflight.headers["Access-Control-Allow-Headers"]
    assert preflight.headers["Access-Control-Expose-Headers"] == "Location"
    elsewhere = await http.options(url, headers={**asked, "Origin": "https://evil.example.org"})
    assert elsewhere.status == 403


# --- conversations --------------------------------------------------------------------------------


async def test_a_typed_conversation_with_a_function_call(http, server):
    async with talk(http, server.url) as client:
        await client.send({"type": "session.update", "session": {"type": "realtime", "tools": [WEATHER]}})
        assert text_of(await ask(client, "hello")).startswith("Hello, I am the built-in agent")
        question = text_of(await ask(client, "what is the weather?"))
        assert question == "To call get weather I need the city. Which one?"
        [call] = (await ask(client, "Paris"))["output"]
        assert (call["type"], call["name"], json.loads(call["arguments"])) == (
            "function_call",
            "get_weather",
            {"city": "Paris"},
        )
        output = json.dumps({"sky": "clear", "degrees": 20})
        item = {"type": "function_call_output", "call_id": call["call_id"], "output": output}
        await client.send({"type": "conversation.item.create", "item": item})
        assert text_of(await answered(client)) == "Get weather says: sky: clear, degrees: 20. "
        assert text_of(await ask(client, "thank you")) == "You are welcome."
        assert "voice_widget" not in "".join(client.events.types())


async def test_of_an_image_its_agent_is_told_what_it_is(http, server):
    async with talk(http, server.url) as client:
        parts = [
            image_part(b"\x89PNG\r\n\x1a\n" + bytes(92)),
            {"type": "input_text", "text": "what is seven plus one"},
        ]
        for content in (parts, parts[:1]):
            item = {"type": "message", "role": "user", "content": content}
            await client.send({"type": "conversation.item.create", "item": item})
            assert text_of(await answered(client)).startswith("That is an image: PNG 100 bytes.")


async def test_the_openai_package_talks_to_it(server):
    client = AsyncOpenAI(api_key=TOKEN, base_url=f"{server.url}/v1", max_retries=0)
    async with client.realtime.connect(model="embedded") as connection, asyncio.timeout(PATIENCE):
        part: Any = {"type": "input_text", "text": "what is six times seven"}
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": [part]})
        await connection.response.create(response={"output_modalities": ["text"]})
        async for event in connection:
            if event.type == "response.output_text.done":
                assert event.text == "That is 42."
                break
    await client.close()


async def test_a_spoken_call_over_webrtc_is_answered_by_the_built_in_agent(http, server):
    await warm(http, server)
    async with Caller() as caller:
        with aiohttp.MultipartWriter("form-data") as body:
            part = body.append(await caller.offer(), {"Content-Type": "application/sdp"})
            part.set_content_disposition("form-data", name="sdp")
            part = body.append(json.dumps(SESSION), {"Content-Type": "application/json"})
            part.set_content_disposition("form-data", name="session")
        response = await http.post(f"{server.url}/v1/realtime/calls", headers=BEARER, data=body)
        assert response.status == 201
        call_id = response.headers["Location"].rpartition("/")[2]
        await caller.accept(await response.text())
        await caller.events.until("session.created")
        async with talk(http, server.url, f"call_id={call_id}") as sideband:
            caller.microphone.say(tone(300))
            heard = await caller.events.until("conversation.item.input_audio_transcription.completed")
            assert heard["transcript"] == "what is two plus three"
            said = await caller.events.until("response.output_audio_transcript.done")
            assert said["transcript"] == "That is 5."
            await caller.hears(lambda level: level > 1000)
            await caller.events.until("output_audio_buffer.stopped")
            await sideband.events.until("output_audio_buffer.stopped")
        assert not [kind for kind in caller.events.types() if kind.startswith("voice_widget.")]
        ended = await http.post(f"{server.url}/v1/realtime/calls/{call_id}/hangup", headers=BEARER)
        assert ended.status == 200


async def test_the_recogniser_expects_what_the_agent_and_the_tools_understand(http):
    arguments = ("--vad", "level", "--stt", "tests.serving:Expecting", "--tts", "tone", "--token", TOKEN)
    for server in serving(*arguments):
        async with talk(http, server.url) as client:
            listening = {"input": {"turn_detection": None}}
            session = {"type": "realtime", "tools": [WEATHER], "audio": listening}
            await client.send({"type": "session.update", "session": session})
            await client.events.until("session.updated")
            audio = base64.b64encode(tone(300)).decode()
            await client.send({"type": "input_audio_buffer.append", "audio": audio})
            await client.send({"type": "input_audio_buffer.commit"})
            heard = await client.events.until("conversation.item.input_audio_transcription.completed")
            assert heard["transcript"] == "expecting ['what can you do', 'get weather']"


async def test_a_kernels_socket_answers_instead_of_the_agent(http, server):
    async with talk(http, server.url, "model=m&agent=kernel") as kernel:
        await kernel.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
        asked = await kernel.events.until("voice_widget.reply.requested")
        reply = {"response_id": asked["response_id"]}
        await kernel.send({"type": "voice_widget.reply.delta", **reply, "delta": "From the kernel."})
        await kernel.send({"type": "voice_widget.reply.done", **reply})
        done = await kernel.events.until("response.done")
        assert text_of(done["response"]) == "From the kernel."


async def test_an_agent_of_ones_own(http):
    arguments = (*PARTS, "--agent", "tests.serving:shout", "--token", TOKEN)
    for server in serving(*arguments):
        async with talk(http, server.url) as client:
            assert text_of(await ask(client, "hello")) == "HELLO!"


async def test_a_chat_endpoint_answers_and_its_failures_are_told_without_the_key(http):
    key = "sk-the-chat-key-of-this-test"
    async with endpoint() as chat:
        chat.answer(
            says("Good ", "day."),
            calls(
                {"index": 0, "id": "c", "function": {"name": "get_weather", "arguments": '{"city": "Rome"}'}}
            ),
            says("It is warm in Rome."),
            web.json_response({"error": {"message": f"bad {key}"}}, status=401),
        )
        for server in serving(
            *PARTS,
            *("--chat", chat.url, "--chat-model", "llama", "--token", TOKEN),
            environment={"VOICE_WIDGET_CHAT_KEY": key},
        ):
            async with talk(http, server.url) as client:
                session = {"type": "realtime", "instructions": "Be kind.", "tools": [WEATHER]}
                await client.send({"type": "session.update", "session": session})
                assert text_of(await ask(client, "hello")) == "Good day."
                [call] = (await ask(client, "weather in Rome?"))["output"]
                item = {"type": "function_call_output", "call_id": call["call_id"], "output": "warm"}
                await client.send({"type": "conversation.item.create", "item": item})
                assert text_of(await answered(client)) == "It is warm in Rome."
                failed = await ask(client, "again")
                assert failed["status_details"]["error"]["code"] == "chat_key_refused"
                assert key not in json.dumps(client.events.all)
            code, errors = server.end(signal.SIGTERM)
            assert code == 0
            assert key not in errors + "\n".join(server.lines)
    assert chat.keys == [f"Bearer {key}"] * 4
    assert chat.requests[0]["messages"][0] == {"role": "system", "content": "Be kind."}
    said = chat.requests[2]["messages"]
    assert said[-2]["tool_calls"][0]["id"] == said[-1]["tool_call_id"] == call["call_id"]
    assert said[-1]["content"] == "warm"


async def test_a_script_says_what_is_heard_and_answered(http, tmp_path):
    script = tmp_path / "script.json"
    script.write_text('[{"hear": "how many", "say": "Two."}]')
    for server in serving("--vad", "level", "--tts", "tone", "--script", str(script), "--token", TOKEN):
        async with talk(http, server.url) as client:
            assert text_of(await ask(client, "anything")) == "Two."


# --- beginning and ending -------------------------------------------------------------------------


def test_with_its_standard_input_it_ends_if_it_is_to():
    server = Serve(*PARTS, "--until-stdin-closes", stdin=subprocess.PIPE)
    server.until("^parts")
    started = children(server.process.pid)
    assert started
    assert server.process.poll() is None
    assert server.process.stdin is not None
    server.process.stdin.close()
    assert server.end()[0] == 0
    deadline = time.monotonic() + PATIENCE
    while any(map(alive, started)):
        assert time.monotonic() < deadline, "Its parts outlive it."
        time.sleep(0.02)  # they are nobody's children any more


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly_with_all_its_calls_and_leaves_no_orphan(http, how):
    for server in serving(*PARTS, "--token", TOKEN):
        async with talk(http, server.url) as client:
            stages = children(server.process.pid)
            assert stages
            code, errors = server.end(how)
            assert code == 0
            assert errors == ""
            await client.gone()
        assert not any(alive(pid) for pid in stages)


async def test_it_can_be_ended_before_its_stages_are_warm():
    for server in serving(*PARTS):
        code, errors = server.end(signal.SIGTERM)
        assert (code, errors) == (0, "")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["serve", *arguments]) == 2
    said = capsys.readouterr().err
    assert "→" in said
    assert "Traceback" not in said
    return said


def test_a_port_that_is_taken_is_told(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}" in refused(capsys, *PARTS, "--port", str(port))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--host", "300.1.1.1"), "300.1.1.1"),
        (("--port", "70000"), "70000"),
        (("--token", " "), "token"),
        (("--token", "zwölf"), "token"),
        (("--script", "/no/such/file.json"), "/no/such/file.json"),
        (("--stt", "scripted"), "--script"),
        (("--allow-origin", "hub.example.org"), "hub.example.org"),
        (("--allow-origin", "https://hub.example.org/lab"), "https://hub.example.org/lab"),
        (("--agent", "nothing"), "MODULE:FUNCTION"),
        (("--agent", "no_such_module:agent"), "no_such_module"),
        (("--agent", "tests.serving:nothing"), "nothing"),
        (("--agent", "tests.serving:PATIENCE"), "float"),
        (("--agent", "tests.serving:shout", "--chat", "http://127.0.0.1:1/v1"), "--agent or --chat"),
        (("--agent", "tests.serving:shout", "--script", "x.json"), "--script"),
        (("--chat", "127.0.0.1:1/v1", "--chat-model", "m"), "http"),
        (("--chat", "http://127.0.0.1:1/v1"), "model"),
        (("--chat-model", "m"), "--chat URL"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(capsys, arguments, words):
    assert words in refused(capsys, "--port", "0", *arguments)


@pytest.mark.parametrize("part", ["no-such-part", "no_such_module:Ears"])
def test_parts_that_are_not_there_are_told(part: str):
    server = Serve(*PARTS[:2], "--stt", part, *PARTS[4:])
    code, errors = server.end()
    assert code == 2
    assert part.partition(":")[0] in errors
    assert "→" in errors
    assert "Traceback" not in errors


def test_other_addresses_than_the_loopback_are_warned_about():
    for server in serving(*PARTS, "--host", "0.0.0.0"):
        assert "http://127.0.0.1:" in server.lines[0]
        code, errors = server.end(signal.SIGTERM)
        assert code == 0
        assert "unencrypted" in errors


async def test_a_short_lived_secret_expires(http, server, secret):
    url, headers = f"{server.url}/healthz", {"Authorization": f"Bearer {secret}"}
    async with asyncio.timeout(PATIENCE):
        while (response := await http.get(url, headers=headers)).status == 200:  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0.25)
    assert response.status == 401

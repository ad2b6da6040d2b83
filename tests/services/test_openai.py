"""The client of every service, against a small server that behaves as the real one does, or misbehaves."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import WSMsgType, web

from voice_widget.errors import ServiceRefused, ServiceUnavailable, SettingError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import openai as openai_module
from voice_widget.services.openai import OpenAI
from voice_widget.threads.loop import beside

KEY = "sk-proj-very_secret-123"


class FakeServer:
    """What was asked of it, and what it is told to answer."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.status = 201
        self.body = "v=0 the answer"
        self.location: str | None = "/v1/realtime/calls/rtc_42?region=eu"
        self.says: list[str] | None = None
        self.heard: list[Any] = []
        self.close_code = 1000
        self.url = ""

    async def calls(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.requests.append(
            {
                "sdp": bytes(form["sdp"]).decode(),
                "session": bytes(form["session"]).decode(),
                "headers": dict(request.headers),
            }
        )
        headers = {"Location": self.location} if self.location else {}
        return web.Response(status=self.status, text=self.body, headers=headers)

    async def hangup(self, request: web.Request) -> web.Response:
        self.requests.append({"hangup": request.match_info["call_id"]})
        return web.Response(status=self.status, text=self.body)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        self.requests.append({"query": dict(request.query), "headers": dict(request.headers)})
        if self.status >= 400:
            return web.Response(status=self.status, text=self.body)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        # Captures: who opens a session is greeted, who follows a call is not.
        greeting = '{"type": "session.created", "event_id": "e1", "session": {}}'
        usual = [] if "call_id" in request.query else [greeting]
        for text in usual if self.says is None else self.says:
            await socket.send_str(text)
        if self.close_code != 1000:
            await socket.close(code=self.close_code)
            return socket
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.heard.append(json.loads(message.data))
                if self.heard[-1]["type"] == "bye":
                    await socket.close()
        return socket


@pytest_asyncio.fixture
async def server() -> AsyncIterator[FakeServer]:
    fake = FakeServer()
    app = web.Application()
    app.router.add_post("/v1/realtime/calls", fake.calls)
    app.router.add_post("/v1/realtime/calls/{call_id}/hangup", fake.hangup)
    app.router.add_get("/v1/realtime", fake.socket)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield fake
    await runner.cleanup()


@pytest_asyncio.fixture
async def service(server: FakeServer) -> AsyncIterator[OpenAI]:
    service = OpenAI("model-1", KEY, server.url, timeout=20)
    yield service
    await service.close()


async def test_an_offer_is_handed_over_with_the_settings(server: FakeServer, service: OpenAI) -> None:
    answer = await service.answer("v=0 the offer", SessionConfig(voice="marin"))
    assert (answer.sdp, answer.call_id) == ("v=0 the answer", "rtc_42")
    (request,) = server.requests
    assert request["sdp"] == "v=0 the offer"
    assert json.loads(request["session"]) == {
        "type": "realtime",
        "model": "model-1",
        "audio": {"output": {"voice": "marin"}},
    }
    assert request["headers"]["Authorization"] == f"Bearer {KEY}"


async def test_the_client_is_loaded_once_and_no_later_call_waits_for_a_thread(
    server: FakeServer, service: OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    async def counted(function: Callable[[], Any]) -> Any:
        loaded.append(function)
        return await beside(function)

    monkeypatch.setattr(openai_module, "beside", counted)
    openai_module._load.cache_clear()
    for _ in range(2):
        await service.answer("v=0", SessionConfig())
    assert loaded == [openai_module._load, service._connected]


async def test_a_server_without_a_location_gives_no_call_id(server: FakeServer, service: OpenAI) -> None:
    server.location = None
    assert (await service.answer("v=0", SessionConfig())).call_id is None


@pytest.mark.parametrize(
    ("status", "code"), [(400, "invalid_offer"), (404, "call_not_found"), (429, "too_many_sessions")]
)
async def test_the_services_own_name_of_a_refusal_is_kept(
    server: FakeServer, service: OpenAI, status: int, code: str
) -> None:
    server.status = status
    server.body = json.dumps({"error": {"message": "No.", "code": code}})
    for request in (service.answer("v=0", SessionConfig()), service.connect()):
        with pytest.raises(ServiceRefused, match=r": No\.") as raised:
            await request
        assert raised.value.code == code
        assert "quota" not in raised.value.next_step


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (401, ServiceRefused, "invalid_api_key"),
        (403, ServiceRefused, "forbidden"),
        (404, ServiceRefused, "not_found"),
        (429, ServiceRefused, "rate_limited"),
        (400, ServiceRefused, "service_refused"),
        (500, ServiceUnavailable, "service_unavailable"),
    ],
)
async def test_a_refusal_has_a_name_a_sentence_and_a_next_step_but_no_key(
    server: FakeServer, service: OpenAI, status: int, error: type[Exception], code: str
) -> None:
    server.status = status
    server.body = json.dumps({"error": {"message": f"Incorrect API key {KEY} (also sk-other_1)."}})
    for request in (service.answer("v=0", SessionConfig()), service.connect()):
        with pytest.raises(error) as raised:
            await request
        assert raised.value.code == code  # type: ignore[attr-defined]
        assert raised.value.next_step  # type: ignore[attr-defined]
        assert "Incorrect API key …" in str(raised.value)
        assert "sk-" not in f"{raised.value!r}{raised.value.__cause__!r}"


async def test_a_server_that_is_not_there_is_named() -> None:
    service = OpenAI("m", KEY, "http://127.0.0.1:9/v1", timeout=2)
    for request in (service.answer("v=0", SessionConfig()), service.connect()):
        with pytest.raises(ServiceUnavailable, match="not reachable"):
            await request
    await service.close()


async def test_a_socket_is_opened_for_a_model_or_for_a_call(server: FakeServer, service: OpenAI) -> None:
    for arguments, query in (
        ({"session": SessionConfig(model="model-2")}, {"model": "model-2"}),
        ({}, {"model": "model-1"}),
        ({"call_id": "rtc_42"}, {"call_id": "rtc_42"}),
    ):
        connection = await service.connect(**arguments)  # type: ignore[arg-type]
        await connection.close()
        assert server.requests[-1]["query"] == query
        assert server.requests[-1]["headers"]["Authorization"] == f"Bearer {KEY}"


async def test_unknown_events_come_through_and_bad_ones_cost_themselves(
    server: FakeServer, service: OpenAI
) -> None:
    server.says = [
        '{"type": "brand.new", "payload": 1}',
        "not JSON",
        '{"type": "voice_widget.call.failed"}',
        '{"type": "response.audio.done", "response_id": "r", "item_id": "i"}',
    ]
    connection = await service.connect()
    events = []
    async with asyncio.timeout(20):
        async for event in connection:
            events.append(event)
            if len(events) == 4:
                break
    await connection.close()
    assert [e["type"] for e in events] == [
        "brand.new",
        "voice_widget.unreadable",
        "voice_widget.unreadable",
        "response.output_audio.done",
    ]
    assert "not JSON" in events[1]["error"]["message"]


async def test_events_go_out_as_they_are(server: FakeServer, service: OpenAI) -> None:
    connection = await service.connect()
    await connection.send({"type": "voice_widget.reply.delta", "response_id": "r", "delta": "Grüß Gott"})
    await connection.send({"type": "bye"})
    async with asyncio.timeout(20):
        kinds = [event["type"] async for event in connection]
    assert kinds == ["session.created"]
    assert server.heard[0] == {
        "type": "voice_widget.reply.delta",
        "response_id": "r",
        "delta": "Grüß Gott",
    }


async def test_the_end_of_a_session_is_an_end_and_a_break_is_an_error(
    server: FakeServer, service: OpenAI
) -> None:
    server.close_code = 1001
    async with asyncio.timeout(20):
        assert len([e async for e in await service.connect()]) == 1
        server.close_code = 1011
        with pytest.raises(ServiceUnavailable, match="1011"):
            [e async for e in await service.connect()]


async def test_sending_into_a_closed_socket_is_named(server: FakeServer, service: OpenAI) -> None:
    connection = await service.connect()
    await connection.close()
    await connection.close()
    with pytest.raises(ServiceUnavailable):
        await connection.send({"type": "response.create"})


async def test_hanging_up_twice_is_no_error(server: FakeServer, service: OpenAI) -> None:
    server.status = 200
    await service.hangup("rtc_42")
    assert server.requests[-1] == {"hangup": "rtc_42"}
    server.status = 404
    await service.hangup("rtc_42")


async def test_no_proxy_comes_between_us_and_the_loopback(
    server: FakeServer, service: OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    await service.answer("v=0", SessionConfig())
    await (await service.connect()).close()
    assert len(server.requests) == 2


async def test_without_a_key_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ServiceRefused, match="OPENAI_API_KEY") as raised:
        await OpenAI().start()
    assert raised.value.code == "no_api_key"


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(SettingError, match="does not begin with http:// or https://"):
        OpenAI(base_url="example.org/v1")


async def test_no_key_in_reprs_and_logs(server: FakeServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service = OpenAI("m", KEY, server.url.replace("127.0.0.1", "me:password@127.0.0.1"))
    connection = await service.connect()
    async with asyncio.timeout(20):
        async for _ in connection:
            break
    await connection.close()
    await service.close()
    ours = "".join(r.getMessage() for r in caplog.records if r.name.startswith("voice_widget"))
    for text in (repr(service), service.name, repr(connection), ours):
        assert KEY not in text
        assert "password" not in text

"""The endpoints: who may, what comes back, and what is refused how."""

import asyncio
import contextlib
import io
import json
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from openai import AsyncOpenAI

from tests.engine.caller import PATIENCE, Caller, tone
from tests.engine.rig import SESSION, TOKEN, Rig, engine
from voice_widget.engine.http import calls

SDP = {"Content-Type": "application/sdp"}
PAGE = "http://localhost:8888"


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with engine(origins=["https://hub.example.org"]) as made:
        yield made


@pytest.fixture
async def door() -> AsyncIterator[Rig]:
    """An engine whose stages never get warm: enough to be let in or not."""
    async with engine(origins=["https://hub.example.org"], warm=False) as made:
        yield made


async def refusal(response: aiohttp.ClientResponse) -> dict[str, str]:
    body = await response.json()
    assert set(body["error"]) == {"message", "type", "code", "param"}
    assert body["error"]["message"]
    return body["error"]


async def test_an_offer_alone_is_answered_with_201_and_a_location(rig):
    async with Caller() as caller:
        response = await rig.post("/v1/realtime/calls", data=await caller.offer(), headers=SDP)
        assert response.status == 201
        assert response.content_type == "application/sdp"
        assert response.headers["Location"].startswith("/v1/realtime/calls/rtc_")
        await caller.accept(await response.text())
        created = await caller.events.until("session.created")
    assert created["session"]["voice" if "voice" in created["session"] else "audio"]


async def test_the_openai_client_makes_and_ends_a_call(rig):
    client = AsyncOpenAI(api_key=TOKEN, base_url=f"{rig.url}/v1", max_retries=0)
    async with Caller() as caller:
        session = {"type": "realtime", "instructions": "Be brief.", "model": "m"}
        raw = await client.realtime.calls.with_raw_response.create(sdp=await caller.offer(), session=session)
        await caller.accept(raw.text)
        created = await caller.events.until("session.created")
        assert created["session"]["instructions"] == "Be brief."
        assert created["session"]["model"] == "m"
        call_id = raw.headers["location"].rpartition("/")[2]
        async with client.realtime.connect(call_id=call_id) as sideband:
            await sideband.session.update(session={"type": "realtime", "instructions": "Be kind."})
            first = json.loads(await sideband.recv_bytes())
            assert (first["type"], first["session"]["instructions"]) == ("session.updated", "Be kind.")
        await client.realtime.calls.hangup(call_id)
        async with asyncio.timeout(PATIENCE):
            await caller.closed.wait()
    await client.close()


async def test_a_call_is_ended_by_deleting_what_its_location_names(rig):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with Caller() as caller:
        response = await rig.post("/v1/realtime/calls", data=await caller.offer(), headers=SDP)
        await caller.accept(await response.text())
        place = f"{rig.url}{response.headers['Location']}"
        assert (await rig.http.delete(place)).status == 401
        assert (await rig.http.delete(place, headers=headers)).status == 200
        async with asyncio.timeout(PATIENCE):
            await caller.closed.wait()
        assert (await rig.http.delete(place, headers=headers)).status == 200
    assert (await rig.http.delete(f"{place}x", headers=headers)).status == 404
    assert rig.calls._calls == {}


async def test_hanging_up_closes_the_sideband_too_and_may_be_done_twice(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        sideband = await rig.sideband(f"call_id={call_id}")
        for _ in range(2):
            response = await rig.post(f"/v1/realtime/calls/{call_id}/hangup")
            assert response.status == 200
        assert await sideband.gone() == 1000
    assert rig.calls.get(call_id) is None
    assert (await rig.post("/v1/realtime/calls/rtc_never/hangup")).status == 404


async def test_a_page_that_leaves_ends_its_call_and_its_sideband(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        sideband = await rig.socket(f"call_id={call_id}")
    await sideband.gone()
    assert rig.calls.get(call_id) is None


async def test_closing_the_engine_ends_everything(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        sideband = await rig.socket(f"call_id={call_id}")
        session = await rig.socket("model=any")
        await session.events.until("session.created")
        await rig.server.close()
        await sideband.gone()
        await session.gone()
        async with asyncio.timeout(PATIENCE):
            await caller.closed.wait()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/realtime/calls"),
        ("POST", "/v1/realtime/client_secrets"),
        ("POST", "/v1/realtime/calls/rtc_1/hangup"),
        ("DELETE", "/v1/realtime/calls/rtc_1"),
        ("GET", "/v1/realtime?model=m"),
        ("GET", "/v1/realtime?call_id=rtc_1"),
        ("GET", "/healthz"),
        ("GET", "/"),
        ("GET", "/no/such/place"),
    ],
)
async def test_every_request_needs_a_credential(door, method, path):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        response = await door.http.request(method, door.url + path, headers=headers)
        assert response.status == 401
        assert (await refusal(response))["code"] == "invalid_api_key"


@pytest.mark.parametrize("protocols", [[], ["realtime"], ["realtime", "openai-insecure-api-key.wrong"]])
async def test_a_socket_without_a_credential_is_refused_before_the_upgrade(door, protocols):
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await door.socket("model=any", token=None, protocols=protocols)
    assert caught.value.status == 401


async def test_a_browser_s_socket_brings_its_credential_as_a_subprotocol(rig):
    names = ["realtime", f"openai-insecure-api-key.{TOKEN}"]
    socket = await rig.socket("model=any", token=None, protocols=names, origin=PAGE)
    await socket.events.until("session.created")
    assert socket.ws.protocol == "realtime"


async def test_an_unknown_call_is_404_before_the_upgrade(door):
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await door.socket("call_id=rtc_unknown")
    assert caught.value.status == 404


async def test_a_plain_get_of_the_socket_s_address_says_what_to_do(door):
    response = await door.http.get(f"{door.url}/v1/realtime", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status == 426
    assert (await refusal(response))["code"] == "upgrade_required"


async def test_a_secret_opens_what_it_was_made_for_and_nothing_more(rig):
    body = {"session": {"type": "realtime", "instructions": "By secret."}, "expires_after": {"seconds": 60}}
    made = await rig.post("/v1/realtime/client_secrets", json=body)
    assert made.status == 200
    secret = await made.json()
    assert secret["value"].startswith("ek_")
    assert secret["session"]["instructions"] == "By secret."
    socket = await rig.socket("model=any", token=secret["value"])
    assert (await socket.events.until("session.created"))["session"]["instructions"] == "By secret."
    async with Caller() as caller:
        response = await rig.post(
            "/v1/realtime/calls", data=await caller.offer(), headers=SDP, token=secret["value"]
        )
        assert response.status == 201
        await caller.accept(await response.text())
        created = await caller.events.until("session.created")
        assert created["session"]["instructions"] == "By secret."
    assert (await rig.post("/v1/realtime/client_secrets", token=secret["value"])).status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await rig.socket("model=any&agent=kernel", token=secret["value"])
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": {"seconds": 5}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": "60"}}, "expires_after.seconds"),
        ({"expires_after": 60}, "expires_after.seconds"),
        ({"session": []}, "session"),
        ({"session": None}, None),
        ({"session": [1]}, "session"),
        ({"session": {"type": "realtime", "tools": 5}}, "session.tools"),
    ],
)
async def test_a_secret_asked_for_wrongly_is_refused_by_name(door, body, param):
    response = await door.post("/v1/realtime/client_secrets", json=body)
    if param is None:
        assert response.status == 200
    else:
        assert response.status == 400
        assert (await refusal(response))["param"] == param


def form(**parts: tuple[str, str | bytes]) -> aiohttp.MultipartWriter:
    body = aiohttp.MultipartWriter("form-data")
    for name, (kind, text) in parts.items():
        body.append(text, {"Content-Type": kind}).set_content_disposition("form-data", name=name)
    return body


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"data": b"", "headers": SDP}, 400, "invalid_offer"),
        ({"data": b"hello", "headers": SDP}, 400, "invalid_offer"),
        ({"data": b"\xff\xfe", "headers": SDP}, 400, "invalid_offer"),
        ({"data": b"v=0\r\nm=audio", "headers": SDP}, 400, "invalid_offer"),
        ({"json": {"sdp": "v=0"}}, 400, "unsupported_content_type"),
        ({"data": b"x" * 200_000, "headers": SDP}, 413, "request_too_large"),
        ({"data": io.BytesIO(b"x" * 2_000_000), "headers": SDP}, 413, "request_too_large"),
        ({"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "invalid_body"),
        ({"data": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, 400, None),
    ],
)
async def test_a_body_that_is_no_offer_is_refused_by_name(door, request_, status, code):
    response = await door.post("/v1/realtime/calls", **request_)
    assert response.status == status
    assert code in (None, (await refusal(response))["code"])


@pytest.mark.parametrize("line", ["a=ice-ufrag", "m=application", "a=setup", "a=rtpmap"])
async def test_an_offer_with_a_line_missing_is_refused_by_name(rig, line, caplog):
    async with Caller() as caller:
        lines = (await caller.offer()).splitlines(keepends=True)
    kept = "".join(each for each in lines if not each.startswith(line))
    response = await rig.post("/v1/realtime/calls", data=kept, headers=SDP)
    assert response.status == 400
    assert (await refusal(response))["code"] == "invalid_offer"
    assert "failed" not in caplog.text
    assert rig.calls._calls == {}


@pytest.mark.parametrize(
    ("session", "code"),
    [
        ("no json", "invalid_json"),
        ("[]", "invalid_json"),
        ('{"type": "transcription"}', "invalid_value"),
        ('{"type": "realtime", "audio": {"output": {"voice": "nobody"}}}', "invalid_value"),
        ('{"type": "realtime", "audio": {"output": {"speed": 99}}}', "invalid_value"),
        (json.dumps({"type": "realtime", "instructions": "ä" * 40_000}), "string_above_max_length"),
    ],
)
async def test_a_session_part_that_makes_no_sense_is_refused_by_name(rig, session, code):
    async with Caller() as caller:
        offer = await caller.offer()
        with form(sdp=("application/sdp", offer), session=("application/json", session)) as body:
            response = await rig.post("/v1/realtime/calls", data=body)
    assert response.status == 400
    assert (await refusal(response))["code"] == code
    assert rig.calls._calls == {}


async def test_an_offer_that_is_too_large_is_told_how_large_it_may_be(door):
    response = await door.post("/v1/realtime/calls", data=b"x" * 200_000, headers=SDP)
    assert "131072" in (await refusal(response))["message"]


async def test_the_offer_s_part_must_be_there(door):
    with form(session=("application/json", "{}")) as body:
        response = await door.post("/v1/realtime/calls", data=body)
    assert response.status == 400
    assert (await refusal(response))["param"] == "sdp"


async def test_a_long_offer_is_no_fault(door):
    async with Caller() as caller:
        padded = (await caller.offer()) + "a=x-padding:" + "y" * 60_000 + "\r\n"
        response = await door.post("/v1/realtime/calls", data=padded, headers=SDP)
        assert response.status == 201


async def test_calls_have_an_upper_bound(rig, monkeypatch):
    monkeypatch.setattr(calls, "MOST_SESSIONS", 1)
    async with Caller() as caller, Caller() as other:
        await rig.call(caller)
        response = await rig.post("/v1/realtime/calls", data=await other.offer(), headers=SDP)
    assert response.status == 429
    assert (await refusal(response))["code"] == "too_many_sessions"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_pages_of_other_origins_are_refused(door, origin):
    for path in ("/v1/realtime/calls", "/v1/realtime/client_secrets"):
        response = await door.post(path, headers={"Origin": origin})
        assert response.status == 403
        assert (await refusal(response))["code"] == "origin_not_allowed"
        assert "Access-Control-Allow-Origin" not in response.headers
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert (await door.http.options(f"{door.url}/v1/realtime/calls", headers=preflight)).status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await door.socket("model=any", origin=origin)
    assert caught.value.status == 403


@pytest.mark.parametrize("origin", [PAGE, "https://hub.example.org"])
async def test_pages_of_allowed_origins_may_post_and_read_the_location(door, origin):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-openai-agents-sdk",
    }
    preflight = await door.http.options(f"{door.url}/v1/realtime/calls", headers=asked)
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == origin
    assert "x-openai-agents-sdk" in preflight.headers["Access-Control-Allow-Headers"]
    assert {"POST", "DELETE"} <= set(preflight.headers["Access-Control-Allow-Methods"].split(", "))
    async with Caller() as caller:
        response = await door.post(
            "/v1/realtime/calls", data=await caller.offer(), headers={**SDP, "Origin": origin}
        )
    assert response.status == 201
    assert response.headers["Access-Control-Allow-Origin"] == origin
    assert response.headers["Access-Control-Expose-Headers"] == "Location"
    refused = await door.post("/v1/realtime/calls", data=b"x", headers={**SDP, "Origin": origin})
    assert refused.headers["Access-Control-Allow-Origin"] == origin


async def test_a_frame_that_is_too_large_closes_only_that_socket(rig):
    socket, other = await rig.socket("model=any"), await rig.socket("model=any")
    with contextlib.suppress(ConnectionError):  # it may be thrown out while it is still sending
        await socket.send("x" * ((16 << 20) + 10))
    assert await socket.gone() in (1009, 1006)
    await other.send({"type": "session.update", "session": SESSION})
    await other.events.until("session.updated")


async def test_a_call_survives_a_frame_that_is_too_large(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        kernel = await rig.kernel(f"call_id={call_id}", lambda event: "It goes on.")
        clumsy = await rig.sideband(f"call_id={call_id}")
        with contextlib.suppress(ConnectionError):
            await clumsy.send("x" * ((16 << 20) + 10))
        assert await clumsy.gone() in (1009, 1006)
        caller.microphone.say(tone(600))
        await caller.events.until("conversation.item.input_audio_transcription.completed")
        done = await kernel.events.until("response.done")
        assert done["response"]["output"][0]["content"][0]["transcript"] == "It goes on."
        await caller.events.until("output_audio_buffer.stopped")
        assert rig.calls.get(call_id) is not None
        assert not kernel.closed.is_set()
        await rig.sideband(f"call_id={call_id}")


async def test_an_end_that_does_not_read_is_given_up(rig, monkeypatch):
    monkeypatch.setattr("voice_widget.engine.http.sockets.MOST_WAITING_CHARS", 1)
    socket = await rig.socket("model=any")
    assert await socket.gone() == 1008


async def test_unknown_places_and_methods_are_told_in_json(door):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert (await refusal(await door.http.get(f"{door.url}/nowhere", headers=headers)))["code"] == "not_found"
    response = await door.http.put(f"{door.url}/v1/realtime/calls", headers=headers)
    assert response.status == 405
    assert (await refusal(response))["code"] == "method_not_allowed"


async def test_health_says_whether_the_stages_are_warm_and_how_many_sessions_run(rig):
    async def health():
        response = await rig.http.get(f"{rig.url}/healthz", headers={"Authorization": f"Bearer {TOKEN}"})
        return await response.json()

    assert await health() == {"warm": True, "voices": ["tone", "tone-high"], "missing": {}, "sessions": 0}
    socket = await rig.socket("model=any")
    await socket.events.until("session.created")
    assert (await health())["sessions"] == 1


async def test_no_log_holds_a_credential(rig, caplog):
    caplog.set_level(logging.DEBUG)
    secret = await (await rig.post("/v1/realtime/client_secrets", json={})).json()
    socket = await rig.socket(
        "model=any", token=None, protocols=["realtime", f"openai-insecure-api-key.{secret['value']}"]
    )
    await socket.events.until("session.created")
    await rig.post("/v1/realtime/calls", data=b"x", headers=SDP, token=secret["value"] + "wrong")
    alone = await rig.socket("model=any", token=None, protocols=[f"openai-insecure-api-key.{TOKEN}"])
    await alone.events.until("session.created")
    await raw(rig, f"POST /v1/realtime/calls HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\0\r\n\r\n")
    assert caplog.records
    assert TOKEN not in caplog.text
    assert secret["value"] not in caplog.text


async def raw(rig: Rig, text: str) -> bytes:
    """What comes back to something that an HTTP client would not send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(text.encode())
    try:
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def head(path: str) -> str:
    """A request with a body that never comes."""
    return (
        f"POST /v1/realtime/{path} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {TOKEN}\r\nContent-Length: 500\r\n"
    )


PART = 'Content-Disposition: form-data; name="sdp"\r\n'


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Type: text/plain; charset=no-such\r\n" + PART,
        "X: y\r\n" * 20_000 + PART,
        "Content-Encoding: no-such\r\n" + PART,
        "Content-Transfer-Encoding: base64\r\n" + PART,
    ],
)
async def test_a_part_that_cannot_be_read_is_the_client_s_fault_and_no_traceback(door, caplog, lines):
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    body = f"--b\r\n{lines}\r\nv=0 \r\n--b--"
    response = await door.post("/v1/realtime/calls", data=body, headers=kind)
    assert response.status == 400
    await refusal(response)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("path", ["calls", "client_secrets"])
async def test_a_body_that_is_not_what_its_headers_say_is_refused_and_no_traceback(door, caplog, path):
    headers = {**SDP, "Content-Encoding": "gzip"}
    with contextlib.suppress(aiohttp.ClientConnectionError):  # it may be refused before all of it is sent
        response = await door.post(f"/v1/realtime/{path}", data=b"no gzip", headers=headers)
        assert response.status == 400
        assert (await refusal(response))["code"] == "invalid_body"
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "text",
    ["hello", f"GET / HTTP/1.1\r\nX: {'a' * 100_000}", "GET / HTTP/1.1\r\nContent-Length: -5"],
    ids=["nothing", "long", "negative"],
)
async def test_what_is_no_http_leaves_no_traceback(door, caplog, text):
    assert b" 400 " in await raw(door, f"{text}\r\n\r\n")
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("path", ["calls", "client_secrets"])
@pytest.mark.parametrize("kind", ["application/sdp", "multipart/form-data; boundary=b"])
async def test_a_body_that_never_comes_is_given_up(door, monkeypatch, path, kind):
    monkeypatch.setattr("voice_widget.engine.http.bodies.BODY_SECONDS", 0.1)
    more = f"Content-Type: {kind}\r\nConnection: close\r\n\r\n--b\r\n"
    came = await raw(door, head(path) + more)
    assert b" 408 " in came
    assert b"request_timeout" in came


async def test_a_client_that_leaves_in_mid_body_leaves_no_traceback(door, caplog, monkeypatch):
    reading, left, read = asyncio.Event(), asyncio.Event(), web.Request.read

    async def watched(request: web.Request) -> bytes:
        reading.set()
        try:
            return await read(request)
        finally:
            left.set()

    monkeypatch.setattr(web.Request, "read", watched)
    _, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(f"{head('client_secrets')}\r\nabc".encode())
    async with asyncio.timeout(PATIENCE):
        await reading.wait()
        writer.close()
        await writer.wait_closed()
        await left.wait()
    monkeypatch.undo()
    assert (await door.post("/v1/realtime/client_secrets")).status == 200
    assert "Traceback" not in caplog.text


async def test_sessions_of_other_kinds_are_refused_before_the_upgrade(door):
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await door.socket("intent=transcription")
    assert caught.value.status == 400

"""The ways from before general availability: their routes, and their names for the same events."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from tests.engine.caller import Caller, tone
from tests.engine.rig import LISTENING, SESSION, TOKEN, Rig, Socket, engine
from tests.engine.stock import check_old
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.openai import OpenAI

MODEL = "gpt-4o-realtime-preview"
SDP = {"Content-Type": "application/sdp"}
FLAT = {"model": MODEL, "voice": "tone", "instructions": "By secret.", "turn_detection": LISTENING}
ANSWER = "the mean is three"
OLD_TURN = [
    "conversation.item.created",
    "response.created",
    "response.audio_transcript.delta",
    "response.audio_transcript.done",
    "response.audio.done",
    "response.done",
]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with engine(say=ANSWER) as made:
        yield made


def only_old_names(events: list[dict[str, Any]]) -> None:
    for event in events:
        check_old(event)
    types = {event["type"] for event in events}
    assert not any("output_text" in kind or "output_audio." in kind for kind in types), types
    assert types.isdisjoint(("conversation.item.added", "conversation.item.done"))


async def secret(rig: Rig, body: dict[str, Any]) -> dict[str, Any]:
    response = await rig.post("/v1/realtime/sessions", json=body)
    assert response.status == 200, await response.text()
    made: dict[str, Any] = await response.json()
    return made


async def test_a_flat_body_makes_a_flat_session_with_a_secret_in_it(rig):
    made = await secret(rig, {**FLAT, "modalities": ["text", "audio"], "temperature": 0.8})
    assert made["client_secret"]["value"].startswith("ek_")
    assert made["client_secret"]["expires_at"] > 1_700_000_000
    assert (made["model"], made["voice"], made["instructions"]) == (MODEL, "tone", "By secret.")
    assert made["modalities"] == ["text", "audio"]
    assert (made["input_audio_format"], made["output_audio_format"]) == ("pcm16", "pcm16")
    assert made["turn_detection"]["silence_duration_ms"] == 200
    assert made["object"] == "realtime.session"
    assert "audio" not in made
    assert "type" not in made


async def test_the_openai_client_s_older_half_makes_a_secret_and_talks(rig):
    client = AsyncOpenAI(
        api_key=TOKEN,
        base_url=f"{rig.url}/v1",
        websocket_base_url=f"{rig.url.replace('http', 'ws')}/v1",
        max_retries=0,
    )
    made = await client.beta.realtime.sessions.create(model=MODEL, voice="alloy")
    assert made.client_secret.value.startswith("ek_")
    assert made.voice == "alloy"
    seen = []
    async with client.beta.realtime.connect(model=MODEL) as connection:
        await connection.session.update(session={"modalities": ["text"], "turn_detection": None})
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
        )
        await connection.response.create()
        async for event in connection:
            seen.append(event)
            if event.type == "response.done":
                break
    types = [event.type for event in seen]
    assert types[:3] == ["session.created", "session.updated", "conversation.item.created"]
    assert seen[1].session.modalities == ["text"]
    assert "".join(event.delta for event in seen if event.type == "response.text.delta") == ANSWER
    [item] = seen[-1].response.output
    assert [(part.type, part.text) for part in item.content] == [("text", ANSWER)]
    await client.close()


@pytest.mark.parametrize("path", [f"/v1/realtime?model={MODEL}", "/v1/realtime/calls"])
async def test_the_call_of_an_old_secret_hears_old_names(rig, path):
    made = await secret(rig, FLAT)
    async with Caller() as caller:
        response = await rig.post(
            path, data=await caller.offer(), headers=SDP, token=made["client_secret"]["value"]
        )
        assert response.status == 201
        assert response.headers["Location"].startswith("/v1/realtime/calls/rtc_")
        await caller.accept(await response.text())
        created = await caller.events.until("session.created")
        assert (created["session"]["instructions"], created["session"]["voice"]) == ("By secret.", "tone")
        caller.microphone.say(tone(300))
        await caller.events.until("output_audio_buffer.stopped")
        only_old_names(caller.events.all)
        assert set(OLD_TURN) <= set(caller.events.types())
        caller.send({"type": "session.update", "session": {"modalities": ["text"], "voice": "shimmer"}})
        session = (await caller.events.until("session.updated"))["session"]
        assert (session["modalities"], session["voice"]) == (["text"], "shimmer")


async def test_an_offer_to_the_old_route_with_the_token_hears_old_names_and_its_sideband_does_not(rig):
    async with Caller() as caller:
        response = await rig.post(f"/v1/realtime?model={MODEL}", data=await caller.offer(), headers=SDP)
        await caller.accept(await response.text())
        created = await caller.events.until("session.created")
        assert created["session"]["model"] == MODEL
        call_id = response.headers["Location"].rpartition("/")[2]
        sideband = await rig.sideband(f"call_id={call_id}")
        caller.send({"type": "response.create", "response": {"modalities": ["text"]}})
        await caller.events.until("response.done")
        await sideband.events.until("response.done")
    assert "response.text.delta" in caller.events.types()
    assert "response.output_text.delta" not in caller.events.types()
    assert "response.output_text.delta" in sideband.events.types()
    assert "response.text.delta" not in sideband.events.types()


def by_header() -> dict[str, Any]:
    return {"headers": {"OpenAI-Beta": "realtime=v1"}}


def by_subprotocol() -> dict[str, Any]:
    return {"protocols": ["realtime", f"openai-insecure-api-key.{TOKEN}", "openai-beta.realtime-v1"]}


@pytest.mark.parametrize("asking", [by_header, by_subprotocol])
async def test_a_socket_that_asks_for_old_names_hears_them_with_its_audio(rig, asking):
    options = asking()
    headers = {"Authorization": f"Bearer {TOKEN}", **options.pop("headers", {})}
    if "protocols" in options:
        del headers["Authorization"]
    ws = await rig.http.ws_connect(f"{rig.url}/v1/realtime?model={MODEL}", headers=headers, **options)
    assert ws.protocol == (None if asking is by_header else "realtime")
    seen: list[dict[str, Any]] = []
    await ws.send_str(json.dumps({"type": "response.create"}))
    async with asyncio.timeout(10):
        while not seen or seen[-1]["type"] != "response.done":
            seen.append(json.loads((await ws.receive()).data))
    await ws.close()
    only_old_names(seen)
    types = [event["type"] for event in seen]
    assert {"response.audio.delta", *OLD_TURN} <= set(types)
    content = seen[-1]["response"]["output"][0]["content"]
    assert content == [{"type": "audio", "transcript": ANSWER}]


async def test_two_ends_of_one_call_each_hear_their_names(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller, {**SESSION, "model": MODEL})
        headers = {"Authorization": f"Bearer {TOKEN}", "OpenAI-Beta": "realtime=v1"}
        async with rig.http.ws_connect(f"{rig.url}/v1/realtime?call_id={call_id}", headers=headers) as old:
            await old.send_json({"type": "session.update", "session": {}})
            assert json.loads((await old.receive()).data)["session"]["voice"]
            caller.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
            await caller.events.until("response.done")
            seen: list[dict[str, Any]] = []
            async with asyncio.timeout(10):
                while not seen or seen[-1]["type"] != "response.done":
                    seen.append(json.loads((await old.receive()).data))
    only_old_names(seen)
    assert {e["event_id"] for e in seen} < {e["event_id"] for e in caller.events.all}
    assert "response.output_text.done" in caller.events.types()


async def test_an_old_secret_lives_for_a_minute_or_as_long_as_asked(rig):
    soon = (await secret(rig, {}))["client_secret"]["expires_at"]
    later = (await secret(rig, {"client_secret": {"expires_after": {"seconds": 600}}}))["client_secret"]
    assert 535 <= later["expires_at"] - soon <= 545


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"voice": "nobody"}, 400, "session.audio.output.voice"),
        ({"speed": 99}, 400, "session.audio.output.speed"),
        ({"client_secret": 3}, 400, "client_secret"),
        ({"client_secret": {"expires_after": {"seconds": 1}}}, 400, "client_secret.expires_after.seconds"),
    ],
)
async def test_an_old_secret_asked_for_wrongly_is_refused_by_name(rig, body, status, param):
    response = await rig.post("/v1/realtime/sessions", json=body)
    assert response.status == status
    assert (await response.json())["error"]["param"] == param


async def test_the_old_routes_need_a_credential_too_and_a_secret_makes_no_secrets(rig):
    for path in ("/v1/realtime/sessions", f"/v1/realtime?model={MODEL}"):
        assert (await rig.post(path, token="wrong")).status == 401
    value = (await secret(rig, {}))["client_secret"]["value"]
    refused = await rig.post("/v1/realtime/sessions", token=value)
    assert (refused.status, (await refused.json())["error"]["code"]) == (403, "forbidden")


async def test_a_secret_of_today_s_route_brings_today_s_names(rig):
    made = await (await rig.post("/v1/realtime/client_secrets", json={})).json()
    socket = await rig.socket("model=any", token=made["value"])
    created = await socket.events.until("session.created")
    assert created["session"]["type"] == "realtime"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await rig.socket("model=any&agent=kernel", token=made["value"])


ONE_BY_ONE: dict[str, Any] = {
    "instructions": "Be brief.",
    "voice": "shimmer",
    "speed": 1.25,
    "output_modalities": ("text",),
    "turn_detection": None,
    "transcription": {"language": "de"},
    "noise_reduction": {"type": "far_field"},
    "tools": ({"type": "function", "name": "f", "parameters": {}},),
    "tool_choice": "none",
    "max_output_tokens": 50,
    "input_format": {"type": "audio/pcmu"},
    "output_format": {"type": "audio/pcma"},
    "extra": {"tracing": "auto"},
}


def test_no_setting_is_forgotten_here():
    assert {*ONE_BY_ONE, "model"} == {field.name for field in fields(SessionConfig)}


@pytest.mark.parametrize("dialect", ["current", "beta"])
async def test_every_setting_may_be_changed_by_itself(rig, dialect):
    service = OpenAI(MODEL, TOKEN, f"{rig.url}/v1", dialect=dialect)
    connection = await service.connect()
    try:
        async with asyncio.timeout(10):
            await anext(aiter(connection))
            for name, value in ONE_BY_ONE.items():
                wanted = SessionConfig(**{name: value})
                await connection.send({"type": "session.update", "session": wanted.session()})
                event = await anext(aiter(connection))
                assert event["type"] == "session.updated", (name, event)
                shown = getattr(SessionConfig.from_session(event["session"]), name)
                if name == "noise_reduction":
                    assert shown is None  # taken, and not claimed: there is none here
                else:
                    assert shown == value or shown.items() >= value.items(), name
    finally:
        await connection.close()
        await service.close()


async def test_an_empty_change_needs_its_type_today_and_did_not_then(rig):
    today = await rig.socket("model=any")
    await today.send({"type": "session.update", "session": {"instructions": "x"}})
    assert (await today.events.until("error"))["error"]["param"] == "session.type"
    headers = {"Authorization": f"Bearer {TOKEN}", "OpenAI-Beta": "realtime=v1"}
    then = Socket(await rig.http.ws_connect(f"{rig.url}/v1/realtime?model=any", headers=headers))
    rig.sockets.append(then)
    await then.send({"type": "session.update", "session": {}})
    await then.events.until("session.updated")

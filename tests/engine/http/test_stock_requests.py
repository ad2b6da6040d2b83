"""What stock clients send by themselves, to the letter: all of it is taken."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from tests.engine.caller import Caller, tone
from tests.engine.rig import LISTENING, TOKEN, Rig, engine
from voice_widget.realtime.sound.g711 import Telephone, decode

PAGE = "http://localhost:8888"
SDP = {"Content-Type": "application/sdp"}
LOOK = {
    "type": "function",
    "name": "look",
    "description": "",
    "parameters": {"type": "object", "properties": {}},
}

# openai-agents 0.24: what `RealtimeRunner` sends upon connecting, with nothing set by its user.
RUNNER = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "gpt-4o-mini-transcribe"},
            "turn_detection": {"type": "semantic_vad", "interrupt_response": True},
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "ash"},
    },
    "tools": [LOOK],
}
# @openai/agents-realtime 0.20: what its session sends when the channel opens, and upon `session.created`.
SCRIPT = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "noise_reduction": None,
            "transcription": {"model": "gpt-4o-mini-transcribe"},
            "turn_detection": {"type": "semantic_vad"},
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "speed": 1},
    },
    "tools": [],
    "tool_choice": "auto",
    "prompt": None,
    "parallel_tool_calls": True,
    "reasoning": {"effort": "low"},
}
TRACING = {"type": "realtime", "tracing": "auto"}
# The first example of many tutorials, from before general availability.
TUTORIAL = {
    "modalities": ["text", "audio"],
    "instructions": "Be brief.",
    "voice": "shimmer",
    "input_audio_format": "pcm16",
    "output_audio_format": "pcm16",
    "input_audio_transcription": {"model": "whisper-1"},
    "turn_detection": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "create_response": True,
    },
    "tools": [LOOK],
    "tool_choice": "auto",
    "temperature": 0.8,
    "max_response_output_tokens": "inf",
}


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with engine(say="by the script") as made:
        yield made


@pytest.fixture
async def door() -> AsyncIterator[Rig]:
    """An engine whose stages never get warm: enough to be let in or not."""
    async with engine(warm=False) as made:
        yield made


@pytest.mark.parametrize(
    "session", [RUNNER, SCRIPT, TRACING, TUTORIAL], ids=["runner", "js", "tracing", "old"]
)
async def test_the_settings_of_stock_clients_are_taken_and_shown(rig, session):
    socket = await rig.socket("model=gpt-realtime-2.1")
    await socket.send({"type": "session.update", "session": session})
    shown = (await socket.events.until("session.updated"))["session"]
    assert "error" not in socket.events.types()
    assert shown["model"] == "gpt-realtime-2.1"
    if session is TRACING:
        assert shown["tracing"] == "auto"
        return
    assert shown["instructions"] == "Be brief."
    assert shown["output_modalities"] == ["audio"]
    heard, spoken = shown["audio"]["input"], shown["audio"]["output"]
    assert spoken["voice"] == {"runner": "ash", "old": "shimmer"}.get(_name(session), "tone")
    assert heard["transcription"]["model"] == (
        "whisper-1" if session is TUTORIAL else "gpt-4o-mini-transcribe"
    )
    assert heard["turn_detection"]["type"] == ("server_vad" if session is TUTORIAL else "semantic_vad")
    assert [tool["name"] for tool in shown["tools"]] == ([] if session is SCRIPT else ["look"])
    await socket.send({"type": "response.create"})
    done = await socket.events.until("response.done")
    assert done["response"]["status"] == "completed"
    assert "response.output_audio.delta" in socket.events.types()


def _name(session: dict[str, Any]) -> str:
    return "runner" if session is RUNNER else "old" if session is TUTORIAL else ""


@pytest.mark.parametrize("session", [RUNNER, SCRIPT], ids=["runner", "js"])
async def test_they_may_come_with_a_secret_too(door, session):
    made = await door.post("/v1/realtime/client_secrets", json={"session": session})
    assert made.status == 200
    assert (await made.json())["session"]["instructions"] == "Be brief."


@pytest.mark.parametrize(
    ("heard", "spoken"),
    [("g711_ulaw", "g711_alaw"), ("g711_alaw", "g711_ulaw"), ("pcm16", "g711_ulaw"), ("g711_ulaw", "pcm16")],
)
async def test_an_older_client_on_the_telephone_is_heard_and_answered(rig, heard, spoken):
    headers = {"Authorization": f"Bearer {TOKEN}", "OpenAI-Beta": "realtime=v1"}
    settings = {"input_audio_format": heard, "output_audio_format": spoken, "turn_detection": LISTENING}
    forms = {"g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
    pcm = bytes(24_000) + tone(400) + bytes(48_000)
    coded = Telephone(forms[heard])(pcm) if heard in forms else pcm
    seen: list[dict[str, Any]] = []
    async with rig.http.ws_connect(f"{rig.url}/v1/realtime?model=m", headers=headers) as ws:
        await ws.send_json({"type": "session.update", "session": settings})
        for start in range(0, len(coded), 4000):
            audio = base64.b64encode(coded[start : start + 4000]).decode()
            await ws.send_json({"type": "input_audio_buffer.append", "audio": audio})
        while not seen or seen[-1]["type"] != "response.done":
            seen.append(json.loads((await ws.receive(15)).data))
    [updated] = [event["session"] for event in seen if event["type"] == "session.updated"]
    assert (updated["input_audio_format"], updated["output_audio_format"]) == (heard, spoken)
    [started] = [e for e in seen if e["type"] == "input_audio_buffer.speech_started"]
    assert started["audio_start_ms"] == pytest.approx(500, abs=40)
    speech = b"".join(base64.b64decode(e["delta"]) for e in seen if e["type"] == "response.audio.delta")
    answer = decode(speech, forms[spoken]) if spoken in forms else speech
    rate = 8 if spoken in forms else 24
    assert len(answer) / 2 / rate == pytest.approx(900, abs=5)  # three words
    assert np.abs(np.frombuffer(answer, "<i2")).max() > 3000


async def test_a_request_s_own_format_is_for_that_answer_only(rig):
    socket = await rig.socket("model=any")
    sound = {"format": {"type": "audio/pcmu"}}
    sizes = []
    for response in ({"text": "one two", "audio": {"output": sound}}, {"text": "one two"}):
        seen = len(socket.events.all)
        await socket.send({"type": "response.create", "response": response})
        await socket.events.until("response.done", after=seen)
        deltas = [e["delta"] for e in socket.events.all[seen:] if e["type"] == "response.output_audio.delta"]
        sizes.append(sum(len(base64.b64decode(delta)) for delta in deltas))
    assert sizes == [pytest.approx(600 * 8, abs=40), 600 * 48]


# --- pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/v1/realtime/calls",
        "/v1/realtime?model=m",
        "/v1/realtime/sessions",
        "/v1/realtime/client_secrets",
        "/v1/realtime/calls/rtc_1/hangup",
    ],
)
async def test_a_page_may_ask_first_and_reads_location_and_errors(door, path):
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-openai-agents-sdk",
    }
    preflight = await door.http.options(door.url + path, headers=asked)
    assert preflight.status == 204
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert {name.strip() for name in allowed.split(",")} >= {
        "authorization",
        "content-type",
        "x-openai-agents-sdk",
    }
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    for token in (TOKEN, "wrong"):
        response = await door.post(
            path, data=b"no sdp, no json", headers={**SDP, "Origin": PAGE}, token=token
        )
        assert response.status in (400, 401, 404)
        assert (await response.json())["error"]["message"]
        assert response.headers["Access-Control-Allow-Origin"] == PAGE
        assert response.headers["Access-Control-Expose-Headers"] == "Location"


async def test_a_page_posts_its_offer_by_the_old_route_and_reads_the_location(rig):
    async with Caller() as caller:
        headers = {**SDP, "Origin": PAGE}
        response = await rig.post("/v1/realtime?model=m", data=await caller.offer(), headers=headers)
    assert response.status == 201
    assert response.headers["Access-Control-Expose-Headers"] == "Location"
    assert response.headers["Location"].startswith("/v1/realtime/calls/rtc_")


async def test_a_page_s_socket_brings_its_secret_beside_the_sdk_s_name(rig):
    made = await (await rig.post("/v1/realtime/client_secrets", json={})).json()
    names = ["realtime", f"openai-insecure-api-key.{made['value']}", "openai-agents-sdk.0.20.0"]
    socket = await rig.socket("model=any", token=None, protocols=names, origin=PAGE)
    created = await socket.events.until("session.created")
    assert socket.ws.protocol == "realtime"
    assert created["session"]["type"] == "realtime"

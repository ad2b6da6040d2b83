"""Our engine and the scripted double send what captured sessions show, but for what has a reason here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.caller import Caller, Events
from tests.engine.captured import CAPTURES, OURS, Event, Fellow, Tape, check_facts, differences, replay
from tests.engine.captured_differences import ALLOWED, allowed, lines_of
from tests.engine.rig import TOKEN, Rig, Socket, engine
from voice_widget.realtime.script import Script
from voice_widget.services.scripted import ScriptedService
from voice_widget.services.scripted_session import ScriptedConnection

OLD = {"OpenAI-Beta": "realtime=v1"}
HEARD = "conversation.item.input_audio_transcription"
# Which capture each of our own tapes was made after.
MODELS = {
    "azure_voice_live_tool_round": "azure_voice_live_ws__tool_call_round",
    "openai_seeded_history": "openai_ws__message_history_seeding",
    "openai_sideband_spoken_answer": "openai_ws_sideband__webrtc_sideband_audio_turn",
    "openai_sideband_written_answer": "openai_ws_sideband__webrtc_sideband_text_turn",
    "openai_spoken_turns": "openai_ws__input_audio_retention_segments_three_server_vad_turns",
    "openai_tool_round": "openai_ws__tool_call_round",
    "openai_typed_turn": "openai_ws__text_in_audio_out_turn",
}
TAPES = [pytest.param(Tape.load(path), id=path.stem) for path in [*OURS, *CAPTURES]]


def named(name: str) -> Tape:
    return Tape.load(next(path for path in OURS if path.stem == name))


async def played(tape: Tape) -> list[Event]:
    """What our engine sends to the client of this tape."""
    hear = [event["transcript"] for event in tape.received if event["type"].endswith("n.completed")]
    async with engine(hear=hear or ("nothing",), companion=Fellow(tape)) as rig:
        if not tape.sideband:
            socket = await opened(rig, "model=gpt-realtime", OLD if "voice_live" in tape.name else {})
            return await replay(tape, socket.events, socket.send)
        async with Caller() as caller:
            call_id = await rig.call(caller, {"type": "realtime", "model": "gpt-realtime"})
            socket = await opened(rig, f"call_id={call_id}", {})
            return await replay(tape, socket.events, socket.send)


async def opened(rig: Rig, query: str, headers: dict[str, str]) -> Socket:
    headers = {"Authorization": f"Bearer {TOKEN}", **headers}
    socket = Socket(await rig.http.ws_connect(f"{rig.url}/v1/realtime?{query}", headers=headers))
    rig.sockets.append(socket)
    return socket


@pytest.mark.parametrize("tape", TAPES)
async def test_the_engine_sends_what_the_tape_has_but_for_what_has_a_reason(tape: Tape) -> None:
    ours = await played(tape)
    check_facts(tape, ours)
    kinds = {event["type"] for event in [*ours, *tape.received]}
    assert differences(tape.received, ours) == allowed(tape.name, kinds)


@pytest.mark.parametrize("tape", TAPES)
def test_what_clients_go_by_is_so_in_every_tape(tape: Tape) -> None:
    check_facts(tape, tape.received)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_our_own_tapes_have_the_order_and_the_fields_of_what_was_captured(path: Path) -> None:
    model = next((other for other in CAPTURES if other.stem == MODELS[path.stem]), None)
    if model is None:
        pytest.skip("The captures are not here.")
    assert differences(Tape.load(model).received, Tape.load(path).received) == set()


def test_every_difference_has_its_reason_once() -> None:
    lines = [(difference.tapes, line) for difference in ALLOWED for line in lines_of(difference)]
    assert len(set(lines)) == len(lines)
    assert all(len(difference.reason) > 10 for difference in ALLOWED)


# --- the scripted double ---


@asynccontextmanager
async def listening(connection: ScriptedConnection) -> AsyncIterator[Events]:
    """What a scripted session sends, but for our own events."""
    events = Events()

    async def listen() -> None:
        async for event in connection:
            if not event["type"].startswith("voice_widget."):
                events.add(json.loads(json.dumps(event)))

    task = asyncio.create_task(listen())
    try:
        yield events
    finally:
        await connection.close()
        await task


SCRIPTED = {
    # Null there; ours shows what it was given.
    "- session.updated .session.audio.input.transcription.language",
    "- session.updated .session.audio.input.transcription.prompt",
    # Nobody has to be kept from guessing it.
    "- response.output_audio_transcript.delta .obfuscation",
    # As the engine's.
    "+ response.output_audio_transcript.delta .audio_start_ms",
    "+ response.output_audio_transcript.delta .audio_end_ms",
}
SCRIPTED_SPEECH = {
    # What was said stands in the script: it is understood at once.
    f"- {HEARD}.delta after nothing",
    f"- {HEARD}.delta after {HEARD}.completed",
}


@pytest.mark.parametrize(
    ("name", "otherwise"),
    [
        ("openai_spoken_turns", SCRIPTED | SCRIPTED_SPEECH),
        ("openai_typed_turn", SCRIPTED),
        ("openai_sideband_spoken_answer", SCRIPTED),
    ],
)
async def test_the_scripted_double_sends_what_the_tape_has(name: str, otherwise: set[str]) -> None:
    tape = named(name)
    says = [item["content"][0]["transcript"] for item in tape.answers()]
    heard = [e["transcript"] for e in tape.received if e["type"].endswith("n.completed")]
    typed = [e["item"]["content"][0]["text"] for sent, e in tape.lines if sent and "item" in e]
    script: list[dict[str, Any]] = [
        {"hear": hear, "say": say} for hear, say in zip(heard or typed, says, strict=True)
    ]
    service = ScriptedService(script if heard else [])
    connection = await service.connect(call_id="rtc_1" if tape.sideband else None)
    service.script = Script.load(script)
    # The script begins at once, whatever the client does: so the client has spoken before.
    settings = next(line for line in tape.lines if line[0])
    await connection.send(settings[1])
    rest = Tape(tape.name, [line for line in tape.lines if line is not settings])
    async with listening(connection) as events:
        ours = await replay(rest, events, connection.send)
    check_facts(tape, ours)
    assert differences(tape.received, ours) == otherwise

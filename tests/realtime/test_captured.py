"""Captured streams of four services: the rows, states and counts that a person reads out of each.

The streams are not part of the project; where they lie beside it they are read. What mattered in them is in
tapes of our own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import (
    Change,
    Problem,
    StateChanged,
    ToolCallReady,
    TurnFinished,
    Used,
)
from voice_widget.realtime.wire.events import parse
from voice_widget.tables.metrics import metrics_row

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "tapes"
ALEX = ("user", "Hello, my name is Alex.")
WEATHER = ("user", "What is the weather in London?")
SPOKEN = ["listening", "thinking", "idle"]
LOOK = ["get_weather"]
TOOL = ["thinking", "tool", "thinking", "idle"]


@dataclass
class Read:
    """What a stream says: who says what and when; what happens; tokens in and out; seconds heard."""

    rows: list[tuple[str, str]]
    activity: list[str]
    tokens: list[tuple[int, int]]
    model: str = "gpt-realtime"
    voice: str = "alloy"
    times: list[tuple[int, int]] = field(default_factory=list)
    seconds: list[float | None] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)


READ = {
    "azure_voice_live_ws__tool_call_round": Read(
        [WEATHER, ("assistant", "It's foggy and 12 degrees in London right now.")],
        TOOL,
        [(63, 22), (96, 14)],
        model="gpt-realtime-global-standard",
        tools=LOOK,
    ),
    "azure_ws__audio_in_server_vad_transcribes": Read(
        [ALEX, ("assistant", "Hi Alex, it's great to meet you! What can I help you with today?")],
        SPOKEN,
        [(40, 106)],
        times=[(1556, 4224)],
        seconds=[3.0],
    ),
    "azure_ws__tool_call_round": Read(
        [WEATHER, ("assistant", "It is foggy and 12 degrees in London.")],
        TOOL,
        [(63, 22), (96, 13)],
        tools=LOOK,
    ),
    "azure_ws_sideband__webrtc_sideband_text_turn": Read(
        [("user", "Say hello."), ("assistant", "Hello there!")], ["thinking", "idle"], [(12, 5)]
    ),
    "openai_ws__audio_in_server_vad_turn": Read(
        [ALEX, ("assistant", "Hello, Alex! Great to meet you. How can I help you today?")],
        SPOKEN,
        [(41, 164)],
        times=[(1460, 4256)],
        seconds=[3.0],
    ),
    "openai_ws__input_audio_retention_segments_three_server_vad_turns": Read(
        [
            ALEX,
            ("assistant", "Hi Alex! Nice to meet you."),
            ALEX,
            ("assistant", "Hi Alex! Great to meet you."),
            ALEX,
            ("assistant", "Hey Alex, nice meeting you."),
        ],
        SPOKEN * 3,
        [(42, 60), (139, 61), (187, 115)],
        times=[(1460, 4256), (8948, 11744), (16436, 19232)],
        seconds=[3.0, 3.0, 3.0],
    ),
    "openai_ws__message_history_seeding": Read(
        [
            ("user", "My name is Alice and my favorite color is teal."),
            ("user", "What is my name and favorite color?"),
            ("assistant", "Your name is Alice, and your favorite color is teal!"),
        ],
        ["thinking", "idle"],
        [(149, 14)],
    ),
    "openai_ws__text_in_audio_out_turn": Read(
        [("user", "Say a short greeting."), ("assistant", "Hi there!")], ["thinking", "idle"], [(16, 24)]
    ),
    "openai_ws__tool_call_round": Read(
        [WEATHER, ("assistant", "It is foggy and 12 degrees in London.")],
        TOOL,
        [(63, 22), (103, 13)],
        tools=LOOK,
    ),
    "openai_ws_sideband__webrtc_sideband_audio_turn": Read(
        [("user", "Say hello."), ("assistant", "Hello there.")],
        ["thinking", "speaking", "idle"],
        [(12, 70)],
        heard=["Hello there."],
    ),
    "openai_ws_sideband__webrtc_sideband_text_turn": Read(
        [("user", "Say hello."), ("assistant", "Hello there!")], ["thinking", "idle"], [(12, 5)]
    ),
    "xai_ws__audio_in_server_vad_turn": Read(
        [ALEX, ("assistant", "Hello Alex! Nice to meet you. How can I help you today?")],
        SPOKEN,
        [(156, 185)],
        model="grok-voice-latest",
        voice="ara",
        times=[(227, 432)],
        seconds=[None],
    ),
}


def replay(name: str) -> tuple[Session, list[Change], list[str]]:
    """The session after a stream, what it changed, and the states of the connection event by event."""
    path = FOLDER / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not there: the captured streams are not part of the project")
    session, at = Session(), 1_760_000_000.0
    transport = "webrtc" if "sideband" in name else "memory"
    changes = session.apply({"type": "voice_widget.call.connecting", "transport": transport}, at)
    changes += session.apply({"type": "voice_widget.call.media", "state": "connected"}, at)
    connection = []
    for line in path.read_text(encoding="utf-8").splitlines():
        told, at = json.loads(line), at + 0.05
        changes += session.apply(parse(told["event"], forgiving=not told["sent"]), at, sent=told["sent"])
        if not told["sent"]:
            connection.append(session.connection_state)
    return session, changes, connection


@pytest.mark.parametrize("name", READ)
def test_what_a_person_reads_is_in_the_rows(name: str) -> None:
    session, changes, _ = replay(name)
    read, rows = READ[name], session.rows
    assert [(row["role"], row["text"]) for row in rows] == read.rows
    assert {row["status"] for row in rows} == {"completed"}
    assert not any(row["interrupted"] or row["stop_reason"] for row in rows)
    spoken = [row for row in rows if row["role"] == "user" and row["source"] == "speech"]
    assert [(row["start_ms"], row["end_ms"]) for row in spoken] == read.times
    assert {row["model"] for row in rows} == {read.model}
    assert {row["voice"] for row in rows if row["role"] == "assistant"} == {read.voice}
    assert [row["text_heard"] for row in rows if row["text_heard"] is not None] == read.heard
    assert [change.error for change in changes if isinstance(change, Problem)] == []
    calls = [change for change in changes if isinstance(change, ToolCallReady)]
    assert [call.name for call in calls] == read.tools
    assert [json.loads(call.arguments) for call in calls] == [{"city": "London"} for _ in calls]
    finished = [change.row["item_id"] for change in changes if isinstance(change, TurnFinished)]
    assert len(finished) == len(set(finished))


@pytest.mark.parametrize("name", READ)
def test_what_happens_is_in_the_states(name: str) -> None:
    session, changes, connection = replay(name)
    seen = [c.value for c in changes if isinstance(c, StateChanged) and c.name == "activity"]
    assert seen == READ[name].activity
    assert session.activity == "idle"
    # The first that a service says shows that the session lives, whatever it is.
    assert set(connection) == {"connected"}


@pytest.mark.parametrize("name", READ)
def test_what_was_used_is_in_the_metrics(name: str) -> None:
    _, changes, _ = replay(name)
    used = [metrics_row(change) for change in changes if isinstance(change, Used)]
    made = [row for row in used if row["kind"] == "response"]
    assert [(row["input_tokens"], row["output_tokens"]) for row in made] == READ[name].tokens
    assert [row["total_tokens"] for row in made] == [sum(pair) for pair in READ[name].tokens]
    heard = [row["audio_seconds"] for row in used if row["kind"] == "transcription"]
    assert heard == READ[name].seconds


def test_every_stream_is_read() -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"{FOLDER} is not there: the captured streams are not part of the project")
    assert {path.stem for path in FOLDER.glob("*.jsonl")} == set(READ)

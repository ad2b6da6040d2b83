"""An answer that comes back by the microphone does not interrupt itself; somebody who speaks over it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.talking import Stage
from voice_widget.agents import Turn
from voice_widget.commands.hello import speech
from voice_widget.realtime.settings.detection import ServerVad
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.local import Local
from voice_widget.threads.loop import submit

RATE = 24_000
ANSWER = "The average bill is highest on Sunday, at twenty one dollars and forty cents."
WORDS = "No wait, show me the tips instead."
SCRIPT = [{"hear": "the average bill is", "say": ""}] * 8


def answers(turn: Turn) -> str:
    return ANSWER


@pytest.fixture(scope="module")
def service() -> Iterator[Local]:
    service = Local(tts="flite", stt="scripted", vad="silero", script=SCRIPT)
    submit(service.start()).result(60)
    yield service
    submit(service.close()).result(10)


@pytest.fixture(scope="module")
def answer(service: Local) -> np.ndarray[Any, Any]:
    return np.frombuffer(submit(speech(service, ANSWER, "slt")).result(60), np.int16).astype(np.float64)


@pytest.fixture(scope="module")
def person(service: Local) -> np.ndarray[Any, Any]:
    return np.frombuffer(submit(speech(service, WORDS, "rms")).result(60), np.int16).astype(np.float64)


@pytest.fixture
def stage(service: Local) -> Iterator[Stage]:
    config = SessionConfig(turn_detection=ServerVad(silence_duration_ms=300), voice="slt")
    stage = Stage(service, config, agent=answers, closes_service=False)
    yield stage
    stage.close()


def echo(answer: np.ndarray[Any, Any], delay_ms: float, db: float) -> np.ndarray[Any, Any]:
    return np.concatenate([np.zeros(round(delay_ms * RATE / 1000)), answer]) * 10 ** (db / 20)


def talk(stage: Stage, sound: np.ndarray[Any, Any]) -> None:
    """From when the answer sounds the microphone hears this, and a room's noise."""
    sound = np.concatenate([sound, np.zeros(RATE)]) + np.random.default_rng(1).normal(
        0, 20, len(sound) + RATE
    )
    stage.talk.connect().result(30)
    stage.talk.send_text("hello").result(10)
    stage.wait(lambda: stage.states().get("assistant_speaking"))
    stage.talk.play(bytes(np.clip(sound, -32768, 32767).astype("<i2").tobytes()), RATE, "real").result(60)


def told(stage: Stage, kind: str) -> list[dict[str, Any]]:
    return [event.event for event in stage.talk.events if event.event["type"].startswith(kind)]


def playout(stage: Stage) -> list[str]:
    return [event["do"] for event in told(stage, "voice_widget.playout")]


@pytest.mark.parametrize(("delay_ms", "db"), [(80, -12), (200, -20), (120, -30)])
def test_the_answer_s_own_sound_neither_interrupts_nor_pauses_it(
    stage: Stage, answer: np.ndarray[Any, Any], delay_ms: float, db: float
) -> None:
    talk(stage, echo(answer, delay_ms, db))
    stage.wait(lambda: any(row["role"] == "assistant" for row in stage.turns))
    assert playout(stage) == []
    (_, row) = stage.rows()
    assert (row["text_heard"], row["interrupted"]) == (ANSWER, False)


@pytest.mark.parametrize("begins_ms", [300, 1200])
def test_somebody_who_speaks_interrupts_as_quickly_over_an_echo(
    stage: Stage, answer: np.ndarray[Any, Any], person: np.ndarray[Any, Any], begins_ms: int
) -> None:
    sound = echo(answer, 120, -12)
    begin = begins_ms * RATE // 1000
    sound[begin : begin + len(person)] += person
    talk(stage, sound)
    stage.wait(lambda: any(row["role"] == "assistant" and row["interrupted"] for row in stage.turns))
    heard = {event["type"]: event["audio_ms"] for event in told(stage, "output_audio_buffer.")[:2]}
    paused_ms = heard["output_audio_buffer.cleared"] - heard["output_audio_buffer.started"]
    assert playout(stage)[:2] == ["pause", "stop"]
    assert begins_ms < paused_ms < begins_ms + 600

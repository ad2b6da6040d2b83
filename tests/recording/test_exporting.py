"""Every export of a talk is written where it is asked for; what is in it is its own file's concern."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pympi.Elan import Eaf

from tests.recording.talks import Recorded, tone
from voice_widget.errors import MissingParts, RecordingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.exportable import Exportable
from voice_widget.recording.talk import Talk, read_talk
from voice_widget.widget.widget import VoiceWidget


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


@pytest.mark.parametrize("kind", ["vtt", "srt", "textgrid", "tsv", "jsonl", "eaf", "html"])
def test_what_was_said_is_in_it(talk: Talk, tmp_path: Path, kind: str):
    path = getattr(talk, f"to_{kind}")(tmp_path / f"it.{kind}")
    text = path.read_text(encoding="utf-8")
    assert path == tmp_path / f"it.{kind}"
    for said in ("How many are there?", "There are three.", "And now?", "Four, I think."):
        assert said in text
    with pytest.raises(RecordingError, match="cannot be written"):
        getattr(talk, f"to_{kind}")(path / "it")  # a file is no folder


def test_a_widget_exports_what_its_talk_does():
    names = [{name for name in dir(kind) if name.startswith("to_")} for kind in (Talk, VoiceWidget)]
    assert names[0] == names[1] == {name for name in vars(Exportable) if name.startswith("to_")}
    assert [name for name in names[0] if getattr(Talk, name) is not getattr(VoiceWidget, name)] == []


def test_a_link_stays_one_and_a_pipe_too(talk: Talk, tmp_path: Path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link.vtt").symlink_to("there/p01.vtt")
    for _ in range(2):
        talk.to_vtt(tmp_path / "link.vtt")
        assert (tmp_path / "link.vtt").is_symlink()
        assert (tmp_path / "there" / "p01.vtt").read_text().startswith("WEBVTT")
    os.mkfifo(tmp_path / "pipe")
    for kind in ("vtt", "wav", "parquet", "html"):
        with pytest.raises(RecordingError, match="pipe cannot be written: it is no plain file"):
            getattr(talk, f"to_{kind}")(tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


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


@pytest.mark.parametrize("offset_ms", [0, 0.3, 20.75])
def test_a_clip_is_what_is_heard_of_its_turn(talk: Talk, tmp_path: Path, offset_ms: float):
    folder = Path(shutil.copytree(talk.folder or "", tmp_path / "p01"))
    told = json.loads((folder / "manifest.json").read_text())
    told["calls"][0]["offset_ms"] = offset_ms
    (folder / "manifest.json").write_text(json.dumps(told))
    moved = read_talk(folder)
    clips = moved.to_wav(tmp_path / "clips", clips=True)
    for row in moved.rows:
        clip = wav(clips / f"{row['seq']:03}-{row['role']}.wav")
        assert np.array_equal(clip, moved.audio(row["seq"])[0])
        shown = moved.clip(row["seq"]).data
        assert shown == (clips / f"{row['seq']:03}-{row['role']}.wav").read_bytes()


def test_what_sounded_without_a_text_has_a_clip(tmp_path: Path):
    recorded = Recorded(tmp_path / "p01")
    recorded.user("")
    recorded.silence(500)
    recorded("input_audio_buffer.speech_started", item_id="last", audio_start_ms=recorded.ms)
    recorded.sound("user", tone(RATE), recorded.ms)
    recorded.end()
    recorded.recorder.close()
    talk = read_talk(recorded.folder)
    assert [(row["text"], row["end_ms"]) for row in talk.rows] == [("", 1000), ("", None)]
    clips = talk.to_wav(tmp_path / "clips", clips=True)
    assert [len(wav(path)) for path in sorted(clips.iterdir())] == [RATE, RATE]


def test_who_spoke_when_is_known_without_a_text(talk: Talk, tmp_path: Path):
    file = Talk.from_audio(talk.to_wav(tmp_path / "call.wav"))
    assert [row["status"] for row in file.rows] == ["no_transcript"] * 4
    wanted = [(row["start_ms"] / 1000, row["end_ms"] / 1000) for row in file.rows]
    lines = [line.split() for line in file.to_rttm(tmp_path / "it.rttm").read_text().splitlines()]
    assert [(float(x[3]), round(float(x[3]) + float(x[4]), 3)) for x in lines] == wanted
    elan = Eaf(str(file.to_eaf(tmp_path / "it.eaf")))
    found = [elan.get_annotation_data_for_tier(side) for side in ("user", "assistant")]
    assert sorted((start / 1000, end / 1000) for tier in found for start, end, _ in tier) == wanted
    assert file.to_html(tmp_path / "it.html").read_text().count(">no transcript<") == 4
    assert file.to_vtt(tmp_path / "it.vtt").read_text() == "WEBVTT\n"
    assert file.to_srt(tmp_path / "it.srt").read_text() == ""


def test_elan_finds_its_sound_beside_it(talk: Talk, tmp_path: Path):
    assert "p01.wav" in talk.to_eaf(tmp_path / "p01.eaf").read_text()
    assert len(wav(tmp_path / "p01.wav")) == talk.samples
    assert "else.wav" in talk.to_eaf(tmp_path / "p02.eaf", media="else.wav").read_text()
    assert not (tmp_path / "p02.wav").exists()


def test_sound_beside_is_written_over_no_file_of_somebody_else(talk: Talk, tmp_path: Path):
    sound = talk.audio()[0]
    for name, rate, told in (("call", 48_000, sound.repeat(2, axis=0)), ("same", RATE, sound[:, ::-1])):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setparams((2, 2, rate, 0, "NONE", ""))
            file.writeframes(np.ascontiguousarray(told).tobytes())
    (tmp_path / "note.wav").write_text("none")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for name, whose in (
        ("call", talk),
        ("note", talk),
        ("same", Talk.from_audio(tmp_path / "same.wav", user="right")),
    ):
        with pytest.raises(RecordingError, match=f"{name}.wav is there, and not of this talk") as lost:
            whose.to_eaf(tmp_path / f"{name}.eaf")
        assert lost.value.code == "export_failed"
        assert f'media="{name}.wav"' in str(lost.value.next_step)
        assert "./call.wav" in whose.to_eaf(tmp_path / "linked.eaf", media="call.wav").read_text()
    assert {path: path.read_bytes() for path in before} == before
    for _ in range(2):  # our own is written anew
        assert "new.wav" in talk.to_eaf(tmp_path / "new.eaf").read_text()


@pytest.mark.parametrize("runs", [True, False])
def test_no_export_takes_the_place_of_a_recording(talk: Talk, tmp_path: Path, runs: bool):
    recorded = Recorded(tmp_path / "p02", form="wav")
    recorded.user("Hello.")
    if not runs:
        recorded.end()
    recorded.recorder.flush()
    before = {path.name: path.read_bytes() for path in recorded.folder.iterdir()}
    for name, export in (
        ("events.jsonl", talk.to_jsonl),
        ("transcript.jsonl", talk.to_jsonl),
        ("transcript.parquet", talk.to_parquet),
        ("audio.wav", talk.to_wav),
        ("manifest.json", talk.to_vtt),
    ):
        with pytest.raises(RecordingError, match="belongs to the recorded talk in that folder") as lost:
            export(recorded.folder / name)
        assert lost.value.code == "export_failed"
    assert {path.name: path.read_bytes() for path in recorded.folder.iterdir()} == before
    assert talk.to_vtt(recorded.folder / "hello.vtt").is_file()
    recorded.recorder.close()


def test_the_page_has_the_sound_or_has_not(talk: Talk, tmp_path: Path):
    sounds, silent = talk.to_html(tmp_path / "a.html"), talk.to_html(tmp_path / "b.html", audio=False)
    assert sounds.stat().st_size - silent.stat().st_size > 20_000
    assert "base64," not in silent.read_text()


def test_spans_are_given_and_written_with_what_was_said_or_without(talk: Talk, tmp_path: Path):
    spans = talk.to_otel(tmp_path / "spans.json")
    assert json.loads((tmp_path / "spans.json").read_text()) == spans
    assert "There are three." in json.dumps(spans)
    assert "three" not in json.dumps(talk.to_otel(content=False))


def test_parquet_needs_pyarrow(talk: Talk, tmp_path: Path):
    if importlib.util.find_spec("pyarrow") is None:
        with pytest.raises(MissingParts, match="pyarrow"):
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
    assert Eaf(str(tmp_path / "it.eaf")).get_linked_files() == []
    assert not (tmp_path / "it.wav").exists()
    with pytest.raises(RecordingError) as none:
        talk.to_wav(tmp_path / "it.wav")
    assert none.value.code == "not_recorded"


def test_of_a_talk_whose_sound_is_lost_the_rest_can_be_written(talk: Talk, tmp_path: Path):
    folder = talk.save(tmp_path / "p01")
    (folder / "audio.flac").unlink()
    lost = read_talk(folder)
    with pytest.raises(RecordingError, match="media=") as refused:
        lost.to_eaf(tmp_path / "p01.eaf")
    assert refused.value.code == "sound_missing"
    assert lost.to_eaf(tmp_path / "p01.eaf", media="p01.wav").is_file()
    with pytest.raises(RecordingError, match="audio=False"):
        lost.to_html(tmp_path / "p01.html")
    assert lost.to_html(tmp_path / "p01.html", audio=False).is_file()


def test_a_page_says_when_it_was_for_people_and_each_fact_once(tmp_path: Path):
    page = Talk.example().to_html(tmp_path / "p01.html", audio=False).read_text(encoding="utf-8")
    assert "<p>26 November 2026, 23:01 UTC · embedded engine</p>" in page

"""The recorded talk that comes with the package: whole, small, heard as it was said, and nobody's machine."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from voice_widget import StateError, Talk, read_talk
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.talk import EXAMPLE
from voice_widget.tables.schema import TABLES

ASKED = ("Compare body mass by species.", "Which island has the most penguins?")
FREE = {"rms", "slt"}  # voices of Flite


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_its_rows_are_those_of_the_questions() -> None:
    talk = Talk.example()
    assert (talk.problems, talk.cut, talk.running) == ((), False, False)
    rows = talk.transcript_df
    assert rows.role.tolist() == ["user", "assistant"] * 2
    assert tuple(rows.text[rows.role == "user"]) == ASKED
    assert rows.interrupted.tolist() == [False, True, False, False]
    assert rows.text[1].startswith(rows.text_heard[1])
    assert len(rows.text_heard[1]) < len(rows.text[1])
    assert rows.overlap_ms[1] == rows.overlap_ms[2] > 0
    assert rows.response_gap_ms.dropna().between(200, 1000).all()
    assert [one.speaker for one in talk.utterances()] == ["P00", "agent"] * 2
    assert rows.level_db.between(-30, -10).all()
    assert set(rows.voice.dropna()) <= FREE


def test_its_tables_are_as_they_were_written() -> None:
    talk, there = Talk.example(), read_talk(EXAMPLE)
    for name in TABLES:  # where one has changed: python -m scripts.make_example_talk --tables
        pd.testing.assert_frame_equal(getattr(talk, f"{name}_df"), getattr(there, f"{name}_df"))
    assert len(talk.events_df) > 100
    assert not talk.words_df.empty
    assert len(talk.metrics_df) == len(talk.rows)


def test_its_sound_is_as_long_as_its_rows_say_and_each_turn_sounds_on_its_side() -> None:
    talk = Talk.example()
    sound, rate = talk.audio()
    assert (rate, len(sound)) == (RATE, talk.samples)
    ends = [one.end_ms for one in talk.utterances() if one.end_ms is not None]
    assert 0 < len(sound) * 1000 / RATE - max(ends) < 1500
    for row in talk.rows:
        assert row["start_ms"] is not None
        assert row["end_ms"] is not None
        own, other = (0, 1) if row["role"] == "user" else (1, 0)
        clip = talk.audio(row["seq"])[0].astype(float)
        assert len(clip) == pytest.approx((row["end_ms"] - row["start_ms"]) * RATE / 1000, abs=RATE / 500)
        assert np.sqrt((clip**2).mean(axis=0))[own] > 500
        over = talk.transcript_df.overlap_ms[row["seq"] - 1] * RATE // 1000
        assert (np.abs(clip[:, other]) > 200).sum() <= over


def test_what_was_said_is_heard_again_in_its_sound() -> None:
    said = [one.text for one in Talk.example().utterances()]
    again = Talk.from_audio(EXAMPLE / "audio.flac", stt="whisper").rows
    assert [row["role"] for row in again] == ["user", "assistant"] * 2
    for text, row in zip(said, again, strict=True):
        missed = set(words(text)) - set(words(row["text"]))
        assert len(missed) <= len(words(text)) // 3, (text, row["text"])


def test_nothing_in_it_tells_of_a_machine_or_a_person() -> None:
    text = "".join(path.read_text("utf-8") for path in EXAMPLE.iterdir() if path.suffix != ".flac")
    assert re.findall(r"(?:[\"' ]|file://)(?:/\w+){2,}|[A-Z]:\\\\|\\u001b", text) == []
    assert re.findall(r"\d+\.\d+\.\d+\.\d+|localhost|https?://|\bek_|\bsk-", text) == []
    assert socket.gethostname() not in text
    manifest = Talk.example().manifest
    assert manifest["software"]["platform"] in ("Linux", "Darwin", "Windows")
    assert manifest["pseudonyms"] == {"user": "P00", "assistant": "agent"}


def test_it_is_small() -> None:
    assert (EXAMPLE / "audio.flac").stat().st_size < 300_000
    assert sum(path.stat().st_size for path in EXAMPLE.iterdir()) < 400_000


def test_what_is_done_with_it_does_not_change_the_package(tmp_path: Path) -> None:
    talk = Talk.example()
    assert talk.folder is None
    for change in (talk.forget, lambda: talk.redact(1)):
        with pytest.raises(StateError) as refused:
            change()
        assert refused.value.code == "no_folder"
    own = read_talk(talk.save(tmp_path / "own"))
    assert np.array_equal(own.audio()[0], talk.audio()[0])
    own.redact(1)
    own.forget()
    assert Talk.example().rows == talk.rows

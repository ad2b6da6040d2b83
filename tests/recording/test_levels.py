"""How loud turns are: the same while their talk is recorded and afterwards, and nothing that nobody knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.recording.talks import Recorded, tone
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.levels import Sounded
from voice_widget.recording.live_levels import LiveLevels
from voice_widget.recording.sound import PcmSound
from voice_widget.recording.talk import Talk, read_talk
from voice_widget.recording.timeline import Piece
from voice_widget.tables.live import Tables

LOUD = -15.3  # a sine whose peak is 8000 of 32768
QUIET = -35.3  # and one of 800


class Live(Recorded):
    """With its tables, as a widget has them."""

    def __init__(self, folder: Path | None) -> None:
        super().__init__(folder)
        self.tables = Tables(self.log, self.ledger, lambda work: work(), LiveLevels(self.recorder).of)

    @property
    def levels(self) -> list[float | None]:
        return told(self.tables.transcript())


def told(table: pd.DataFrame) -> list[float | None]:
    return [None if loud is pd.NA else loud for loud in table["level_db"]]


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Live]:
    talk = Live(tmp_path / "talk")
    yield talk
    talk.recorder._stop(60)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many samples were read, each time."""
    counts: list[int] = []
    read = PcmSound.read

    def counted(sound: PcmSound, start: int, stop: int) -> Any:
        counts.append(stop - start)
        return read(sound, start, stop)

    monkeypatch.setattr(PcmSound, "read", counted)
    return counts


def same(talk: Live, other: Talk) -> None:
    pd.testing.assert_frame_equal(other.transcript_df, talk.tables.transcript(), check_exact=True)


def test_live_and_kept_they_are_the_same(talk: Live, tmp_path: Path):
    talk.talk()
    talk.user("Quietly.", tone(RATE, level=800))
    assert talk.levels == [LOUD, LOUD, LOUD, LOUD, QUIET]
    same(talk, read_talk(talk.folder))
    same(talk, read_talk(read_talk(talk.folder).save(tmp_path / "saved", sound="opus")))
    talk.end()
    same(talk, read_talk(talk.folder))
    assert talk.levels == [LOUD, LOUD, LOUD, LOUD, QUIET]


def test_who_asks_for_the_first_time_after_the_end_gets_them_too(talk: Live):
    talk.talk()
    talk.end()
    assert talk.levels == [LOUD] * 4
    same(talk, read_talk(talk.folder))


def test_a_turn_is_as_loud_as_its_own_side_between_its_own_times(talk: Live):
    talk.sound("assistant", tone(RATE // 2), 0)
    talk.sound("assistant", tone(RATE, level=800), 500)
    talk.user("Over it.", tone(RATE, level=80))
    assert talk.levels == [pytest.approx(-55.3, abs=0.1)]


def test_a_turn_of_which_not_all_is_there_has_none_yet(talk: Live, reads: list[int]):
    talk("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    talk.sound("user", tone(RATE // 2), 0)
    assert talk.levels == [None]
    talk("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=1000)
    talk("conversation.item.input_audio_transcription.completed", item_id="u", transcript="Hello.")
    assert talk.levels == [None]
    assert read_talk(talk.folder).transcript_df["level_db"].isna().all()
    assert reads == []
    talk.sound("user", tone(RATE // 2, level=800), 500)  # and no event that says so
    assert talk.levels == [pytest.approx(-18.2, abs=0.1)]
    same(talk, read_talk(talk.folder))


def test_sound_is_read_once(talk: Live, reads: list[int]):
    talk.talk()
    assert talk.levels == [LOUD] * 4
    assert len(reads) == 4
    assert talk.levels == [LOUD] * 4
    talk.sound("user", tone(RATE), talk.ms)
    assert talk.levels == [LOUD] * 4
    assert len(reads) == 4
    talk.user("One more.")
    assert talk.levels == [LOUD] * 5
    assert len(reads) == 5


def test_with_nothing_new_the_table_is_not_made_again(talk: Live, monkeypatch: pytest.MonkeyPatch):
    talk.talk()
    first = talk.tables.transcript()
    monkeypatch.setattr("voice_widget.tables.live.transcript_of", None)
    monkeypatch.setattr(talk.recorder, "sounded", None)
    pd.testing.assert_frame_equal(talk.tables.transcript(), first)


def test_a_turn_without_times_or_sound_has_none(talk: Live):
    typed = [{"type": "input_text", "text": "Typed."}]
    talk("conversation.item.added", item={"id": "t", "type": "message", "role": "user", "content": typed})
    talk.recorder.pause()
    talk.user("Unheard.")
    talk.recorder.resume()
    talk.user("Silence.", np.zeros(RATE, np.int16))
    assert talk.levels == [None] * 3
    same(talk, read_talk(talk.folder))


def test_what_is_missing_does_not_make_a_turn_quieter(talk: Live):
    talk("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    talk.sound("user", tone(RATE // 2), 0)
    talk.recorder.pause()
    talk.sound("user", tone(RATE // 2), 500)
    talk.recorder.resume()
    hole = {"start": RATE, "samples": RATE // 2, "reason": "late"}
    talk.recorder.sound("memory", "user", 3 * RATE // 2, tone(RATE // 2), talk.now + 2, "c", [hole])
    talk("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=2000)
    talk("conversation.item.input_audio_transcription.completed", item_id="u", transcript="Hello.")
    assert talk.levels == [LOUD]
    same(talk, read_talk(talk.folder))
    talk.end()
    same(talk, read_talk(talk.folder))


def test_a_turn_that_was_redacted_has_none_and_the_others_what_they_had(talk: Live):
    talk.talk()
    talk.user("Quietly.", tone(RATE, level=800))
    assert talk.levels[1] == LOUD
    row = talk.session.rows[1]
    done = talk.recorder.redact(2)
    talk("voice_widget.call.redacted", item_id=row["item_id"], row={**row, "text": "", "text_heard": ""})
    assert talk.levels == [LOUD, None, LOUD, LOUD, QUIET]
    done.result(60)
    same(talk, read_talk(talk.folder))
    talk.end()
    assert talk.levels == [LOUD, None, LOUD, LOUD, QUIET]
    same(talk, read_talk(talk.folder))
    talk.recorder.redact(4).result(60)
    assert talk.levels == [LOUD, None, LOUD, None, QUIET]


@pytest.mark.parametrize("form", ["flac", "opus"])
def test_redacted_afterwards_one_that_was_spoken_over_keeps_the_rest(talk: Live, tmp_path: Path, form: Any):
    talk.user("Before.", tone(RATE // 2))
    talk.silence(500)
    talk("input_audio_buffer.speech_started", item_id="over", audio_start_ms=1500)
    talk.assistant("There are three.")  # until 2000, and what is taken out until 2150
    talk.sound("user", tone(650 * RATE // 1000, level=800), 1500)
    talk.sound("user", tone(750 * RATE // 1000, level=80), 2150)
    talk("input_audio_buffer.speech_stopped", item_id="over", audio_end_ms=2900)
    talk("conversation.item.input_audio_transcription.completed", item_id="over", transcript="Over it.")
    talk.silence(1000)
    talk.user("Behind.", tone(RATE, level=400))
    talk.end()
    kept = read_talk(read_talk(talk.folder).save(tmp_path / "saved", sound=form))
    before = told(kept.transcript_df)
    same(talk, kept)
    which = {row["text"]: row["seq"] - 1 for row in kept.rows}
    overlaps = dict(zip(which, kept.transcript_df["overlap_ms"], strict=True))
    assert overlaps == {"Before.": 0, "Over it.": 500, "There are three.": 500, "Behind.": 0}
    kept.redact(which["There are three."] + 1)
    for after in (told(kept.transcript_df), told(read_talk(tmp_path / "saved").transcript_df)):
        assert after[which["There are three."]] is None
        assert after[which["Over it."]] == pytest.approx(-55.3, abs=0.2)
        assert [after[which[text]] for text in ("Before.", "Behind.")] == [
            before[which[text]] for text in ("Before.", "Behind.")
        ]


def test_where_the_tables_are_lost_they_are_those_of_the_sound(talk: Live):
    talk.talk()
    talk.end()
    before = talk.tables.transcript()
    (talk.folder / "transcript.jsonl").unlink()
    pd.testing.assert_frame_equal(read_talk(talk.folder).transcript_df, before)
    (talk.folder / "audio.flac").write_bytes(b"no sound")
    again = read_talk(talk.folder)
    assert again.transcript_df["level_db"].isna().all()
    assert len(again.rows) == 4


def test_a_recording_that_is_gone_leaves_the_table(talk: Live):
    talk.talk()
    for path in talk.folder.glob("*.pcm"):
        path.unlink()
    assert talk.levels == [None] * 4
    talk.recorder.forget()
    assert talk.levels == [None] * 4


def test_exports_of_the_transcript_carry_them(talk: Live, tmp_path: Path):
    talk.talk()
    talk.end()
    kept = read_talk(talk.folder)
    rows = [json.loads(line) for line in kept.to_jsonl(tmp_path / "it.jsonl").read_text().splitlines()]
    assert [row["level_db"] for row in rows] == [LOUD] * 4
    assert [row["audible_ms"] for row in rows] == [1000] * 4
    assert {*kept.transcript_df} <= rows[0].keys()
    assert told(pd.read_parquet(kept.to_parquet(tmp_path / "it.parquet"))) == [LOUD] * 4
    assert json.dumps(kept.to_otel()).count("voice_widget.turn.level_db") == 4


def test_sound_that_comes_late_counts():
    sounded = Sounded([Piece("user", 0, 5, "sound"), Piece("user", 9, 1, "sound")])
    before = sounded.copy()
    sounded.note(Piece("user", 6, 2, "sound"))
    assert sounded.between("user", 1, 10) == [(1, 5), (6, 8), (9, 10)]
    assert before.between("user", 1, 10) == [(1, 5), (9, 10)]
    assert (before.revised, sounded.revised) == (0, 1)
    assert sounded.between("assistant", 0, 1) is None

"""What is taken out of a folder is in no file of it, and what comes late is not put back."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.recording.talks import Recorded, tone
from voice_widget.errors import MissingParts, RecordingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording import folder as files
from voice_widget.recording import saving, sound
from voice_widget.recording.sound import CodedSound
from voice_widget.recording.talk import Talk, read_talk

SECRET = np.full(RATE, 9999, np.int16)


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Recorded]:
    recorded = Recorded(tmp_path / "p01")
    yield recorded
    recorded.recorder._stop(60)


def heard(folder: Path) -> np.ndarray:
    return read_talk(folder).audio()[0]


def test_the_end_of_a_turn_that_comes_behind_its_redaction_is_silence(recorded: Recorded):
    recorded.user("Hello.", tone(RATE)[: 7 * RATE // 10])
    recorded.recorder.redact(1).result(60)
    recorded.sound("user", SECRET[: RATE // 10], 700)
    recorded.sound("user", tone(RATE // 10), 900)
    recorded.end()
    sound = heard(recorded.folder)[:, 0]
    assert not sound[: int(0.85 * RATE)].any()
    assert sound[int(0.9 * RATE) :].any()
    assert list(read_talk(recorded.folder).recording_df.query("side == 'user'").kind) == [
        "redacted",
        "gap",
        "sound",
    ]


def test_a_hole_in_a_turn_is_not_filled_behind_its_redaction(recorded: Recorded):
    recorded.sound("user", tone(RATE // 2), 0)
    start = 1500
    recorded("input_audio_buffer.speech_started", item_id="late", audio_start_ms=start)
    recorded("input_audio_buffer.speech_stopped", item_id="late", audio_end_ms=2500)
    recorded("conversation.item.input_audio_transcription.completed", item_id="late", transcript="Late!")
    recorded.sound("user", tone(RATE // 2), 3000)
    recorded.recorder.redact(recorded.session.rows[-1]["seq"]).result(60)
    recorded.sound("user", SECRET, start)
    recorded.end()
    assert not (heard(recorded.folder) == SECRET[0]).any()


def test_a_turn_whose_sound_has_not_come_yet_is_silence_when_it_comes(recorded: Recorded):
    recorded("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    recorded("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=1000)
    recorded("conversation.item.input_audio_transcription.completed", item_id="u", transcript="Hello.")
    recorded.recorder.redact(1).result(60)
    recorded.sound("user", SECRET, 0)
    recorded.sound("user", tone(RATE), 1500)
    recorded.end()
    sound = heard(recorded.folder)[:, 0]
    assert not (sound == SECRET[0]).any()
    assert np.array_equal(sound[-RATE:], tone(RATE))
    assert "redacted" in set(read_talk(recorded.folder).recording_df.kind)


@pytest.mark.parametrize("how", ["killed", "saved"])
def test_the_last_turn_of_what_ended_within_it(recorded: Recorded, tmp_path: Path, how: str):
    recorded.talk()
    recorded("input_audio_buffer.speech_started", item_id="last", audio_start_ms=recorded.ms)
    recorded("conversation.item.input_audio_transcription.delta", item_id="last", delta="My secret is")
    recorded.sound("user", SECRET, recorded.ms)
    recorded.recorder.flush()
    if how == "killed":
        recorded.recorder._let_go()
    talk = read_talk(recorded.folder)
    if how == "saved":
        talk = read_talk(talk.save(tmp_path / "copy"))
    assert talk.rows[-1]["text"] == "My secret is"
    talk.redact(5)
    assert talk.rows[-1]["text"] == ""
    assert talk.folder is not None
    assert "secret" not in (talk.folder / "events.jsonl").read_text()
    assert not (talk.audio()[0] == SECRET[0]).any()


@pytest.mark.parametrize("died", ["before the manifest", "before the samples were deleted"])
def test_what_was_left_when_its_process_died_at_its_end(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, died: str
):
    """The sound is there in two forms then, and halves of files may be."""
    folder, recorder = recorded.folder, recorded.recorder
    recorded.talk()
    recorder.flush()
    (folder / "events.jsonl.part").write_text("How many are there?")
    (folder / "audio.flac.part").write_text("its sound")

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    recorder._manifest["samples"] = recorder._timeline.end
    monkeypatch.setattr(*((saving, "_close") if died == "before the manifest" else (Path, "unlink")), die)
    with pytest.raises(SystemExit):
        saving.finish(folder, recorder._manifest, None)
    monkeypatch.undo()
    recorder._stop(60)
    assert {"audio.flac", "user.pcm"} <= {path.name for path in folder.iterdir()}
    read_talk(folder).redact(1)
    assert not list(folder.glob("*.part"))
    for path in folder.glob("*.pcm"):
        assert not np.fromfile(path, "<i2")[:RATE].any()
    for path in folder.glob("*.flac"):
        assert not CodedSound(path).read(0, RATE).any()
    assert heard(folder)[RATE:].any()


@pytest.mark.parametrize("how", ["missing", "broken"])
def test_sound_that_cannot_be_silenced_is_told(recorded: Recorded, how: str):
    recorded.talk()
    recorded.end()
    path = recorded.folder / "audio.flac"
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(b"no sound" + path.read_bytes())
    assert any("audio.flac" in each for each in read_talk(recorded.folder).redact(1))
    assert not any("audio.flac" in each for each in recorded_again(recorded).redact(1))


def said_in(folder: Path) -> str:
    lines = (path.read_text() for path in folder.glob("*.jsonl"))
    tables = (pd.read_parquet(path).to_csv() for path in folder.glob("*.parquet"))
    return "".join([*lines, *tables])


@pytest.mark.parametrize("left", ["no events", "fewer events", "events with a broken line"])
def test_what_is_left_of_a_folder_is_redacted_too(recorded: Recorded, left: str):
    pytest.importorskip("pyarrow")
    recorded.talk()
    recorded.end()
    events = recorded.folder / "events.jsonl"
    lines = events.read_text().splitlines(keepends=True)
    if left == "no events":
        events.unlink()
    else:
        some = lines[len(lines) // 2 :] if left == "fewer events" else ["{\n", *lines[1:]]
        events.write_text("".join(some))
    talk = read_talk(recorded.folder)
    words, metrics = talk.words_df, talk.metrics_df
    assert "There are three." in said_in(recorded.folder)
    talk.redact(2)
    assert "three" not in said_in(recorded.folder)
    again = read_talk(recorded.folder)
    assert [row["text"] for row in again.rows] == ["How many are there?", "", "And now?", "Four, I think."]
    assert (again.rows[1]["text_heard"], again.manifest["redacted"]) == ("", [2])
    assert again.rows == talk.rows
    assert again.words_df.equals(words[words.seq != 2].reset_index(drop=True))
    assert again.metrics_df.equals(metrics)
    assert not again.audio(2)[0].any()
    assert again.audio(1)[0].any()
    assert "tables_disagree" in (codes := {problem.code for problem in again.problems}) or (
        left == "no events" and codes == {"half_written"}
    )


def test_where_nobody_knows_the_turns_nothing_is_taken_out_and_it_says_so(recorded: Recorded):
    recorded.talk()
    recorded.end()
    for name in ("events.jsonl", "events.parquet", "transcript.jsonl"):
        (recorded.folder / name).unlink()
    with pytest.raises(RecordingError, match="Nothing was taken out") as refused:
        read_talk(recorded.folder).redact(2)
    assert (refused.value.code, "delete" in refused.value.next_step) == ("half_written", True)
    assert read_talk(recorded.folder).audio()[0].any()


def recorded_again(recorded: Recorded) -> Talk:
    talk = read_talk(recorded.folder)
    return read_talk(talk.save(recorded.folder.with_name("again")))


def test_what_sounded_in_a_pause_is_not_kept_when_it_comes_behind_it(recorded: Recorded):
    """As from a page that could not be reached: its pieces come when the pause is long over."""
    recorded.user("Before.")
    recorded.recorder.pause()
    recorded.silence(1000)
    recorded.recorder.resume()
    recorded.silence(1000)
    recorded.sound("user", SECRET, 1000)
    recorded.sound("user", tone(RATE), 2000)
    recorded.end()
    sound = heard(recorded.folder)[:, 0]
    assert not (sound == SECRET[0]).any()
    assert np.array_equal(sound[2 * RATE :], tone(RATE))
    assert list(read_talk(recorded.folder).recording_df.query("side == 'user'").kind) == [
        "sound",
        "paused",
        "sound",
    ]


def test_without_a_manifest_the_sound_that_lies_there_is_read_and_not_thrown_away(tmp_path: Path):
    folder = Talk.example().save(tmp_path / "p01")
    whole = heard(folder)
    (folder / "manifest.json").unlink()
    talk = read_talk(folder)
    assert [problem.code for problem in talk.problems] == ["half_written"]
    assert (talk.audio()[0] == whole).all()
    talk.redact(1)
    left = heard(folder)
    assert not left[RATE // 2 : RATE].any()
    assert (left[-RATE:] == whole[-RATE:]).all()
    assert read_talk(folder).problems == ()


def test_events_of_which_only_the_table_is_left_are_read_and_kept(tmp_path: Path):
    folder = Talk.example().save(tmp_path / "p01")
    before = read_talk(folder)
    (folder / "events.jsonl").unlink()
    talk = read_talk(folder)
    pd.testing.assert_frame_equal(talk.events_df, before.events_df, check_exact=True)
    talk.redact(1)
    left = pd.read_parquet(folder / "events.parquet")
    assert len(left) == len(before.lines) + 1
    assert before.rows[0]["text"] in "".join(before.events_df["event"])
    assert before.rows[0]["text"] not in "".join(left["event"])


def test_events_that_cannot_be_written_again_are_not_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = Talk.example().save(tmp_path / "p01")
    (folder / "events.jsonl").unlink()
    talk = read_talk(folder)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingParts):
        talk.redact(1)
    assert (folder / "events.parquet").is_file()


def test_a_line_that_no_recording_can_have_costs_itself(tmp_path: Path):
    folder = Talk.example().save(tmp_path / "p01")
    with (folder / "pieces.jsonl").open("a") as file:
        file.write('{"side": "user", "start": 0, "samples": 1000000000000, "kind": "sound"}\n')
    talk = read_talk(folder)
    assert [problem.code for problem in talk.problems] == ["half_written"]
    assert talk.samples == Talk.example().samples


@pytest.mark.parametrize("at", range(1, 16))
def test_a_disk_that_is_full_is_told_and_redaction_can_be_had_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
):
    folder = Talk.example().save(tmp_path / "p01")
    secret = read_talk(folder).rows[0]["text"]
    written, real = 0, files.in_place_of

    @contextmanager
    def full(path: Path, mode: int = files.PRIVATE) -> Iterator[Path]:
        nonlocal written
        written += 1
        with real(path, mode) as half:
            if written == at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            yield half

    for module in (files, sound):
        monkeypatch.setattr(module, "in_place_of", full)
    talk = read_talk(folder)
    with pytest.raises(RecordingError, match=r"No space left.*Turn 1 may still be there.*redact it again"):
        talk.redact(1)
    read_talk(folder).redact(1)
    assert read_talk(folder).problems == ()
    assert [path.name for path in folder.glob("*.jsonl") if secret in path.read_text()] == []
    assert secret not in pd.read_parquet(folder / "transcript.parquet")["text"].to_list()


def test_a_disk_that_is_full_is_told_while_the_talk_runs(recorded: Recorded, monkeypatch: pytest.MonkeyPatch):
    recorded.talk()

    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(saving, "write_events", full)
        with pytest.raises(RecordingError, match=r"Turn 1 may still be there.*redact it again"):
            recorded.recorder.redact(1).result(60)
    assert recorded.recorder.failed is None
    recorded.recorder.redact(1).result(60)
    recorded.end()
    assert "How many" not in (recorded.folder / "events.jsonl").read_text()
    assert not heard(recorded.folder)[:RATE, 0].any()


def test_what_lies_elsewhere_behind_links_is_taken_out_there(recorded: Recorded, tmp_path: Path):
    recorded.user("Say it.", SECRET)
    recorded.assistant("Said.")
    recorded.end()
    store = tmp_path / "store"
    store.mkdir()
    for path in list(recorded.folder.iterdir()):
        path.replace(store / path.name)
        path.symlink_to(store / path.name)
    read_talk(recorded.folder).redact(1)
    assert all(path.is_symlink() for path in recorded.folder.iterdir())
    assert [path.name for path in store.glob("*.json*") if "Say it." in path.read_text()] == []
    assert not (CodedSound(store / "audio.flac").read(0, 2 * RATE) == SECRET[0]).any()
    talk = read_talk(recorded.folder)
    assert (talk.problems, [row["text"] for row in talk.rows]) == ((), ["", "Said."])

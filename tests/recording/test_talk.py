"""A recorded talk is read as it was: while it runs, when it has ended, and saved again."""

from __future__ import annotations

import contextlib
import errno
import json
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.recording.talks import BEGAN, Recorded, lines, tone
from voice_widget.errors import RecordingError, SettingError, StateError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording import folder as files
from voice_widget.recording import reading, saving
from voice_widget.recording.live_levels import LiveLevels
from voice_widget.recording.tables import TABLES as TABLES_OF
from voice_widget.recording.talk import EXAMPLE, Talk, read_talk
from voice_widget.tables.events import events_frame
from voice_widget.tables.metrics import MetricsTable
from voice_widget.tables.schema import TABLES as SCHEMA
from voice_widget.tables.transcript import transcript_frame
from voice_widget.tables.words import words_frame

TABLES = ("transcript_df", "events_df", "tool_calls_df", "metrics_df", "words_df", "recording_df")


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Recorded]:
    recorded = Recorded(tmp_path / "p01")
    recorded.talk()
    yield recorded
    recorded.recorder._stop(60)


def same(one: Talk, other: Talk) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert one.rows == other.rows
    assert one.lines == other.lines


def test_an_ended_talk_is_as_it_was_live(recorded: Recorded):
    levels = LiveLevels(recorded.recorder).of(recorded.session.rows)
    recorded.end()
    talk = read_talk(recorded.folder)
    assert talk.rows == recorded.session.rows
    assert list(talk.lines) == recorded.log.lines()
    assert len(levels) == 4
    pd.testing.assert_frame_equal(
        talk.transcript_df, transcript_frame(recorded.session.rows, levels), check_exact=True
    )
    pd.testing.assert_frame_equal(talk.events_df, events_frame(recorded.log.lines()), check_exact=True)
    live = recorded.ledger.read()
    assert len(live.counted) == 4
    metrics = MetricsTable().frame(live.first, live.counted, live.rows)
    pd.testing.assert_frame_equal(talk.metrics_df, metrics, check_exact=True)
    words = words_frame(live.rows, live.pieces)
    pd.testing.assert_frame_equal(talk.words_df, words, check_exact=True)
    assert (talk.running, talk.cut, talk.problems) == (False, False, ())


def test_what_runs_is_read_as_far_as_it_is(recorded: Recorded):
    assert recorded.recorder.flush()
    before = read_talk(recorded.folder)
    assert (before.running, before.cut) == (True, False)
    heard = before.audio()[0]
    recorded.end()
    after = read_talk(recorded.folder)
    assert before.rows == recorded.session.rows
    assert np.array_equal(heard, after.audio()[0])
    with pytest.raises(RecordingError, match="Read the talk again"):
        before.audio()
    assert [piece for piece in after.pieces if piece.kind == "sound"] == [
        piece for piece in before.pieces if piece.kind == "sound"
    ]


def test_the_sound_is_there_to_the_sample(recorded: Recorded):
    recorded.end()
    samples, rate = read_talk(recorded.folder).audio()
    wanted = np.zeros((int(5.5 * RATE), 2), np.int16)
    for second, column, hz in ((0, 0, 300), (1.5, 1, 500), (3, 0, 300), (4.5, 1, 500)):
        wanted[int(second * RATE) : int((second + 1) * RATE), column] = tone(RATE, hz)
    assert rate == RATE
    assert np.array_equal(samples, wanted)


def test_a_turn_is_heard_alone(recorded: Recorded):
    recorded.end()
    talk = read_talk(recorded.folder)
    samples, _ = talk.audio(2)
    assert np.array_equal(samples[:, 1], tone(RATE, 500))
    assert not samples[:, 0].any()
    assert "audio/wav" in talk.clip(2)._repr_html_()
    with pytest.raises(SettingError) as unknown:
        talk.audio(9)
    assert unknown.value.code == "unknown_turn"


def test_what_lies_on_the_timeline_is_a_table(recorded: Recorded):
    recorded.end()
    frame = read_talk(recorded.folder).recording_df
    user = frame[frame["side"] == "user"]
    assert list(zip(user["kind"], user["start_ms"], user["end_ms"], strict=True)) == [
        ("sound", 0, 1000),
        ("gap", 1000, 3000),
        ("sound", 3000, 4000),
        ("gap", 4000, 5500),
    ]
    assert set(user.loc[user["kind"] == "sound", "call_id"]) == {"c"}


@pytest.mark.parametrize("form", ["flac", "wav", "opus"])
def test_saved_again_it_is_the_same(recorded: Recorded, tmp_path: Path, form: str):
    recorded.end()
    talk = read_talk(recorded.folder)
    again = read_talk(talk.save(tmp_path / form, sound=form))  # type: ignore[arg-type]
    same(talk, again)
    assert again.problems == ()
    one, other = talk.audio()[0], again.audio()[0]
    assert one.shape == other.shape
    if form == "opus":
        for side in (0, 1):
            assert np.corrcoef(one[:, side], other[:, side])[0, 1] > 0.99
    else:
        assert np.array_equal(one, other)
    twice = read_talk(again.save(tmp_path / "twice", sound=form))  # type: ignore[arg-type]
    same(talk, twice)


def test_what_runs_can_be_saved(recorded: Recorded, tmp_path: Path):
    assert recorded.recorder.flush()
    saved = read_talk(read_talk(recorded.folder).save(tmp_path / "copy"))
    assert (saved.running, saved.cut, saved.problems) == (False, False, ())
    assert saved.rows == recorded.session.rows
    assert saved.audio()[0].shape == (int(5.5 * RATE), 2)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_what_could_not_be_saved_is_not_in_the_way_of_the_next_try(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
):
    recorded.end()
    talk = read_talk(recorded.folder)

    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(saving.parquet, "write", full)
    with pytest.raises((RecordingError, KeyboardInterrupt)):
        talk.save(tmp_path / "new")
    monkeypatch.undo()
    assert list((tmp_path / "new").iterdir()) == []
    assert read_talk(talk.save(tmp_path / "new")).transcript_df.equals(talk.transcript_df)


@pytest.mark.parametrize("ended", [True, False])
def test_it_can_be_sent_to_another_process(recorded: Recorded, ended: bool):
    if ended:
        recorded.end()
    recorded.recorder.flush()
    talk = read_talk(recorded.folder)
    for _ in range(2):  # before its tables were made, and behind
        again = pickle.loads(pickle.dumps(talk))
        assert (again.rows, again.lines, again.pieces) == (talk.rows, talk.lines, talk.pieces)
        assert all(getattr(again, f"{name}_df").equals(getattr(talk, f"{name}_df")) for name in SCHEMA)
        assert again.messages() == talk.messages()
        assert np.array_equal(again.audio()[0], talk.audio()[0])


def test_a_table_that_is_changed_changes_no_other(recorded: Recorded):
    recorded.end()
    talk = read_talk(recorded.folder)
    for name in TABLES:
        frame = getattr(talk, name)
        frame.columns = [f"{column}_" for column in frame]
        assert list(frame) != list(getattr(talk, name))
        if len(frame) > 1:
            frame.iloc[0, 0] = frame.iloc[-1, 0]
            assert frame.iloc[0, 0] != getattr(talk, name).iloc[0, 0]
    talk.rows[0]["text"] = "else"
    assert talk.rows[0]["text"] == "How many are there?"


def test_what_was_said_lies_on_the_timeline(recorded: Recorded):
    recorded.recorder.facts(pseudonyms={"user": "P01"})
    recorded.end()
    talk = read_talk(recorded.folder)
    assert [(one.speaker, one.text, one.start_ms, one.end_ms) for one in talk.utterances()] == [
        ("P01", "How many are there?", 0, 1000),
        ("assistant", "There are three.", 1500, 2500),
        ("P01", "And now?", 3000, 4000),
        ("assistant", "Four, I think.", 4500, 5500),
    ]
    assert talk.messages()[1] == {"role": "assistant", "content": "There are three."}


def test_the_manifest_says_what_there_is(recorded: Recorded):
    recorded.end()
    manifest = json.loads((recorded.folder / "manifest.json").read_text())
    assert (manifest["schema"], manifest["state"], manifest["service"]) == (1, "ended", "ScriptedService")
    assert manifest["created_at"] == "2023-11-14T22:13:20.000+00:00"
    assert manifest["ended_at"] == "2023-11-14T22:13:26.000+00:00"
    assert manifest["calls"] == [{"call_id": "c", "offset_ms": 0.0}]
    assert (manifest["sound"], manifest["samples"]) == ("audio.flac", int(5.5 * RATE))
    assert manifest["tables"]["transcript"] == len(lines(recorded.folder, "transcript.jsonl")) == 4
    assert manifest["events"] == len(lines(recorded.folder, "events.jsonl"))
    assert {"python", "numpy"} <= manifest["software"].keys()
    there = sorted(path.name for path in recorded.folder.iterdir())
    assert [name for name in there if not name.endswith(".parquet")] == [
        "audio.flac",
        "events.jsonl",
        "lock",
        "manifest.json",
        "metrics.jsonl",
        "pieces.jsonl",
        "recording.jsonl",
        "tool_calls.jsonl",
        "transcript.jsonl",
        "words.jsonl",
    ]
    assert {name.removesuffix(".parquet") for name in there if name.endswith(".parquet")} == SCHEMA.keys()


def test_one_that_has_ended_and_lacked_time_is_whole(recorded: Recorded, monkeypatch: pytest.MonkeyPatch):
    """A kernel that ends is killed after some seconds: nothing is missing, and nothing is said to be."""

    def too_late(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(saving, "write", too_late)
    recorded.recorder.flush()
    recorder = recorded.recorder
    recorder._manifest["samples"] = recorder._timeline.end
    with pytest.raises(SystemExit):
        saving.finish(recorded.folder, recorder._manifest, None)
    monkeypatch.undo()
    recorder._stop(60)
    talk = read_talk(recorded.folder)
    assert (talk.running, talk.cut, talk.problems) == (False, False, ())
    assert talk.rows == recorded.session.rows
    whole = talk.audio()[0]
    assert whole.any()
    talk.redact(1)
    assert not talk.audio()[0][:RATE].any()
    assert talk.problems == ()
    assert np.array_equal(talk.audio()[0][2 * RATE :], whole[2 * RATE :])


# --- what is wrong with a folder ---


def ended(recorded: Recorded) -> Path:
    recorded.end()
    return recorded.folder


def codes(talk: Talk) -> list[str]:
    return [problem.code for problem in talk.problems]


@pytest.mark.parametrize("what", ["nothing", "a file", "other things"])
def test_a_folder_that_is_none(tmp_path: Path, what: str):
    path = tmp_path / "it"
    if what == "a file":
        path.write_text("x")
    elif what == "other things":
        path.mkdir()
        (path / "notes.txt").write_text("x")
    with pytest.raises(RecordingError) as none:
        read_talk(path)
    assert none.value.code == "not_a_recording"
    assert none.value.next_step


def test_a_newer_schema(recorded: Recorded):
    folder = ended(recorded)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "schema": 2}))
    with pytest.raises(RecordingError, match="open in other programs") as newer:
        read_talk(folder)
    assert newer.value.code == "newer_schema"


def test_an_older_one_that_says_less(recorded: Recorded):
    folder = ended(recorded)
    manifest = json.loads((folder / "manifest.json").read_text())
    kept = {name: manifest[name] for name in ("created_at", "state", "calls", "sound", "samples", "tables")}
    (folder / "manifest.json").write_text(json.dumps({**kept, "schema": 0}))
    talk = read_talk(folder)
    assert talk.rows == recorded.session.rows
    assert talk.problems == ()
    assert talk.manifest["consent"] is None
    assert talk.audio()[0].any()


def test_a_schema_that_is_older_by_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The talk that ships with the project is of schema 1 for good; a later one adds columns."""
    folder = shutil.copytree(EXAMPLE, tmp_path / "old")
    now = read_talk(folder)
    words = TABLES_OF["words"]
    later = words._replace(dtypes={**words.dtypes, "mood": "string", "pitch_hz": "Float64"})
    for module in (files, reading):
        monkeypatch.setattr(module, "SCHEMA", 2)
    monkeypatch.setitem(TABLES_OF, "words", later)  # type: ignore[arg-type]
    then = read_talk(folder)
    assert (then.manifest["schema"], then.problems) == (1, ())
    assert then.words_df[["mood", "pitch_hz"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(then.words_df[list(now.words_df)], now.words_df, check_exact=True)
    assert (then.rows, then.lines) == (now.rows, now.lines)
    monkeypatch.setitem(TABLES_OF, "words", words)  # type: ignore[arg-type]
    saved = then.save(tmp_path / "saved")
    assert read_talk(saved).manifest["schema"] == 2
    monkeypatch.undo()
    with pytest.raises(RecordingError) as newer:
        read_talk(saved)
    assert newer.value.code == "newer_schema"


@pytest.mark.parametrize("table", ["transcript", "metrics", "words", "recording"])
def test_tables_that_lack_columns(recorded: Recorded, table: str):
    folder = ended(recorded)
    whole = getattr(read_talk(folder), f"{table}_df")
    path = folder / f"{table}.jsonl"
    gone = list(whole)[-3:]
    less = [{name: x for name, x in row.items() if name not in gone} for row in lines(folder, path.name)]
    path.write_text("".join(json.dumps(row) + "\n" for row in less))
    talk = read_talk(folder)
    assert talk.problems == ()
    left = getattr(talk, f"{table}_df")
    assert list(left.dtypes) == list(whole.dtypes)
    assert left[gone].isna().all(axis=None)
    pd.testing.assert_frame_equal(left.drop(columns=gone), whole.drop(columns=gone), check_exact=True)


def test_a_missing_sound_file(recorded: Recorded):
    folder = ended(recorded)
    (folder / "audio.flac").unlink()
    talk = read_talk(folder)
    assert codes(talk) == ["sound_missing"]
    assert talk.rows == recorded.session.rows
    with pytest.raises(RecordingError, match=r"no audio\.flac") as missing:
        talk.audio()
    assert missing.value.code == "sound_missing"


@pytest.mark.parametrize("form", ["flac", "wav"])
def test_a_shorter_sound_file(recorded: Recorded, tmp_path: Path, form: str):
    folder = read_talk(ended(recorded)).save(tmp_path / "again", sound=form)  # type: ignore[arg-type]
    path = folder / f"audio.{form}"
    whole = read_talk(folder).audio()[0]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    talk = read_talk(folder)
    samples = talk.audio()[0]
    assert samples.shape == whole.shape
    assert codes(talk) == ["sound_shorter"]
    assert np.array_equal(samples[:RATE], whole[:RATE])
    assert not samples[-RATE:].any()


@pytest.mark.parametrize("name", ["audio.flac"])
def test_a_sound_file_that_is_none(recorded: Recorded, name: str):
    folder = ended(recorded)
    (folder / name).write_bytes(b"no sound at all")
    talk = read_talk(folder)
    assert codes(talk) == ["sound_unreadable"]
    assert talk.rows == recorded.session.rows
    with pytest.raises(RecordingError):
        talk.audio()


def test_no_sound_at_all(tmp_path: Path):
    recorded = Recorded(tmp_path / "p01")
    recorded.end()
    with pytest.raises(RecordingError) as none:
        read_talk(recorded.folder).audio()
    assert none.value.code == "not_recorded"


@pytest.mark.parametrize("text", ["", "{", "[]", None])
def test_a_manifest_that_is_half_written(recorded: Recorded, text: str | None):
    recorded.recorder.flush()
    recorded.recorder._let_go()
    path = recorded.folder / "manifest.json"
    path.unlink()
    if text is not None:
        path.write_text(text)
    talk = read_talk(recorded.folder)
    assert codes(talk) == ["half_written"]
    assert talk.cut
    assert talk.rows == recorded.session.rows
    assert talk.audio()[0].any()


@pytest.mark.parametrize("left", ["table", "manifest", "killed"])
@pytest.mark.parametrize("empty", [True, False])
def test_pieces_that_are_lost(recorded: Recorded, left: str, empty: bool):
    if left == "killed":
        recorded.recorder.flush()
        recorded.recorder._let_go()
    else:
        recorded.end()
    whole, folder = read_talk(recorded.folder), recorded.folder
    if left == "manifest":
        (folder / "recording.jsonl").unlink()
    if empty and left != "killed":  # who is killed early has none yet
        (folder / "pieces.jsonl").write_text("")
    else:
        (folder / "pieces.jsonl").unlink()
    talk = read_talk(folder)
    assert ("half_written", True) in [(x.code, "pieces.jsonl" in x.message) for x in talk.problems]
    assert np.array_equal(talk.audio()[0], whole.audio()[0])
    if left == "table":
        assert talk.pieces == whole.pieces
    talk.redact(1)
    assert not talk.audio(1)[0].any()
    kinds = set(talk.recording_df.kind)
    assert {"redacted", "sound"} <= kinds <= {"redacted", "sound", "gap"}
    assert "half_written" not in [x.code for x in read_talk(folder).problems]


def test_lines_that_are_broken(recorded: Recorded):
    recorded.recorder.flush()
    recorded.recorder._let_go()
    for name in ("events.jsonl", "pieces.jsonl"):
        path = recorded.folder / name
        path.write_bytes(b"{broken\n" + path.read_bytes() + b'{"at": 1, "dir')
    talk = read_talk(recorded.folder)
    assert codes(talk) == ["half_written", "half_written"], "the last line is only cut"
    assert talk.rows == recorded.session.rows


@pytest.mark.parametrize("how", ["shorter", "missing", "of another talk", "no table"])
def test_tables_that_disagree_are_made_again(recorded: Recorded, how: str):
    folder = ended(recorded)
    path = folder / "transcript.jsonl"
    text = path.read_text()
    if how == "missing":
        path.unlink()
    elif how == "shorter":
        path.write_text(text.split("\n", 1)[1])
    elif how == "no table":
        path.write_text("no JSON\n" * 4)
    else:
        path.write_text(
            text.split("\n", 1)[0] + "\n" + text.split("\n", 1)[0] + "\n" + "\n".join(text.split("\n")[2:])
        )
    talk = read_talk(folder)
    assert codes(talk) == ["tables_disagree"]
    assert talk.rows == recorded.session.rows
    assert talk.audio(1)[0].any()


@pytest.mark.parametrize("table", ["words", "metrics", "recording"])
@pytest.mark.parametrize("how", ["missing", "shorter"])
def test_other_tables_that_disagree_are_made_again(recorded: Recorded, table: str, how: str):
    folder = ended(recorded)
    whole = getattr(read_talk(folder), f"{table}_df")
    path = folder / f"{table}.jsonl"
    if how == "missing":
        path.unlink()
    else:
        path.write_text(path.read_text().split("\n", 1)[1])
    talk = read_talk(folder)
    assert [(problem.code, path.name in problem.message) for problem in talk.problems] == [
        ("tables_disagree", True)
    ]
    pd.testing.assert_frame_equal(getattr(talk, f"{table}_df"), whole, check_exact=True)


@pytest.mark.parametrize("odd", ["x", 1.5, ["a"], {"a": 1}, True], ids=str)
def test_cells_that_are_none_of_a_table(recorded: Recorded, odd: object):
    folder = ended(recorded)
    whole = read_talk(folder)
    tables = {name: getattr(whole, name) for name in TABLES}
    for table, column in (
        ("transcript", "start_ms"),
        ("words", "end_ms"),
        ("metrics", "total_tokens"),
        ("recording", "start_ms"),
    ):
        rows = lines(folder, f"{table}.jsonl")
        assert column in rows[0]
        text = "".join(json.dumps({**row, column: odd}) + "\n" for row in rows)
        (folder / f"{table}.jsonl").write_text(text)
    talk = read_talk(folder)
    assert "tables_disagree" in codes(talk)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(getattr(talk, name), table, check_exact=True)
    assert talk.to_otel()["resourceSpans"]


ODD = (None, -1, 3.5, "x", "../../x", ["a"], {"a": 1}, [{"call_id": 5, "offset_ms": "x"}])


@pytest.mark.parametrize(
    "name", ["pseudonyms", "sound", "redacted", "calls", "samples", "created_at", "tables"]
)
def test_a_manifest_that_says_odd_things(recorded: Recorded, tmp_path: Path, name: str):
    folder = ended(recorded)
    manifest = json.loads((folder / "manifest.json").read_text())
    for number, odd in enumerate(ODD):
        (folder / "manifest.json").write_text(json.dumps({**manifest, name: odd}))
        talk = read_talk(folder)
        assert len(talk.rows) == len(talk.transcript_df) == 4
        assert len(talk.words_df) > 4
        talk.to_vtt(tmp_path / f"{number}.vtt")
        with contextlib.suppress(RecordingError):
            talk.audio()
        talk = read_talk(shutil.copytree(folder, tmp_path / str(number)))
        talk.redact(1)
        assert talk.rows[0]["text"] == ""


def test_events_that_are_not_all_there(recorded: Recorded):
    folder = ended(recorded)
    path = folder / "events.jsonl"
    path.write_text("\n".join(path.read_text().split("\n")[:5]) + "\n")
    talk = read_talk(folder)
    assert codes(talk) == ["tables_disagree"]
    assert talk.rows == recorded.session.rows, "the transcript is whole"
    path.unlink()
    assert codes(read_talk(folder)) == ["half_written"]


def test_a_folder_that_is_not_empty_is_not_written_into(recorded: Recorded, tmp_path: Path):
    talk = read_talk(ended(recorded))
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "thesis.tex").write_text("x")
    for folder in (recorded.folder, tmp_path / "there", tmp_path / "there" / "thesis.tex"):
        with pytest.raises(StateError) as taken:
            talk.save(folder)
        assert taken.value.code == "folder_taken"
    with pytest.raises(SettingError, match="flac, wav or opus"):
        talk.save(tmp_path / "new", sound="mp3")  # type: ignore[arg-type]
    assert not (tmp_path / "new").exists()


# --- redaction ---


def test_a_turn_is_redacted_in_all_files(recorded: Recorded):
    folder = ended(recorded)
    talk = read_talk(folder)
    whole = talk.audio()[0]
    unreached = talk.redact(2)
    assert any("exported" in what for what in unreached)
    again = read_talk(folder)
    for one in (talk, again):
        assert one.rows[1]["text"] == one.rows[1]["text_heard"] == ""
        assert [row["text"] for row in one.rows][::2] == ["How many are there?", "And now?"]
        assert one.problems == ()
        assert one.manifest["redacted"] == [2]
        samples = one.audio()[0]
        assert not samples[int(1.35 * RATE) : int(2.65 * RATE)].any()
        assert np.array_equal(samples[: int(1.35 * RATE)], whole[: int(1.35 * RATE)])
        assert np.array_equal(samples[int(2.65 * RATE) :], whole[int(2.65 * RATE) :])
        kinds = one.recording_df.set_index("kind")
        assert list(kinds.loc["redacted", "start_ms"]) == [1350, 1350]
        assert one.messages() == [message for message in one.messages() if "three" not in message["content"]]
    for path in folder.iterdir():
        assert b"There are three" not in path.read_bytes()


def test_what_is_redacted_while_it_runs_is_gone_at_once(recorded: Recorded):
    recorded.recorder.redact(1).result(60)
    recorded.user("A third one.")
    recorded.recorder.flush()
    for path in recorded.folder.iterdir():
        assert b"How many" not in path.read_bytes()
    samples = read_talk(recorded.folder).audio()[0]
    assert not samples[: int(1.15 * RATE), 0].any()
    assert samples[3 * RATE :, 0].any()
    recorded.end()
    talk = read_talk(recorded.folder)
    assert [row["text"] for row in talk.rows][1:] == [row["text"] for row in recorded.session.rows][1:]
    assert talk.manifest["redacted"] == [1]
    with pytest.raises(SettingError) as unknown:
        recorded.recorder.redact(17).result(60)
    assert unknown.value.code == "unknown_turn"
    recorded.recorder.redact(np.int64(3)).result(60)  # as a table has it
    recorded.recorder.redact(2).result(60)
    assert read_talk(recorded.folder).manifest["redacted"] == [1, 2, 3]


def test_a_turn_that_runs_is_not_redacted(recorded: Recorded):
    recorded("input_audio_buffer.speech_started", item_id="u", audio_start_ms=recorded.ms)
    with pytest.raises(StateError) as runs:
        recorded.recorder.redact(5).result(60)
    assert runs.value.code == "turn_runs"
    assert recorded.recorder.failed is None
    with pytest.raises(StateError) as taken:
        read_talk(recorded.folder).redact(1)
    assert taken.value.code == "folder_taken"


def test_an_answer_that_still_sounds_is_not_redacted(recorded: Recorded):
    made = {"id": "a", "type": "message", "role": "assistant"}
    recorded("response.created", response={"id": "r"})
    recorded("response.output_item.added", response_id="r", item=made)
    recorded("response.output_audio_transcript.delta", response_id="r", item_id="a", delta="My secret.")
    recorded("output_audio_buffer.started", response_id="r", audio_ms=recorded.ms)
    recorded("response.done", response={"id": "r", "status": "completed"})
    assert recorded.session.rows[-1]["status"] == "completed"
    with pytest.raises(StateError) as runs:
        recorded.recorder.redact(5).result(60)
    assert runs.value.code == "turn_runs"
    recorded.sound("assistant", tone(RATE, 500), recorded.ms)
    recorded.silence(1000)
    recorded("output_audio_buffer.stopped", response_id="r", audio_ms=recorded.ms)
    recorded.recorder.redact(5).result(60)
    recorded.end()
    talk = read_talk(recorded.folder)
    assert not talk.audio(5)[0].any()
    assert talk.rows[-1]["end_ms"] == recorded.ms


def test_a_talk_is_forgotten(recorded: Recorded):
    folder = ended(recorded)
    (folder / "notes.txt").write_text("x")
    assert read_talk(folder).forget() == ("notes.txt",)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    assert folder.exists()


def test_times_of_a_call_without_sound_are_those_of_the_wall(tmp_path: Path):
    recorded = Recorded(tmp_path / "p01")
    recorded.now = BEGAN + 10
    recorded("input_audio_buffer.speech_started", item_id="u", audio_start_ms=2000)
    recorded("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=2500)
    recorded("conversation.item.input_audio_transcription.completed", item_id="u", transcript="Hi.")
    recorded.end()
    talk = read_talk(recorded.folder)
    assert [(one.start_ms, one.end_ms) for one in talk.utterances()] == [(9500, 10_000)]


@pytest.mark.parametrize(
    "odd",
    [
        {"calls": [{"call_id": ["c"], "offset_ms": 1}]},
        {"calls": [{"call_id": "c", "offset_ms": float("nan")}]},
        {"calls": [{"call_id": "c", "offset_ms": 1e300}]},
        {"samples": 10**30},
        {"samples": -1},
        {"state": ["ended"]},
    ],
)
def test_what_a_manifest_cannot_mean_is_not_known(tmp_path: Path, odd: dict[str, Any]):
    folder = Talk.example().save(tmp_path / "p01")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **odd}))
    talk = read_talk(folder)
    assert len(talk.transcript_df) == len(talk.utterances()) == 4
    talk.redact(1)
    assert read_talk(folder).rows[0]["text"] == ""


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("words", {"start_ms": 10**30}),
        ("transcript", {"started_at": "0001-01-01T00:00:00+14:00"}),
        ("transcript", {"started_at": "9999-12-31T23:59:59-14:00"}),
    ],
)
def test_a_cell_that_no_column_can_hold_makes_the_table_anew(tmp_path: Path, name: str, odd: dict[str, Any]):
    folder = Talk.example().save(tmp_path / "p01")
    first, *rest = lines(folder, f"{name}.jsonl")
    told = [{**first, **odd}, *rest]
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(cells) + "\n" for cells in told))
    talk = read_talk(folder)
    wanted = getattr(Talk.example(), f"{name}_df")
    pd.testing.assert_frame_equal(getattr(talk, f"{name}_df"), wanted, check_exact=True)
    talk.to_otel(tmp_path / "p01.json")

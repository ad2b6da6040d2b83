"""Labels of a talk: given, changed, taken back, kept with it, and what is refused."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.recording.talks import Recorded
from voice_widget import Code, RecordingError, Scheme, SettingError, StateError, Talk, read_talk
from voice_widget.recording.folder import LABELS_LOCK, Lock
from voice_widget.tables.schema import LABELS

SCHEME = Scheme("request", "answer", "overlap")


@pytest.fixture
def talk() -> Talk:
    talk = Talk.example()
    talk.scheme = SCHEME
    return talk


@pytest.fixture
def folder(talk: Talk, tmp_path: Path) -> Path:
    talk.label("request", seq=1, coder="AB", note="mass")
    talk.label("overlap", start_ms=4645, end_ms=4713, side="user", coder="AB", note="Biscoe?")
    talk.label("answer", seq=4, coder="AB", note="168")
    return talk.save(tmp_path / "p01")


def cells(talk: Talk, *names: str) -> list[tuple[Any, ...]]:
    table = talk.labels_df[list(names)].astype(object)
    return [tuple(None if x is pd.NA else x for x in row) for row in table.itertuples(index=False)]


def test_a_turn_has_the_times_of_its_sound(talk: Talk):
    assert talk.label("request", seq=1, coder="AB") == 1
    assert cells(talk, "seq", "side", "start_ms", "end_ms", "start", "end") == [
        (1, "user", 114, 2263, *talk.stretches()[1])
    ]


def test_a_stretch_has_the_samples_of_its_times(talk: Talk):
    talk.label("overlap", start_ms=4645, end_ms=4713.4)
    assert cells(talk, "seq", "side", "start_ms", "end_ms", "start", "end", "coder") == [
        (None, None, 4645, 4713, 4645 * 24, 4713 * 24, "coder")
    ]


def test_a_stretch_may_go_to_the_very_end(talk: Talk):
    talk.label("overlap", start_ms=0, end_ms=talk.duration_ms)
    assert cells(talk, "end", "problem") == [(talk.samples, None)]


def test_the_table_has_the_columns_and_dtypes_of_the_schema_also_empty(talk: Talk):
    wanted = {column.name: column.dtype for column in LABELS}
    assert {name: str(dtype) for name, dtype in talk.labels_df.dtypes.items()} == wanted
    talk.label("request", seq=1)
    assert {name: str(dtype) for name, dtype in talk.labels_df.dtypes.items()} == wanted


def test_a_label_says_when_it_was_given_and_changed(talk: Talk):
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    talk.label("request", seq=1)
    given = talk.labels_df.labelled_at[0]
    assert before <= given <= datetime.now(UTC)
    talk.relabel(1, code="answer")
    assert talk.labels_df.labelled_at[0] >= given


def test_no_label_changes_what_was_recorded(talk: Talk):
    before = talk.transcript_df
    talk.label("request", seq=1)
    pd.testing.assert_frame_equal(talk.transcript_df, before)


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ({"seq": 5}, "unknown_turn", "no turn 5: the talk has 4"),
        ({"seq": "1"}, "unknown_turn", "no turn '1'"),
        ({"seq": 1, "code": "answr"}, "unknown_code", "Did you mean 'answer'"),
        ({"seq": 1, "code": None}, "unknown_code", "It has request, answer, overlap"),
        ({"start_ms": -1, "end_ms": 9}, "label_outside", "it lasts 10993 ms"),
        ({"start_ms": 9, "end_ms": 10_994}, "label_outside", "9 to 10994 ms is not within"),
        ({"start_ms": 9, "end_ms": 9}, "label_invalid", "ends at 9 ms and begins at 9 ms"),
        ({"start_ms": 9, "end_ms": 8}, "label_invalid", "ends at 8 ms"),
        ({"start_ms": 9}, "label_invalid", "Nobody has said"),
        ({}, "label_invalid", "Nobody has said"),
        ({"seq": 1, "start_ms": 0, "end_ms": 9}, "label_invalid", "a turn or of a stretch"),
        ({"seq": 1, "side": "assistant"}, "label_invalid", "it is the user's"),
        ({"start_ms": 0, "end_ms": 9, "side": "both"}, "label_invalid", "no side 'both'"),
        ({"start_ms": "0", "end_ms": 9}, "label_invalid", "start_ms is a number"),
        ({"start_ms": 0, "end_ms": float("inf")}, "label_invalid", "end_ms is a number"),
        ({"start_ms": 0, "end_ms": True}, "label_invalid", "end_ms is a number"),
        ({"seq": 1, "coder": " "}, "label_invalid", "A coder has a short name"),
        ({"seq": 1, "coder": "a\nb"}, "label_invalid", "A coder has a short name"),
        ({"seq": 1, "note": None}, "label_invalid", "A note is a text"),
        ({"seq": 1, "scheme": ["a"]}, "scheme_invalid", "A scheme is a Scheme"),
        ({"seq": 1, "at": 7}, "setting_error", "no argument 'at'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_labelled(
    talk: Talk, given: dict[str, Any], code: str, says: str
):
    with pytest.raises(SettingError, match=says) as refused:
        talk.label(**{"code": "request", **given})
    assert (refused.value.code, bool(refused.value.next_step)) == (code, True)
    assert talk.labels() == []


def test_without_a_scheme_nothing_can_be_labelled():
    with pytest.raises(SettingError, match=r"talk\.scheme = Scheme") as refused:
        Talk.example().label("request", seq=1)
    assert refused.value.code == "no_scheme"


def test_a_scheme_may_be_given_with_the_first_label():
    talk = Talk.example()
    talk.label("repair", seq=1, scheme=Scheme({"repair": Code(key="x")}))
    assert talk.scheme == Scheme({"repair": Code(key="x")})


def test_a_scheme_keeps_the_codes_that_were_given(talk: Talk):
    talk.label("request", seq=1)
    with pytest.raises(SettingError, match="Labels have codes that this scheme has not: request"):
        talk.scheme = Scheme("answer")
    assert talk.scheme == SCHEME
    talk.scheme = Scheme("request")
    assert list(talk.scheme) == ["request"]


def test_labels_are_taken_back_and_their_numbers_not_given_again(folder: Path):
    talk = read_talk(folder)
    talk.unlabel(3)
    assert read_talk(folder).label("answer", seq=2) == 4
    assert cells(talk, "number") == [(1,), (2,), (4,)]


@pytest.mark.parametrize("number", [4, 0, "1", True, None])
def test_a_number_that_is_none_is_refused(folder: Path, number: Any):
    for verb in (read_talk(folder).unlabel, read_talk(folder).relabel):
        with pytest.raises(SettingError, match="There is no label") as refused:
            verb(number)
        assert refused.value.code == "unknown_label"


def test_what_a_change_leaves_out_stays(folder: Path):
    talk = read_talk(folder)
    talk.relabel(2, end_ms=4700, coder="CD")
    talk.relabel(3, seq=2)
    talk.relabel(1, start_ms=10, end_ms=20)
    names = ("number", "code", "seq", "side", "start_ms", "end_ms", "coder", "note")
    assert cells(read_talk(folder), *names) == [
        (1, "request", None, None, 10, 20, "AB", "mass"),
        (2, "overlap", None, "user", 4645, 4700, "CD", "Biscoe?"),
        (3, "answer", 2, "assistant", 3003, 4713, "AB", "168"),
    ]


def test_a_change_that_cannot_be_changes_nothing(folder: Path):
    talk = read_talk(folder)
    before = (folder / "labels.jsonl").read_bytes()
    with pytest.raises(SettingError, match="begins at 4645"):
        talk.relabel(2, end_ms=100)
    assert (folder / "labels.jsonl").read_bytes() == before


def test_they_are_saved_with_the_talk_and_read_again(talk: Talk, folder: Path):
    again = read_talk(folder)
    pd.testing.assert_frame_equal(again.labels_df, talk.labels_df, check_exact=True)
    assert (again.scheme, again.problems) == (SCHEME, ())
    copied = read_talk(again.save(folder.with_name("p02")))
    pd.testing.assert_frame_equal(copied.labels_df, talk.labels_df, check_exact=True)
    assert (folder / "labels.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_talk_without_labels_has_no_file_of_them(tmp_path: Path):
    folder = Talk.example().save(tmp_path / "p01")
    read_talk(folder).labels_df  # noqa: B018 - it is read
    assert not {"labels.jsonl", "scheme.json", "labels.lock"} & {path.name for path in folder.iterdir()}


def test_labels_that_lie_nowhere_go_where_the_talk_is_sent(talk: Talk):
    talk.label("request", seq=1)
    again = pickle.loads(pickle.dumps(talk))
    again.unlabel(1)
    assert (len(talk.labels()), len(again.labels())) == (1, 0)


def test_labels_that_others_give_to_the_folder_are_there_at_once(folder: Path):
    mine, theirs = read_talk(folder), read_talk(folder)
    assert (mine.label("answer", seq=2, coder="A"), theirs.label("answer", seq=2, coder="B")) == (4, 5)
    assert [label.coder for label in mine.labels()] == ["AB", "AB", "AB", "A", "B"]


LABELS_MUCH = """
import sys
from voice_widget import read_talk
talk = read_talk(sys.argv[1])
for n in range(40):
    number = talk.label("answer", start_ms=n, end_ms=n + 9, coder=sys.argv[2])
    if n % 4 == 0:
        talk.unlabel(number)
"""


def test_processes_that_label_at_once_lose_nothing(folder: Path):
    names = ["P", "Q", "R"]
    running = [subprocess.Popen([sys.executable, "-c", LABELS_MUCH, folder, name]) for name in names]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    talk = read_talk(folder)
    for name in names:
        assert [x.start_ms for x in talk.labels() if x.coder == name] == [n for n in range(40) if n % 4]
    numbers = [label.number for label in talk.labels()]
    assert len(set(numbers)) == len(numbers) == 3 + 90
    assert talk.problems == ()


def test_who_writes_them_for_long_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voice_widget.recording.labels._PATIENCE_S", 0.02)
    lock = Lock(folder, LABELS_LOCK)
    try:
        with pytest.raises(StateError, match="being written by somebody else") as refused:
            read_talk(folder).label("request", seq=1)
    finally:
        lock.release()
    assert refused.value.code == "folder_taken"
    assert read_talk(folder).label("request", seq=1) == 4


def test_a_folder_that_cannot_be_written_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    talk = read_talk(folder)
    monkeypatch.setattr("voice_widget.recording.folder.write_whole", full)
    with pytest.raises(RecordingError, match="No space left") as refused:
        talk.label("request", seq=1)
    assert refused.value.code == "recording_failed"
    assert len(talk.labels()) == 3


def test_a_talk_that_is_recorded_still_can_be_labelled(tmp_path: Path):
    recorded = Recorded(tmp_path / "talk")
    recorded.user("How many are there?")
    recorded.silence(500)
    assert recorded.recorder.flush()
    talk = read_talk(recorded.folder)
    assert talk.running
    talk.label("request", seq=1, note="how many", scheme=SCHEME)
    recorded.assistant("Three.")
    recorded.end()
    again = read_talk(recorded.folder)
    assert cells(again, "code", "seq", "note", "problem") == [("request", 1, "how many", None)]
    assert again.problems == ()


def test_notes_go_when_a_turn_of_a_talk_that_goes_on_is_redacted(tmp_path: Path):
    recorded = Recorded(tmp_path / "talk")
    recorded.user("My name is secret.")
    recorded.silence(500)
    assert recorded.recorder.flush()
    read_talk(recorded.folder).label("request", seq=1, note="secret", scheme=SCHEME)
    recorded.recorder.redact(1).result(10)
    assert b"secret" not in (recorded.folder / "labels.jsonl").read_bytes()
    recorded.end()
    assert cells(read_talk(recorded.folder), "code", "note") == [("request", "")]


# --- what is wrong with them ---


def test_what_lies_outside_is_kept_and_named_and_the_rest_counts(folder: Path):
    with (folder / "labels.jsonl").open("a") as file:
        for number, fields in (
            (7, {"code": "overlap", "start_ms": 9000, "end_ms": 99_000}),
            (8, {"code": "request", "seq": 9}),
            (9, {"code": "laughs", "seq": 1}),
        ):
            file.write(json.dumps({"number": number, "coder": "CD", **fields}) + "\n")
    talk = read_talk(folder)
    assert [(x.code, "number 7" in x.message or "number 8" in x.message) for x in talk.problems] == [
        ("labels_outside", True),
        ("labels_outside", True),
        ("labels_uncoded", False),
    ]
    assert cells(talk, "number", "problem") == [
        (1, None),
        (2, None),
        (3, None),
        (7, "outside"),
        (8, "unknown_turn"),
        (9, "unknown_code"),
    ]
    assert talk.label("request", seq=1) == 10
    assert len(read_talk(folder).labels()) == 7


BROKEN = ["no JSON", "[]", '{"number": 0, "code": "a", "coder": "b", "seq": 1}', '{"number": 9, "code": "a"}']
BROKEN += ['{"number": 9, "code": "a", "coder": "b", "start_ms": 9, "end_ms": 1}']


@pytest.mark.parametrize("line", BROKEN)
def test_lines_that_cannot_be_read_stay_and_are_named(folder: Path, line: str):
    with (folder / "labels.jsonl").open("a") as file:
        file.write(line + "\n")
    talk = read_talk(folder)
    assert [(x.code, "1 lines of labels.jsonl" in x.message) for x in talk.problems] == [
        ("half_written", True)
    ]
    talk.label("request", seq=2)
    assert line in (folder / "labels.jsonl").read_text().splitlines()
    assert len(talk.labels()) == 4


def test_numbers_that_come_twice_become_others(folder: Path):
    text = (folder / "labels.jsonl").read_text()
    (folder / "labels.jsonl").write_text(text + text)
    talk = read_talk(folder)
    assert [label.number for label in talk.labels()] == [1, 2, 3, 4, 5, 6]
    assert [label.code for label in talk.labels()] == ["request", "overlap", "answer"] * 2


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"codes": {}}', '{"codes": {"a": {"key": "xy"}}}'])
def test_a_scheme_that_cannot_be_read_is_named_and_costs_no_label(folder: Path, text: str):
    (folder / "scheme.json").write_text(text)
    talk = read_talk(folder)
    assert [(x.code, "scheme.json cannot be read" in x.message) for x in talk.problems] == [
        ("half_written", True)
    ]
    assert talk.scheme is None
    assert cells(talk, "problem") == [(None,)] * 3
    talk.scheme = SCHEME
    assert read_talk(folder).problems == ()


def test_a_talk_without_sound_is_labelled_by_its_rows(tmp_path: Path):
    folder = Talk.example().save(tmp_path / "p01")
    (folder / "pieces.jsonl").write_text("")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"sound": None, "samples": 0}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "recording.jsonl").unlink()
    talk = read_talk(folder)
    assert talk.samples == 0
    talk.label("request", seq=1, scheme=SCHEME)
    talk.label("overlap", start_ms=4645, end_ms=4713)
    assert cells(talk, "start_ms", "end_ms", "start", "problem") == [
        (114, 2263, None, None),
        (4645, 4713, None, None),
    ]


# --- what is taken out ---


def test_notes_of_a_redacted_turn_go_and_of_stretches_that_touch_it(folder: Path):
    talk = read_talk(folder)
    talk.redact(3)  # from 4645 to 6723 ms
    assert cells(talk, "number", "note") == [(1, "mass"), (2, ""), (3, "168")]
    talk.redact(1)
    assert b"mass" not in (folder / "labels.jsonl").read_bytes()
    assert cells(talk, "code", "note") == [("request", ""), ("overlap", ""), ("answer", "168")]
    assert read_talk(folder).problems == ()


def test_with_them_go_lines_that_nobody_can_read(folder: Path):
    with (folder / "labels.jsonl").open("a") as file:
        file.write("mass\n")
    read_talk(folder).redact(1)
    assert b"mass" not in (folder / "labels.jsonl").read_bytes()


def test_forgetting_deletes_them(folder: Path):
    talk = read_talk(folder)
    talk.label("request", seq=1)
    assert talk.forget() == ()
    assert not folder.exists()
    assert len(talk.labels_df) == 0

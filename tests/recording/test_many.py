"""Many talks as one table: what is asked is there, lazily, and what cannot be read is named."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pandas as pd
import pyarrow.dataset as ds
import pytest

from tests.recording.talks import Recorded
from voice_widget.analysis.comparing import compare
from voice_widget.errors import MissingParts, RecordingError, SettingError
from voice_widget.recording.many import Engine, Talks, read_talks
from voice_widget.recording.talk import read_talk
from voice_widget.tables.schema import TABLES, TableName


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two talks with Parquet, one without, and one whose process was killed; and what is no talk."""
    runs = tmp_path_factory.mktemp("data") / "runs"
    recorded = Recorded(runs / "p01")
    recorded.talk()
    recorded.recorder.flush()
    shutil.copytree(runs / "p01", runs / "p04")
    recorded.end()
    for name in ("p02", "p03"):
        shutil.copytree(runs / "p01", runs / name)
    for path in (runs / "p03").glob("*.parquet"):
        path.unlink()
    (runs / "notes").mkdir()
    (runs / "README.md").write_text("Four talks.")
    return runs


@pytest.fixture
def runs(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(saved, tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


@pytest.fixture
def remote(saved: Path) -> Iterator[str]:
    """The same, in the memory of fsspec."""
    files, place = fsspec.filesystem("memory"), f"/{uuid.uuid4().hex}"
    files.put(str(saved), f"{place}/runs", recursive=True)
    yield f"memory:/{place}/runs"
    files.rm(place, recursive=True)


def one_by_one(runs: Path, name: str, prefix: str = "runs") -> pd.DataFrame:
    frames = []
    for folder in sorted(runs.glob("p*")):
        frame = getattr(read_talk(folder), f"{name}_df")
        frame.insert(0, "talk", pd.array([f"{prefix}/{folder.name}"] * len(frame), dtype="string"))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def test_the_talks_are_found(runs: Path):
    talks = read_talks("runs/*")
    assert talks.folders == [f"runs/p0{number}" for number in (1, 2, 3, 4)]
    assert (len(talks), talks.problems) == (4, {})
    assert repr(talks) == "<4 talks by duckdb: runs/p01 …>"
    assert read_talks([runs / "p01", str(runs / "p*")]).folders == [
        str(runs / f"p0{n}") for n in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_those_of_all_talks(runs: Path, name: TableName):
    wanted = one_by_one(runs, name)
    found = read_talks("runs/*").df(name)
    found = found.sort_values("talk", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)


@pytest.mark.parametrize("name", TABLES)
def test_by_both_engines_and_from_elsewhere_it_is_the_same(runs: Path, remote: str, name: TableName):
    wanted = len(one_by_one(runs, name))
    assert read_talks("runs/*").table(name).aggregate("count(*)").fetchall() == [(wanted,)]
    far = read_talks(f"{remote}/p*", engine="arrow")
    dataset = getattr(far, name)
    assert isinstance(dataset, ds.Dataset)
    assert dataset.count_rows() == wanted
    assert far.folders == [
        f"{remote.replace(':/', ':///', 1).replace('////', '///')}/p0{n}" for n in (1, 2, 3, 4)
    ]
    found = far.df(name).drop(columns="talk")
    pd.testing.assert_frame_equal(found, read_talks("runs/*").df(name).drop(columns="talk"), check_exact=True)


def test_a_question_in_sql(runs: Path):
    talks = read_talks("runs/*")
    found = talks.sql(
        "SELECT t.talk, count(*) AS words, min(w.start_ms) AS first FROM transcript t "
        "JOIN words w ON w.talk = t.talk AND w.seq = t.seq WHERE t.role = 'user' GROUP BY t.talk ORDER BY 1"
    ).fetchall()
    words = read_talk(runs / "p01").words_df.query("role == 'user'")
    assert found == [(talk, len(words), words["start_ms"].min()) for talk in talks.folders]
    began = read_talk(runs / "p01").transcript_df["started_at"].iloc[0]
    [(at,)] = talks.sql("SELECT min(started_at) FROM transcript").fetchall()
    assert pd.Timestamp(at) == began


def test_only_what_is_asked_for_is_read(runs: Path):
    talks = read_talks("runs/p0[12]")
    for name in ("events", "words"):
        (runs / "p01" / f"{name}.parquet").unlink()
    (runs / "p01" / "events.jsonl").unlink()
    assert talks.sql("SELECT count(*) FROM transcript").fetchall() == [(8,)]
    (runs / "p02" / "transcript.parquet").write_bytes(b"PAR1 is not enough PAR1")
    only = talks.transcript.filter("talk = 'runs/p01'")
    assert only.aggregate("count(*)").fetchall() == [(4,)]


@pytest.mark.parametrize("end", [b"", b"PA", b"PAR1 cut"])
def test_half_a_file_is_read_from_the_lines(runs: Path, end: bytes):
    (runs / "p02" / "transcript.parquet").write_bytes(end)
    assert (
        read_talks("runs/p02")
        .df()
        .equals(one_by_one(runs, "transcript").query("talk == 'runs/p02'").reset_index(drop=True))
    )


@pytest.mark.parametrize("engine", ["duckdb", "arrow"])
@pytest.mark.parametrize("footer", [False, True])
def test_a_file_that_is_broken_inside_is_made_anew(runs: Path, engine: Engine, footer: bool):
    path = runs / "p02" / "transcript.parquet"
    data = bytearray(path.read_bytes())
    last = len(data) - (8 if footer else 8 + int.from_bytes(data[-8:-4], "little"))
    data[4:last] = b"Z" * (last - 4)
    path.write_bytes(data)
    talks = read_talks("runs/*", engine=engine)
    found = talks.df().sort_values("talk", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(found, one_by_one(runs, "transcript"), check_exact=True)
    assert talks.problems == {}
    assert talks.sql("SELECT count(*) FROM transcript").fetchall() == [(len(found),)]


def test_a_talk_that_cannot_be_read_is_left_out_and_named(runs: Path):
    manifest = json.loads((runs / "p01" / "manifest.json").read_text())
    (runs / "p01" / "manifest.json").write_text(json.dumps({**manifest, "schema": 99}))
    (runs / "p04" / "manifest.json").write_text("{")
    (runs / "p04" / "events.jsonl").unlink()
    with pytest.warns(UserWarning, match="1 of 4 talks are left out. runs/p01: .*later version") as told:
        talks = read_talks("runs/*")
    assert told[0].filename == __file__
    with pytest.warns(UserWarning, match="runs/p04: .*neither manifest.json nor events.jsonl") as told:
        found = talks.df()
    assert told[0].filename == __file__
    assert set(found["talk"]) == {"runs/p02", "runs/p03"}
    assert {talk: why.code for talk, why in talks.problems.items()} == {
        "runs/p01": "newer_schema",
        "runs/p04": "not_a_recording",
    }
    assert repr(talks) == "<3 talks by duckdb, 2 left out: runs/p02 …>"


@pytest.mark.parametrize("engine", ["duckdb", "arrow"])
def test_names_that_look_like_patterns(runs: Path, tmp_path: Path, engine: Engine):
    names = ["p [1]", "p*2", "p?3", "p'4", "p#5", "p%206"]
    for name in names:
        shutil.copytree(next(runs.iterdir()), tmp_path / name)
    assert read_talks(tmp_path / "*", engine=engine).folders == sorted(str(tmp_path / name) for name in names)
    for name in names:
        talks = read_talks(tmp_path / name, engine=engine)
        assert set(talks.df()["talk"]) == set(talks.folders) == {str(tmp_path / name)}


def test_a_talk_is_there_once_however_often_it_is_given(runs: Path, remote: str):
    talks = read_talks(["runs/p01", runs / "p01", "./runs/p01/", f"file://{runs}/p01", f"{remote}/p01"])
    assert talks.folders == [remote.replace("//", "///") + "/p01", "runs/p01"]
    assert len(talks.df()) == 8


@pytest.mark.skipif(sys.platform != "linux", reason="there all names are text")
@pytest.mark.parametrize("engine", ["duckdb", "arrow"])
def test_a_name_that_is_no_text_costs_its_talk_and_no_other(runs: Path, engine: Engine):
    (runs / "p02").rename(os.fsdecode(bytes(runs) + b"/p02\xff"))
    (runs / os.fsdecode(b"no talk\xff")).mkdir()
    with pytest.warns(UserWarning, match="1 of 4 talks are left out"):
        talks = read_talks("runs/*", engine=engine)
    assert talks.folders == ["runs/p01", "runs/p03", "runs/p04"]
    (why,) = talks.problems.values()
    assert (why.code, why.next_step) == ("not_a_recording", "Rename the folder.")
    assert len(talks.df()) == 12


def test_a_place_whose_package_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MissingParts, match="s3fs"):
        read_talks("s3://bucket/runs/*")


def test_a_pattern_of_nothing(runs: Path):
    for pattern in ("runs/q*", "runs/notes", "runs", "memory://nothing/*"):
        with pytest.raises(RecordingError, match="There is no recorded talk in") as refused:
            read_talks(pattern)
        assert refused.value.code == "no_talks"


def test_what_was_made_goes_with_its_talks(runs: Path):
    talks = read_talks("runs/*")
    assert len(talks.df("events"))
    own = talks._own
    assert own is not None
    assert own.is_dir()
    del talks
    gc.collect()
    assert not own.exists()


def test_names_that_mean_nothing(runs: Path):
    with pytest.raises(SettingError, match="Did you mean 'duckdb'"):
        read_talks("runs/*", engine="duckdbs")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="Did you mean 'words'"):
        read_talks("runs/*").table("word")  # type: ignore[arg-type]


@pytest.mark.parametrize("module", ["duckdb", "fsspec.core"])
def test_what_is_not_installed_is_named_with_its_extra(
    runs: Path, module: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingParts, match=r"voice-widget\[data\]"):
        read_talks("runs/*")
    if module == "duckdb":
        talks: Talks = read_talks("runs/*", engine="arrow")
        assert len(talks.df()) == 16
        with pytest.raises(MissingParts):
            talks.sql("SELECT 1")


def test_they_are_read_one_after_the_other(runs: Path, remote: str):
    for place in ("runs/*", f"{remote}/*"):
        heard = [(len(talk.rows), talk.sound.read(0, 99).shape, talk.samples) for talk in read_talks(place)]
        assert heard == [(4, (99, 2), read_talk(runs / "p01").samples)] * 4


def test_one_that_is_gone_by_then_is_left_out_and_named(runs: Path):
    talks = read_talks("runs/*")
    shutil.rmtree(runs / "p02")
    with pytest.warns(UserWarning, match="1 of 5 talks are left out"):
        assert len(list(talks)) == 3
    assert list(talks.problems) == ["runs/p02"]


def test_sets_of_them_are_compared(runs: Path):
    found = compare(read_talks("runs/p0[1-3]"), read_talk(runs / "p01"), names=("all", "one"))
    assert repr(found).startswith("<Comparison of all (3 talks) and one (1 talk): ")
    gaps, gap = found.values("response_gap_ms", "assistant")
    assert gaps == gap * 3

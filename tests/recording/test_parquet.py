"""Tables as Parquet: the same values and dtypes back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.recording.talks import Recorded
from voice_widget.errors import MissingParts
from voice_widget.recording import parquet
from voice_widget.recording.talk import Talk, read_talk
from voice_widget.tables.schema import SCHEMA_VERSION, TABLES, TableName


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    recorded = Recorded(tmp_path_factory.mktemp("talks") / "p01")
    recorded.talk()
    recorded.end()
    return read_talk(recorded.folder)


def frame_of(path: Path, name: TableName) -> pd.DataFrame:
    return parquet.to_frame(pq.read_table(path), name)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_comes_back_bit_for_bit(talk: Talk, tmp_path: Path, name: TableName):
    table: pd.DataFrame = getattr(talk, f"{name}_df")
    assert len(table) > 0 or name == "tool_calls"
    for part in (table, table.iloc[:0]):
        parquet.write(part, name, tmp_path / "table.parquet")
        pd.testing.assert_frame_equal(frame_of(tmp_path / "table.parquet", name), part, check_exact=True)
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "table.parquet"), part, check_exact=True)


@pytest.mark.parametrize("name", TABLES)
def test_a_talk_has_each_table_so(talk: Talk, name: TableName):
    assert talk.folder is not None
    there = frame_of(talk.folder / f"{name}.parquet", name)
    pd.testing.assert_frame_equal(there, getattr(talk, f"{name}_df"), check_exact=True)
    about = pq.read_schema(talk.folder / f"{name}.parquet").metadata
    assert about[b"voice_widget.table"] == name.encode()
    assert about[b"voice_widget.schema"] == str(SCHEMA_VERSION).encode()


def test_a_column_that_was_not_there_yet_is_empty(talk: Talk, tmp_path: Path):
    assert talk.folder is not None
    old = pq.read_table(talk.folder / "transcript.parquet").drop_columns(["level_db", "stop_reason"])
    pq.write_table(old, tmp_path / "old.parquet")
    read = frame_of(tmp_path / "old.parquet", "transcript")
    pd.testing.assert_series_equal(read.dtypes, talk.transcript_df.dtypes)
    assert read[["level_db", "stop_reason"]].isna().all(axis=None)


def missing() -> NoReturn:
    raise MissingParts("There is no pyarrow.")


def test_without_pyarrow_a_talk_is_saved_without_and_redaction_leaves_nothing_behind(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    kept = read_talk(talk.save(tmp_path / "p02"))
    assert kept.folder is not None
    assert (kept.folder / "transcript.parquet").is_file()
    monkeypatch.setattr(parquet, "arrow", missing)
    kept.redact(1)
    folder = talk.save(tmp_path / "p03")
    for place in (kept.folder, folder):
        assert list(place.glob("*.parquet")) == []
        assert (place / "transcript.jsonl").is_file()


WITHOUT = """
import sys

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pyarrow", "duckdb", "fsspec"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Gone())
from voice_widget import Talk, read_talk, read_talks
from voice_widget.errors import MissingParts

talk = Talk.example()
again = read_talk(talk.save(sys.argv[1], sound="wav"))
assert again.problems == () and (again.audio()[0] == talk.audio()[0]).all()
for name in ("transcript", "events", "tool_calls", "metrics", "words", "recording"):
    assert getattr(again, f"{name}_df").equals(getattr(talk, f"{name}_df")), name
path = sys.argv[1]
for ask in (lambda: read_talks(path), talk.to_arrow, lambda: talk.to_parquet(path + ".parquet")):
    try:
        ask()
    except MissingParts as error:
        assert "voice-widget[data]" in error.next_step, error.next_step
    else:
        raise AssertionError("it asked for nothing")
"""


def test_without_the_extra_a_talk_is_kept_as_lines_and_wav(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(tmp_path / "talk")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    names = {path.name for path in (tmp_path / "talk").iterdir()}
    assert "audio.wav" in names
    assert [name for name in names if name.endswith(".parquet")] == []

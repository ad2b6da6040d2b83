"""Tables as Arrow's: where pyarrow is, by its types; where it is not, an error that says what to install."""

from __future__ import annotations

import sys

import pandas as pd
import polars
import pytest

from tests.tables.test_transcript import row
from voice_widget.errors import MissingParts
from voice_widget.recording.talk import Talk
from voice_widget.tables.arrow import to_arrow
from voice_widget.tables.schema import SCHEMA_VERSION, TABLES, UTC_TIME, TableName
from voice_widget.tables.transcript import transcript_frame

OF_POLARS = {
    "string": polars.String,
    "Int64": polars.Int64,
    "Float64": polars.Float64,
    "boolean": polars.Boolean,
    UTC_TIME: polars.Datetime("us", "UTC"),
}


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    table = transcript_frame([])  # pandas looks for it, too
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingParts, match="extra `data`") as raised:
        to_arrow(table, "transcript")
    assert raised.value.next_step == "Run: pip install 'voice-widget[data]'"


@pytest.mark.parametrize("rows", [[], [row(1), row(2, role="assistant", start_ms=None, started_at=None)]])
def test_a_table_keeps_its_values_and_types(rows: list[dict[str, object]]):
    pa = pytest.importorskip("pyarrow")
    table = transcript_frame(rows)
    made = to_arrow(table, "transcript")
    assert made.column_names == list(table)
    kinds = {"string": pa.string(), "Int64": pa.int64(), "Float64": pa.float64(), "boolean": pa.bool_()}
    for column in TABLES["transcript"]:
        assert made.schema.field(column.name).type == kinds.get(column.dtype, pa.timestamp("us", tz="UTC"))
    assert made.schema.metadata[b"voice_widget.schema"] == str(SCHEMA_VERSION).encode()
    assert made.schema.field("start_ms").metadata[b"unit"] == b"ms"
    assert made.column("start_ms").to_pylist() == [given["start_ms"] for given in rows]
    assert made.column("started_at").null_count == sum(given["started_at"] is None for given in rows)


@pytest.mark.parametrize("name", TABLES)
def test_polars_reads_each_table(name: TableName):
    talk = Talk.example()
    table = getattr(talk, f"{name}_df")
    read = polars.from_arrow(talk.to_arrow(name))
    assert isinstance(read, polars.DataFrame)
    assert read.schema == {column.name: OF_POLARS[column.dtype] for column in TABLES[name]}
    assert len(table) > 0 or name == "tool_calls"
    for column in TABLES[name]:
        wanted = [None if pd.isna(value) else value for value in table[column.name].tolist()]
        assert read[column.name].to_list() == wanted


def test_polars_reads_what_is_empty_with_all_its_columns():
    read = polars.from_arrow(to_arrow(transcript_frame([]), "transcript"))
    assert list(read.schema) == [column.name for column in TABLES["transcript"]]

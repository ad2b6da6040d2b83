"""Tables as Arrow's: where pyarrow is, by its types; where it is not, an error that says what to install."""

from __future__ import annotations

import sys

import pytest

from tests.tables.test_transcript import row
from voice_widget.errors import MissingParts
from voice_widget.tables.arrow import to_arrow
from voice_widget.tables.schema import SCHEMA_VERSION, TABLES
from voice_widget.tables.transcript import transcript_frame


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


def test_polars_reads_it():
    pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    read = polars.from_arrow(to_arrow(transcript_frame([row(1), row(2)]), "transcript"))
    assert read["seq"].to_list() == [1, 2]
    assert read["started_at"].dtype == polars.Datetime("us", "UTC")
    assert read.schema["level_db"] == polars.Float64

"""One place says what the tables have; the tables, the page and Arrow follow it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.tables.made import metrics_frame
from voice_widget.tables.events import events_frame
from voice_widget.tables.pieces import recording_frame
from voice_widget.tables.schema import TABLES, UTC_TIME, TableName, dtypes
from voice_widget.tables.tool_calls import tool_calls_frame
from voice_widget.tables.transcript import transcript_frame
from voice_widget.tables.words import words_frame

ROOT = Path(__file__).parents[2]
EMPTY: dict[str, Any] = {
    "transcript": transcript_frame([]),
    "events": events_frame([]),
    "tool_calls": tool_calls_frame([]),
    "metrics": metrics_frame([]),
    "words": words_frame([]),
    "recording": recording_frame([]),
}


def test_every_table_has_a_schema_and_every_schema_a_table():
    assert set(TABLES) == set(get_args(TableName)) == set(EMPTY)


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_table_has_its_columns_and_their_dtypes(name: TableName):
    assert {column: str(dtype) for column, dtype in EMPTY[name].dtypes.items()} == dtypes(name)
    assert len(EMPTY[name]) == 0


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_named_once_and_explained(name: TableName):
    columns = TABLES[name]
    assert len({column.name for column in columns}) == len(columns)
    assert {column.dtype for column in columns} <= {"string", "Int64", "Float64", "boolean", UTC_TIME}
    assert [column.name for column in columns if not column.meaning] == []
    assert [column.name for column in columns if column.name.endswith("_ms") and column.unit != "ms"] == []


def test_the_page_is_fresh():
    script = ROOT / "scripts" / "make_tables_page.py"
    made = subprocess.run(
        [sys.executable, str(script), "--check"], check=False, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )
    assert made.returncode == 0, "run scripts/make_tables_page.py"


def test_the_page_has_every_column():
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    for name, columns in TABLES.items():
        assert [
            column.name for column in columns if f"| `{column.name}` | {column.dtype} |" not in page
        ] == [], name

from __future__ import annotations

import pandas as pd

from voice_widget.diagnosis.findings import Finding
from voice_widget.diagnosis.table import DTYPES, diagnosis

ROWS = [
    Finding("round trip", "3 ms", "good"),
    Finding("secure context", "<no>", "bad", "Run `ssh -L 1:localhost:1 a@b` first."),
    Finding("devices", "", "unknown"),
]


def test_it_is_a_table() -> None:
    table = diagnosis(ROWS)
    assert isinstance(table, pd.DataFrame)
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == DTYPES
    assert table.set_index("what").loc["round trip", "value"] == "3 ms"
    assert table.way_out == "Run `ssh -L 1:localhost:1 a@b` first."


def test_a_terminal_shows_all_of_it_and_the_way_out_first() -> None:
    assert str(diagnosis(ROWS)).splitlines() == [
        "Run `ssh -L 1:localhost:1 a@b` first.",
        "",
        "✓ round trip      3 ms",
        "✗ secure context  <no>",
        "                  → Run `ssh -L 1:localhost:1 a@b` first.",
        "? devices",
    ]


def test_a_cell_shows_it_with_the_line_to_copy_as_code_and_nothing_as_markup() -> None:
    html = diagnosis(ROWS)._repr_html_() or ""
    assert html.startswith("<p>Run <code>ssh -L 1:localhost:1 a@b</code> first.</p>")
    assert "&lt;no&gt;" in html
    assert html.count("<tr>") == 4


def test_what_is_made_of_it_is_a_plain_table() -> None:
    table = diagnosis(ROWS)
    assert type(table[table.verdict == "bad"]) is pd.DataFrame
    table["more"] = 1
    assert table._repr_html_() is None
    assert "more" in repr(table)

"""The notebook about tools runs from top to bottom without a key, and shows what it says."""

from __future__ import annotations

import json
from ast import literal_eval
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
PATH = ROOT / "notebooks" / "tools.ipynb"
STEPS = ["Biscoe is done", "Dream is done", "Torgersen is done"]
CALLS = [  # what was called, whether it was asked about, what became of it
    ("count", "<NA>", "completed"),
    ("heaviest", "<NA>", "completed"),
    ("weigh_all", "<NA>", "completed"),
    ("release", "approved", "completed"),
    ("release", "rejected", "rejected"),
    ("call_the_zoo", "<NA>", "completed"),
    ("feed", "<NA>", "failed"),
    ("feed", "<NA>", "failed"),
    ("count", "<NA>", "completed"),
    ("look_at_variable", "<NA>", "completed"),
    ("compute_expression", "approved", "completed"),
]
BEFORE = """
import pandas as pd
from voice_widget.tools import namespace
pd.set_option("display.max_columns", None, "display.width", 400)
namespace.COMPUTE_S = 60.0  # a busy machine is no slow expression
del pd, namespace
"""


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_it_runs_and_shows_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "VOICE_WIDGET_CHAT_KEY"):
        monkeypatch.delenv(name, raising=False)
    notebook: Any = nbformat.read(PATH, as_version=4)  # type: ignore[no-untyped-call]
    first = nbformat.v4.new_code_cell(BEFORE)  # type: ignore[no-untyped-call]
    notebook.cells.insert(0, first)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    shown = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}

    def printed(name: str) -> str:
        return "".join(o.text for o in shown[name] if o.get("name") == "stdout")

    def result(name: str) -> str:
        return "".join(o.data["text/plain"] for o in shown[name] if o.output_type == "execute_result")

    def rows(name: str) -> list[list[str]]:
        return [line.split() for line in result(name).splitlines()[1:]]

    assert result("typed") == "'124'"
    described = literal_eval(result("told"))
    assert (described["name"], described["description"]) == (
        "count",
        "How many penguins of a species there are.",
    )
    assert described["parameters"]["properties"]["species"] == {
        "type": "string",
        "description": "Adelie, Chinstrap or Gentoo.",
    }
    begins, _, given = printed("table").partition("\n\n")
    assert begins == "30 rows, 8 columns, shown to the user; the first 10:"
    assert len(given.strip().splitlines()) == 1 + 1 + 10  # the size, the columns and ten rows
    assert "Gentoo,Biscoe,49.2,15.2,221.0,6300.0,male,2007" in given
    assert [row[0] for row in rows("whole")] == [str(number) for number in range(30)]
    assert printed("progress") == "Together they weigh 1437 kg.\n"
    assert literal_eval(result("progress")) == STEPS
    allowed, refused = printed("approval").splitlines()
    assert allowed == "3 penguins are out."
    assert "the pool is small" in json.loads(refused)["error"]
    assert result("approval") == "[3]"
    assert [" ".join(row[1:]) for row in rows("filler")] == [
        "user Is the zoo open? typed",
        "assistant One moment, please. say",
        "assistant The zoo is open until six. speech",
    ]
    raised, unfit, goes_on = literal_eval(result("error"))
    assert json.loads(raised) == {"error": "RuntimeError: There are no 9 fish left."}
    assert "Input should be a valid integer" in json.loads(unfit)["error"]
    assert goes_on == "124"
    assert 'raise RuntimeError(f"There are no {fish} fish left.")' in printed("errors")
    assert [row[1] for row in rows("errors")] == ["feed", "feed"]
    assert "RuntimeError: There are no 9 fish left." in result("errors")
    assert printed("look").splitlines()[0] == "[344, 8]"
    assert len(printed("look").strip().splitlines()) == 1 + 1 + 2
    assert printed("compute").count("Chinstrap") == 1  # seen once, before it was allowed
    assert dict(row for row in rows("compute") if len(row) == 2) == {
        "Adelie": "3701.0",
        "Chinstrap": "3733.0",
        "Gentoo": "5076.0",
    }
    kept = rows("rows")
    assert [(row[1], row[-5], row[-4]) for row in kept] == CALLS
    times = [[int(time) for time in row[-3:]] for row in kept]
    assert all(end - start == duration >= 0 for start, end, duration in times)
    assert [start for start, _, _ in times] == sorted(start for start, _, _ in times)
    assert times[5][2] > 0  # the filler was spoken while that one ran
    errors = {name for name, outputs in shown.items() for o in outputs if o.get("name") == "stderr"}
    assert errors == {"error"}  # a tool that raises is logged

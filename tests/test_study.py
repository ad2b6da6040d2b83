"""The notebook about a study runs from top to bottom without a person, and again beside the first session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from voice_widget import read_talk

PATH = Path(__file__).parents[1] / "notebooks" / "study.ipynb"
# There is no page: its answer is given in its place.
AGREES = """
import threading

agreed = threading.Event()
w.on("state", lambda fact: fact["name"] == "consent" and agreed.set())
w._handle_custom_msg({"type": "consent", "page": "a page", "agreed": True}, [])
assert agreed.wait(20)
"""


def small(source: str) -> str:
    """With parts that are loaded at once, also while other tests have the computer."""
    parts = 'service=Local(stt="pocketsphinx", tts="flite")'
    source = source.replace("voice_widget import ", "voice_widget import Local, ")
    return source.replace("data=load()", f"data=load(), {parts}")


def run(folder: Path, *, after: dict[str, str] | None = None, only: str = "") -> dict[str, Any]:
    """The outputs of each cell, all in one text, by its id."""
    notebook: Any = nbformat.read(PATH, as_version=4)  # type: ignore[no-untyped-call]
    if only:
        notebook.cells = [cell for cell in notebook.cells if cell.id in only.split()]
    for cell in notebook.cells:
        cell.source = small(cell.source)
    for number, cell in reversed(list(enumerate(notebook.cells))):
        if after and cell.id in after:
            notebook.cells.insert(number + 1, nbformat.v4.new_code_cell(after[cell.id]))  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    return {cell.id: "\n".join(map(str, cell.outputs)) for cell in code}


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_it_runs_from_top_to_bottom(tmp_path: Path) -> None:
    assert small(PATH.read_text("utf-8")).count("service=Local(") == 2
    shown = run(tmp_path, after={"session": AGREES})
    assert "'answer': 'agreed'" in shown["consent"]
    assert "Biscoe has the most penguins" in shown["rehearsal"]
    assert "audio.flac" in shown["close"]
    assert "which island has the most penguins" in shown["talk"]
    assert "first_sound_ms" in shown["stages"]
    assert "audio/wav" in shown["clip"]
    assert "penguins" in shown["words"]
    assert "image/png" in shown["timeline"]
    assert "image/png" in shown["gaps"]
    assert "response_gap_ms" in shown["measured"]
    # How long the answer took is the machine's: either is said of it.
    assert any(told in shown["found"] for told in ("penguins” came after", "Nothing remarkable in 2 turns"))
    assert "word_error_rate" in shown["script"]
    assert "request" in shown["scheme"]
    assert "100 % of judgments agree, Cohen's kappa is 1.00" in shown["agreement"]
    assert "response_gap_ms" in shown["compared"]
    assert "image/png" in shown["distributions"]
    assert "<v made voice>which island" in shown["vtt"]
    assert all(f"talk.{end}" in shown["exports"] for end in ("wav", "TextGrid", "eaf", "rttm", "tsv", "html"))
    assert "rehearsal-P01" in shown["summary"]
    assert "example" in shown["summary"]
    assert not any("stderr" in outputs for outputs in shown.values())

    session = read_talk(tmp_path / "sessions" / "P01")
    assert (session.running, session.cut, session.problems) == (False, False, ())
    assert session.manifest["consent"]["answer"] == "agreed"
    assert session.manifest["pseudonyms"] == {"user": "P01", "assistant": "agent"}
    assert [row["role"] for row in read_talk(tmp_path / "sessions" / "rehearsal-P01").rows] == [
        "user",
        "assistant",
    ]
    assert sorted(path.name for path in (tmp_path / "exports" / "P01").iterdir()) == [
        f"talk.{end}" for end in ("TextGrid", "eaf", "html", "rttm", "tsv", "vtt", "wav")
    ]

    again = run(tmp_path, only="setup session consent together summary")
    assert "P02" in again["setup"]
    assert "'answer': ''" in again["consent"]
    assert "4 talks" in again["together"]
    assert "rehearsal-P01" in again["summary"]

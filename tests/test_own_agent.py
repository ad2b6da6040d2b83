"""The notebook about one's own agent runs from top to bottom without a key, and shows what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.packages import needed

ROOT = Path(__file__).parent.parent
PATH = ROOT / "notebooks" / "own_agent.ipynb"
TIDE = "The tide is high at 6:12.\n"
HOUSES = {"pydantic_ai": "pydantic_ai", "langgraph": "langgraph", "smolagents": "smolagents"}
"""Cells by the package that they show."""
PROMPT = "You are a pilot of Ostend."
IN_FEW_LINES = (*HOUSES, "prompt", "chat", "iterator")
MOST_LINES = 10

Shown = Callable[[str], str]


def read() -> Any:
    return nbformat.read(PATH, as_version=4)  # type: ignore[no-untyped-call]


def lines_of(source: str) -> list[str]:
    """The lines in which something stands."""
    return [line for line in source.splitlines() if line.strip()]


def run(notebook: Any, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Run it without a key; what a cell then shows, by the cell's id."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "VOICE_WIDGET_CHAT_KEY"):
        monkeypatch.delenv(name, raising=False)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    shown = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}

    def text(name: str) -> str:
        return "".join(
            o.text if o.output_type == "stream" else o.data["text/plain"]
            for o in shown[name]
            if o.get("name") != "stderr"
        )

    return text


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_it_runs_and_shows_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = read()
    text = run(notebook, monkeypatch)
    assert "Before that you said hello." in text("function")
    for word in ("search", "3 pages", "completed"):
        assert word in text("pieces")
    assert "120" in text("usage")
    assert text("chat").count("It is half past six.") == 3
    assert (
        text("cut") == "Sent last: ['are you sure', 'It is half past six.', 'once more']\nCut: 2 messages\n"
    )
    for cell, package in HOUSES.items():
        assert text(cell) == TIDE or text(cell).startswith(f"{package} is not installed here: pip install ")
    assert text("prompt").startswith(PROMPT)
    assert text("iterator") == "'You said good morning.'"
    assert "Before that you said hello." in text("wizard")
    assert text("thought").count("suggestion") == 2
    outputs = [o for cell in notebook.cells if cell.id not in HOUSES for o in cell.get("outputs", ())]
    assert [o for o in outputs if o.get("name") == "stderr"] == []


@pytest.mark.real
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_with_their_packages_the_agents_of_other_houses_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in HOUSES.values():
        needed(package)
    text = run(read(), monkeypatch)
    assert {cell: text(cell) for cell in HOUSES} == dict.fromkeys(HOUSES, TIDE)


@pytest.mark.parametrize("cell_id", IN_FEW_LINES)
def test_each_agent_of_another_house_takes_ten_lines_at_most(cell_id: str) -> None:
    (cell,) = (cell for cell in read().cells if cell.id == cell_id)
    assert 0 < len(lines_of(cell.source)) <= MOST_LINES


def test_so_it_does_in_the_docs() -> None:
    page = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
    section = page.split("## Agents of other packages")[1].split("\n## The OpenAI")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) >= len(IN_FEW_LINES) - 1
    assert {len(lines_of(block)) <= MOST_LINES for block in blocks} == {True}

"""The first notebook: true in what it says, and running before and after a talk."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from voice_widget.agents import Message
from voice_widget.agents.assistant.notebook import NotebookAssistant
from voice_widget.data import load

ROOT = Path(__file__).parent.parent
PATH = ROOT / "notebooks" / "quickstart.ipynb"

TALK = """
answer = w.next_turn("assistant")
w.send_text("how many rows are there").result(60)
answer.result(60)
"""


@pytest.fixture
def notebook() -> Any:
    return nbformat.read(PATH, as_version=4)  # type: ignore[no-untyped-call]


def test_everything_it_says_you_can_say_is_understood(notebook: Any) -> None:
    text = "\n".join(cell.source for cell in notebook.cells if cell.id in ("call", "say"))
    questions = [q.lstrip("… ") for q in re.findall(r"(?<!\*)\*([^*]+[.?])\*", text)]
    assert len(questions) >= 18
    agent = NotebookAssistant(load())
    history: list[Message] = []
    lost = []
    for question in questions:  # each goes on with those before it, as the notebook writes them
        answer = str(agent.answer(question, history)[0])
        history += [Message("user", question), Message("assistant", answer)]
        if answer.startswith(("I did not get", "Which one")):
            lost.append((question, answer))
    assert lost == []


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_it_runs_without_a_call_and_after_one(notebook: Any) -> None:
    cells = list(notebook.cells)
    setup = next(cell for cell in cells if cell.id == "setup")
    assert "VoiceWidget(data=df)" in setup.source
    # there is no page to call from
    setup.source = setup.source.replace("data=df", 'data=df, transport="memory"')
    talk = nbformat.v4.new_code_cell(TALK)  # type: ignore[no-untyped-call]
    again = [copy.deepcopy(c) for c in cells if c.id in ("transcript", "gaps")]
    for cell in again:
        cell.id += "-again"
    notebook.cells = [*cells, talk, *again]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    before = next(c for c in notebook.cells if c.id == "transcript").outputs[0].data["text/plain"]
    after = next(c for c in notebook.cells if c.id == "transcript-again").outputs[0].data["text/plain"]
    assert "Columns: [role, text, text_heard" in before
    assert "how many rows are there" in after
    assert "344" in after

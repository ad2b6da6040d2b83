"""The notebook about one's own agent runs from top to bottom without a key, and shows what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
PATH = ROOT / "notebooks" / "own_agent.ipynb"


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_it_runs_and_shows_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "VOICE_WIDGET_CHAT_KEY"):
        monkeypatch.delenv(name, raising=False)
    notebook: Any = nbformat.read(PATH, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    shown = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}

    def text(name: str) -> str:
        return "".join(o.text if o.output_type == "stream" else o.data["text/plain"] for o in shown[name])

    assert "Before that you said hello." in text("function")
    for word in ("search", "3 pages", "completed"):
        assert word in text("pieces")
    assert "120" in text("usage")
    assert text("chat").count("It is half past six.") == 3
    assert (
        text("cut") == "Sent last: ['are you sure', 'It is half past six.', 'once more']\nCut: 2 messages\n"
    )
    assert "not installed" in text("houses") or text("houses") == "The tide is high at 6:12.\n"
    assert text("iterator") == "'You said good morning.'"
    assert "Before that you said hello." in text("wizard")
    assert text("thought").count("suggestion") == 2
    errors = [o for outputs in shown.values() for o in outputs if o.get("name") == "stderr"]
    assert errors == []

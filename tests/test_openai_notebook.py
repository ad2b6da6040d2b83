"""The notebook about OpenAI's Realtime API: running without a key."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.serving import PATIENCE, alive

ROOT = Path(__file__).parent.parent
PATH = ROOT / "notebooks" / "openai.ipynb"


@pytest.fixture
def notebook() -> Any:
    """With a server that is warm at once: the questions are typed, so no large model is needed."""
    found: Any = nbformat.read(PATH, as_version=4)  # type: ignore[no-untyped-call]
    service = next(cell for cell in found.cells if cell.id == "service")
    assert '"serve", "--port", "0"]' in service.source
    service.source = service.source.replace('"0"]', '"0", "--stt", "pocketsphinx", "--tts", "flite"]')
    return found


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_without_a_key_it_talks_to_a_server_of_its_own_and_leaves_nothing_behind(
    notebook: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    kept = tmp_path / "kept"
    tell = f"from pathlib import Path\nPath({str(kept)!r}).write_text(f'{{server.pid}} {{token}}')"
    notebook.cells.append(nbformat.v4.new_code_cell(tell))  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    shown = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    assert "no key" in shown["service"][0].text
    assert "18 degrees and sunny in Paris" in shown["headless"][0].data["text/plain"]
    assert "That is 84." in shown["transcript"][0].data["text/plain"]
    assert "completed" in shown["metrics"][0].data["text/plain"]
    assert "session.created" in shown["events"][0].data["text/plain"]
    pid, token = kept.read_text().split()
    assert notebook.metadata.widgets, "the state of the widgets is saved with it"
    assert token not in nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    deadline = time.monotonic() + PATIENCE
    while alive(int(pid)):
        assert time.monotonic() < deadline, "The server outlives the notebook."
        time.sleep(0.02)  # it is nobody's child any more

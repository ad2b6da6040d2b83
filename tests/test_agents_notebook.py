"""The notebook about agents of the OpenAI Agents SDK: running without a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
PATH = ROOT / "notebooks" / "agents_sdk.ipynb"


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_without_a_key_the_embedded_engine_runs_the_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    notebook: Any = nbformat.read(PATH, as_version=4)  # type: ignore[no-untyped-call]
    service = next(cell for cell in notebook.cells if cell.id == "service")
    assert '"service": Local()' in service.source
    # The questions are typed: no large model is needed.
    service.source = service.source.replace("Local()", 'Local(stt="pocketsphinx", tts="flite")')
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    shown = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}

    def text(name: str) -> str:
        return str(shown[name][-1].data["text/plain"])

    assert "There is no key" in shown["service"][0].text
    assert text("headless") == "('2 seats are booked.', {'booked': 2})"
    assert text("session").endswith("['book'])")
    assert "Please ask at the desk." in text("guardrail")
    for name in ("transfer_to_booking", "book", "no_prices", "handoff", "guardrail", "approved"):
        assert name in text("rows")
    for kind in ("handoff", "tool_approval_required", "tool_start", "tool_end", "guardrail_tripped"):
        assert f"'{kind}'" in text("events")

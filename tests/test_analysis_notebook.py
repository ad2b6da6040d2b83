"""The notebook about analysis runs from top to bottom: tables, measures and pictures of the shipped talk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

PATH = Path(__file__).parents[1] / "notebooks" / "analysis.ipynb"


def outputs(cell: Any) -> str:
    """What a cell shows, all in one text."""
    return "\n".join(map(str, cell.outputs))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each cell shows, by its id."""
    notebook: Any = nbformat.read(PATH, as_version=4)  # type: ignore[no-untyped-call]
    folder = tmp_path_factory.mktemp("analysis")
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(folder)}}).execute()
    assert list(folder.iterdir()) == []  # nothing is written
    return {cell.id: outputs(cell) for cell in notebook.cells if cell.cell_type == "code"}


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_it_runs_from_top_to_bottom(shown: dict[str, str]) -> None:
    assert {name for name, text in shown.items() if not text} == {"selection"}  # nobody drags here
    assert not any("stderr" in text or "Traceback" in text for text in shown.values())


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_its_pictures_are_there_once(shown: dict[str, str]) -> None:
    pictures = ["picture", "stretch", "coded", "detectors_picture", "sweep", "noise", "distributions"]
    assert {name: shown[name].count("image/png") for name in pictures} == dict.fromkeys(pictures, 1)


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_it_shows_what_the_talk_says(shown: dict[str, str]) -> None:
    assert "widget-view" in shown["replay"]
    assert "The average body mass by species is 5076" in shown["transcript"]
    assert "720, 680" in shown["by_talk"]
    assert "interruption" in shown["by_turn"]
    assert "was cut off after" in shown["findings"]
    assert "8.3% of 12 words" in shown["word_errors"]
    assert "overlap" in shown["scheme"]
    assert "session.created" in shown["events"]
    assert "reason" in shown["stretches"]
    assert all(each in shown["three"] for each in ("AB", "CD", "EF"))
    assert all(each in shown["detectors"] for each in ("quick", "by words", "mine"))
    assert "silence_duration_ms" in shown["sweep-table"]
    assert all(each in shown["each"] for each in ("soft", "clipped", "late", "lossy", "in company"))
    assert "s of sound" in shown["recognised"]
    assert "fewer than 5 values in as it was" in shown["two"]
    assert "response_gap_ms" in shown["many"]

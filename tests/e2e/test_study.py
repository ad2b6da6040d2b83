"""The notebook about a study in JupyterLab: a participant agrees, asks aloud, and is one session of all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, expect

from tests.e2e import speech
from tests.e2e.lab import ROOT, Lab
from tests.test_study import small

QUESTION = "Which island has the most penguins?"


def test_a_participant_agrees_and_becomes_a_session(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    stored: Any = nbformat.read(ROOT / "notebooks" / "study.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    for cell in stored.cells:
        cell.source = small(cell.source)
    shutil.rmtree(lab.folder / "sessions", ignore_errors=True)  # of a try before
    nbformat.write(stored, lab.folder / "study.ipynb")  # type: ignore[no-untyped-call]
    below = [cell.source for cell in stored.cells if cell.cell_type == "code"]
    below = below[next(n for n, code in enumerate(below) if code.startswith("talk = read_talk")) :]
    speech.write(
        microphone, [speech.silence(2), speech.say(QUESTION, "flite:slt", tmp_path), speech.silence(20)]
    )
    with lab.open(browser, "study.ipynb") as notebook:
        notebook.run_all(seconds=90)
        assert notebook.value("(w.consent['answer'], talk.folder.name)") == ["", "rehearsal-P01"]
        panel = notebook.panel
        panel.scroll_into_view_if_needed()
        panel.get_by_role("button", name="Call").click()
        expect(panel.get_by_role("dialog")).to_contain_text("recorded for a study")
        panel.get_by_role("button", name="Agree").click()
        notebook.wait_value("w.turns >= 2 and w.transcript[1]['start_ms'] is not None", seconds=60)
        notebook.hang_up()
        for code in below:  # as somebody who goes on there
            notebook.run(code)
        assert notebook.value("(w.consent['answer'], talk.folder.name)") == ["agreed", "P01"]
        rows = notebook.value("turns[turns.session == 'P01'].text.tolist()")
        assert "most penguins" in rows[0]
        assert "Biscoe" in rows[1]
        assert notebook.value("bool(talk.audio(1)[0][:, 0].any() and talk.audio(2)[0][:, 1].any())")
        assert "<v P01>" in notebook.value("(out / 'talk.vtt').read_text()")
        assert notebook.problems == []

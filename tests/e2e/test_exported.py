"""A notebook with a talk, read without a kernel and without a network: its turns stand there, once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.fronts import IMPORTS, WIDGET, call, hang_up, is_answered, say_often
from tests.e2e.lab import WATCH, Lab, Notebook, wait_for
from tests.e2e.test_front_ends import Notebook7

TABLE = ".voice-widget-turns"


def shows_the_turns(page: Page, said: list[str]) -> None:
    """In a table that is seen, and nowhere else."""
    expect(page.locator(f"{TABLE} tbody td:nth-child(2)")).to_have_text(said)
    expect(page.locator(TABLE)).to_be_visible()


def exported(notebook: Path, browser: Browser) -> Page:
    """What ``nbconvert --to html`` makes of it, opened without a network."""
    arguments = ["-m", "nbconvert", "--to", "html", str(notebook)]
    done = subprocess.run([sys.executable, *arguments], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    page = browser.new_context(offline=True).new_page()
    # What it would load of the network holds nothing up.
    page.goto(notebook.with_suffix(".html").as_uri(), wait_until="domcontentloaded")
    return page


def test_an_executed_notebook_shows_its_turns_as_html(browser: Browser, tmp_path: Path) -> None:
    cells = [
        "from voice_widget import ScriptedService, VoiceWidget\n"
        "script = [{'hear': 'hello there', 'say': 'good day'}]\n"
        "w = VoiceWidget(service=ScriptedService(script), transport='memory')",
        "w",
        "answer = w.next_turn('assistant')\nawait w.connect()\nawait answer\nawait w.disconnect()",
    ]
    nb: Any = nbformat  # its functions have no types
    path = tmp_path / "executed.ipynb"
    nb.write(nb.v4.new_notebook(cells=[nb.v4.new_code_cell(cell) for cell in cells]), path)
    run = [sys.executable, "-c", "from nbclient.cli import main; main()", "--inplace", str(path)]
    done = subprocess.run(run, capture_output=True, timeout=90)
    assert done.returncode == 0, done.stderr.decode()
    page = exported(path, browser)
    shows_the_turns(page, ["hello there", "good day"])
    page.context.close()


@pytest.mark.real
@pytest.mark.timeout(300)
@pytest.mark.parametrize("front_end", [Notebook, Notebook7], ids=["JupyterLab", "Notebook 7"])
def test_a_talk_is_there_when_saved_and_when_its_kernel_is_gone(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path, front_end: type[Notebook]
) -> None:
    say_often(microphone, tmp_path)
    name = lab.write(f"saved in {front_end.__name__}.ipynb", [f"{IMPORTS}\nw = {WIDGET}", "w"])
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
    page = context.new_page()
    page.add_init_script(WATCH)
    notebook = front_end(lab, page, name)
    notebook.open()
    notebook.run_all()
    call(notebook.panel)
    is_answered(notebook.panel)
    expect(notebook.panel.locator(".state")).to_have_text("Listening")
    hang_up(page, notebook.panel)
    said = notebook.value("[row['text'] for row in w.transcript]")
    assert said[:2] == ["one", "You said one."]
    # Beside the panel they do not stand twice.
    expect(page.locator(f"{TABLE} tbody td:nth-child(2)")).to_have_text(said)
    expect(page.locator(TABLE)).to_be_hidden()
    notebook.command("docmanager:save")
    wait_for(lambda: said[-1] in (lab.folder / name).read_text(), seconds=20, what="the notebook is saved")

    alone = exported(lab.folder / name, browser)
    shows_the_turns(alone, said)
    alone.context.close()

    notebook.close()
    context.close()
    later = browser.new_context(viewport={"width": 1280, "height": 900})
    page = later.new_page()
    again = front_end(lab, page, name)
    again.open()
    shows_the_turns(page, said)
    again.close()
    later.close()

"""A spoken call in each front end but JupyterLab, which the other tests have: heard, answered, hung up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.fronts import (
    IMPORTS,
    WIDGET,
    call,
    hang_up,
    heard_energy,
    is_answered,
    live,
    say_often,
    served,
)
from tests.e2e.lab import WATCH, Lab, Notebook, wait_for
from tests.packages import needed

MARIMO = f"""\
import marimo

app = marimo.App()


@app.cell
def _():
    import json

    import marimo as mo
    {IMPORTS}

    w = mo.ui.anywidget({WIDGET})
    w
    return json, mo, w


@app.cell
def _(json, mo, w):
    with open("noted.jsonl", "a") as noted:
        noted.write(json.dumps([w.value["turns"], [row["text"] for row in w.transcript]]) + "\\n")
    mo.md(f"{{w.value['turns']}} finished")
    return
"""
NOTEBOOK = "notebooks"  # where Notebook 7 has them
FAULT = "Cannot read properties of undefined (reading 'schema')"
"""Of Notebook 7.6 itself: it asks for the settings of keyboard shortcuts before it has loaded them."""


@contextmanager
def opened(browser: Browser, problems: list[str]) -> Iterator[Page]:
    """A page whose microphone may be used."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, permissions=["microphone"])
    page = context.new_page()
    page.add_init_script(WATCH)
    page.on("pageerror", lambda error: problems.append(str(error)))
    try:
        yield page
    finally:
        context.close()


class Notebook7(Notebook):
    """A notebook in Notebook 7, which a JupyterLab server serves too."""

    def address(self, host: str) -> str:
        return self.lab.address(f"{NOTEBOOK}/{self.name}", host)


@pytest.mark.timeout(200)
def test_in_notebook_7(lab: Lab, browser: Browser, microphone: Path, tmp_path: Path) -> None:
    needed("notebook")
    say_often(microphone, tmp_path)
    plain: list[str] = []
    with opened(browser, plain) as page:
        empty = Notebook7(lab, page, lab.write("empty7.ipynb", ["1 + 1"]))
        empty.open()
        empty.run_all()
        empty.close()
    with opened(browser, []) as page:
        notebook = Notebook7(lab, page, lab.write("talk7.ipynb", [f"{IMPORTS}\nw = {WIDGET}", "w"]))
        try:
            notebook.open()
            notebook.run_all()
            call(notebook.panel)
            is_answered(notebook.panel)
            wait_for(lambda: heard_energy(page) > 0, seconds=10, what="the answer sounds")
            hang_up(page, notebook.panel)
            texts = notebook.value("[row['text'] for row in w.transcript]")
            assert texts[:2] == ["one", "You said one."]
            # Nothing goes wrong that does not with a notebook without a widget.
            assert set(notebook.problems) <= {FAULT, *plain}
        finally:
            notebook.close()


def noted(folder: Path) -> list[tuple[int, list[str]]]:
    """What the cell that depends on the widget has seen, run by run."""
    path = folder / "noted.jsonl"
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


@contextmanager
def in_marimo(browser: Browser, folder: Path, mode: str) -> Iterator[tuple[Page, list[str]]]:
    """Our widget in marimo, its cells run."""
    (folder / "talk.py").write_text(MARIMO)
    (folder / "pyproject.toml").write_text("[tool.marimo.runtime]\nauto_instantiate = true\n")
    problems: list[str] = []
    with (
        served(folder, "marimo", mode, "talk.py", "--headless", "--no-token") as url,
        opened(browser, problems) as page,
    ):
        page.goto(url)
        yield page, problems


@pytest.mark.timeout(200)
def test_in_marimo_cells_run_again_once_per_turn(browser: Browser, microphone: Path, tmp_path: Path) -> None:
    needed("marimo")
    say_often(microphone, tmp_path)
    with in_marimo(browser, tmp_path, "run") as (page, problems):
        panel = page.locator("[data-voice-widget]").first
        call(panel)
        is_answered(panel)
        wait_for(lambda: noted(tmp_path)[-1][0] >= 2, seconds=30, what="the cell has run for both turns")
        wait_for(lambda: heard_energy(page) > 0, seconds=10, what="the answer sounds")
        expect(page.get_by_text(re.compile(r"^[1-9]\d* finished$"))).to_be_visible()
        hang_up(page, panel)
        assert noted(tmp_path)[:3] == [(0, []), (1, ["one"]), (2, ["one", "You said one."])]
        assert problems == []


@pytest.mark.real
@pytest.mark.timeout(300)
def test_in_marimo_a_page_loaded_in_mid_call(browser: Browser, microphone: Path, tmp_path: Path) -> None:
    needed("marimo")
    say_often(microphone, tmp_path)
    with in_marimo(browser, tmp_path, "edit") as (page, problems):
        panel = page.locator("[data-voice-widget]").first
        call(panel)
        is_answered(panel)
        wait_for(lambda: noted(tmp_path)[-1][0] >= 2, seconds=30, what="the cell has run for both turns")
        page.reload()
        # The talk is there, the call has ended and says why, and nobody listens.
        expect(panel.locator(".state")).to_have_text("Call ended", timeout=90_000)
        expect(panel.get_by_text("was closed or loaded again, so the call has ended")).to_be_visible()
        expect(panel.locator(".row").get_by_text("You said one.")).to_be_visible()
        ended = noted(tmp_path)[-1][0]
        expect(page.get_by_text(f"{ended} finished")).to_be_visible()
        assert live(page) == 0
        # And it goes on from there, with the same rows.
        call(panel)
        wait_for(lambda: noted(tmp_path)[-1][0] >= ended + 2, seconds=60, what="two more turns are finished")
        hang_up(page, panel)
        turns = [count for count, _ in noted(tmp_path)]
        assert turns == sorted(set(turns))
        assert problems == []


@pytest.mark.real
@pytest.mark.timeout(300)
def test_in_an_app_of_marimo_a_page_loaded_in_mid_call_is_another_talk(
    browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    needed("marimo")
    say_often(microphone, tmp_path)
    with in_marimo(browser, tmp_path, "run") as (page, problems):
        panel = page.locator("[data-voice-widget]").first
        call(panel)
        is_answered(panel)
        wait_for(lambda: noted(tmp_path)[-1][0] >= 2, seconds=30, what="the cell has run for both turns")
        page.reload()
        # marimo runs an app anew for each page.
        wait_for(lambda: noted(tmp_path)[-1] == (0, []), seconds=30, what="the cells have run for the page")
        expect(panel.locator(".state")).to_have_text("Ready", timeout=90_000)
        assert live(page) == 0
        expect(panel.locator(".row")).to_have_count(0)
        call(panel)
        is_answered(panel)
        wait_for(lambda: noted(tmp_path)[-1][0] >= 2, seconds=30, what="the cell has run for both turns")
        hang_up(page, panel)
        assert problems == []


@contextmanager
def in_voila(browser: Browser, folder: Path) -> Iterator[tuple[Page, list[str]]]:
    """Our widget in Voilà."""
    needed("voila")
    nb = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[nbformat.v4.new_code_cell(code) for code in (f"{IMPORTS}\nw = {WIDGET}", "w")],  # type: ignore[no-untyped-call]
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(nb, folder / "talk.ipynb")  # type: ignore[no-untyped-call]
    problems: list[str] = []
    with (
        served(folder, "voila", "talk.ipynb", "--no-browser") as url,
        opened(browser, problems) as page,
    ):
        page.goto(url, wait_until="commit", timeout=90_000)
        yield page, problems


@pytest.mark.timeout(200)
def test_in_voila(browser: Browser, microphone: Path, tmp_path: Path) -> None:
    say_often(microphone, tmp_path)
    with in_voila(browser, tmp_path) as (page, problems):
        panel = page.locator("[data-voice-widget]").first
        call(panel)
        is_answered(panel)
        wait_for(lambda: heard_energy(page) > 0, seconds=10, what="the answer sounds")
        hang_up(page, panel)
        assert problems == []
        wait_for(lambda: live(page) == 0, seconds=5, what="nobody listens")


@pytest.mark.real
@pytest.mark.timeout(300)
def test_in_voila_a_page_loaded_in_mid_call_is_another_talk(
    browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    with in_voila(browser, tmp_path) as (page, problems):
        panel = page.locator("[data-voice-widget]").first
        call(panel)
        is_answered(panel)
        page.reload(wait_until="commit", timeout=90_000)
        # Voilà runs the notebook anew for each page.
        expect(panel.locator(".state")).to_have_text("Ready", timeout=90_000)
        assert live(page) == 0
        expect(panel.locator(".row")).to_have_count(0)
        call(panel)
        is_answered(panel)
        hang_up(page, panel)
        assert problems == []

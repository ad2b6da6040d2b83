"""Hosts without a cell's output that takes updates: what an agent shows stands in the panel."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.fronts import served
from tests.e2e.lab import SMALL
from tests.packages import needed

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

ISLANDS = ["Biscoe", "Dream", "Torgersen"]
TALK = f"""\
import pandas as pd
from matplotlib.figure import Figure
from voice_widget import Local, Show, VoiceWidget


def agent(turn):
    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([1, 2])
    yield Show(pd.DataFrame({{"island": {ISLANDS!r}}}) if "table" in turn.text else figure, turn.text)
    yield f"Here is the {{turn.text}}."


w = VoiceWidget({SMALL}, agent=agent)"""
INDENTED = "\n".join(f"    {line}" if line else "" for line in TALK.splitlines())
MARIMO = f"""\
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
{INDENTED}
    mo.ui.anywidget(w)
    return


if __name__ == "__main__":
    app.run()
"""


def shows_its_results(page: Page) -> None:
    """Ask for a table and a plot: each is under its question."""
    panel = page.locator("[data-voice-widget]").first
    field = panel.get_by_role("textbox")
    field.wait_for(timeout=90_000)
    for said in ("table", "plot"):
        field.fill(said)
        field.press("Enter")
        # Nobody hears it here: it is read aloud, too.
        expect(panel.locator(".row").get_by_text(f"Here is the {said}.")).to_be_visible(timeout=60_000)
    rows = panel.locator(".row")
    expect(rows).to_have_count(4)
    frame = rows.nth(0).get_by_role("region", name="table").locator("iframe").content_frame
    expect(frame.locator("tbody td")).to_have_text(ISLANDS)
    image = rows.nth(2).get_by_role("region", name="plot").get_by_role("img")
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("(image) => image.naturalWidth") > 50
    # What is under it moved: the end is in sight still.
    expect(rows.nth(3)).to_be_in_viewport()


def test_in_marimo(browser: Browser, tmp_path: Path) -> None:
    needed("marimo")
    (tmp_path / "talk.py").write_text(MARIMO)
    with served(tmp_path, "marimo", "run", "talk.py", "--headless", "--no-token") as url:
        page = browser.new_page()
        page.goto(url)
        shows_its_results(page)
        page.close()


def test_in_voila(browser: Browser, tmp_path: Path) -> None:
    needed("voila")
    nb = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[nbformat.v4.new_code_cell(code) for code in (TALK, "w")],  # type: ignore[no-untyped-call]
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(nb, tmp_path / "talk.ipynb")  # type: ignore[no-untyped-call]
    with served(tmp_path, "voila", "talk.ipynb", "--no-browser") as url:
        page = browser.new_page()
        page.goto(url, wait_until="commit", timeout=90_000)
        shows_its_results(page)
        # Nothing of it was sent to the cell's output, where it would stand twice.
        expect(page.locator("table.dataframe")).to_have_count(0)
        page.close()

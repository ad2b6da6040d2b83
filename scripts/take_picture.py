"""Take the README's picture: a real talk in a real JupyterLab (``python -m scripts.take_picture``)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e import speech
from tests.e2e.lab import ROOT, Lab, launch

CELLS = [
    "from voice_widget import VoiceWidget\nfrom voice_widget.data import load\n\n"
    "w = VoiceWidget(data=load())\nw",
    'w.transcript_df[["role", "text", "start_ms", "end_ms", "response_gap_ms", "interrupted"]]',
]
QUESTIONS = ["how many penguins are there", "what is the average body mass for each species"]


def main() -> None:
    """Ask two questions aloud, then show the rows beside the panel."""
    folder = Path(tempfile.mkdtemp())
    silence = (2.0, 5.0)
    parts = [
        part
        for pause, text in zip(silence, QUESTIONS, strict=True)
        for part in (speech.silence(pause), speech.say(text, "flite:slt", folder))
    ]
    microphone = speech.write(folder / "microphone.wav", [*parts, speech.silence(20)])
    lab = Lab(folder)
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright.chromium, microphone)
            with lab.open(browser, lab.write("talk.ipynb", CELLS)) as notebook:
                notebook.page.set_viewport_size({"width": 1100, "height": 1120})
                notebook.command("application:toggle-left-area")
                notebook.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
                notebook.call()
                notebook.wait_value("w.turns >= 3 and w.assistant_speaking", seconds=40)
                notebook.page.evaluate(
                    "() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1 }"
                )
                notebook.command("notebook:run-cell")
                notebook.page.locator(".jp-OutputArea-executeResult table").wait_for()
                notebook.page.locator(".jp-Notebook").screenshot(path=ROOT / "docs" / "talk.png")
            browser.close()
    finally:
        lab.close()


if __name__ == "__main__":
    main()

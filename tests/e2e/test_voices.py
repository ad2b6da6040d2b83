"""A spoken question is understood in several voices, clean and with noise, and the rows say when it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e import speech
from tests.e2e.lab import Lab, Notebook
from tests.e2e.test_talk import QUESTION, SETUP, finished

VOICES = ["flite:slt", "flite:rms", "flite:awb", "espeak:en-us"]


@pytest.fixture(scope="module")
def notebook(lab: Lab, browser: Browser, microphone: Path) -> Iterator[Notebook]:
    with lab.open(browser, lab.write("voices.ipynb", SETUP)) as notebook:
        notebook.run_all()
        yield notebook


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("snr_db", [None, 20])
def test_voices_clean_and_in_noise(
    notebook: Notebook, microphone: Path, tmp_path: Path, voice: str, snr_db: float | None
) -> None:
    samples = speech.join(speech.silence(2), speech.say(QUESTION, voice, tmp_path), speech.silence(10))
    speech.write(microphone, [samples if snr_db is None else speech.noisy(samples, snr_db)])
    turns = notebook.value("w.turns")
    notebook.call()
    rows = finished(notebook, turns + 2)[turns:]
    notebook.hang_up()
    assert [row["role"] for row in rows] == ["user", "assistant"]
    assert str(notebook.value("len(df)")) in re.sub(r"[ ,]", "", str(rows[1]["text"]))

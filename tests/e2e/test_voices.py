"""A spoken question is understood in several voices, clean and with noise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e import ears, speech
from tests.e2e.lab import Lab, Notebook
from tests.e2e.measured import Measured
from tests.e2e.test_talk import QUESTION, finished

# With the best parts that are installed.
SETUP = [
    "from voice_widget import VoiceWidget\nfrom voice_widget.data import load\n"
    "df = load()\nw = VoiceWidget(data=df)",
    "w",
]
VOICES = ["flite:slt", "flite:rms", "flite:awb", "espeak:en-us", "flite:kal", "espeak:en-gb"]
WAYS = {"webrtc": "", "comm": ", transport='comm'"}
Rows = list[dict[str, Any]]


def ask(notebook: Notebook, microphone: Path, folder: Path, voice: str, snr_db: float | None) -> Rows:
    """The rows of a call in which the question is asked."""
    samples = speech.join(speech.silence(2), speech.say(QUESTION, voice, folder), speech.silence(10))
    speech.write(microphone, [samples if snr_db is None else speech.noisy(samples, snr_db)])
    turns = notebook.value("w.turns")
    notebook.call()
    rows = finished(notebook, turns + 2)[turns:]
    if notebook.page.evaluate("() => 'live' in window"):
        ears.catch_up(notebook.page)
    notebook.hang_up()
    return rows


def answered(notebook: Notebook, rows: Rows) -> bool:
    """Whether the answer is right."""
    return str(notebook.value("len(df)")) in re.sub(r"[ ,]", "", str(rows[1]["text"]))


@pytest.fixture(scope="module")
def notebook(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    with lab.open(browser, lab.write("voices.ipynb", SETUP)) as notebook:
        notebook.run_all()
        yield notebook


@pytest.mark.real
@pytest.mark.parametrize(
    ("voice", "snr_db"),
    [
        ("flite:slt", None),
        ("flite:awb", 20),
        ("espeak:en-us", 20),
    ],
)
def test_voices_clean_and_in_noise(
    notebook: Notebook, microphone: Path, tmp_path: Path, voice: str, snr_db: float | None
) -> None:
    rows = ask(notebook, microphone, tmp_path, voice, snr_db)
    assert [row["role"] for row in rows] == ["user", "assistant"]
    assert answered(notebook, rows)


@pytest.mark.real
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", WAYS)
def test_more_voices_in_more_noise(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path, measured: Measured, way: str
) -> None:
    cells = [SETUP[0].replace("data=df", f"data=df{WAYS[way]}"), SETUP[1]]
    right = []
    with lab.open(browser, lab.write(f"{way}.ipynb", cells), prepare=ears.listen) as notebook:
        notebook.run_all()
        for snr_db in (None, 20, 10):
            for voice in VOICES:
                ears.forget(notebook.page)
                rows = ask(notebook, microphone, tmp_path, voice, snr_db)
                right.append(answered(notebook, rows))
                noise = "clean" if snr_db is None else f"{snr_db} dB above noise"
                measured.outcome("answered with the right number", f"{way}, {noise}", right[-1])
                if snr_db is None:
                    (said, *_), (answer, *_) = (
                        ears.heard(notebook.page, side) for side in ("user", "assistant")
                    )
                    measured.ratio(
                        "response gap of the notebook's assistant",
                        way,
                        rows[1]["response_gap_ms"],
                        answer.start - said.end,
                    )
    clean, noisy = right[: len(VOICES)], right[len(VOICES) :]
    assert sum(clean) > 0.8 * len(clean)
    assert sum(noisy) > 0.5 * len(noisy)  # how many at which noise is what the page tells

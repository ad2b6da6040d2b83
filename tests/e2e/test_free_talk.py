"""Free questions to the quickstart are answered rightly, and what it says is understood."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser

from tests.answers import holds
from tests.e2e import ears, speech
from tests.e2e.lab import ROOT, Lab
from tests.e2e.measured import Measured
from tests.e2e.test_talk import finished
from tests.engine.stages.voices.test_recognised import recognise as recognise  # a fixture
from tests.engine.stages.voices.test_recognised import words, wrong
from voice_widget.data import load
from voice_widget.realtime.sound.resampling import Resampler

VOICES = ("flite:slt", "flite:rms", "flite:awb")
AFTER_S = 13.0  # longer than the longest answer
PAUSE_MS = 2500.0
MOST_WRONG = 0.25  # of the words, over all answers: figures are the hardest to hear
df = load()
adelie = df[(df.species == "Adelie") & (df.sex == "female")]
share = (df.species == "Chinstrap").mean() * 100
# What is asked, and a text that the right answer has.
QUESTIONS: tuple[tuple[str, str], ...] = (
    ("What does a Gentoo weigh on average?", f"{df[df.species == 'Gentoo'].body_mass_g.mean():.0f}"),
    ("How many penguins live on the island Dream?", str((df.island == "Dream").sum())),
    (
        "Which species has the longest flippers on average?",
        str(df.groupby("species").flipper_length_mm.mean().idxmax()),
    ),
    ("What is the median bill depth of the female Adelie penguins?", f"{adelie.bill_depth_mm.median():.1f}"),
    ("How many of the birds weigh more than five thousand grams?", str((df.body_mass_g > 5000).sum())),
    ("Is there anything missing in the column sex?", str(df.sex.isna().sum())),
    ("What share of the penguins are Chinstrap?", f"{share:.2f}"),
    (
        "How closely are body mass and flipper length related?",
        f"{df.body_mass_g.corr(df.flipper_length_mm):.3f}",
    ),
    (
        "What is the highest body mass on the island Biscoe?",
        f"{df[df.island == 'Biscoe'].body_mass_g.max():.0f}",
    ),
    ("How many different species are there?", str(df.species.nunique())),
)


@pytest.mark.real
@pytest.mark.timeout(900)
@pytest.mark.parametrize("voice", VOICES)
def test_free_questions_are_answered_rightly_in_a_voice_that_is_understood(
    lab: Lab,
    browser: Browser,
    microphone: Path,
    tmp_path: Path,
    measured: Measured,
    recognise: Callable[[bytes, int], str],
    voice: str,
) -> None:
    shutil.copy(ROOT / "notebooks" / "quickstart.ipynb", lab.folder / "quickstart.ipynb")
    parts = [speech.silence(2)]
    for question, _ in QUESTIONS:
        parts += [speech.say(question, voice, tmp_path), speech.silence(AFTER_S)]
    speech.write(microphone, parts)
    with lab.open(browser, "quickstart.ipynb", prepare=ears.keep) as notebook:
        notebook.run_all()
        notebook.panel.scroll_into_view_if_needed()
        notebook.call()
        name = str(notebook.value("w.service_name"))
        # Seldom: looking keeps a processor busy, which the voice needs.
        notebook.wait_value(f"w.turns >= {2 * len(QUESTIONS)}", seconds=400, pause=1.0)
        rows = pd.DataFrame(finished(notebook, 2 * len(QUESTIONS)))
        notebook.page.screenshot(path=tmp_path / "talk.png", full_page=True)
        answers = rows[rows.role == "assistant"]
        ears.catch_up(notebook.page)
        said = ears.apart(*ears.take(notebook.page, "assistant"), PAUSE_MS)
        assert notebook.problems == []
    assert [*rows.role] == ["user", "assistant"] * len(QUESTIONS)
    outcomes = [holds(text, expected) for text, (_, expected) in zip(answers.text, QUESTIONS, strict=True)]
    for good, (question, _) in zip(outcomes, QUESTIONS, strict=True):
        measured.outcome(f"answered rightly, by {name}", f"{voice}: {question}", good)
    assert all(outcomes), rows.text.tolist()
    to_ears = Resampler(48_000, 16_000)
    heard = [words(recognise(to_ears(sound).astype(np.int16).tobytes(), 16_000)) for sound in said]
    texts = [words(text) for text in answers.text_heard]
    assert len(heard) == len(texts)
    errors = sum(wrong(text, other) for text, other in zip(texts, heard, strict=True))
    assert errors <= MOST_WRONG * sum(map(len, texts)), [*zip(texts, heard, strict=True)]

"""A spoken talk is kept and heard again: each side's sound gives its rows' texts, also of a killed kernel."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import speech
from tests.e2e.lab import Lab, wait_for
from tests.engine.stages.voices.test_recognised import recognise as recognise  # a fixture
from tests.engine.stages.voices.test_recognised import words, wrong
from voice_widget import read_talk

QUESTIONS = ("How many rows are there?", "How many columns are there?")
VOICE = "service=Local(stt='pocketsphinx', tts='flite')"
MOST_WRONG = 0.35  # of the words: names of columns and figures are hard to hear without hints
LOST_S = 1.0
SETUP = """
from pathlib import Path
from voice_widget import Local, VoiceWidget
from voice_widget.data import load
names = {{"user": "P07"}}
w = VoiceWidget({voice}, data=load(), transport={transport!r}, record={folder!r}, pseudonyms=names)
w
"""


@pytest.mark.parametrize("transport", ["webrtc", pytest.param("comm", marks=pytest.mark.real)])
def test_both_sides_are_heard_again_as_their_rows_say(
    lab: Lab,
    browser: Browser,
    microphone: Path,
    tmp_path: Path,
    recognise: Callable[[bytes, int], str],
    transport: str,
) -> None:
    parts = [speech.silence(2)]
    for question in QUESTIONS:
        parts += [speech.say(question, "flite:slt", tmp_path), speech.silence(6)]
    speech.write(microphone, [*parts, speech.silence(60)])
    folder = tmp_path / "talk"
    cell = SETUP.format(voice=VOICE, transport=transport, folder=str(folder))
    with lab.open(browser, lab.write(f"kept-{transport}.ipynb", [cell])) as notebook:
        notebook.run_all()
        notebook.call()
        expect(notebook.panel.get_by_text("Recording", exact=True)).to_be_visible()
        notebook.wait_value("w.turns >= 4", seconds=60, pause=0.25)
        notebook.hang_up()
        assert notebook.problems == []
        saved = tmp_path / "saved"
        notebook.run(
            f"w.save({str(saved)!r}); w.transcript_df.to_pickle({str(tmp_path / 'rows')!r}); w.close()"
        )

    talk, copy = read_talk(folder), read_talk(saved)
    assert (talk.problems, talk.cut, talk.running) == ((), False, False)
    import pandas as pd

    rows = pd.read_pickle(tmp_path / "rows")
    assert talk.transcript_df.equals(rows)
    assert copy.transcript_df.equals(rows)
    assert [*rows.role] == ["user", "assistant"] * 2
    assert talk.manifest["microphone"]["echoCancellation"] is True
    assert talk.manifest["front_end"]["app"].startswith("JupyterLab 4.")
    assert "Chrome/" in talk.manifest["front_end"]["browser"]
    assert {one.speaker for one in talk.utterances()} == {"P07", "assistant"}

    errors = count = 0
    for row in rows.itertuples():
        sound, rate = talk.audio(int(row.seq))
        own, other = (sound[:, 0], sound[:, 1]) if row.role == "user" else (sound[:, 1], sound[:, 0])
        padding = np.zeros(rate // 4, np.int16)
        heard = words(recognise(np.concatenate([padding, own, padding]).tobytes(), rate))
        said = words(row.text if row.role == "user" else row.text_heard)
        errors, count = errors + wrong(said, heard), count + len(said)
        assert np.abs(own.astype(float)).mean() > 10 * np.abs(other.astype(float)).mean(), row
    assert errors <= MOST_WRONG * count


def test_a_kernel_that_is_killed_loses_at_most_a_second(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    question = speech.say(QUESTIONS[0], "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(2), question, speech.silence(60)])
    folder = tmp_path / "talk"
    cell = SETUP.format(voice=VOICE, transport="webrtc", folder=str(folder))
    with lab.open(browser, lab.write("killed.ipynb", [cell])) as notebook:
        notebook.run_all()
        notebook.call()
        notebook.wait_value("w.assistant_speaking and bool(w.audio()[0][:, 1].any())", seconds=60, pause=0.25)
        began = datetime.fromisoformat(read_talk(folder).manifest["created_at"]).timestamp()
        pid, events = notebook.value("__import__('os').getpid()"), notebook.value("len(w.events_df)")
        killed = time.time()
        os.kill(pid, signal.SIGKILL)
        notebook.disconnect()
        talk = wait_for(
            lambda: (t := read_talk(folder)) and not t.running and t, seconds=10, what="it is over"
        )
    assert talk.cut
    assert len(talk.events_df) >= events
    assert talk.transcript_df.text.iloc[0]
    sound, rate = talk.audio()
    assert sound[:, 0].any()
    answered = np.flatnonzero(sound[:, 1])
    assert (killed - began) - answered[-1] / rate < LOST_S
    assert [piece.reason for piece in talk.pieces if piece.reason == "cut"] == ["cut", "cut"]

"""A talk held in a page is measured as its stereo file says: reckoned here again, by another method."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from tests.e2e import speech
from tests.e2e.lab import SMALL, Lab
from tests.e2e.measured import Measured

QUESTION = "how many rows are there"
STOP = "stop here please"
# Of the loudest part of its side: the rule of the measures has an absolute level, and follows the room.
BELOW_DB = 36.0
FRAME_MS = 5
PAUSE_MS = 700
NEAR_MS = 80.0
COLUMNS = ["role", "response_gap_ms", "barge_in_stop_ms", "doubts"]
SETUP = """
from voice_widget import Local, VoiceWidget, read_talk

LONG = "This answer goes on for a good while, so that there is time enough to speak over it. " * 2

def agent(turn):
    return "I stop." if "stop" in turn.text else LONG
"""


def spoken(channel: NDArray[np.float64], rate: int) -> list[tuple[float, float]]:
    """When a channel sounds, in milliseconds: by its own loudness, without any running state."""
    size = rate * FRAME_MS // 1000
    frames = channel[: len(channel) // size * size].reshape(-1, size)
    levels = np.sqrt((frames**2).mean(axis=1))
    loud = np.flatnonzero(levels > np.percentile(levels, 99) * 10 ** (-BELOW_DB / 20))
    parts = np.split(loud, np.flatnonzero(np.diff(loud) > PAUSE_MS // FRAME_MS) + 1)
    # What is as short as that is a click, and no word.
    return [(a[0] * FRAME_MS, (a[-1] + 1) * FRAME_MS) for a in parts if len(a) * FRAME_MS > 100]


@pytest.mark.real
def test_measures_of_a_talk_in_a_page_agree_with_its_file(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path, measured: Measured
) -> None:
    # Each is said when it is its time: a microphone's file would run on while the machine is busy.
    speech.write(microphone, [speech.silence(90)])
    asks, stops = tmp_path / "asks.wav", tmp_path / "stops.wav"
    speech.write(asks, [speech.say(QUESTION, "flite:slt", tmp_path)])
    speech.write(stops, [speech.silence(2), speech.say(STOP, "flite:slt", tmp_path)])
    folder, file = tmp_path / "talk", tmp_path / "talk.wav"
    code = f"{SETUP}\nw = VoiceWidget({SMALL}, agent=agent, record={str(folder)!r})"
    with lab.open(browser, lab.write("understood.ipynb", [code, "w"])) as notebook:
        notebook.run_all()
        notebook.call(seconds=40)
        notebook.run(f"w.play({str(asks)!r})")
        notebook.wait_value("w.assistant_speaking", seconds=40)
        notebook.run(f"w.play({str(stops)!r})")
        notebook.wait_value("w.turns == 4 and w.transcript[-1]['end_ms'] is not None", seconds=60)
        notebook.hang_up()
        notebook.run(f"w.close()\ntalk = read_talk({str(folder)!r})\ntalk.to_wav({str(file)!r})")
        notebook.run(f"table = talk.measures(by='turn')[{COLUMNS}].astype(object)")
        told = "table.where(table.notna(), None).to_dict('records')"
        rows: list[dict[str, Any]] = notebook.value(told)
        said = notebook.value("[one.sentence for one in talk.findings()]")
        assert notebook.problems == []
    with wave.open(str(file)) as wav:
        rate = wav.getframerate()
        sound = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, 2).astype(np.float64)
    user, (*pieces, second) = (spoken(sound[:, column], rate) for column in (0, 1))
    # The sound of a long answer may break off where the machine is busy; the short one is the last.
    assistant = [(pieces[0][0], pieces[-1][1]), second]
    assert len(user) == 2, (user, pieces, rows)
    assert [row["role"] for row in rows] == ["user", "assistant", "user", "assistant"], rows
    _, cut, _, last = rows
    own = {
        "gap": assistant[0][0] - user[0][1],
        "barge-in": assistant[0][1] - user[1][0],
        # Who still speaks when the question ends has the floor, and passes it on to nobody.
        "second gap": assistant[1][0] - user[1][1] if assistant[0][1] < user[1][1] else 0,
    }
    told_ms = {
        "gap": cut["response_gap_ms"],
        "barge-in": cut["barge_in_stop_ms"],
        "second gap": last["response_gap_ms"] or 0,
    }
    for name in own:
        near = abs(told_ms[name] - own[name]) <= NEAR_MS
        measured.outcome(f"measured {name} agrees with one computed from the file otherwise", "webrtc", near)
        assert near, (name, own, told_ms)
    assert any("was cut off" in sentence for sentence in said), said

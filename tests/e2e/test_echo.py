"""By comm the page plays the answer itself: what of it the microphone hears must not reach the agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e import lab as labs
from tests.e2e import speech
from tests.e2e.lab import SMALL, Lab, Notebook
from tests.e2e.measured import Measured
from tests.e2e.sound import BEFORE_THE_LOUDSPEAKER, SoundServer, needed

pytestmark = pytest.mark.real

ANSWER = (
    "This table has three hundred and forty four rows, one for each penguin, and every one of them was "
    "weighed and measured on one of three islands, over three years, by people who walked through snow."
)
SETUP = f"""
import numpy as np
from voice_widget import Local, VoiceWidget
from voice_widget.audio.comm import CommAudio

came = bytearray()
take = CommAudio.take


def listened(self, buffers):
    came.extend(bytes(buffers[0]))
    take(self, buffers)


CommAudio.take = listened


def level():
    samples = np.frombuffer(bytes(came), np.int16) / 32768
    return float(10 * np.log10(np.mean(samples**2) + 1e-12))


w = VoiceWidget({SMALL}, transport="comm", agent=lambda turn: "Yes.")
"""
LEFT_DB = 25.0
"""So much less of the answer the agent gets than the microphone hears, at least."""


@pytest.fixture
def room(tmp_path: Path) -> Iterator[SoundServer]:
    needed()
    server = SoundServer(tmp_path, BEFORE_THE_LOUDSPEAKER)
    yield server
    server.close()


@pytest.fixture
def visitor(browser: Browser, room: SoundServer) -> Iterator[Browser]:
    """A browser whose microphone and loudspeaker are the room's."""
    second = labs.launch(browser.browser_type, None, "--use-fake-ui-for-media-stream", env=room.env)
    yield second
    second.close()


def sounds(notebook: Notebook) -> None:
    """The assistant begins to say something long."""
    notebook.run(f"said = w.say({ANSWER!r})")
    notebook.wait_value("w.assistant_speaking", seconds=20)
    notebook.run("came.clear()")


def echo(lab: Lab, visitor: Browser, *, cancelled: bool) -> tuple[float, list[dict[str, object]]]:
    """How loud what the agent gets is while the assistant speaks, in dB, and the rows."""
    raw = """localStorage.setItem("voice_widget.sound", JSON.stringify({
      echoCancellation: %s, noiseSuppression: true, autoGainControl: false }))"""
    chosen = raw % str(cancelled).lower()
    name = lab.write("echo.ipynb", [SETUP, "w"])
    with lab.open(visitor, name, prepare=lambda page: page.add_init_script(chosen)) as notebook:
        notebook.run_all()
        notebook.call()
        treated = "() => seen.tracks.at(-1).getSettings().echoCancellation"
        assert notebook.page.evaluate(treated) is cancelled
        sounds(notebook)  # once: a canceller learns the room by what it hears
        notebook.wait_value("not w.assistant_speaking", seconds=40, pause=0.5)
        sounds(notebook)
        notebook.wait_value("not w.assistant_speaking", seconds=40, pause=0.5)
        loud = float(notebook.value("level()"))
        rows = notebook.value("__import__('json').loads(w.transcript_df.to_json(orient='records'))")
        notebook.hang_up()
    return loud, rows


def test_the_loudspeakers_echo_is_kept_from_the_agent(lab: Lab, visitor: Browser, measured: Measured) -> None:
    heard, _ = echo(lab, visitor, cancelled=False)
    left, rows = echo(lab, visitor, cancelled=True)
    print(f"{heard:.1f} dB without the canceller, {left:.1f} dB with it")
    assert heard > -40  # the room does give it back
    measured.outcome(f"echo of the loudspeaker, {LEFT_DB:g} dB less of it", "comm", left < heard - LEFT_DB)
    assert left < heard - LEFT_DB
    assert [(row["role"], row["interrupted"]) for row in rows] == [("assistant", False)] * 2


def test_who_speaks_before_the_loudspeaker_interrupts(
    lab: Lab, visitor: Browser, room: SoundServer, measured: Measured, tmp_path: Path
) -> None:
    words = speech.say("Stop please, I have another question for you.", "flite:slt", tmp_path)
    spoken = speech.write(tmp_path / "spoken.wav", [words, speech.silence(0.3)])
    with lab.open(visitor, lab.write("spoken.ipynb", [SETUP, "w"])) as notebook:
        notebook.run_all()
        notebook.call()
        sounds(notebook)
        room.speak(spoken)
        notebook.wait_value("w.turns >= 2", seconds=40, pause=0.5)
        rows = notebook.value("__import__('json').loads(w.transcript_df.to_json(orient='records'))")
        measured.outcome(
            "an answer from the loudspeaker is interrupted by who speaks",
            "comm",
            bool(rows[0]["interrupted"]),
        )
        assert rows[0]["interrupted"], rows
        assert "user" in [row["role"] for row in rows]
        notebook.hang_up()

"""A call in Firefox: a spoken question in a real notebook is heard, answered, and becomes rows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest

from tests.e2e import speech
from tests.e2e.firefox import Firefox
from tests.e2e.lab import WATCH, Lab, Notebook, wait_for
from tests.e2e.sound import SoundServer
from tests.e2e.test_places import CELLS, RESULT, save
from tests.e2e.test_talk import QUESTION, SETUP, finished

SENT = """async () => {
  for (const report of (await seen.peers.at(-1).getStats()).values())
    if (report.type === 'outbound-rtp') return report.packetsSent;
  return 0;
}"""


def test_a_spoken_question_gets_its_answer(
    lab: Lab, firefox: Firefox, spoken: SoundServer, tmp_path: Path
) -> None:
    question = speech.write(tmp_path / "question.wav", [speech.say(QUESTION, "flite:slt", tmp_path)])
    firefox.add_init_script(WATCH)
    notebook = Notebook(lab, cast("Any", firefox), lab.write("firefox.ipynb", SETUP))
    try:
        notebook.open()
        notebook.command("notebook:run-all-cells")
        notebook.wait_value("'w' in globals() and bool(w.voices)", seconds=90)
        firefox.click("button", "Call")
        notebook.wait_value("w.connection_state == 'connected'")
        # Firefox sends nothing for a second or two after it has begun to play.
        wait_for(lambda: firefox.evaluate(SENT) > 25, seconds=20, what="the microphone is sent")
        spoken.speak(question)
        user, assistant = finished(notebook, 2)
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        assert "rows" in str(user["text"])
        assert str(notebook.value("len(df)")) in re.sub(r"[ ,]", "", str(assistant["text"]))
        assert assistant["text_heard"] == assistant["text"]
        assert 0 < user["start_ms"] < user["end_ms"] < assistant["start_ms"] < assistant["end_ms"]  # type: ignore[operator]
        # It is unknown only where the page says that it lost time, as on a busy machine.
        gap = assistant["response_gap_ms"]
        if gap is None:
            assert notebook.value("sum(w.events_df['type'] == 'voice_widget.page.missed')") > 0
        else:
            assert 300 < float(str(gap)) < 15_000
        assert assistant["time_source"] == "page"
        assert notebook.inbound()["totalAudioEnergy"] > 0
        assert notebook.live_tracks() == 1
        assert firefox.has("*", str(user["text"]))
        firefox.click("button", "Hang up")
        notebook.wait_value("w.connection_state == 'disconnected'")
        assert notebook.live_tracks() == 0
        assert notebook.value("[w.error, len(w.transcript)]") == [None, 2]
        assert firefox.problems == []
    finally:
        firefox.leave()
        notebook.close()


@pytest.mark.real
def test_what_is_shown_loaded_again_in_mid_call_and_saved(
    lab: Lab, firefox: Firefox, spoken: SoundServer, tmp_path: Path
) -> None:
    sound = speech.write(tmp_path / "sound.wav", [speech.say(QUESTION, "flite:slt", tmp_path)])
    firefox.add_init_script(WATCH)
    notebook = Notebook(lab, cast("Any", firefox), lab.write("firefox_again.ipynb", CELLS))

    def sees(selector: str, text: str) -> None:
        wait_for(lambda: firefox.has(selector, text), seconds=30, what=f"{selector}: {text}")

    def is_answered(button: str, times: int) -> None:
        firefox.click("button", button)
        notebook.wait_value("w.connection_state == 'connected'")
        wait_for(lambda: firefox.evaluate(SENT) > 25, seconds=20, what="the microphone is sent")
        spoken.speak(sound)
        notebook.wait_value(f"[r['text'] for r in w.transcript].count('You said one.') == {times}")
        sees(".state", "Listening")

    try:
        notebook.open()
        notebook.command("notebook:run-all-cells")
        notebook.wait_value("'w' in globals() and bool(w.voices)", seconds=90)
        is_answered("Call", 1)
        sees(".jp-OutputArea .jp-RenderedHTMLCommon pre", RESULT)
        save(notebook)
        firefox.reload()
        sees(".state", "Call ended")
        left = "The page that held the call was closed or loaded again, so the call has ended."
        sees("strong", left)
        assert notebook.live_tracks() == 0
        is_answered("Call again", 2)
        # The output of a page that was loaded again gets nothing more: the panel shows it.
        sees(".result pre", RESULT)
        firefox.click("button", "Hang up")
        notebook.wait_value("w.connection_state == 'disconnected'")
        assert notebook.live_tracks() == 0
        assert firefox.problems == []
        # What was saved is there without a kernel, too.
        firefox.goto("about:blank")
        notebook.disconnect()
        wait_for(notebook.shut, seconds=60, what="the kernel has ended")
        notebook.open()
        sees(".voice-widget-turns tbody td", "You said one.")
        assert not firefox.has("[data-voice-widget]")
    finally:
        firefox.leave()
        notebook.close()

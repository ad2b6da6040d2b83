"""Who speaks when, with real sound: push to talk, and microphones that hear more than their owner."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e import lab as labs
from tests.e2e import speech
from tests.e2e.lab import SMALL, Lab
from tests.e2e.sound import MICROPHONE, SPEAKER, SoundServer, needed
from tests.e2e.test_talk import QUESTION, finished

SETUP = [
    "from voice_widget import Local, VoiceWidget\nfrom voice_widget.data import load\n"
    f"df = load()\nw = VoiceWidget({SMALL}, data=df, turn_detection=None)",
    "w",
]


@contextmanager
def by_button(button: Locator) -> Iterator[None]:
    button.hover()
    button.page.mouse.down()
    yield
    button.page.mouse.up()


@contextmanager
def by_tap(button: Locator) -> Iterator[None]:
    button.click()
    yield
    button.click()


@contextmanager
def by_space(button: Locator) -> Iterator[None]:
    button.focus()
    button.page.keyboard.down(" ")
    yield
    button.page.keyboard.up(" ")


def test_push_to_talk_by_pointer_tap_and_space(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    ways: dict[str, Callable[[Locator], AbstractContextManager[None]]] = {
        "pointer": by_button,
        "tap": by_tap,
        "space": by_space,
    }
    sound = [speech.silence(7), speech.say(QUESTION, "flite:slt", tmp_path), speech.silence(40)]
    speech.write(microphone, sound)
    with lab.open(browser, lab.write("push.ipynb", SETUP)) as notebook:
        notebook.run_all()
        count = str(notebook.value("len(df)"))
        for number, (way, pushed) in enumerate(ways.items()):
            notebook.call()
            button = notebook.panel.locator("button.hold")
            with pushed(button):
                notebook.wait_value("w.user_speaking", seconds=30)
                notebook.wait_value("not w.user_speaking", seconds=30)
                # Nobody ends the turn but who holds the button.
                assert notebook.value("w.turns") == 2 * number, way
            rows = finished(notebook, 2 * number + 2)[-2:]
            assert [row["role"] for row in rows] == ["user", "assistant"], way
            assert count in re.sub(r"[ ,]", "", str(rows[1]["text"])), (way, rows)
            notebook.hang_up()
        assert notebook.problems == []


LOUDNESS = "meter[aria-label='Level of the microphone']"
SAID = """
(meter) => {
  const now = performance.now();
  const hosts = [...document.querySelectorAll("[data-voice-widget]")];
  if (hosts.some((host) => host.shadowRoot.querySelector(meter)?.value > 0.1)) window.loudAt = now;
  return now - window.loudAt > 1500;
}
"""


def said(page: Page) -> None:
    """Until somebody has spoken, and has stopped, as the settings' meter shows it."""
    page.wait_for_selector(LOUDNESS)
    page.evaluate("() => { window.loudAt = NaN; }")
    page.wait_for_function(SAID, arg=LOUDNESS, timeout=40_000)


@pytest.mark.real
def test_turn_taking_is_switched_in_a_call_from_the_panel_and_from_python(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    asked = [speech.silence(9), speech.say(QUESTION, "flite:slt", tmp_path)]
    speech.write(microphone, [*asked * 20, speech.silence(9)])
    hands_free = SETUP[0].replace("turn_detection=None", "turn_detection=ServerVad(silence_duration_ms=300)")
    cells = [f"from voice_widget import ServerVad\n{hands_free}", "w"]
    with lab.open(browser, lab.write("switched.ipynb", cells)) as notebook:
        notebook.run_all()
        notebook.call()
        assert [row["role"] for row in finished(notebook, 2)] == ["user", "assistant"]

        settings = notebook.panel.get_by_role("button", name="Settings")
        settings.click()
        taking = notebook.panel.get_by_label("Turn taking")
        taking.select_option(label="Push to talk")
        notebook.wait_value("w.turn_detection is None")
        said(notebook.page)
        # Who spoke just then has still had an answer.
        notebook.wait_value("w.turns % 2 == 0 and not w.assistant_speaking", seconds=40)
        turns = notebook.value("w.turns")
        said(notebook.page)
        assert notebook.value("[w.turns, w.user_speaking]") == [turns, False]
        with by_button(notebook.panel.locator("button.hold")):
            notebook.wait_value("w.user_speaking", seconds=40)
            notebook.wait_value("not w.user_speaking", seconds=40)
        finished(notebook, turns + 2)

        # From Python; the panel shows it, and nobody has to hold anything.
        notebook.run("w.turn_detection = ServerVad(silence_duration_ms=400)")
        settings.click()  # the other button has shut them
        expect(taking.locator("option:checked")).to_have_text("After a pause")
        finished(notebook, turns + 4)

        pause = notebook.panel.get_by_role("slider", name="Pause")
        pause.fill("1800")
        notebook.wait_value("w.turn_detection['silence_duration_ms'] == 1800")
        finished(notebook, turns + 6)
        assert notebook.value("float(w.metrics_df['end_wait_ms'].dropna().iloc[-1])") > 1700

        taking.select_option(label="By meaning")
        notebook.wait_value("w.turn_detection['type'] == 'semantic_vad'")
        rows = finished(notebook, turns + 8)
        assert {row["role"] for row in rows[turns + 6 :]} == {"user", "assistant"}
        assert notebook.value("w.error") is None
        notebook.hang_up()
        assert notebook.problems == []


GREETS = [
    "from voice_widget import Local, VoiceWidget\n"
    f"w = VoiceWidget({SMALL}, agent=lambda turn: 'I count to nine: one two three four five six seven.')",
    "w",
    "def greet(change):\n"
    "    if change == {'name': 'connection_state', 'value': 'connected'}:\n"
    "        w.say('Hello, I am listening. Ask me whatever you want to know.')\n"
    "w.on('state', greet)",
]


@pytest.mark.real
def test_a_noise_as_the_microphone_opens_cancels_no_greeting(
    lab: Lab, browser: Browser, microphone: Path
) -> None:
    # A bang, then the hiss of an amplifier that settles.
    noise = speech.silence(1.2)
    noise[:2400] = 20_000
    noise += np.random.default_rng(7).normal(0, 1500, len(noise))
    speech.write(microphone, [noise, speech.silence(30)])
    with lab.open(browser, lab.write("greeting.ipynb", GREETS)) as notebook:
        notebook.run_all()
        notebook.call()
        (row,) = finished(notebook, 1)
        assert (row["role"], row["interrupted"], row["text_heard"]) == ("assistant", False, row["text"])
        notebook.hang_up()


@pytest.fixture
def beside_the_loudspeaker(tmp_path: Path) -> Iterator[SoundServer]:
    """A microphone that hears all that the loudspeaker plays."""
    needed()
    line = f"load-module module-remap-source source_name={MICROPHONE} master={SPEAKER}.monitor"
    server = SoundServer(tmp_path, line)
    yield server
    server.close()


@pytest.mark.real  # of a machine with time for it: else the sound comes back later, and in pieces
def test_an_assistant_that_hears_itself_ends_what_it_says(
    lab: Lab, browser: Browser, beside_the_loudspeaker: SoundServer
) -> None:
    chromium = labs.launch(
        browser.browser_type, None, "--use-fake-ui-for-media-stream", env=beside_the_loudspeaker.env
    )
    # The browser's own help is off: what is heard is the assistant, and less loud than it was played.
    raw = """localStorage.setItem("voice_widget.sound", JSON.stringify({
      volume: 0.4, echoCancellation: false, noiseSuppression: false, autoGainControl: false }))"""
    try:
        with lab.open(
            chromium, lab.write("echo.ipynb", GREETS), prepare=lambda page: page.add_init_script(raw)
        ) as notebook:
            notebook.run_all()
            notebook.call()
            rows = finished(notebook, 1)
            assert [row["role"] for row in rows] == ["assistant"], rows
            assert (rows[0]["interrupted"], rows[0]["text_heard"]) == (False, rows[0]["text"])
            assert notebook.value("w.turns") == 1
            treated = "() => seen.tracks.at(-1).getSettings().echoCancellation"
            assert notebook.page.evaluate(treated) is False
            notebook.hang_up()
    finally:
        chromium.close()

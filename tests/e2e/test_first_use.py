"""A person who knows only the page that runs: calls, changes the microphone, interrupts, and reads what went wrong.

Nothing here is found by what it is in the code, but by its role and its visible name; the sound is real from a mouth to
the loudspeaker, by way of a sound server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e import lab as labs
from tests.e2e import speech
from tests.e2e.lab import SMALL, Lab, Notebook, wait_for
from tests.e2e.sound import TWO_SPOKEN_INTO, SoundServer, needed

# The second answer is one that nobody would hear to its end.
SETUP = [
    "from itertools import count\nfrom voice_widget import Local, VoiceWidget\nnth = count(1)\n"
    "def answer(turn):\n    return f'I heard {turn.text}' + (' and so on' * 60 if next(nth) == 2 else '')\n"
    f"w = VoiceWidget({SMALL}, agent=answer)",
    "w",
]


# The recogniser is a small one; which of the two it was it tells.
HOW_MANY = re.compile("how|many|rows|there")
WHAT_CAN = re.compile("what|can|do")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[SoundServer]:
    needed()
    server = SoundServer(tmp_path, TWO_SPOKEN_INTO)
    yield server
    server.close()


@pytest.fixture
def visitor(browser: Browser, room: SoundServer) -> Iterator[Browser]:
    """A browser whose microphones and loudspeaker are the room's; nothing of it is faked."""
    second = labs.launch(browser.browser_type, None, env=room.env)
    yield second
    second.close()


def spoken(text: str, tmp_path: Path) -> Path:
    path = tmp_path / f"{text.split()[-1]}.wav"
    return speech.write(path, [speech.say(text, "flite:slt", tmp_path), speech.silence(0.3)])


def button(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("button", name=name, exact=True)


def uses(notebook: Notebook, microphone: str) -> None:
    """Nobody speaks before the browser has changed over; a person would say it again."""
    live = "() => seen.tracks.filter(t => t.readyState === 'live').map(t => t.label)"
    wait_for(lambda: notebook.page.evaluate(live) == [microphone], seconds=10, what=f"{microphone} is used")


def test_calls_changes_the_microphone_interrupts_and_reads_what_went_wrong(
    lab: Lab, visitor: Browser, room: SoundServer, tmp_path: Path
) -> None:
    rows = spoken("how many rows are there", tmp_path)
    able = spoken("what can you do", tmp_path)
    with lab.open(visitor, lab.write("first_use.ipynb", SETUP)) as notebook:
        notebook.run_all()
        panel = notebook.panel
        talk = panel.get_by_role("region", name="Transcript")
        said = talk.get_by_role("listitem").filter(has=notebook.page.get_by_text("You", exact=True))
        wrong = panel.get_by_role("alert")
        call, interrupt = button(panel, "Call"), button(panel, "Interrupt")
        expect(call).to_be_enabled(timeout=40_000 * labs.BUSY)

        # A question, and its answer from the loudspeaker.
        call.click()
        expect(panel.get_by_role("heading")).to_have_text("Say something", timeout=40_000 * labs.BUSY)
        with room.listened(tmp_path / "heard.raw") as loud:
            room.speak(rows)
            expect(talk).to_contain_text("I heard", timeout=20_000 * labs.BUSY)
            wait_for(loud, seconds=20, what="the answer sounds")
        expect(said).to_have_count(1)
        expect(said.nth(0)).to_contain_text(HOW_MANY)
        expect(interrupt).to_be_disabled()

        # The other microphone, by its name; and an answer that is long enough.
        button(panel, "Settings").click()
        microphone = panel.get_by_role("combobox", name="Microphone", exact=True)
        microphone.select_option("Headset")
        notebook.page.keyboard.press("Escape")
        expect(microphone).to_be_hidden()
        uses(notebook, "Headset")
        room.speak(able, headset=True)
        expect(panel.get_by_text("Speaking", exact=True)).to_be_visible(timeout=20_000 * labs.BUSY)
        interrupt.click()
        expect(talk).to_contain_text("interrupted")
        expect(said).to_have_count(2)
        expect(said.nth(1)).to_contain_text(WHAT_CAN)

        # It is unplugged: the panel says what takes its place, and that hears.
        room.unplug_headset()
        note = panel.get_by_role("note")
        expect(note).to_contain_text("“Headset” is not there: the default one is used.")
        uses(notebook, "Default")
        room.speak(rows)
        expect(said).to_have_count(3)
        expect(said.nth(2)).to_contain_text(HOW_MANY, timeout=20_000 * labs.BUSY)

        # The permission is withdrawn: the panel says what to do, and typing goes on.
        notebook.page.context.clear_permissions()
        expect(wrong).to_contain_text("The microphone was forbidden.")
        expect(wrong).to_contain_text("Allow it by the icon beside the address, or type to go on.")
        message = panel.get_by_role("textbox", name="Message")
        message.fill("hello")
        message.press("Enter")
        expect(talk).to_contain_text("I heard hello", timeout=20_000 * labs.BUSY)
        take = button(panel, "Use the microphone")
        take.click()
        expect(wrong).to_contain_text("The question for the microphone was closed.")

        # Allowed and plugged in again: one button, and the same call hears.
        notebook.page.context.grant_permissions(["microphone"])
        room.plug_headset()
        take.click()
        expect(button(panel, "Mute")).to_be_enabled()
        expect(wrong).to_be_hidden()
        uses(notebook, "Headset")
        room.speak(able, headset=True)
        expect(said).to_have_count(5)
        expect(said.nth(4)).to_contain_text(WHAT_CAN, timeout=20_000 * labs.BUSY)
        button(panel, "Hang up").click()
        expect(button(panel, "Call again")).to_be_enabled()
        assert notebook.live_tracks() == 0
        assert notebook.problems == []

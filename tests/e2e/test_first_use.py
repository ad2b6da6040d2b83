"""A person who knows only the page that runs: calls, changes the microphone, interrupts, reads what is wrong.

Nothing here is found by what it is in the code, but by its role and its visible name; the sound is real from
a mouth to the loudspeaker, by way of a sound server.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e import lab as labs
from tests.e2e import speech
from tests.e2e.lab import Lab, Notebook, wait_for
from tests.e2e.sound import HEADSET, MICROPHONE, TWO_SPOKEN_INTO, SoundServer, needed

PATIENCE = 20_000 * labs.BUSY
# What is said where; a busy machine tears sound, and whoever listens to that for words hears others.
SAID = ("how many rows are there", "what can you do", "say that again", "thank you")
# The answers after the first are such that nobody would hear them to their end.
SETUP = [
    "from voice_widget import Local, VoiceWidget\n"
    f"service = Local(vad='level', tts='tone', script={[{'hear': text, 'say': ''} for text in SAID]!r})\n"
    "def answer(turn):\n"
    f"    return f'I heard {{turn.text}}' + (' and so on' * 60 if turn.text in {SAID[1:]!r} else '')\n"
    "w = VoiceWidget(service=service, agent=answer, "
    "turn_detection={'type': 'server_vad', 'silence_duration_ms': 900})",
    "w",
]


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


def button(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("button", name=name, exact=True)


def uses(notebook: Notebook, microphone: str) -> None:
    """Nobody speaks before the browser has changed over; a person would say it again."""
    live = "() => seen.tracks.filter(t => t.readyState === 'live').map(t => t.label)"
    wait_for(lambda: notebook.page.evaluate(live) == [microphone], seconds=10, what=f"{microphone} is used")


def test_calls_changes_the_microphone_interrupts_and_reads_what_went_wrong(
    lab: Lab, visitor: Browser, room: SoundServer, tmp_path: Path
) -> None:
    words = [speech.say(SAID[0], "flite:slt", tmp_path), speech.silence(0.3)]
    spoken = speech.write(tmp_path / "spoken.wav", words)
    with lab.open(visitor, lab.write("first_use.ipynb", SETUP)) as notebook:
        notebook.run_all()
        panel = notebook.panel
        talk = panel.get_by_role("region", name="Transcript")
        said = talk.get_by_role("listitem").filter(has=notebook.page.get_by_text("You", exact=True))
        wrong = panel.get_by_role("alert")
        sentence = wrong.locator(".message")
        call, interrupt = button(panel, "Call"), button(panel, "Interrupt")
        expect(call).to_be_enabled()
        # There are voices to choose from once the engine is warm.
        expect(panel.get_by_role("combobox", name="Voice")).to_be_visible(timeout=2 * PATIENCE)

        # A question, and its answer from the loudspeaker.
        call.click()
        expect(panel.get_by_role("heading")).to_have_text("Say something", timeout=2 * PATIENCE)
        with room.listened(tmp_path / "heard.raw") as loud:
            room.speak(spoken)
            expect(talk).to_contain_text("I heard", timeout=PATIENCE)
            wait_for(loud, seconds=20, what="the answer sounds")
        expect(said).to_have_count(1)
        expect(said.nth(0)).to_contain_text(SAID[0])
        expect(interrupt).to_be_disabled()

        # The other microphone, by its name; and an answer that is long enough.
        button(panel, "Settings").click()
        microphone = panel.get_by_role("combobox", name="Microphone", exact=True)
        microphone.select_option("Headset")
        notebook.page.keyboard.press("Escape")
        expect(microphone).to_be_hidden()
        uses(notebook, "Headset")
        # A device that comes or goes may crackle, which is a turn of its own.
        before = said.count()
        room.speak(spoken, headset=True)
        wait_for(lambda: said.count() > before, seconds=20, what="what is said becomes a turn")
        expect(panel.get_by_text("Speaking", exact=True)).to_be_visible(timeout=20_000 * labs.BUSY)
        interrupt.click()
        expect(talk).to_contain_text("stopped by Interrupt")
        wait_for(
            lambda: any(text in said.last.inner_text() for text in SAID[1:]),
            seconds=10,
            what="its words are read",
        )

        # It is unplugged: the panel says what takes its place, and that hears.
        room.unplug(HEADSET)
        expect(panel.get_by_text("“Headset” is not there: the default one is used.")).to_be_visible()
        uses(notebook, "Default")
        before = said.count()
        room.speak(spoken)
        wait_for(lambda: said.count() > before, seconds=20, what="what is said then becomes a turn")

        # Now there is none at all: one sentence, one thing to do, and typing goes on.
        room.unplug(MICROPHONE)
        expect(sentence).to_have_text("The microphone was unplugged. Plug one in, or type to go on.")
        take = button(panel, "Use the microphone")
        expect(take).to_be_enabled()
        message = panel.get_by_role("textbox", name="Message")
        message.fill("hello")
        message.press("Enter")
        expect(talk).to_contain_text("I heard hello", timeout=PATIENCE)

        # Plugged in again, the same call hears, by itself.
        room.plug_headset()
        expect(button(panel, "Mute")).to_be_enabled()
        expect(wrong).to_be_hidden()
        uses(notebook, "Headset")

        # The permission is withdrawn: the panel says what to do, and one button takes it again.
        notebook.page.context.clear_permissions()
        expect(sentence).to_have_text(
            "The microphone was forbidden. Allow it by the icon beside the address, or type to go on."
        )
        notebook.page.context.grant_permissions(["microphone"])
        button(wrong, "Try again").click()
        expect(wrong).to_be_hidden()
        uses(notebook, "Headset")
        before = said.count()
        room.speak(spoken, headset=True)
        wait_for(lambda: said.count() > before, seconds=20, what="what is said becomes a turn again")
        button(panel, "Hang up").click()
        expect(button(panel, "Call again")).to_be_enabled()
        assert notebook.live_tracks() == 0
        assert notebook.problems == []

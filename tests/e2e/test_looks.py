"""The widget as a bar, as a button over the notebook and as an overlay, in a real call; results under it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import speech
from tests.e2e.lab import SMALL, Lab
from tests.e2e.test_talk import QUESTION, finished

ANSWER = "The river goes slowly down to the sea, past seven small boats."
SETUP = [
    "from voice_widget import Local, Show, VoiceWidget\n"
    "def agent(turn):\n"
    "    yield Show({'asked': turn.text}, 'what was asked')\n"
    f"    yield {ANSWER!r}\n"
    f"w = VoiceWidget({SMALL}, agent=agent, view='compact', colors={{'user': '#0a7d55'}})",
    "w",
    *["print('line\\n' * 20)"] * 6,
]


@pytest.mark.real
def test_a_call_in_every_view(lab: Lab, browser: Browser, microphone: Path) -> None:
    speech.write(microphone, [speech.silence(120)])
    with lab.open(browser, lab.write("looks.ipynb", SETUP)) as notebook:
        notebook.run_all()
        page, panel = notebook.page, notebook.panel
        notebook.wait_value("bool(w.voices)", seconds=40)
        bar = panel.get_by_role("region", name="Voice call", exact=True)
        box = bar.bounding_box()
        assert box
        assert box["height"] < 60
        # The places for results take no room before there are some.
        output = page.locator(".jp-OutputArea", has=page.locator("[data-voice-widget]")).last
        around = output.bounding_box()
        assert around
        assert around["height"] < box["height"] + 40
        expect(bar.get_by_role("button", name="Call", exact=True)).to_be_enabled()
        expect(panel.get_by_role("textbox")).to_be_hidden()

        notebook.run("w.view = 'floating'")
        button = page.get_by_role("button", name="Voice call: Ready")
        button.click()
        notebook.call()
        page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollBy(0, 1e6)")
        field = panel.get_by_role("textbox")
        field.fill("where does it go")
        field.press("Enter")
        notebook.wait_value("len(w.transcript) == 2")
        expect(panel.get_by_text(ANSWER)).to_be_in_viewport()
        # As long as there is something to interrupt, that is what Escape does.
        expect(panel.get_by_role("button", name="Interrupt")).to_be_disabled()
        panel.get_by_role("button", name="Mute").press("Escape")
        expect(bar).to_be_hidden()
        button = page.get_by_role("button", name="Voice call: Listening")
        expect(button).to_be_in_viewport()
        assert notebook.value("w.connection_state") == "connected"
        button.click()
        notebook.hang_up()

        notebook.run("w.view = 'overlay'")
        panel.scroll_into_view_if_needed()
        notebook.call()
        over = page.get_by_role("dialog", name="Voice call")
        expect(over).to_be_in_viewport()
        notebook.run("w.send_text('and then')")
        expect(over.get_by_text(ANSWER)).to_be_visible()
        expect(over.get_by_role("button", name="Interrupt")).to_be_enabled()
        page.keyboard.press("Escape")
        notebook.wait_value("w.transcript[-1]['interrupted']")
        expect(over.get_by_role("button", name="Interrupt")).to_be_disabled()
        page.keyboard.press("Escape")
        expect(over).to_have_count(0)
        assert notebook.value("w.connection_state") == "connected"
        panel.get_by_role("button", name="Show over the page").click()
        expect(over).to_be_visible()

        notebook.run("w.view = 'panel'")
        # What it had still to say is asked for in words that any service understands.
        expect(panel.get_by_text("stopped by Interrupt")).to_be_visible()
        assert notebook.value("w.transcript[-1]['stopped_by']") == "interrupt"
        panel.get_by_role("button", name="Go on").click()
        asked = "[(row['text'], row['source']) for row in w.transcript[-2:]]"
        notebook.wait_value(f"{asked} == [('Go on.', 'typed'), ({ANSWER!r}, 'speech')]")
        expect(panel.get_by_role("button", name="Go on")).to_have_count(0)
        notebook.run("w.view = 'overlay'")
        over.get_by_role("button", name="Close and hang up").click()
        notebook.wait_value("w.connection_state == 'disconnected'")
        expect(over).to_have_count(0)
        # Each result is under its question, the newest right under the widget; in the panel it can be opened.
        notebook.run("w.view = 'panel'")
        panel.scroll_into_view_if_needed()
        captions = output.locator(".jp-RenderedHTMLCommon > div > em")
        expect(captions).to_have_text(["Go on.", "and then", "where does it go"])
        expect(captions.first).to_be_visible()
        expect(output.get_by_text("{'asked': 'where does it go'}")).to_be_visible()
        expect(panel.get_by_role("region", name="what was asked")).to_have_count(0)
        panel.get_by_role("button", name="what was asked").first.click()
        expect(panel.get_by_role("region", name="what was asked")).to_have_text(
            "{'asked': 'where does it go'}"
        )
        assert notebook.live_tracks() == 0
        assert notebook.problems == []


@pytest.fixture
def windowed(lab: Lab) -> Iterator[None]:
    """JupyterLab takes cells that are out of sight out of the page."""
    settings = lab.folder / ".settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True, exist_ok=True)
    file = settings / "tracker.jupyterlab-settings"
    file.write_text('{"windowingMode": "full"}')
    yield
    file.unlink()


@pytest.mark.real
@pytest.mark.usefixtures("windowed")
def test_a_call_goes_on_while_its_cell_is_out_of_the_page(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    # A page whose views have gone ends its call after ten seconds: what is asked comes later.
    asked = speech.say(QUESTION, "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(25), asked, speech.silence(60)])
    cells = [SETUP[0].replace("view='compact'", "view='panel'"), "w", *["print('line\\n' * 20)"] * 25]
    with lab.open(browser, lab.write("away.ipynb", cells), prepare=lambda _: None) as notebook:
        notebook.run_all()
        page, panel = notebook.page, notebook.panel
        outer = "document.querySelector('.jp-WindowedPanel-outer')"
        page.evaluate(f"() => {outer}.scrollTo(0, 0)")
        notebook.call()
        page.evaluate(f"() => {outer}.scrollTo(0, 1e6)")
        expect(panel).not_to_be_in_viewport()
        question, answer = finished(notebook, 2, seconds=60)
        assert (question["role"], answer["text_heard"]) == ("user", ANSWER)
        assert notebook.value("w.connection_state") == "connected"
        page.evaluate(f"() => {outer}.scrollTo(0, 0)")
        expect(panel.locator(".row").get_by_text(ANSWER)).to_be_visible()
        expect(panel.locator(".state")).to_have_text("Listening")
        notebook.hang_up()
        assert notebook.live_tracks() == 0
        assert notebook.problems == []

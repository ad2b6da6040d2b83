"""Microphone and volume are changed in mid-call, by Python and in the panel; a notebook keeps none of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import lab as labs
from tests.e2e.lab import SMALL, Lab, Notebook, wait_for

SETUP = [
    f"from voice_widget import Local, VoiceWidget\nw = VoiceWidget({SMALL}, agent=lambda turn: 'yes')",
    "w",
]
# Chromium's own doubles: a default device and two others of each kind.
DOUBLES = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
FIRST, SECOND = "Fake Audio Input 1", "Fake Audio Input 2"
SENT = "() => seen.peers.at(-1).getSenders()[0].track.label"
SAVE = """async () => {
  const { commands } = window.jupyterapp;
  const state = "@jupyter-widgets/jupyterlab-manager:saveWidgetState";
  for (const command of [state, "docmanager:save", state]) await commands.execute(command);
}"""


@pytest.fixture(scope="module")
def doubles(browser: Browser) -> Iterator[Browser]:
    second = labs.launch(browser.browser_type, None, *DOUBLES)
    yield second
    second.close()


def sends(notebook: Notebook, label: str) -> None:
    wait_for(lambda: notebook.page.evaluate(SENT) == label, seconds=10, what=f"{label} is sent")


@pytest.mark.real
def test_another_microphone_in_mid_call_from_python_and_in_the_panel(lab: Lab, doubles: Browser) -> None:
    with lab.open(doubles, lab.write("devices.ipynb", SETUP)) as notebook:
        notebook.run_all()
        notebook.wait_value("len(w.devices_df) == 4")
        microphones = "w.devices_df.query('kind == \"microphone\"').label.tolist()"
        assert notebook.value(microphones) == [FIRST, SECOND]
        notebook.call()
        sends(notebook, "Fake Default Audio Input")
        notebook.run(f"w.microphone = {SECOND!r}; w.volume = 0.5")
        sends(notebook, SECOND)
        notebook.wait_value("w.devices_df.query('chosen').label.tolist() == " + repr([SECOND]))
        panel = notebook.panel
        panel.get_by_role("button", name="Settings").click()
        picker = panel.get_by_role("combobox", name="Microphone", exact=True)
        expect(picker).to_have_value(SECOND)
        expect(panel.get_by_text("50 %")).to_be_visible()
        picker.select_option(FIRST)
        sends(notebook, FIRST)
        notebook.wait_value(f"w.microphone == {FIRST!r}")
        assert notebook.value("w.connection_state") == "connected"
        assert notebook.live_tracks() == 1
        code = "refused = error.code, error.next_step"
        notebook.run(f"try:\n    w.speaker = 'Yeti'\nexcept ValueError as error:\n    {code}")
        code, next_step = notebook.value("refused")
        assert code == "no_such_device"
        assert "Fake Audio Output 1" in next_step
        notebook.hang_up()
        notebook.page.evaluate(SAVE)
        saved = (lab.folder / notebook.name).read_bytes()
        assert b"application/vnd.jupyter.widget-state+json" in saved
        assert b"Fake Audio" not in saved
        assert notebook.problems == []
        # The browser has it, not the notebook: a widget made anew finds it there.
        notebook.run("w.close()")
        notebook.run_all()
        notebook.wait_value(f"w.microphone == {FIRST!r}")
        assert notebook.value("w.volume") == 0.5
        notebook.page.evaluate("() => localStorage.removeItem('voice_widget.sound')")

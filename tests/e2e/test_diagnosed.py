"""How the connection is, of a real page in a real call: from a cell, and behind "Connection" in the panel."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e import speech
from tests.e2e.lab import Lab

CELLS = [
    "from voice_widget import Local, VoiceWidget\n"
    "w = VoiceWidget(service=Local(stt='pocketsphinx', tts='espeak'), agent=lambda turn: 'Yes.')",
    "w",
]
TABLE = "{row.what: [row.value, row.verdict] for row in w.diagnose().itertuples()}"


def test_in_a_call_the_pair_the_round_trip_and_the_permission_are_told(
    lab: Lab, browser: Browser, microphone: Path
) -> None:
    speech.write(microphone, [speech.silence(60)])
    with lab.open(browser, lab.write("diagnosed.ipynb", CELLS)) as notebook:
        notebook.run_all()
        notebook.call()
        # The round trip is measured every few seconds.
        notebook.wait_value("'ms' in w.diagnose().set_index('what').value['round trip']", seconds=15)
        table = notebook.value(TABLE)
        assert table["page"] == ["it has answered", "good"]
        assert table["secure context"] == ["yes", "good"]
        assert table["permission"] == ["granted", "good"]
        value, verdict = table["selected pair"]
        assert (value.split()[1:3], verdict) == (["to", "host"], "good")
        assert " by udp" in value
        assert "udp" in table["candidates"][0]
        assert table["front end"][0].startswith("JupyterLab 4")
        assert table["channel"][0].startswith("open, ")
        assert table["comm"][0].endswith("ms there and back")

        notebook.panel.get_by_role("button", name="Settings").click()
        notebook.panel.get_by_role("button", name="Connection").click()
        shown = notebook.panel.get_by_role("dialog", name="Connection")
        expect(shown.get_by_role("row", name="Selected pair")).to_contain_text("by udp")
        expect(shown.get_by_role("row", name="Permission")).to_contain_text("granted")
        # Asked again while it is open, and then it knows how long a message takes.
        expect(shown.get_by_role("row", name="Comm")).to_contain_text("there and back")
        notebook.page.keyboard.press("Escape")
        expect(shown).to_have_count(0)
        expect(notebook.panel.get_by_role("button", name="Connection")).to_be_focused()
        notebook.page.keyboard.press("Escape")
        notebook.hang_up()
        assert notebook.problems == []

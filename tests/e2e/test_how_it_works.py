"""The lesson in JupyterLab: its steps with somebody who speaks, and the interface that it teaches to make."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Locator, Page, expect

from tests.busy import busy
from tests.e2e import ears, speech
from tests.e2e.lab import ROOT, Lab, Notebook, wait_for
from tests.test_how_it_works import read, small, solved

NAME = "how_it_works.ipynb"
SILENT_MS = 500.0
ASKED_MS, NEAR_MS = 1200, 350
"""How long a silence the lesson asks for, and how near its check holds a turn's end to that."""
# A browser that asks the person, once, until somebody calls `allow`.
ASKING = """
() => {
  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia;
  devices.getUserMedia = async (wanted) => {
    devices.getUserMedia = ask;
    const stream = await ask.call(devices, wanted);
    await new Promise((resolve) => { window.allow = resolve; });
    return stream;
  };
}
"""
HEALTH = """
def health():
    address = base_url.removesuffix("/v1") + "/healthz"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"})
    return json.load(urllib.request.urlopen(request))
"""


@contextmanager
def opened(lab: Lab, browser: Browser, notebook: Any) -> Iterator[Notebook]:
    """That notebook, with what lies beside it, in a page that is listened to."""
    for path in (ROOT / "notebooks").glob("how_it_works_solution.*"):
        shutil.copy(path, lab.folder)
    nbformat.write(notebook, lab.folder / NAME)  # type: ignore[no-untyped-call]
    with lab.open(browser, NAME, prepare=ears.listen) as shown:
        yield shown


class Learner:
    """Somebody who goes from cell to cell."""

    def __init__(self, notebook: Notebook, cells: Any) -> None:
        self.notebook = notebook
        self.page = notebook.page
        self._ids = [cell.id for cell in cells]

    def cell(self, name: str) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self._ids.index(name))

    def run(self, name: str) -> Locator:
        """Run a cell, to its end; what it shows."""
        select = "(at) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = at }"
        self.page.evaluate(select, self._ids.index(name))
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
        return self.cell(name).locator(".jp-OutputArea-output")

    def check(self, name: str) -> str:
        """What a check says."""
        return self.run(f"{name}-check").first.inner_text().strip()


def each_check_holds_for_who_does_what_the_step_says(
    learner: Learner, microphone: Path, tmp_path: Path
) -> None:
    notebook = learner.notebook
    hello, over = (
        speech.say(text, "flite:slt", tmp_path)
        for text in ("hello there, can you hear me", "stop please, that is enough now")
    )
    assert learner.check("microphone").startswith("→ You are disconnected.")
    speech.write(microphone, [speech.silence(2), hello, speech.silence(40)])
    # It is said once: an engine beside which two others are loading might pass over it.
    notebook.run(HEALTH)
    notebook.wait_value("health()['warm'] and bool(real.voices)", seconds=60, pause=0.25)
    notebook.panel.scroll_into_view_if_needed()
    notebook.call()

    direction = learner.cell("offer").get_by_label("Sound")
    direction.select_option("recvonly")
    notebook.wait_value("'a=sendonly' in handshake.answer")
    assert learner.check("offer").startswith("→ Who answers may only be sendonly")
    direction.select_option("sendrecv")
    notebook.wait_value("'a=sendrecv' in handshake.answer")
    assert learner.check("offer").startswith("✓ Your two peers agree: sound both ways, and data.")

    notebook.wait_value(
        "'output_audio_buffer.stopped' in list(w.events_df['type']) and w.turns == 2", seconds=40
    )
    assert learner.check("microphone").startswith("✓")
    expect(learner.cell("events")).to_contain_text("output_audio_buffer.stopped")
    expect(learner.cell("events").locator("table.dataframe")).not_to_contain_text("transcript.delta")
    assert learner.check("events").startswith("✓")
    expect(learner.run("levels").locator("img")).to_be_visible()
    assert learner.check("levels").startswith("✓")
    notebook.wait_value("w.metrics_df['end_wait_ms'].notna().any()")
    waited = notebook.value("int(w.metrics_df['end_wait_ms'].dropna().iloc[-1])")
    assert busy() or abs(waited - ASKED_MS) < NEAR_MS
    holds = "✓" if abs(waited - ASKED_MS) <= NEAR_MS else "→"
    assert learner.check("activity").startswith(f"{holds} You ask for {ASKED_MS} ms")
    notebook.run("w.turn_detection = ServerVad(silence_duration_ms=300)")
    notebook.wait_value("w.turn_detection['silence_duration_ms'] == 300")
    holds = "✓" if abs(waited - 300) <= NEAR_MS else "→"  # beside a busy machine a pause may have been longer
    assert learner.check("activity").startswith(f"{holds} You ask for 300 ms")
    assert learner.check("cleanup").startswith("→ Still in a call, with the microphone: w.")

    learner.run("reconnection")
    notebook.wait_value("'voice_widget.call.retrying' in list(w.events_df['type'])", seconds=20)
    the_token_step_holds(learner, microphone)  # while the engine comes back
    notebook.wait_value("w.connection_state == 'connected'", seconds=60)
    assert learner.check("reconnection").startswith("✓ The call is back")
    notebook.hang_up()

    question = speech.say("what can you do", "flite:slt", tmp_path)
    # The first may come before a late answer, as a question: then the second speaks over its answer.
    speaks_over = [speech.silence(5), over] * 2
    speech.write(microphone, [speech.silence(2), question, *speaks_over, speech.silence(20)])
    learner.cell("turns").locator("[data-voice-widget]").get_by_role("button", name="Call").click()
    notebook.wait_value("bool(real.transcript_df.interrupted.any())", seconds=60)
    assert learner.check("turns").startswith("✓ You heard")
    assert learner.check("cleanup").startswith("→ Still in a call, with the microphone: real.")
    learner.cell("turns").get_by_role("button", name="Hang up").click()
    notebook.wait_value("real.connection_state == 'disconnected'")
    assert learner.check("cleanup").startswith("✓ ")
    assert notebook.live_tracks() == 0


def the_token_step_holds(learner: Learner, microphone: Path) -> None:
    notebook = learner.notebook
    speech.write(microphone, [speech.silence(60)])
    learner.run("token")  # a minute may be over
    assert learner.check("token").startswith("→ The token is good. Now press Call in the panel")
    panel = learner.cell("by-token").locator("[data-voice-widget]")
    panel.get_by_role("button", name="Call").click()
    notebook.wait_value("by_token.connection_state == 'connected'")
    said = learner.check("token")
    assert said.startswith("✓ The page has called with a token. The key is not in what it has"), said
    assert said.endswith("403."), said
    panel.get_by_role("button", name="Hang up").click()
    notebook.wait_value("by_token.connection_state == 'disconnected'")


def silent(page: Page) -> bool:
    """Nothing of the assistant was heard for a while."""
    spans = ears.heard(page, "assistant")
    return bool(spans) and float(page.evaluate("performance.now()")) - spans[-1].end > SILENT_MS


def the_smallest_voice_interface_talks_is_interrupted_and_lets_go(
    learner: Learner, microphone: Path, tmp_path: Path
) -> None:
    notebook, page = learner.notebook, learner.page
    speech.write(
        microphone,
        [speech.silence(3), speech.say("count to thirty", "flite:slt", tmp_path), speech.silence(60)],
    )
    shown = learner.cell("own-widget")
    shown.scroll_into_view_if_needed()
    button, interrupt = (shown.get_by_role("button", name=name) for name in ("Call", "Interrupt"))
    expect(interrupt).to_be_disabled()
    button.click()
    expect(shown.get_by_role("status")).to_have_text("connected", timeout=30_000)
    assert notebook.live_tracks() == 1

    expect(interrupt).to_be_enabled(timeout=40_000)
    expect(shown.locator("pre")).to_contain_text(
        re.compile("user: .*thirty.*\nassistant: 1, 2"), timeout=20_000
    )
    expect(shown.get_by_text("● Assistant")).to_be_visible()
    expect(shown.get_by_text("○ You")).to_be_visible()
    assert notebook.inbound()["totalAudioEnergy"] > 0
    interrupt.click()
    expect(shown.get_by_text("○ Assistant")).to_be_visible()
    wait_for(lambda: silent(page), seconds=5, what="the assistant is silent")
    expect(shown.get_by_text("(interrupted)")).to_be_visible()

    shown.get_by_role("button", name="Hang up").click()
    expect(shown.get_by_role("status")).to_have_text("disconnected")
    assert notebook.live_tracks() == 0
    assert set(page.evaluate("() => seen.peers.map((peer) => peer.connectionState)")) == {"closed"}
    notebook.wait_value("mine.talk['state'] == 'disconnected'")
    notebook.run(HEALTH)
    notebook.wait_value("health()['sessions'] == 0")
    said = learner.run("own-check").first.inner_text()
    assert "→" not in said
    assert "thirty" in said.splitlines()[-1]
    held = "str(mine.get_state())"
    assert notebook.value(f"[key in {held}, 'ek_' in {held}]") == [False, False]


def the_smallest_voice_interface_lets_go_however_a_call_ends(learner: Learner, microphone: Path) -> None:
    notebook = learner.notebook
    speech.write(microphone, [speech.silence(90)])
    shown = learner.cell("own-widget")
    shown.scroll_into_view_if_needed()
    call, hang_up = (shown.get_by_role("button", name=name) for name in ("Call", "Hang up"))
    status = shown.get_by_role("status")

    def calls() -> None:
        call.click()
        expect(status).to_have_text("connected", timeout=30_000)
        assert notebook.live_tracks() == 1

    notebook.page.evaluate(ASKING)
    call.click()
    notebook.page.wait_for_function("() => window.allow !== undefined")
    hang_up.click()
    expect(status).to_have_text("disconnected")
    notebook.page.evaluate("() => allow()")
    wait_for(lambda: notebook.live_tracks() == 0, seconds=5, what="a call given up holds no microphone")

    calls()
    notebook.command("notebook:clear-all-cell-outputs")
    wait_for(lambda: notebook.live_tracks() == 0, seconds=5, what="without a view there is no microphone")
    learner.run("own-widget")
    calls()
    notebook.run("server.terminate()")
    expect(status).to_have_text("The service has hung up.", timeout=20_000)
    assert notebook.live_tracks() == 0
    call.click()
    expect(status).to_contain_text("The kernel got no token")
    assert notebook.live_tracks() == 0
    states = notebook.page.evaluate("() => seen.peers.map((peer) => peer.connectionState)")
    assert set(states) == {"closed"}


def test_the_lesson_and_its_exercise(lab: Lab, browser: Browser, microphone: Path, tmp_path: Path) -> None:
    cells = solved(small(read()))
    # One notebook for all three: it takes longer to begin than each of them.
    with opened(lab, browser, cells) as notebook:
        notebook.run_all(seconds=120)
        learner = Learner(notebook, cells.cells)
        each_check_holds_for_who_does_what_the_step_says(learner, microphone, tmp_path)
        the_smallest_voice_interface_talks_is_interrupted_and_lets_go(learner, microphone, tmp_path)
        the_smallest_voice_interface_lets_go_however_a_call_ends(learner, microphone)
        assert notebook.problems == []

"""The talk in a browser tab of its own, where the notebook's page has no microphone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e import lab as labs
from tests.e2e.fronts import HEARD, IMPORTS, WIDGET, call, heard_energy, is_answered, live, say_often
from tests.e2e.lab import WATCH, Lab, Notebook

SETUP = [f"{IMPORTS}\nw = {WIDGET}", "w"]


@contextmanager
def without_microphone(lab: Lab, browser: Browser, microphone: Path, name: str) -> Iterator[Notebook]:
    """A notebook whose page is denied the microphone; pages of other origins may be given it."""
    denying = labs.launch(
        browser.browser_type,
        None,
        "--deny-permission-prompts",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
    )
    try:
        watched = {"permissions": (), "prepare": lambda page: page.context.add_init_script(WATCH)}
        with lab.open(denying, lab.write(name, SETUP), **watched) as notebook:
            notebook.run_all()
            notebook.wait_value("bool(w.voices)", seconds=40)
            yield notebook
    finally:
        denying.close()


def own_tab(notebook: Notebook) -> Page:
    """Press Own tab; the tab may use the microphone."""
    with notebook.page.context.expect_page() as opening:
        notebook.panel.get_by_role("button", name="Own tab").click()
    tab = opening.value
    tab.wait_for_url("**/tab/*/")
    tab.context.grant_permissions(["microphone"], origin=tab.url.split("/tab/")[0])
    return tab


def test_a_call_in_a_tab_of_its_own_is_seen_and_steered_in_the_notebook(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    with without_microphone(lab, browser, microphone, "own_tab.ipynb") as notebook:
        notebook.panel.get_by_role("button", name="Call", exact=True).click()
        notebook.wait_value("(w.error or {}).get('code') == 'microphone_denied'")
        tab = own_tab(notebook)
        panel = tab.locator("[data-voice-widget] .panel")
        call(panel)
        is_answered(panel)
        is_answered(notebook.panel)
        assert heard_energy(tab) > 0
        assert (live(tab), live(notebook.page)) == (1, 0)
        notebook.page.screenshot(path="/tmp/own_nb.png")
        tab.screenshot(path="/tmp/own_tab.png")
        expect(notebook.panel.get_by_text("held elsewhere")).to_be_visible()
        notebook.panel.get_by_role("button", name="Mute").click()
        expect(panel.locator(".state")).to_have_text("Muted")
        notebook.panel.get_by_role("button", name="Hang up").click()
        expect(panel.locator(".state")).to_have_text("Call ended")
        assert live(tab) == 0
        assert notebook.value("w.transcript[0]['text']") == HEARD[0]
        assert notebook.problems == []

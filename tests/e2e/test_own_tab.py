"""The talk in a browser tab of its own, where the notebook has no microphone, and who does not get there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator, Page, expect

from tests.e2e.blocked import blocked
from tests.e2e.fronts import HEARD, IMPORTS, WIDGET, call, heard_energy, is_answered, live, say_often
from tests.e2e.lab import WATCH, Lab, Notebook, launch
from tests.e2e.served import Served
from tests.e2e.test_blocked import ways

SETUP = [f"{IMPORTS}\nw = {WIDGET}", "w"]
PATIENCE_MS = 60_000
USED = "This link was used already"


@contextmanager
def without_microphone(
    lab: Lab, chrome: BrowserType, microphone: Path, name: str, cells: list[str]
) -> Iterator[Notebook]:
    """A notebook whose page is denied the microphone; pages of other origins may be given it."""
    denying = launch(
        chrome,
        None,
        "--deny-permission-prompts",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
    )

    def watch(page: Page) -> None:
        page.context.add_init_script(WATCH)

    try:
        with lab.open(denying, lab.write(name, cells), permissions=(), prepare=watch) as notebook:
            notebook.run_all()
            notebook.panel.get_by_role("button", name="Call", exact=True).click()
            notebook.wait_value("(w.error or {}).get('code') == 'microphone_denied'", seconds=40)
            yield notebook
    finally:
        denying.close()


def panel_of(tab: Page) -> Locator:
    return tab.locator("[data-voice-widget] .panel")


def own_tab(notebook: Notebook) -> Page:
    """Press Own tab; the tab may use the microphone."""
    with notebook.page.context.expect_page() as opening:
        notebook.panel.get_by_role("button", name="Own tab").click()
    tab = opening.value
    tab.wait_for_url("**/tab/*/", timeout=PATIENCE_MS)
    tab.context.grant_permissions(["microphone"], origin=tab.url.split("/tab/")[0])
    return tab


def is_heard(tab: Page, turns: int = 1) -> None:
    """What was spoken was answered, and the answer heard to its end."""
    is_answered(panel_of(tab), turns)
    expect(panel_of(tab).locator(".state")).to_have_text("Listening")


def test_a_call_in_a_tab_of_its_own_is_seen_and_steered_in_the_notebook(
    lab: Lab, chrome: BrowserType, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    with without_microphone(lab, chrome, microphone, "own_tab.ipynb", SETUP) as notebook:
        tab = own_tab(notebook)
        panel = panel_of(tab)
        call(panel)
        is_answered(panel)
        is_answered(notebook.panel)
        assert heard_energy(tab) > 0
        assert (live(tab), live(notebook.page)) == (1, 0)
        expect(notebook.panel.get_by_text("held elsewhere", exact=True)).to_be_visible()
        notebook.panel.get_by_role("button", name="Mute").click()
        expect(panel.locator(".state")).to_have_text("Muted")
        notebook.panel.get_by_role("button", name="Hang up").last.click()
        expect(panel.locator(".state")).to_have_text("Call ended")
        assert live(tab) == 0
        assert notebook.value("w.transcript[0]['text']") == HEARD[0]
        assert notebook.problems == []


@pytest.mark.real
def test_a_tab_that_is_loaded_again_or_closed_lets_go_of_the_call_and_comes_back(
    lab: Lab, chrome: BrowserType, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    with without_microphone(lab, chrome, microphone, "own_again.ipynb", SETUP) as notebook:
        tab = own_tab(notebook)
        call(panel_of(tab))
        is_heard(tab)
        tab.reload()
        # The talk is there, and goes on by a click.
        expect(panel_of(tab).locator(".row")).to_have_count(2, timeout=PATIENCE_MS)
        notebook.wait_value("w.connection_state != 'connected'")
        call(panel_of(tab))
        is_heard(tab, 2)
        tab.close()
        notebook.wait_value("w.connection_state != 'connected'")
        expect(notebook.panel.locator(".main")).to_be_enabled()
        # Another one, and then no kernel: it says so.
        second = notebook.page.context.new_page()
        second.goto(notebook.value("w.own_tab().url"))
        is_answered(panel_of(second), 2)
        notebook.run("w.close()")
        expect(second.get_by_text("The notebook's kernel has closed this talk")).to_be_visible()
        assert notebook.problems == []


@pytest.mark.real
def test_at_a_service_elsewhere_the_process_is_without_stages(
    lab: Lab, chrome: BrowserType, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    script = [{"hear": text, "say": f"You said {text}."} for text in HEARD]
    served = Served(tmp_path, script, "--vad", "level")
    cells = [
        f"from voice_widget import OpenAI, VoiceWidget\nw = VoiceWidget(service={served.service()})",
        "w",
    ]
    try:
        with without_microphone(lab, chrome, microphone, "own_served.ipynb", cells) as notebook:
            tab = own_tab(notebook)
            call(panel_of(tab))
            is_answered(panel_of(tab))
            is_answered(notebook.panel)
            found = "__import__('voice_widget.services.engine_child', fromlist=['_']) ._children[None]"
            assert notebook.value(f"[{found}.parts, {found}.users]") == [{}, 1]
            pid = notebook.value(f"{found}.pid")
            assert Path(f"/proc/{pid}/task/{pid}/children").read_text().split() == []
            notebook.run("w.close()")
    finally:
        served.end()


@pytest.mark.real
def test_a_phone_behind_a_tunnel_talks_by_comm(
    lab: Lab, browser: Browser, chrome: BrowserType, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    with lab.open(browser, lab.write("phone.ipynb", SETUP)) as notebook:
        notebook.run_all()
        notebook.wait_value("bool(w.voices)", seconds=40)
        port = notebook.value("w.own_tab().port")
        with blocked(tmp_path, port) as network:
            away = launch(chrome, microphone, executable=network.chromium)
            try:
                context = away.new_context(
                    viewport={"width": 390, "height": 844},
                    has_touch=True,
                    is_mobile=True,
                    permissions=["microphone"],
                )
                context.add_init_script(WATCH)
                tab = context.new_page()
                tab.goto(notebook.value("w.own_tab().url"))
                panel = panel_of(tab)
                call(panel)
                is_answered(panel)
                is_answered(notebook.panel)
                assert ways(notebook) == [["webrtc", None], ["comm", "ice_failed"]]
                assert tab.evaluate("() => document.documentElement.scrollWidth") <= 390
                box = panel.bounding_box()
                assert box is not None
                assert box["height"] > 700  # it has the whole screen
                assert notebook.problems == []
            finally:
                away.close()


# What a page of somebody else may try, who knows where the talk is: with whatever cookies the browser has.
ATTACK = """async ({ room, code }) => {
  const tab = new URL("/tab/", room).href;
  const open = (url, options = {}) =>
    fetch(url, { credentials: "include", ...options }).then(r => r.status, () => "refused");
  const body = JSON.stringify({ code });
  const socket = new Promise(resolve => {
    const made = new WebSocket(new URL("socket", room).href.replace("http", "ws"));
    made.onopen = () => resolve("open");
    made.onerror = () => resolve("refused");
  });
  const frame = document.createElement("iframe");
  frame.src = room;
  const framed = new Promise(resolve => {
    frame.onload = () => resolve(frame.contentDocument?.body.innerText ?? "refused");
  });
  document.body.append(frame);
  return {
    read: await open(room),
    asked: await open(new URL("open", room).href),
    code: await open(`${tab}open`, { method: "POST", body }),
    socket: await socket,
    framed: await framed,
  };
}"""


@pytest.mark.real
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["the same site", "another site"])
def test_pages_of_others_get_nothing(lab: Lab, browser: Browser, host: str) -> None:
    with lab.open(browser, lab.write(f"hostile_{host}.ipynb", SETUP)) as notebook:
        notebook.run_all()
        url = str(notebook.value("w.own_tab().url"))
        with person(browser) as context:
            tab = context.new_page()
            tab.goto(url)
            expect(panel_of(tab)).to_be_visible(timeout=PATIENCE_MS)
            page = context.new_page()
            page.goto(lab.address("login", host))
            unused = str(notebook.value("w.own_tab().url"))
            got = page.evaluate(ATTACK, {"room": tab.url, "code": "guessed"})
            assert got == {
                "read": "refused",
                "asked": "refused",
                "code": "refused",
                "socket": "refused",
                "framed": "refused",
            }
            # The tab has noticed nothing, and another link works still.
            expect(panel_of(tab).locator(".state")).to_have_text("Ready")
            tab.goto(unused)
            expect(panel_of(tab)).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.real
def test_an_old_link_and_another_browser_are_told_what_to_do(lab: Lab, browser: Browser) -> None:
    with lab.open(browser, lab.write("old_link.ipynb", SETUP)) as notebook:
        notebook.run_all()
        url = str(notebook.value("w.own_tab().url"))
        with person(browser) as context, person(browser) as stranger:
            tab, other = context.new_page(), stranger.new_page()
            tab.goto(url)
            expect(panel_of(tab)).to_be_visible(timeout=PATIENCE_MS)
            assert "#" not in tab.url
            other.goto(url)
            expect(other.get_by_text(USED)).to_be_visible()
            other.goto(tab.url)
            expect(other.get_by_text("open in the browser that has used its link")).to_be_visible()
            other.goto(tab.url.rsplit("/", 2)[0] + "/")
            expect(other.get_by_text(USED)).to_be_visible()
            assert panel_of(other).count() == 0
            # The same browser twice: the newer one has it.
            second = context.new_page()
            second.goto(tab.url)
            expect(panel_of(second)).to_be_visible(timeout=PATIENCE_MS)
            expect(tab.get_by_text("goes on in another tab")).to_be_visible()


@contextmanager
def person(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody's browser, with cookies of its own."""
    context = browser.new_context(permissions=["microphone"])
    context.add_init_script(WATCH)
    try:
        yield context
    finally:
        context.close()

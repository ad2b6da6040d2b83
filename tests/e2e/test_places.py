"""One kernel, and more than one page; and a kernel that is somewhere under a path of its own."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e import speech
from tests.e2e.fronts import HEARD, call, hang_up, heard_energy, is_answered, live, say_often
from tests.e2e.lab import BUSY, ENTER, WATCH, Lab, Notebook, wait_for
from tests.e2e.test_exported import TABLE, exported
from tests.e2e.test_front_ends import FAULT, Notebook7
from tests.packages import needed

LONG = "The river goes slowly down to the sea, past seven small boats and a mill. " * 4
AGENT = f"""\
from voice_widget import Local, Show, VoiceWidget

def agent(turn):
    yield Show({{"asked": turn.text}}, "asked " + turn.text)
    yield {LONG!r} if turn.text == "tell me" else f"You said {{turn.text}}."

def widget(**more):
    heard = {[{"hear": text, "say": ""} for text in HEARD]!r}
    return VoiceWidget(service=Local(vad="level", tts="tone", script=heard), agent=agent, **more)
"""
CELLS = [f"{AGENT}\nw = widget()", "w"]
OF_NOTEBOOK_7 = {FAULT, "Command 'filebrowser:open-path' not registered."}
"""What it says itself, whatever is in the notebook; the second where one is loaded again."""
RESULT = "{'asked': 'one'}"
OUTPUTS = ".jp-OutputArea .jp-RenderedHTMLCommon"


def panel_of(notebook: Notebook) -> Locator:
    """The one that is seen: JupyterLab keeps what is behind another tab of its own."""
    return notebook.page.locator("[data-voice-widget]:visible")


def state_of(notebook: Notebook) -> Locator:
    return panel_of(notebook).locator(".state")


def save(notebook: Notebook) -> None:
    notebook.command("docmanager:save-all")
    path = notebook.lab.folder / notebook.name
    wait_for(lambda: "widget-view" in path.read_text(), seconds=20, what="the notebook is saved")


def is_there_when_saved(notebook: Notebook, browser: Browser) -> None:
    """What is saved now has the turns, for whoever reads it without a kernel."""
    path = notebook.lab.folder / notebook.name

    def has_them() -> bool:
        # They come into the output when the kernel has time for it.
        notebook.command("docmanager:save-all")
        return "You said one." in path.read_text()

    wait_for(has_them, seconds=20, what="the turns are saved", pause=1.0)
    alone = exported(path, browser)
    cells = alone.locator(f"{TABLE} tbody td:nth-child(2)")
    expect(cells.get_by_text("You said one.", exact=True).first).to_be_visible()
    alone.context.close()


def answers_again(notebook: Notebook) -> None:
    """The next call is heard from its first word on."""
    said = panel_of(notebook).locator(".row").get_by_text("You said one.", exact=True)
    expect(said).to_have_count(2, timeout=25_000 * BUSY)


@contextmanager
def second_tab(first: Notebook) -> Iterator[Notebook]:
    """The notebook, saved with its outputs, once more in another tab of the browser."""
    save(first)
    page = first.page.context.new_page()
    page.add_init_script(WATCH)
    second = Notebook(first.lab, page, first.name)
    second.open()
    expect(panel_of(second)).to_be_visible(timeout=20_000 * BUSY)
    try:
        yield second
    finally:
        page.close()


@contextmanager
def two_tabs(lab: Lab, browser: Browser, name: str) -> Iterator[tuple[Notebook, Notebook]]:
    with lab.open(browser, lab.write(name, CELLS)) as first:
        first.run_all()
        with second_tab(first) as second:
            yield first, second
            assert first.problems == second.problems == []


def say_once(microphone: Path, folder: Path) -> None:
    said = speech.say("how many rows are there", "flite:slt", folder)
    speech.write(microphone, [speech.silence(2), said, speech.silence(120)])


def test_two_tabs_with_the_same_notebook(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    say_once(microphone, tmp_path)
    with two_tabs(lab, browser, "tabs.ipynb") as (first, second):
        call(panel_of(first))
        for notebook in (first, second):
            is_answered(panel_of(notebook))
        assert (live(first.page), live(second.page)) == (1, 0)
        expect(panel_of(second).get_by_text("held elsewhere", exact=True)).to_be_visible()
        panel_of(second).get_by_role("button", name="Mute").click()
        expect(state_of(first)).to_have_text("Muted")
        panel_of(second).get_by_role("button", name="Hang up").click()
        for notebook in (first, second):
            expect(state_of(notebook)).to_have_text("Call ended")
        assert (live(first.page), live(second.page)) == (0, 0)


@pytest.mark.real
def test_the_other_tab_types_and_interrupts_and_then_has_the_microphone(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    say_once(microphone, tmp_path)
    with two_tabs(lab, browser, "steered.ipynb") as (first, second):
        call(panel_of(first))
        is_answered(panel_of(second))
        expect(state_of(second)).to_have_text("Listening")
        field = panel_of(second).get_by_role("textbox")
        field.fill("tell me")
        field.press("Enter")
        interrupt = panel_of(second).get_by_role("button", name="Interrupt")
        expect(interrupt).to_be_enabled()
        interrupt.click()
        first.wait_value(
            "w.transcript[-1]['interrupted'] and w.transcript[-1]['text'].startswith('The river')"
        )
        for notebook in (first, second):
            rows = panel_of(notebook).locator(".row")
            expect(rows.get_by_text("tell me", exact=True)).to_be_visible()
            expect(rows.get_by_text("stopped by Interrupt")).to_be_visible()
        panel_of(second).get_by_role("button", name="Hang up").click()
        expect(state_of(first)).to_have_text("Call ended")
        # The microphone goes where Call is pressed.
        call(panel_of(second))
        for notebook in (second, first):
            answers_again(notebook)
        assert (live(first.page), live(second.page)) == (0, 1)
        expect(panel_of(first).get_by_text("held elsewhere", exact=True)).to_be_visible()
        hang_up(second.page, panel_of(second))


@pytest.mark.real
def test_what_an_agent_shows_is_seen_once_in_each_tab(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    say_once(microphone, tmp_path)
    with two_tabs(lab, browser, "shown.ipynb") as (first, second):
        call(panel_of(first))
        for notebook in (first, second):
            is_answered(panel_of(notebook))
        # Under the widget in the tab that had the cell run, and in the panel of the other.
        expect(first.page.locator(OUTPUTS).get_by_text(RESULT)).to_be_visible()
        opened = {"name": "asked one"}
        expect(panel_of(first).get_by_role("button", **opened)).to_be_visible()
        expect(panel_of(first).get_by_role("region", **opened)).to_have_count(0)
        expect(panel_of(second).get_by_role("region", **opened)).to_have_text(RESULT)
        assert second.page.locator(OUTPUTS).get_by_text(RESULT).count() == 0
        hang_up(first.page, panel_of(first))
        is_there_when_saved(first, browser)
        # What comes to a tab that was loaded again is seen there, too.
        first.page.reload()
        first.page.wait_for_function("() => window.jupyterapp !== undefined", timeout=60_000)
        field = panel_of(first).get_by_role("textbox")
        field.fill("again")
        field.press("Enter")
        for notebook in (first, second):
            expect(panel_of(notebook).get_by_role("region", name="asked again")).to_be_visible(timeout=30_000)


@pytest.mark.real
def test_a_tab_is_loaded_again_in_mid_call(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    with two_tabs(lab, browser, "tabs_again.ipynb") as (first, second):
        call(panel_of(first))
        is_answered(panel_of(second))
        # The one without the call: that goes on.
        second.page.reload()
        expect(panel_of(second).get_by_text("held elsewhere", exact=True)).to_be_visible(timeout=60_000)
        is_answered(panel_of(second), 2)
        assert (live(first.page), live(second.page)) == (1, 0)
        expect(state_of(second)).to_have_text("Listening")
        # The one that has it: the other says why it has ended, and can call.
        first.page.reload()
        expect(state_of(second)).to_have_text("Call ended", timeout=30_000)
        expect(panel_of(second).get_by_text("was closed or loaded again")).to_be_visible()
        expect(state_of(first)).to_have_text("Call ended", timeout=60_000)
        is_answered(panel_of(first), 2)
        call(panel_of(second))
        answers_again(first)
        assert (live(first.page), live(second.page)) == (0, 1)
        hang_up(second.page, panel_of(second))


# The kernel was there before the notebook was opened.
CONNECTED = """async () => {
  const { sessionContext } = window.jupyterapp.shell.currentWidget;
  await sessionContext.ready;
  await sessionContext.session.kernel.info;
}"""


def attach(first: Notebook, name: str, cells: list[str]) -> None:
    """A second notebook on the first one's kernel, as by 'Change Kernel'."""
    lab = first.lab
    body = {
        "path": lab.write(name, cells),
        "name": name,
        "type": "notebook",
        "kernel": {"id": first.kernel_id},
    }
    request = urllib.request.Request(
        lab.address("api/sessions"),
        json.dumps(body).encode(),
        {"Authorization": f"token {lab.token}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=20).close()


@pytest.mark.parametrize("where", ["one window", pytest.param("two tabs", marks=pytest.mark.real)])
def test_two_notebooks_on_one_kernel_have_a_talk_each(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path, where: str
) -> None:
    say_often(microphone, tmp_path)
    with lab.open(browser, lab.write(f"{where}.ipynb", CELLS)) as first:
        attach(first, f"{where} also.ipynb", ["v = widget()", "v"])
        first.run_all()
        call(panel_of(first))
        is_answered(panel_of(first))
        page = first.page
        if where == "one window":
            page.evaluate(ENTER, f"{where} also.ipynb")
        else:
            page = first.page.context.new_page()
            page.add_init_script(WATCH)
        second = Notebook(lab, page, f"{where} also.ipynb")
        if where == "two tabs":
            second.open()
        page.evaluate(CONNECTED)
        second.run_all()
        call(panel_of(second))
        is_answered(panel_of(second))
        expect(state_of(second)).to_have_text("Listening")
        field = panel_of(second).get_by_role("textbox")
        field.fill("mine")
        field.press("Enter")
        expect(panel_of(second).locator(".row").get_by_text("You said mine.")).to_be_visible()
        # Both hold their call, and know nothing of the other's.
        assert first.value("[w.connection_state, v.connection_state, w.error, v.error]") == [
            "connected",
            "connected",
            None,
            None,
        ]
        said = first.value("[[row['text'] for row in one.transcript] for one in (w, v)]")
        assert "mine" in said[1]
        assert "mine" not in said[0]
        # What is shown stands in the notebook whose cell shows the widget.
        output = page.locator(".jp-OutputArea:visible .jp-RenderedHTMLCommon")
        expect(output.get_by_text("{'asked': 'mine'}")).to_be_visible()
        expect(panel_of(second).get_by_role("region", name="asked mine")).to_have_count(0)
        panel_of(second).get_by_role("button", name="Hang up").click()
        first.wait_value("v.connection_state == 'disconnected'")
        assert first.value("w.connection_state") == "connected"
        assert live(first.page) == 1
        # The sound of the one that goes on is not touched.
        heard = first.value("len(w.transcript)")
        first.wait_value(f"len(w.transcript) >= {heard} + 2", seconds=30)
        # And loaded again.
        for notebook in (first, second):
            is_there_when_saved(notebook, browser)
        first.page.reload()
        first.wait_value("(w.notice or {}).get('code') == 'page_left'")
        seen = second if where == "one window" else first
        expect(state_of(seen)).to_have_text("Call ended", timeout=60_000)
        call(panel_of(seen))
        answers_again(seen)
        hang_up(seen.page, panel_of(seen))
        assert first.problems == second.problems == []


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server under the path that a Hub gives a person."""
    server = Lab(tmp_path_factory.mktemp("hub"), base="/user/ada/")
    yield server
    server.close()


@pytest.mark.parametrize("transport", ["webrtc", pytest.param("comm", marks=pytest.mark.real)])
def test_under_the_path_of_a_hub(
    hub: Lab, browser: Browser, microphone: Path, tmp_path: Path, transport: str
) -> None:
    say_often(microphone, tmp_path)
    cells = [f"{AGENT}\nw = widget(transport={transport!r})", "w"]
    with hub.open(browser, hub.write(f"hub_{transport}.ipynb", cells)) as notebook:
        assert "/user/ada/" in notebook.page.url
        notebook.run_all()
        holds_a_call(notebook, browser, transport)


class Proxied(Notebook):
    """In a JupyterLab that is reached only through another Jupyter server."""

    outer: Lab

    def address(self, host: str) -> str:
        return self.outer.address(f"proxy/absolute/{self.lab.port}/lab/tree/{self.name}", host)


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server whose pages jupyter-server-proxy passes on, under the path that this gives it."""
    needed("jupyter_server_proxy")
    # The browser knows both by one address, and so would mistake one's cookie for the other's.
    cookie = "--IdentityProvider.cookie_name=inner"
    server = Lab(tmp_path_factory.mktemp("inner"), base="/proxy/absolute/{port}/", options=[cookie])
    yield server
    server.close()


@pytest.mark.real
@pytest.mark.parametrize("transport", ["webrtc", "comm"])
def test_behind_jupyter_server_proxy(
    lab: Lab, inner: Lab, browser: Browser, microphone: Path, tmp_path: Path, transport: str
) -> None:
    say_often(microphone, tmp_path)
    cells = [f"{AGENT}\nw = widget(transport={transport!r})", "w"]
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(lab.address(f"api/status?token={lab.token}"))  # one is logged in there
    notebook = Proxied(inner, page, inner.write(f"proxied_{transport}.ipynb", cells))
    notebook.outer = lab
    try:
        notebook.open()
        notebook.run_all()
        assert f":{lab.port}/proxy/absolute/{inner.port}/" in page.url
        holds_a_call(notebook, browser, transport)
    finally:
        notebook.close()
        context.close()


@pytest.mark.real
def test_in_notebook_7(lab: Lab, browser: Browser, microphone: Path, tmp_path: Path) -> None:
    needed("notebook")
    say_often(microphone, tmp_path)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
    context.add_init_script(WATCH)
    notebook = Notebook7(lab, context.new_page(), lab.write("shown7.ipynb", CELLS))
    try:
        notebook.open()
        notebook.run_all()
        holds_a_call(notebook, browser, "webrtc")
    finally:
        notebook.close()
        context.close()


def holds_a_call(notebook: Notebook, browser: Browser, transport: str) -> None:
    """Heard and answered, with what was shown; loaded again, and heard and answered once more."""
    call(panel_of(notebook))
    is_answered(panel_of(notebook))
    expect(state_of(notebook)).to_have_text("Listening")
    assert notebook.value("[w.error, w.transport]") == [None, transport]
    if transport == "webrtc":
        assert heard_energy(notebook.page) > 0
    expect(notebook.page.locator(OUTPUTS).get_by_text(RESULT)).to_be_visible()
    is_there_when_saved(notebook, browser)
    notebook.page.reload()
    expect(state_of(notebook)).to_have_text("Call ended", timeout=60_000)
    expect(panel_of(notebook).get_by_text("was closed or loaded again")).to_be_visible()
    assert live(notebook.page) == 0
    call(panel_of(notebook))
    answers_again(notebook)
    expect(panel_of(notebook).get_by_role("region", name="asked one").last).to_have_text(RESULT)
    hang_up(notebook.page, panel_of(notebook))
    assert set(notebook.problems) <= OF_NOTEBOOK_7

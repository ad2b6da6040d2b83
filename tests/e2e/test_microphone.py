"""A microphone that cannot be had is named, with the next step; typed text still works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import lab as labs
from tests.e2e import speech
from tests.e2e.lab import SMALL, WATCH, Lab, Notebook
from tests.e2e.sound import SoundServer, needed

SETUP = [
    f"from voice_widget import Local, VoiceWidget\nw = VoiceWidget({SMALL}, agent=lambda turn: 'yes')",
    "w",
]


@contextmanager
def opened(lab: Lab, browser: Browser, name: str, host: str = "127.0.0.1") -> Iterator[Notebook]:
    with lab.open(browser, lab.write(name, SETUP), host=host, permissions=()) as notebook:
        notebook.run_all()
        notebook.wait_value("bool(w.voices)", seconds=40)
        yield notebook


@pytest.fixture
def sound(tmp_path: Path) -> Iterator[SoundServer]:
    needed()
    server = SoundServer(tmp_path)
    yield server
    server.close()


@pytest.mark.parametrize(
    ("flags", "host", "code"),
    [
        (
            ("--deny-permission-prompts", "--use-fake-device-for-media-stream"),
            "127.0.0.1",
            "microphone_denied",
        ),
        (("--use-fake-ui-for-media-stream",), "127.0.0.1", "microphone_missing"),
        (("--host-resolver-rules=MAP plain.test 127.0.0.1",), "plain.test", "page_not_secure"),
    ],
    ids=["denied", "absent", "page not secure"],
)
def test_named_in_the_panel_and_in_the_kernel(
    lab: Lab, browser: Browser, flags: tuple[str, ...], host: str, code: str
) -> None:
    second = labs.launch(browser.browser_type, None, *flags)
    try:
        with opened(lab, second, f"{code}.ipynb", host) as notebook:
            notebook.panel.get_by_role("button", name="Call", exact=True).click()
            notebook.wait_value(f"(w.error or {{}}).get('code') == {code!r}")
            error = notebook.value("w.error")
            assert error["next_step"]
            expect(notebook.panel.get_by_text(error["message"])).to_be_visible()
            field = notebook.panel.get_by_role("textbox")
            field.fill("hello")
            field.press("Enter")
            notebook.wait_value("w.turns >= 2", seconds=30)
            assert notebook.value("list(w.transcript_df.text)") == ["hello", "yes"]
            assert notebook.problems == []
    finally:
        second.close()


def test_a_page_that_is_not_secure_has_no_media_devices(lab: Lab, browser: Browser) -> None:
    """The test above would prove nothing if the page were secure."""
    second = labs.launch(browser.browser_type, None, "--host-resolver-rules=MAP plain.test 127.0.0.1")
    try:
        page = second.new_page()
        page.goto(f"http://plain.test:{lab.port}/lab?token={lab.token}")
        assert page.evaluate("() => [isSecureContext, navigator.mediaDevices === undefined]") == [False, True]
    finally:
        second.close()


@pytest.mark.real
def test_a_microphone_that_another_program_holds(lab: Lab, browser: Browser, sound: SoundServer) -> None:
    """The device is a sound server's, which lists it and refuses to open it; nothing in the page is faked."""
    second = labs.launch(browser.browser_type, None, "--use-fake-ui-for-media-stream", env=sound.env)
    try:
        with opened(lab, second, "busy.ipynb") as notebook:
            call = notebook.panel.get_by_role("button", name="Call", exact=True)
            with sound.held():
                call.click()
                notebook.wait_value("(w.error or {}).get('code') == 'microphone_busy'")
                error = notebook.value("w.error")
                expect(notebook.panel.get_by_text(error["message"])).to_be_visible()
                expect(notebook.panel.get_by_text(error["next_step"])).to_be_visible()
                listed = "async () => (await navigator.mediaDevices.enumerateDevices()).map(d => d.kind)"
                assert "audioinput" in notebook.page.evaluate(listed)
                refused = """() => navigator.mediaDevices.getUserMedia({ audio: true })
                    .then(() => "opened", error => error.name)"""
                assert notebook.page.evaluate(refused) == "NotReadableError"
                assert notebook.live_tracks() == 0
            call.click()
            notebook.wait_value("w.connection_state == 'connected'")
            assert notebook.value("w.error") is None
            assert notebook.live_tracks() == 1
            assert sound.recorders() >= 1
            expect(notebook.panel.get_by_text(error["message"])).to_be_hidden()
            assert notebook.problems == []
    finally:
        second.close()


@pytest.fixture(scope="module")
def framed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server that pages of others may show in a frame, as portals do."""
    headers = "--ServerApp.tornado_settings={'headers': {'Content-Security-Policy': 'frame-ancestors *'}}"
    server = Lab(tmp_path_factory.mktemp("framed"), options=[headers])
    yield server
    server.close()


@pytest.mark.real
@pytest.mark.parametrize("allow", ["", "microphone *"], ids=["without the microphone", "with it"])
def test_in_a_frame_of_another_page(framed: Lab, browser: Browser, microphone: Path, allow: str) -> None:
    speech.write(microphone, [speech.silence(60)])
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
    context.add_init_script(WATCH)
    page = context.new_page()
    portal = "http://127.0.0.1:8001/portal"
    frame = f'<iframe src="about:blank" allow="{allow}" style="width: 1200px; height: 850px"></iframe>'
    page.route(portal, lambda route: route.fulfill(content_type="text/html", body=frame))
    page.goto(portal)
    notebook = Notebook(framed, page, framed.write(f"framed_{len(allow)}.ipynb", SETUP))
    notebook.page = cast("Any", page.frames[1])
    try:
        notebook.open()
        notebook.page.wait_for_function("() => window.jupyterapp.shell.currentWidget")
        notebook.run_all()
        notebook.wait_value("bool(w.voices)", seconds=40)
        notebook.panel.get_by_role("button", name="Call", exact=True).click()
        if allow:
            notebook.wait_value("w.connection_state == 'connected'")
            assert notebook.live_tracks() == 1
            return
        notebook.wait_value("(w.error or {}).get('code') == 'microphone_blocked_by_policy'")
        error = notebook.value("w.error")
        expect(notebook.panel.get_by_text(error["message"])).to_be_visible()
        expect(notebook.panel.get_by_text(error["next_step"])).to_be_visible()
        # What it says to do helps.
        with context.expect_page() as opening:
            notebook.panel.get_by_role("button", name="Own tab").click()
        tab = opening.value
        panel = tab.locator("[data-voice-widget] .panel")
        panel.get_by_role("button", name="Call", exact=True).click(timeout=60_000)
        notebook.wait_value("w.connection_state == 'connected'")
        assert tab.evaluate("() => seen.tracks.filter(t => t.readyState === 'live').length") == 1
        expect(notebook.panel.get_by_text("held elsewhere", exact=True)).to_be_visible()
        assert notebook.problems == []
    finally:
        notebook.close()
        context.close()

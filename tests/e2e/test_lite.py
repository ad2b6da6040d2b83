"""A call in JupyterLite: Python runs in the browser too, and the page calls a server beside it by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import speech
from tests.e2e.fronts import call, hang_up, heard_energy
from tests.e2e.lab import BUSY, wait_for
from tests.e2e.lite import LiteNotebook, build, serving
from tests.e2e.served import Served
from tests.e2e.test_front_ends import opened
from tests.packages import needed

# What is asked of the widget where it cannot be: each is refused with what to do, and none hangs.
REFUSED = """
said = []
for ask in ("Local()", "VoiceWidget()", "w.own_tab()", "w.next_turn().result(5)"):
    try:
        eval(ask)
    except Exception as error:
        said.append([error.code, error.next_step != ""])
try:
    await w.next_turn()
except Exception as error:
    said.append([error.code, error.next_step != ""])
"""


LISTENS = """
try:
    await anext(w.stream_audio())
except Exception as error:
    said = [error.code, error.next_step != ""]
"""


CELLS = """\
%pip install voice-widget
---
from voice_widget import Local, OpenAI, VoiceWidget

async def ask():
    return {key!r}

service = OpenAI(base_url={url!r}, api_key=ask)
---
w = VoiceWidget(service=service, flow="ephemeral")
w
"""
# The kernel hands the offer over, and keeps the sound; nothing of what it does needs a thread.
RECORDED = """
from IPython.display import display
w.close()
w = VoiceWidget(service=service, record=True)
display(w)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served"), None, "--stt", "pocketsphinx")
    yield server
    server.end()


@pytest.fixture(scope="module")
def url(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    needed("jupyterlite_core")
    needed("jupyterlite_pyodide_kernel")
    cells = CELLS.format(key=served.key, url=served.url).split("---\n")
    with serving(build(tmp_path_factory.mktemp("lite"), cells)) as address:
        yield address


@contextmanager
def calling(browser: Browser, url: str, microphone: Path, folder: Path) -> Iterator[LiteNotebook]:
    """The notebook with its cells run, and a person who says "one" every eight seconds."""
    said = [speech.say("one", "flite:slt", folder), speech.silence(7)]
    speech.write(microphone, [speech.silence(2), *said * 5, speech.silence(20)])
    problems: list[str] = []
    with opened(browser, problems) as page:
        notebook = LiteNotebook(page, url)
        notebook.run_all()
        yield notebook
    assert problems == []


def is_answered(notebook: LiteNotebook) -> None:
    rows = notebook.panel.locator(".row")
    expect(rows.get_by_text("You said: one.", exact=True).first).to_be_visible(timeout=25_000 * BUSY)
    assert heard_energy(notebook.page) > 0
    assert notebook.value("w.transcript_df.text.tolist()")[:2] == ["one", "You said: one."]


def is_over(notebook: LiteNotebook) -> None:
    hang_up(notebook.page, notebook.panel)
    wait_for(lambda: notebook.value("w.connection_state") == "disconnected", seconds=10, what="it is over")
    assert notebook.value("w.error") is None


@pytest.mark.timeout(400)
def test_a_call_that_the_page_makes(browser: Browser, url: str, microphone: Path, tmp_path: Path) -> None:
    with calling(browser, url, microphone, tmp_path) as notebook:
        call(notebook.panel)
        is_answered(notebook)
        notebook.page.screenshot(path=tmp_path / "talk.png")
        # A task beside the cells hears what comes between them.
        notebook.run(
            "import asyncio\n"
            "async def next_answer():\n"
            "    return (await w.next_turn('assistant'))['text']\n"
            "answer = asyncio.create_task(next_answer())\n"
            "asked = w.send_text('hello')"
        )
        wait_for(lambda: notebook.value("answer.done()"), seconds=20, what="the typed turn is answered")
        assert notebook.value("answer.result()")
        is_over(notebook)
        # All of it can be computed there.
        for table in ("metrics_df", "words_df", "events_df"):
            assert notebook.value(f"len(w.{table})") > 1, table
        notebook.run(REFUSED)
        no_processes, waits = ["no_processes", True], ["wait_error", True]
        assert notebook.value("said") == [no_processes] * 3 + [waits] * 2


@pytest.mark.real
@pytest.mark.timeout(400)
def test_a_call_that_the_kernel_makes(browser: Browser, url: str, microphone: Path, tmp_path: Path) -> None:
    with calling(browser, url, microphone, tmp_path) as notebook:
        notebook.cell(RECORDED)
        call(notebook.panel)
        is_answered(notebook)
        notebook.run(LISTENS)
        assert notebook.value("said") == ["wait_error", True]
        is_over(notebook)
        sides, rate = notebook.value("[w.audio()[0].shape[1], w.audio()[1]]")
        assert (sides, rate) == (2, 24_000)
        assert notebook.value("len(w.measures())") > 1
        notebook.cell("w.replay()")
        replay = notebook.page.locator("[data-voice-replay]").last
        expect(replay.locator("header time")).to_have_text(re.compile(r"^0:00\.0"))
        replay.get_by_role("button", name="Play", exact=True).click()
        expect(replay.locator("header time")).to_have_text(re.compile(r"^0:0[1-9]"), timeout=20_000 * BUSY)
        replay.scroll_into_view_if_needed()
        notebook.page.screenshot(path=tmp_path / "replay.png")

"""No key and no token in what is shown, kept, sent, logged or saved, in real notebooks that have talked."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e import speech
from tests.e2e.lab import Lab, Notebook
from tests.e2e.served import Served, Traffic

QUESTION = "how many rows are there"
SCRIPT = [{"hear": QUESTION, "say": "There are many."}, {"hear": "", "say": "Thank you."}]
WAYS = {"unified": "", "ephemeral": "flow='ephemeral'", "comm": "transport='comm'"}
TOKEN = re.compile(rb"\bek_[A-Za-z0-9_-]{8,}")
# Everything that any package logs in the kernel, and all that a widget says of itself.
LOGGING = "import logging\nlogging.basicConfig(filename={path!r}, level=logging.DEBUG, force=True)\n"
SAID = """
def said(w):
    frames = [w.events_df, w.metrics_df, w.transcript_df]
    traits = [getattr(w, name) for name in w.trait_names()]
    more = [w.settings, w.error, w.notice, w.get_state(), w._repr_mimebundle_(), w._wiring.__dict__]
    return "\\n".join([repr(w), str(w), *(f.to_csv() for f in frames), *map(repr, [*traits, *more])])
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path, SCRIPT)
    yield server
    server.end()


def save_with_state(notebook: Notebook) -> bytes:
    """Save as JupyterLab does with "Save Widget State Automatically" on; what is in the file then."""
    # One command after the other; the first is a switch, and the setting is the server's.
    run = """
    async (names) => { for (const name of names) await window.jupyterapp.commands.execute(name) }
    """
    switch = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
    notebook.page.evaluate(run, [switch, "docmanager:save", switch])
    saved = (notebook.lab.folder / notebook.name).read_bytes()
    assert b"application/vnd.jupyter.widget-state+json" in saved
    assert b"There are many." in saved  # the talk is in there
    return saved


def show_image(notebook: Notebook, panel: Locator, way: str) -> None:
    """Choose an image that is larger than may be sent: service and panel have it smaller."""
    with notebook.page.expect_file_chooser() as chooser:
        panel.get_by_role("button", name="Add an image").click()
    chooser.value.set_files({"name": "noise.png", "mimeType": "image/png", "buffer": noise()})
    expect(panel.get_by_role("img", name="Image", exact=True)).to_be_visible()
    panel.get_by_role("textbox").press("Enter")
    notebook.wait_value(f"{way}.turns >= 4", seconds=30)
    # What is still being sent is shown as it was chosen.
    expect(panel.locator(".row.pending")).to_have_count(0)
    sent = panel.locator(".seen img")
    expect(sent).to_be_visible()
    width = sent.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }")
    assert 64 <= width <= 1024
    added = notebook.value(f"{way}.events_df.query('type == \"conversation.item.added\"').event.str.cat()")
    (size,) = re.findall(r"JPEG image, ([\d,]+) bytes", added)
    assert int(size.replace(",", "")) <= 180_000
    assert notebook.value(f"{way}.transcript_df.images.tolist()") == [0, 0, 1, 0]


def noise() -> bytes:
    """A picture that no format makes small."""
    file = io.BytesIO()
    values = np.random.default_rng(1).integers(0, 255, (1200, 1600, 3), dtype="uint8")
    Image.fromarray(values).save(file, format="PNG")
    return file.getvalue()


def test_a_notebook_that_has_talked_every_way(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path, served: Served
) -> None:
    speech.write(microphone, [speech.silence(90)])
    log = tmp_path / "kernel.log"
    making = [f"{way} = VoiceWidget(service={served.service()}, {more})" for way, more in WAYS.items()]
    first = LOGGING.format(path=str(log)) + "\n".join(
        ["from voice_widget import OpenAI, VoiceWidget", *making]
    )
    watched: list[Traffic] = []
    console: list[str] = []

    def prepare(page: Page) -> None:
        watched.append(Traffic(page, served))
        page.on("console", lambda message: console.append(message.text))

    with lab.open(browser, lab.write("secrets.ipynb", [first, *WAYS]), prepare=prepare) as notebook:
        notebook.run_all()
        # With the outputs, for the other page.
        notebook.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        other = notebook.page.context.new_page()
        prepare(other)
        other.goto(
            f"http://127.0.0.1:{lab.port}/lab/workspaces/secrets/tree/{notebook.name}?token={lab.token}"
        )
        expect(other.locator("[data-voice-widget]").first).to_be_visible(timeout=60_000)
        for number, way in enumerate(WAYS):
            panel = notebook.page.locator("[data-voice-widget]").nth(number)
            panel.get_by_role("button", name="Call", exact=True).click()
            notebook.wait_value(f"{way}.connection_state == 'connected'")
            panel.get_by_role("textbox").fill(QUESTION)
            panel.get_by_role("textbox").press("Enter")
            notebook.wait_value(f"{way}.turns >= 2", seconds=30)
            show_image(notebook, panel, way)
            panel.get_by_role("button", name="Hang up").click()
            notebook.wait_value(f"{way}.connection_state == 'disconnected'")
        notebook.run(SAID)
        found = {
            "the saved notebook": save_with_state(notebook),
            **{f"{way}'s own words": notebook.value(f"said({way})").encode() for way in WAYS},
        }
        (post,) = watched[0].posts
        token = (post.header_value("authorization") or "").removeprefix("Bearer ").encode()
        assert notebook.problems == []
    served.end()
    assert b"data:image/jpeg" not in found["the saved notebook"]
    assert TOKEN.fullmatch(token)
    # The token went by there, sealed: to both pages.
    assert all(traffic.holds('"type": "secret"') or traffic.holds('"type":"secret"') for traffic in watched)
    found |= {
        "the kernel's log": log.read_bytes(),
        "JupyterLab's log": (lab.folder / "lab.log").read_bytes(),
        "the server's output": served.log.encode(),
        "the console": "\n".join(console).encode(),
        "the page's messages": b"\n".join(watched[0].frames),
        "the other page's messages": b"\n".join(watched[1].frames),
    }
    assert b"client_secrets" in found["the kernel's log"]  # it is a full log
    leaks = {where for where, text in found.items() if served.key.encode() in text or TOKEN.search(text)}
    assert leaks == set()

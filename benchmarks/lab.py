"""The click on Call → the panel says connected, in JupyterLab in Chromium, with the engine warm.

Times are the page's own: from the click's time stamp to the change of the panel's state, which the kernel's
trait makes, or the service's first word to the page. Before each click the pointer rests on the button, as a
person's does, but for ``at_once``, where it comes and presses. ``stages`` are the medians of the milestones
on the way, from the click on. Beside it, in turns with it: what a page could do alone, and a bare widget,
whose kernel keeps the token as ours does.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.report import Beside, figure
from benchmarks.serving import RESTS_MS, bare_page, bare_widget, rest_and_click, serving, widget_cell
from tests.e2e import speech
from tests.e2e.lab import Lab, Notebook, launch

CALLS = 12
AT_MOST = 2.5  # by each way to a server
EMBEDDED_AT_MOST = 1.5
CELLS = (
    "from voice_widget import VoiceWidget\nfrom voice_widget.data import load\nw = VoiceWidget(data=load())",
    "w",
)
WATCH = """
() => {
  const up = new Set(["listening", "hearing", "thinking", "tool", "speaking", "muted", "typing"]);
  let called = null;
  let marks = {};
  const mark = (name) => { marks[name] ??= performance.now() - window.clicked; };
  document.addEventListener("click", (event) => {
    const path = event.composedPath();
    const button = path.find((at) => at.tagName === "BUTTON");
    if (!button?.textContent.trim().startsWith("Call")) return;
    called = path.find((at) => at.dataset?.voiceWidget !== undefined);
    window.clicked = event.timeStamp;
    marks = {};
  }, true);
  for (const host of document.querySelectorAll("[data-voice-widget]"))
    new MutationObserver(() => {
      if (host !== called || !up.has(host.shadowRoot.querySelector(".panel").dataset.state)) return;
      mark("connected");
      window.marks = marks;
    }).observe(host.shadowRoot, { subtree: true, attributes: true, attributeFilter: ["data-state"] });

  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    mark("microphone");
    return stream;
  };
  const peer = RTCPeerConnection.prototype;
  const { createOffer, setRemoteDescription, createDataChannel } = peer;
  peer.createOffer = function (...given) {
    this.addEventListener("connectionstatechange", () => {
      if (this.connectionState === "connected") mark("media");
    });
    return createOffer.apply(this, given);
  };
  peer.createDataChannel = function (...given) {
    const channel = createDataChannel.apply(this, given);
    channel.addEventListener("open", () => mark("channel"));
    return channel;
  };
  peer.setRemoteDescription = function (...given) {
    mark("answer");
    return setRemoteDescription.apply(this, given);
  };
}
"""
Marks = dict[str, float]  # milliseconds from the click on


@contextmanager
def opened(
    cells: Sequence[str], sound: Sequence[speech.Samples], prepare: Callable[[Page], None] | None = None
) -> Iterator[Notebook]:
    """A notebook that has run, in a page whose microphone plays ``sound`` anew in each call.

    ``prepare`` gets the page before it loads anything.
    """
    with tempfile.TemporaryDirectory(prefix="voice_widget_bench_") as name:
        folder = Path(name)
        microphone = speech.write(folder / "microphone.wav", sound)
        lab = Lab(folder)
        try:
            with sync_playwright() as playwright:
                browser = launch(playwright.chromium, microphone)
                with lab.open(browser, lab.write("bench.ipynb", cells), prepare=prepare) as notebook:
                    notebook.run_all()
                    notebook.panel.scroll_into_view_if_needed()
                    yield notebook
                browser.close()
        finally:
            lab.close()


def begin(notebook: Notebook, number: int = 0, rests_ms: float = RESTS_MS) -> Marks:
    """Press Call in a panel of a page that is watched, and wait until it is connected."""
    notebook.page.evaluate("() => { window.marks = null }")
    panel = notebook.page.locator("[data-voice-widget]").nth(number)
    rest_and_click(panel.get_by_role("button", name=re.compile("^Call")), rests_ms)
    notebook.page.wait_for_function("() => window.marks", timeout=20_000)
    marks: Marks = notebook.page.evaluate("() => window.marks")
    return marks


def end(notebook: Notebook, number: int = 0, widget: str = "w") -> None:
    """Hang up."""
    panel = notebook.page.locator("[data-voice-widget]").nth(number)
    panel.get_by_role("button", name="Hang up").click()
    notebook.wait_value(f"{widget}.connection_state == 'disconnected'")


def tell(name: str, marks: Sequence[Marks], **more: Any) -> float:
    """Print what calls took; the first is told apart. Gives the median."""
    first, *rest = marks
    # A stage that is noted a moment after the end is missing now and then.
    names = dict.fromkeys(name for each in rest for name in each)
    stages = {name: round(median(each[name] for each in rest if name in each)) for name in names}
    values = [each["connected"] for each in rest]
    line = figure(name, values, "ms", first=round(first["connected"]), stages=stages, **more)
    return float(line["p50"])


def main() -> None:
    marks: list[Marks] = []
    at_once: list[Marks] = []
    alone: list[Marks] = []
    bare: list[Marks] = []
    with serving() as url, opened([*CELLS, widget_cell(url)], [speech.silence(30)]) as notebook:
        notebook.wait_value("len(w.voices) > 0", seconds=60)
        notebook.page.evaluate(WATCH)
        for _ in range(1 + CALLS):
            marks.append(begin(notebook))
            end(notebook)
            at_once.append(begin(notebook, rests_ms=0))
            end(notebook)
            alone.append(bare_page(notebook.page, url))
            bare.append(bare_widget(notebook.page))
    page = Beside("connect_bare_page", tell("connect_bare_page", alone))
    floor = Beside("connect_bare_widget", tell("connect_bare_widget", bare, beside=page))
    tell("click_to_connected", marks, beside=page, at_most=EMBEDDED_AT_MOST)
    tell("click_to_connected_by_kernel", marks, beside=floor, at_most=EMBEDDED_AT_MOST)
    tell("click_to_connected_at_once", at_once, beside=page)


if __name__ == "__main__":
    main()

"""The click on Call → the panel says connected, in JupyterLab in Chromium, with the engine warm.

Times are the page's own: from the click's time stamp to the change of the panel's state, which the kernel's
trait makes. ``stages`` are the medians of the milestones on the way, from the click on.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Locator, sync_playwright

from benchmarks.report import figure
from tests.e2e import speech
from tests.e2e.lab import Lab, Notebook, launch

CALLS = 12
CELLS = (
    "from voice_widget import VoiceWidget\nfrom voice_widget.data import load\nw = VoiceWidget(data=load())",
    "w",
)
WATCH = """
() => {
  const host = document.querySelector("[data-voice-widget]");
  const up = new Set(["listening", "hearing", "thinking", "tool", "speaking", "muted", "typing"]);
  let marks = {};
  const mark = (name) => { marks[name] ??= performance.now() - window.clicked; };
  document.addEventListener("click", (event) => {
    const button = event.composedPath().find((at) => at.tagName === "BUTTON");
    if (!button?.textContent.trim().startsWith("Call")) return;
    window.clicked = event.timeStamp;
    marks = {};
  }, true);
  new MutationObserver(() => {
    if (!up.has(host.shadowRoot.querySelector(".panel").dataset.state)) return;
    mark("connected");
    window.marks = marks;
  }).observe(host.shadowRoot, { subtree: true, attributes: true, attributeFilter: ["data-state"] });

  const peer = RTCPeerConnection.prototype;
  const { createOffer, setRemoteDescription, createDataChannel } = peer;
  peer.createOffer = function (...given) {
    mark("microphone");
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


def call(notebook: Notebook, button: Locator) -> dict[str, float]:
    """Call, wait until connected, hang up: the milestones in milliseconds."""
    notebook.page.evaluate("() => { window.marks = null }")
    button.click()
    notebook.page.wait_for_function("() => window.marks", timeout=20_000)
    marks: dict[str, float] = notebook.page.evaluate("() => window.marks")
    notebook.panel.get_by_role("button", name="Hang up").click()
    notebook.wait_value("w.connection_state == 'disconnected'")
    return marks


def calls(folder: Path) -> list[dict[str, Any]]:
    """All calls of one notebook."""
    microphone = speech.write(folder / "microphone.wav", [speech.silence(30)])
    lab = Lab(folder)
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright.chromium, microphone)
            with lab.open(browser, lab.write("bench.ipynb", CELLS)) as notebook:
                notebook.run_all()
                notebook.wait_value("len(w.voices) > 0", seconds=60)
                notebook.panel.scroll_into_view_if_needed()
                notebook.page.evaluate(WATCH)
                button = notebook.panel.get_by_role("button", name=re.compile("^Call"))
                marks = [call(notebook, button) for _ in range(1 + CALLS)]
            browser.close()
            return marks
    finally:
        lab.close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="voice_widget_bench_") as folder:
        first, *rest = calls(Path(folder))
    stages = {name: round(median(marks[name] for marks in rest)) for name in rest[0]}
    figure(
        "click_to_connected", [marks["connected"] for marks in rest], "ms", at_most=300,
        first=round(first["connected"]), stages=stages,
    )  # fmt: skip


if __name__ == "__main__":
    main()

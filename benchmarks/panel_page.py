"""The panel in a page of its own: the built bundle in Chromium, and a kernel that is played.

It calls an engine that hears the microphone's speech and answers it. What the page asks the browser to run
is counted, and the processor's time is that of the page's own thread, so that scripts, styles, layout and
painting are in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.serving import TOKEN, serving
from benchmarks.sounds import quiet, speech
from benchmarks.turns import script
from tests.e2e.lab import launch
from tests.e2e.speech import write
from voice_widget import OpenAI, VoiceWidget
from voice_widget.realtime.state.records import Row
from voice_widget.widget.arguments import BUNDLE, EXTRAS
from voice_widget.widget.traits import kernel_traits

SAYS = "The heaviest species is the gentoo, and the lightest one is the adelie."
STAGES = ("--vad", "level", "--stt", "scripted", "--tts", "espeak", "--script")
HTML = """<!doctype html>
<meta charset="utf-8"><title>voice_widget</title><link rel="icon" href="data:,">
<style>
  body { margin: 8px; font: 13px/1.4 sans-serif; }
  .list { overflow: auto; }
  .list > * > * { padding: 4px 12px; }
</style>
<div id="panel"></div><div id="bare"></div>
"""
BARE_CALL = """
async ([url, token]) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const peer = new RTCPeerConnection({ iceServers: [] });
  const connected = new Promise((done) => {
    peer.onconnectionstatechange = () => peer.connectionState === "connected" && done();
  });
  peer.ontrack = ({ streams }) => {
    const audio = Object.assign(new Audio(), { srcObject: streams[0] });
    void audio.play();
  };
  peer.addTrack(stream.getTracks()[0], stream);
  peer.createDataChannel("oai-events");
  await peer.setLocalDescription(await peer.createOffer());
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" };
  const { sdp: body } = peer.localDescription;
  const reply = await fetch(`${url}/v1/realtime/calls`, { method: "POST", headers, body });
  await peer.setRemoteDescription({ type: "answer", sdp: await reply.text() });
  await connected;
  window.call = { peer, stream };
}
"""
FILES = {
    "/": ("text/html", HTML),
    "/widget.js": ("text/javascript", BUNDLE.read_text()),
}


def row(number: int) -> Row:
    """A turn of an earlier call."""
    at = f"2026-03-02T{number // 1200:02}:{number // 20 % 60:02}:{number % 20 * 3:02}.000Z"
    assistant = number % 2 == 1
    return {
        "seq": number,
        "item_id": f"item_{number}",
        "role": "assistant" if assistant else "user",
        "text": f"{SAYS} That was turn {number}.",
        "text_heard": None,
        "status": "completed",
        "stop_reason": None,
        "stopped_by": None,
        "images": 0,
        "text_before": None,
        "start_ms": number * 3000,
        "end_ms": number * 3000 + 2000,
        "service_start_ms": None,
        "service_end_ms": None,
        "started_at": at,
        "arrived_at": at,
        "time_source": "page",
        "response_gap_ms": 600 if assistant else None,
        "interrupted": False,
        "source": "speech",
        "voice": None,
        "model": None,
        "call_id": "rtc_1",
        "overlap": None,
        "overlap_item_id": None,
    }


def traits() -> dict[str, Any]:
    """What a new widget tells its page."""
    widget = VoiceWidget(service=OpenAI(api_key=TOKEN, base_url="http://127.0.0.1/v1"))
    try:
        return {name: getattr(widget, name) for name in kernel_traits(VoiceWidget)}
    finally:
        widget.close()


Ran = dict[str, float]


class Files(BaseHTTPRequestHandler):
    """The page's own server: Chromium lets only a page from this machine ask another server of it."""

    def do_GET(self) -> None:
        """One of them."""
        kind, body = FILES[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing is said of it."""


@contextmanager
def files() -> Iterator[str]:
    """The address of the page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    Thread(target=server.serve_forever, name="page").start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class Measured:
    """A page whose own thread is measured."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self._metrics: CDPSession = page.context.new_cdp_session(page)
        self._metrics.send("Performance.enable", {"timeDomain": "threadTicks"})

    def mount(self, rows: int) -> None:
        """Put the panel into the page, with so many rows."""
        given = {
            "traits": traits(),
            "rows": [row(number) for number in range(rows)],
            "extras": EXTRAS.read_text(),
            "url": self._url,
            "token": TOKEN,
        }
        self.page.evaluate("(given) => bench.mount(given)", given)
        # What is seldom used comes when there is time.
        self.page.wait_for_function("() => globalThis[Symbol.for('voice_widget.extras')]")
        self.page.evaluate("() => bench.wait(5000)")

    def call(self) -> None:
        """Press Call, and wait until sound flows."""
        self.page.get_by_role("button", name="Call", exact=True).click()
        self.page.wait_for_function("() => bench.kernel.traits.connection_state === 'connected'")

    def bare_call(self) -> None:
        """The floor of a call: a peer, a microphone and an element that plays."""
        self.page.evaluate(BARE_CALL, [self._url, TOKEN])

    def begin(self, code: str, settle_ms: float) -> None:
        """Do something, and leave it time to have its consequences."""
        self.page.evaluate(f"() => {{ {code} return bench.wait({settle_ms}); }}")

    def during(self, code: str, given: Any = None) -> Ran:
        """What ran while the page evaluated this."""
        before = self._counted()
        self.page.evaluate(code, given)
        after = self._counted()
        return {name: after[name] - value for name, value in before.items()}

    def _counted(self) -> Ran:
        ran: Ran = self.page.evaluate("() => ({ ...bench.ran })")
        found = self._metrics.send("Performance.getMetrics")["metrics"]
        metrics = {each["name"]: each["value"] for each in found}
        return {
            **ran,
            "task_ms": 1000 * metrics["TaskDuration"],
            "layouts": metrics["LayoutCount"],
        }


@contextmanager
def opened() -> Iterator[tuple[Measured, Measured]]:
    """Two pages whose microphones hear speech, and an engine that answers it."""
    said = [part for _ in range(60) for part in (speech(SAYS).astype(float), quiet(2500).astype(float))]
    with TemporaryDirectory(prefix="voice_widget_bench_") as name:
        folder = Path(name)
        answers = folder / "script.json"
        answers.write_text(script(SAYS))
        with serving(*STAGES, str(answers)) as url, files() as address, sync_playwright() as playwright:
            browser = launch(playwright.chromium, write(folder / "microphone.wav", said))
            pages = []
            for _ in range(2):
                page = browser.new_page(viewport={"width": 900, "height": 1000}, permissions=["microphone"])
                page.add_init_script(path=Path(__file__).with_suffix(".js"))
                page.goto(address)
                pages.append(Measured(page, url))
            yield pages[0], pages[1]
            browser.close()

"""``python -m voice_widget serve`` for a page, and the floors of what connecting to it takes.

The floor is what a page could do alone, with the token in it: from the click on its button over the question
for the microphone, a peer whose sound is played, and the engine's answer to ``session.created``. The click
counts on both sides: the browser brings it to a page some milliseconds after its time stamp. No kernel is
asked, nothing is drawn, and there are no meters: that is what a panel may cost.

In a notebook the token stays in the kernel, and the offer goes there: the same page as a bare widget.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from playwright.sync_api import Locator, Page

from tests.e2e.lab import wait_for
from tests.serving import Serve

TOKEN = "bench"
RESTS_MS = 300
# Between press and release, during which JupyterLab is busy with the cell that the press has chosen.
PRESS_MS = 80
CALL = """
  const call = async (start, answered) => {
    const stages = {};
    const mark = (name) => { stages[name] ??= performance.now() - start; };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    mark("microphone");
    const peer = new RTCPeerConnection({ iceServers: [] });
    const heard = new Audio();
    peer.addEventListener("track", ({ streams }) => {
      heard.srcObject = streams[0];
      heard.play().catch(() => {});
    });
    peer.addEventListener("connectionstatechange", () => {
      if (peer.connectionState === "connected") mark("media");
    });
    peer.addTrack(stream.getTracks()[0], stream);
    const channel = peer.createDataChannel("oai-events");
    channel.addEventListener("open", () => mark("channel"));
    const created = new Promise((resolve) => channel.addEventListener("message", resolve, { once: true }));
    await peer.setLocalDescription(await peer.createOffer());
    const sdp = await answered(peer.localDescription.sdp);
    mark("answer");
    await peer.setRemoteDescription({ type: "answer", sdp });
    await created;
    mark("connected");
    for (const track of stream.getTracks()) track.stop();
    heard.srcObject = null;
    peer.close();
    return stages;
  };
"""
BARE = f"""
([url, token]) => {{
  {CALL}
  const answered = async (body) => {{
    const headers = {{ Authorization: `Bearer ${{token}}`, "Content-Type": "application/sdp" }};
    return (await fetch(`${{url}}/v1/realtime/calls`, {{ method: "POST", headers, body }})).text();
  }};
  const button = document.createElement("button");
  button.textContent = "Bare call";
  button.style = "position: fixed; top: 0; left: 0; z-index: 2147483647";
  document.body.append(button);
  window.bareCall = new Promise((resolve, reject) => {{
    button.addEventListener("click", ({{ timeStamp }}) => {{
      button.remove();
      call(timeStamp, answered).then(resolve, reject);
    }});
  }});
}}
"""
WIDGET = f"""
const render = ({{ model, el }}) => {{
  {CALL}
  const answered = (sdp) => new Promise((resolve) => {{
    const take = (answer) => {{
      model.off("msg:custom", take);
      resolve(answer);
    }};
    model.on("msg:custom", take);
    model.send(sdp);
  }});
  const button = document.createElement("button");
  button.textContent = "Bare widget";
  button.addEventListener("click", ({{ timeStamp }}) => {{
    window.bareWidget = call(timeStamp, answered);
  }});
  el.append(button);
}};
export default {{ render }};
"""
WIDGET_CELL = """
import anywidget, urllib.request
class Bare(anywidget.AnyWidget):
    _esm = {esm!r}
    def offered(self, _, sdp, buffers):
        headers = {{"Authorization": "Bearer {token}", "Content-Type": "application/sdp"}}
        request = urllib.request.Request("{url}/v1/realtime/calls", sdp.encode(), headers)
        with urllib.request.urlopen(request) as answer:
            self.send(answer.read().decode())
bare = Bare()
bare.on_msg(bare.offered)
bare
"""


def rest_and_click(button: Locator, rests_ms: float = RESTS_MS) -> None:
    """Press as a person does: the pointer is there for a while before, and lets go a moment later."""
    button.hover()
    button.page.wait_for_timeout(rests_ms)
    button.click(delay=PRESS_MS)


def bare_page(page: Page, url: str, token: str = TOKEN) -> dict[str, float]:
    """Milliseconds from the click to each stage of a call, at last ``connected``."""
    page.evaluate(BARE, [url, token])
    rest_and_click(page.get_by_role("button", name="Bare call"))
    stages: dict[str, Any] = page.evaluate("() => window.bareCall")
    return stages


def widget_cell(url: str, token: str = TOKEN) -> str:
    """A cell that shows a bare widget, whose kernel hands its offers to this server."""
    return WIDGET_CELL.format(esm=WIDGET, url=url, token=token)


def bare_widget(page: Page) -> dict[str, float]:
    """The same as `bare_page` of the widget that the page shows."""
    rest_and_click(page.get_by_role("button", name="Bare widget"))
    stages: dict[str, Any] = page.evaluate("() => window.bareWidget")
    return stages


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """A server whose stages are warm: its address without a path."""
    server = Serve("--token", TOKEN, *arguments)
    try:
        server.until("^curl")
        request = urllib.request.Request(
            f"{server.url}/healthz", headers={"Authorization": f"Bearer {TOKEN}"}
        )

        def warm() -> bool:
            with closing(urllib.request.urlopen(request, timeout=10)) as answer:
                return bool(json.load(answer)["warm"])

        wait_for(warm, seconds=60, what="the stages are warm")
        yield server.url
    finally:
        server.process.terminate()
        server.end()

"""``python -m voice_widget serve`` for a page, and the floor of what connecting to it takes.

The floor is what a page could do alone, with the token in it: from the click on its button over the question
for the microphone, a peer whose sound is played, and the engine's answer to ``session.created``. The click
counts on both sides: the browser brings it to a page some milliseconds after its time stamp. No kernel is
asked, nothing is drawn, and there are no meters: that is what a panel may cost.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from playwright.sync_api import Page

from tests.e2e.lab import wait_for
from tests.serving import Serve

TOKEN = "bench"
BARE = """
([url, token]) => {
  const button = document.createElement("button");
  button.textContent = "Bare call";
  button.style = "position: fixed; top: 0; left: 0; z-index: 2147483647";
  document.body.append(button);
  window.bareCall = new Promise((resolve, reject) => {
    button.addEventListener("click", ({ timeStamp }) => {
      button.remove();
      call(timeStamp).then(resolve, reject);
    });
  });

  const call = async (start) => {
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
    const reply = await fetch(`${url}/v1/realtime/calls`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" },
      body: peer.localDescription.sdp,
    });
    const sdp = await reply.text();
    mark("answer");
    await peer.setRemoteDescription({ type: "answer", sdp });
    await created;
    mark("connected");
    for (const track of stream.getTracks()) track.stop();
    heard.srcObject = null;
    peer.close();
    return stages;
  };
}
"""


def bare_page(page: Page, url: str, token: str = TOKEN) -> dict[str, float]:
    """Milliseconds from the click to each stage of a call, at last ``connected``."""
    page.evaluate(BARE, [url, token])
    page.get_by_role("button", name="Bare call").click()
    stages: dict[str, Any] = page.evaluate("() => window.bareCall")
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

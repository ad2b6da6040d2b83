"""The click on Call → connected by each way to a server of its own process, ``python -m voice_widget serve``.

The ways take turns in one page of JupyterLab. The floor is what the page could do alone: a bare peer, with
the token in the page, from the question for the microphone to ``session.created``.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager

from benchmarks.lab import WATCH, Marks, begin, end, opened, tell
from tests.e2e import speech
from tests.e2e.lab import Notebook, wait_for
from tests.serving import Serve

CALLS = 12
TOKEN = "bench"
FLOWS = {
    "unified_sideband": "service=OpenAI({server})",
    "ephemeral_sideband": "service=OpenAI({server}), flow='ephemeral'",
    "ephemeral_relay": "service=OpenAI({server}, sideband=False), flow='ephemeral'",
    "comm": "service=OpenAI({server}), transport='comm'",
    "beta": "service=OpenAI({server}, dialect='beta')",
}
BARE = """
async ([url, token]) => {
  const start = performance.now();
  const stages = {};
  const mark = (name) => { stages[name] ??= performance.now() - start; };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  mark("microphone");
  const peer = new RTCPeerConnection({ iceServers: [] });
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
  peer.close();
  return stages;
}
"""


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


def cells(url: str, widgets: dict[str, str], common: str = "") -> tuple[str, str]:
    """A notebook with several widgets in one output; in ``widgets`` are their arguments."""
    server = f'api_key="{TOKEN}", base_url="{url}/v1"'
    made = [
        f"w[{name!r}] = VoiceWidget({how.format(server=server)}{common})" for name, how in widgets.items()
    ]
    head = ["from ipywidgets import VBox", "from voice_widget import OpenAI, VoiceWidget", "w = {}"]
    return "\n".join([*head, *made]), "VBox(list(w.values()))"


def all_ways(notebook: Notebook, url: str) -> dict[str, Marks]:
    """One call by each."""
    marks: dict[str, Marks] = {"bare_page": notebook.page.evaluate(BARE, [url, TOKEN])}
    for number, name in enumerate(FLOWS):
        marks[name] = begin(notebook, number)
        end(notebook, number, f"w[{name!r}]")
    return marks


def main() -> None:
    with serving() as url, opened(cells(url, FLOWS), [speech.silence(30)]) as notebook:
        notebook.page.evaluate(WATCH)
        rounds = [all_ways(notebook, url) for _ in range(1 + CALLS)]
    floor = tell("connect_bare_page", [each["bare_page"] for each in rounds])
    for name in FLOWS:
        marks = [each[name] for each in rounds]
        tell(f"click_to_connected_{name}", marks, at_most=500, of="p95", bare_page=floor)


if __name__ == "__main__":
    main()

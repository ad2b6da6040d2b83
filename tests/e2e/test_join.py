"""A call that somebody else has made is followed, steered, left and ended by the widget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import speech
from tests.e2e.lab import Lab, wait_for
from tests.e2e.served import Served

QUESTION = "how many rows are there"
SCRIPT = [{"hear": QUESTION, "say": "There are many."}, {"hear": "", "say": "So be it."}]
# A client of the protocol's that knows nothing of us, and of the events.
CALL = """
async ({ url, key }) => {
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  window.peer = new RTCPeerConnection();
  peer.addTrack(microphone.getAudioTracks()[0], microphone);
  window.channel = peer.createDataChannel("oai-events");
  peer.addEventListener("track", ({ streams }) => {
    window.mouth = new Audio();
    mouth.srcObject = streams[0];
    void mouth.play();
  });
  await peer.setLocalDescription(await peer.createOffer());
  const answer = await fetch(`${url}/realtime/calls`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/sdp" },
    body: peer.localDescription.sdp,
  });
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  return answer.headers.get("Location").split("/").at(-1);
}
"""
HEARD = """
async () => {
  for (const report of (await peer.getStats()).values())
    if (report.type === "inbound-rtp" && report.kind === "audio") return report.totalAudioEnergy;
  return 0;
}
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path, SCRIPT)
    yield server
    server.end()


@pytest.mark.real
def test_a_call_of_another_client(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path, served: Served
) -> None:
    said = speech.say(QUESTION, "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(4), said, speech.silence(60)])
    made = f"w = VoiceWidget(service={served.service()})"
    cells = [f"from voice_widget import OpenAI, VoiceWidget\n{made}", "w"]
    with lab.open(browser, lab.write("join.ipynb", cells)) as notebook:
        notebook.run_all()
        other = notebook.page.context.new_page()
        other.goto(f"http://127.0.0.1:{served.port}/")  # a page of its own; what it shows does not matter
        other.mouse.click(5, 5)  # pages that nobody has touched are silent
        call_id = other.evaluate(CALL, {"url": served.url, "key": served.key})
        notebook.run(f"w.join({call_id!r})")
        notebook.wait_value("w.connection_state == 'connected'")
        expect(notebook.panel).to_contain_text("Following a call")
        notebook.wait_value("w.turns >= 2", seconds=30)
        heard = other.evaluate(HEARD)
        assert heard > 0
        notebook.run("w.say('So be it.')")
        notebook.wait_value("w.turns >= 3", seconds=20)
        wait_for(lambda: other.evaluate(HEARD) > heard, seconds=10, what="the other client hears it")
        rows = notebook.value("w.transcript")
        assert [(row["role"], row["text"], row["source"]) for row in rows] == [
            ("user", QUESTION, "speech"),
            ("assistant", "There are many.", "speech"),
            ("assistant", "So be it.", "say"),
        ]
        assert {row["call_id"] for row in rows} == {call_id}
        assert rows[1]["response_gap_ms"] > 0
        assert notebook.live_tracks() == 0
        notebook.run("w.disconnect()")
        notebook.wait_value("w.connection_state == 'disconnected'")
        assert other.evaluate("() => [peer.connectionState, channel.readyState]") == ["connected", "open"]
        notebook.run(f"w.join({call_id!r})")
        notebook.wait_value("w.connection_state == 'connected'")
        notebook.run("w.hangup()")
        other.wait_for_function("() => channel.readyState === 'closed'", timeout=10_000)
        notebook.wait_value("w.connection_state == 'disconnected'")
        assert notebook.value("w.error") is None
        assert notebook.problems == []

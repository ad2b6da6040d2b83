"""Offers of many forms, as Chromium and Firefox make them: each is a call in which both sides hear."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType

from tests.e2e import lab as labs
from tests.e2e import speech
from tests.e2e.lab import wait_for
from tests.e2e.sound import SoundServer
from tests.serving import Serve
from tests.stock.pages import site

KEY = "the-key-of-this-test"
SAID = "Good day to you all."
PLACE = "/v1/realtime/calls"

# Makes all calls at once, with one microphone, and keeps what comes of each.
CALL = """async ({ url, key }) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const [track] = stream.getAudioTracks();
  const speaks = (pc) => pc.addTransceiver(track, { streams: [stream] });
  const sends = (pc) => pc.addTransceiver(track, { direction: "sendonly" });
  const hears = (pc) => pc.addTransceiver("audio", { direction: "recvonly" });
  const video = (pc) => pc.addTransceiver("video");
  const telephone = (pc) => {
    const codecs = RTCRtpReceiver.getCapabilities("audio").codecs.filter((c) => c.mimeType === "audio/PCMU");
    pc.addTransceiver("audio").setCodecPreferences(codecs);
  };
  const dead = "m=video 0 UDP/TLS/RTP/SAVPF 96\\r\\nc=IN IP4 0.0.0.0\\r\\na=inactive\\r\\na=mid:dead\\r\\n";
  const calls = {
    "plain": { parts: [speaks] },
    "sends first": { parts: [sends, hears] },
    "hears first": { parts: [hears, sends] },
    "video first": { parts: [video, speaks] },
    "video first, bundled": { parts: [video, speaks], bundlePolicy: "max-bundle" },
    "all apart": { parts: [speaks, video], bundlePolicy: "max-compat" },
    "no Opus first": { parts: [telephone, speaks] },
    "rejected first": { parts: [speaks], dead },
    "unordered": { parts: [speaks], channel: { ordered: false, maxRetransmits: 0 } },
    "agreed upon": { parts: [speaks], channel: { negotiated: true, id: 0 } },
    "no channel": { parts: [speaks], channel: null },
  };
  window.calls = calls;
  await Promise.all(Object.values(calls).map(async (call) => {
    const pc = (call.pc = new RTCPeerConnection({ bundlePolicy: call.bundlePolicy ?? "balanced" }));
    for (const part of call.parts) part(pc);
    call.events = [];
    if (call.channel !== null) {
      const channel = pc.createDataChannel("oai-events", call.channel ?? {});
      channel.onmessage = ({ data }) => call.events.push(JSON.parse(data).type);
    }
    pc.ontrack = ({ track, streams }) => {
      call.audio = new Audio();
      call.audio.srcObject = new MediaStream([track]);
      call.audio.play();
    };
    await pc.setLocalDescription(await pc.createOffer());
    let offer = pc.localDescription.sdp;
    if (call.dead) offer = offer.replace("m=audio", call.dead + "m=audio");
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/sdp" };
    const response = await fetch(url, { method: "POST", headers, body: offer });
    call.status = response.status;
    call.place = response.headers.get("Location");
    let sdp = await response.text();
    if (call.dead) {
      call.rejected = sdp.includes(call.dead);
      sdp = sdp.replace(call.dead, "");
    }
    await pc.setRemoteDescription({ type: "answer", sdp });
  }));
}"""

# What has become of each call.
LOOK = """async () => {
  const found = {};
  for (const [name, call] of Object.entries(window.calls)) {
    const { status, events, pc } = call;
    const channels = call.channel === null ? 0 : 1;
    const one = (found[name] = { status, events, channels, state: pc.connectionState });
    for (const report of (await pc.getStats()).values()) {
      if (report.kind !== "audio") continue;
      if (report.type === "inbound-rtp") one.energy = Math.max(one.energy ?? 0, report.totalAudioEnergy ?? 0);
      if (report.type === "outbound-rtp") one.sent = (one.sent ?? 0) + report.packetsSent;
    }
  }
  return found;
}"""

END = """async ({ url, key }) => {
  const headers = { Authorization: `Bearer ${key}` };
  const ended = Object.values(window.calls).map(async (call) => {
    const { status } = await fetch(new URL(call.place, url), { method: "DELETE", headers });
    return status;
  });
  return Promise.all(ended);
}"""


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    script = tmp_path_factory.mktemp("script") / "script.json"
    script.write_text(json.dumps([{"hear": "good day", "say": SAID}]))
    serving = Serve(
        "--script", str(script), "--vad", "level", "--tts", "tone", environment={"VOICE_WIDGET_TOKEN": KEY}
    )
    serving.until("^curl")
    yield serving
    serving.process.terminate()
    serving.end()


@pytest.fixture(params=["chromium", "firefox"])
def page(request: pytest.FixtureRequest, chrome: BrowserType, spoken: SoundServer) -> Iterator[Any]:
    """A page of a browser that has the microphone into which is spoken."""
    if request.param == "firefox":
        yield request.getfixturevalue("firefox")
        return
    free = "--autoplay-policy=no-user-gesture-required"
    browser = labs.launch(chrome, None, "--use-fake-ui-for-media-stream", free, env=spoken.env)
    context = browser.new_context(permissions=["microphone"])
    yield context.new_page()
    browser.close()


@pytest.mark.real
def test_both_sides_hear_whatever_the_form(
    page: Any, serve: Serve, spoken: SoundServer, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Calls</title>")
    where = {"url": f"{serve.url}{PLACE}", "key": KEY}

    def all_are(what: str, condition: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}

        def look() -> bool:
            found.update(page.evaluate(LOOK))
            return all(condition(call) for call in found.values())

        try:
            wait_for(look, seconds=40, what=what, pause=0.2)
        except AssertionError as error:
            missing = {name: call for name, call in found.items() if not condition(call)}
            raise AssertionError(f"{error}: {missing}") from None
        return found

    with site(tmp_path) as address:
        page.goto(address)
        page.evaluate(CALL, where)
        # Firefox sends nothing for a while after it has begun to play.
        all_are("connected", lambda call: call["state"] == "connected" and call.get("sent", 0) > 25)
        all_are("told so", lambda call: call["events"] == ["session.created"][: call["channels"]])
        spoken.speak(speech.write(tmp_path / "said.wav", [speech.say("good day", "flite:slt", tmp_path)]))
        found = all_are("answered", lambda call: call.get("energy", 0) > 0.001)
        done = {"input_audio_buffer.speech_started", "response.done"}
        all_are("told so", lambda call: not call["channels"] or done <= set(call["events"]))
        assert {call["status"] for call in found.values()} == {201}
        assert page.evaluate("() => window.calls['rejected first'].rejected") is True
        assert set(page.evaluate(END, where)) == {200}

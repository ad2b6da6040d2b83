"""What really sounded in a page: a listener beside the widget, at the microphone and at what is played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

# The moments and the peaks of each track. The moments are the sound's own time stamps: a page that is held up
# reads them late, and they are right.
LISTEN = """
(() => {
  const tracks = (window.heard = []);
  const listen = (side, track) => {
    const found = [];
    tracks.push([side, found]);
    const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 2000 }).readable.getReader();
    const read = async () => {
      for (let one = await reader.read(); !one.done; one = await reader.read()) {
        const sound = one.value;
        const samples = new Float32Array(sound.numberOfFrames);
        sound.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        if (peak > 0.001) found.push([sound.timestamp / 1000, sound.duration / 1000, peak]);
        sound.close();
      }
    };
    void read();
  };
  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    for (const track of stream.getAudioTracks()) listen("user", track);
    return stream;
  };
  const plays = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    ...plays,
    set(stream) {
      for (const track of stream?.getAudioTracks() ?? []) listen("assistant", track);
      plays.set.call(this, stream);
    },
  });
})();
"""
# A sound belongs to speech where it is less than so much below the loudest, and speech has no longer pauses.
BELOW = 10 ** (-30 / 20)
PAUSE_MS = 800.0


@dataclass(frozen=True)
class Span:
    """Somebody was heard from then to then, in milliseconds on the page's clock."""

    start: float
    end: float


def listen(page: Page) -> None:
    """Listen in what this page will load."""
    page.add_init_script(LISTEN)


def forget(page: Page) -> None:
    """Begin anew, as for the next call."""
    page.evaluate("() => { heard.length = 0 }")


def heard(page: Page, side: str) -> list[Span]:
    """When the user or the assistant was heard."""
    tracks: list[tuple[str, list[Any]]] = page.evaluate("() => heard")
    pieces = sorted(piece for who, found in tracks if who == side for piece in found)
    loudest = max((peak for *_, peak in pieces), default=0.0)
    spans: list[Span] = []
    for at, lasts, peak in pieces:
        if peak < loudest * BELOW:
            continue
        if spans and at - spans[-1].end < PAUSE_MS:
            spans[-1] = Span(spans[-1].start, at + lasts)
        else:
            spans.append(Span(at, at + lasts))
    return spans

"""What really sounded in a page: a listener beside the widget, at the microphone and at what is played."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.sync_api import Page

from voice_widget.realtime.sound.resampling import Pcm

# The moments and the peaks of each track. The moments are the sound's own time stamps: a page that is held up
# reads them late, and they are right.
LISTEN = """
(() => {
  const tracks = (window.heard = []);
  const kept = (window.kept = []);
  const readers = (window.readers = []); // or the browser takes them away while they wait
  const live = (window.live = new Set());
  const listen = (side, track) => {
    const found = [];
    const ear = { side, read_to: performance.now() };
    live.add(ear);
    tracks.push([side, found]);
    const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 2000 }).readable.getReader();
    readers.push(reader);
    const read = async () => {
      for (let one = await reader.read(); !one.done; one = await reader.read()) {
        const sound = one.value;
        const samples = new Float32Array(sound.numberOfFrames);
        sound.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        if (peak > 0.001) found.push([sound.timestamp / 1000, sound.duration / 1000, peak]);
        if (window.keep === "all" || (window.keep && peak > 0.001))
          kept.push([side, sound.timestamp / 1000, sound.sampleRate, samples]);
        ear.read_to = (sound.timestamp + sound.duration) / 1000;
        sound.close();
      }
      live.delete(ear); // what was not read by then is lost
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
# All that a side has said so far; the page forgets it. As text: an array of numbers takes seconds.
TAKE = """
(wanted) => {
  const text = (samples) => {
    const pcm = Int16Array.from(samples, (value) => Math.max(-1, Math.min(1, value)) * 32767);
    return btoa(String.fromCharCode(...new Uint8Array(pcm.buffer)));
  };
  const said = kept.splice(0).filter(([who]) => wanted.includes(who));
  return said.map(([who, at, rate, samples]) => [who, at, rate, text(samples)]);
}
"""
CAUGHT_UP_MS = 500
# By the microphone, which always sounds: all wait for the same page.
CAUGHT_UP = """
(late) => [...live].every((ear) => ear.side !== "user" || performance.now() - ear.read_to < late)
"""
# A sound belongs to speech where it is less than so much below the loudest, and speech has no longer pauses.
BELOW = 10 ** (-30 / 20)
PAUSE_MS = 800.0
# A frame that is stamped later than this has lost some before it.
LATE_MS = 30.0


@dataclass(frozen=True)
class Span:
    """Somebody was heard from then to then, in milliseconds on the page's clock."""

    start: float
    end: float


def listen(page: Page) -> None:
    """Listen in what this page will load."""
    page.add_init_script(LISTEN)


def keep(page: Page) -> None:
    """Listen, and keep what is heard."""
    page.add_init_script("window.keep = true;")
    listen(page)


def keep_all(page: Page) -> None:
    """Listen, and keep all of it, silence too."""
    page.add_init_script('window.keep = "all";')
    listen(page)


def catch_up(page: Page) -> None:
    """Wait until the page has read what sounded, seconds later on a busy machine; then one may hang up."""
    page.wait_for_function(CAUGHT_UP, arg=CAUGHT_UP_MS)


def frames(page: Page) -> dict[str, list[tuple[float, int, Pcm]]]:
    """All that was kept of both sides: each frame with its time stamp in milliseconds and its rate."""
    taken: dict[str, list[tuple[float, int, Pcm]]] = {"user": [], "assistant": []}
    for side, at, rate, text in page.evaluate(TAKE, ["user", "assistant"]):
        taken[side].append((at, rate, np.frombuffer(base64.b64decode(text), "<i2")))
    return taken


def take(page: Page, side: str) -> tuple[Pcm, int]:
    """What was heard of a side since the page keeps it, and its rate; silence where nothing was."""
    pieces: list[tuple[str, float, int, str]] = page.evaluate(TAKE, [side])
    rate = pieces[0][2]
    sounds: list[Pcm] = []
    samples = 0
    for _, at, _, text in pieces:
        # Time stamps come late, one frame's by more than another's: what goes on goes on without a seam.
        missing = round((at - pieces[0][1]) * rate / 1000) - samples
        silence = np.zeros(missing if missing > LATE_MS * rate / 1000 else 0, np.int16)
        sounds += [silence, np.frombuffer(base64.b64decode(text), "<i2")]
        samples += len(silence) + len(sounds[-1])
    whole: Pcm = np.concatenate(sounds)
    return whole, rate


def apart(pcm: Pcm, rate: int, pause_ms: float) -> list[Pcm]:
    """The pieces of a sound between such pauses."""
    loud = np.flatnonzero(np.abs(pcm) > 32_767 * 0.001)
    cuts = np.flatnonzero(np.diff(loud) > rate * pause_ms / 1000)
    starts, ends = loud[np.append(0, cuts + 1)], loud[np.append(cuts, len(loud) - 1)]
    return [pcm[start : end + 1] for start, end in zip(starts, ends, strict=True)]


def forget(page: Page) -> None:
    """Begin anew, as for the next call."""
    page.evaluate("() => { heard.length = kept.length = 0 }")


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

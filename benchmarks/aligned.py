"""How well the two channels of a recording are aligned, at the start of a call and after ten minutes of it.

Marks are scheduled on the page's own audio clock, each at one moment in two real tracks: what the page
gets for a microphone, and what it takes for the service's sound (by comm that which it makes itself). A mark
is a click, to which nobody answers. Between a track and the recording is all that a call has: the page's
nodes, late by some milliseconds each, and what finds out by how much. In the recording each mark is looked
for in both channels: left against right, and right against the clock. The slope says what an hour would be.
By webrtc and by comm, at the same time. ``python -m benchmarks.aligned MINUTES`` is about a shorter call.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from playwright.sync_api import Page

from benchmarks.flows import cells
from benchmarks.lab import WATCH, begin, end, opened
from benchmarks.report import Beside, figure
from benchmarks.serving import serving
from benchmarks.turns import STAGES, script
from tests.e2e import speech
from voice_widget import Talk, read_talk
from voice_widget.realtime.sound.formats import RATE

MINUTES = 10.0
EVERY_S = 5.0
NEAR_S = 0.25
EXACT = Beside("what can be told apart", 5.0)
SIDES = ("user", "assistant")
WAYS = {
    "webrtc": "service=OpenAI({{server}}), record={folder!r}",
    "comm": "service=OpenAI({{server}}), transport='comm', record={folder!r}",
}
# Tracks of the newest page's own clock take the place of the microphone's and the peer's; `inputs` lead into
# each side's.
OPEN = """
(() => {
  const contexts = (window.contexts = []);
  const Context = window.AudioContext;
  window.AudioContext = class extends Context {
    constructor(options) {
      super(options);
      contexts.push({ context: this, inputs: {} });
    }
  };
  const Out = window.MediaStreamAudioDestinationNode;
  const track = (side) => {
    const { context, inputs } = contexts.at(-1);
    const silence = new ConstantSourceNode(context, { offset: 0 });
    inputs[side] = new Out(context, { channelCount: 1 });
    silence.connect(inputs[side]);
    silence.start();
    return inputs[side].stream;
  };
  // The page's first is what it sends; by comm it makes one more, for what is heard.
  window.MediaStreamAudioDestinationNode = class extends Out {
    constructor(context, options) {
      super(context, options);
      const known = contexts.find((one) => one.context === context);
      if (known?.sends) known.inputs.assistant = this;
      if (known) known.sends = true;
    }
  };
  navigator.mediaDevices.getUserMedia = async () => track("user");
  Object.defineProperty(RTCTrackEvent.prototype, "streams", { get: () => [track("assistant")] });
})();
"""
# A mark in both tracks of a page, so often and so many times; gives the moments. About it there is a second
# of a room's noise, as there is sound about a word: a page may need more than a moment to find the delay.
MARK = """
([number, every, times]) => {
  const { context, inputs } = contexts[number];
  const rate = context.sampleRate;
  const mark = new AudioBuffer({ length: rate, sampleRate: rate });
  const sound = mark.getChannelData(0);
  for (let i = 0; i < rate; i++) sound[i] = 0.004 * (2 * Math.random() - 1);
  sound.fill(0.7, rate / 2, rate / 2 + rate / 1000);
  const first = context.currentTime + 1;
  return Array.from({ length: times }, (_, n) => {
    const at = first + n * every;
    for (const input of Object.values(inputs)) {
      const source = new AudioBufferSourceNode(context, { buffer: mark });
      source.connect(input);
      source.start(at - 0.5);
    }
    return at;
  });
}
"""


def let_in(page: Page) -> None:
    """Let marks into what this page will load."""
    page.add_init_script(OPEN)


def found(sound: Any, at: float) -> float | None:
    """The middle of what is loud near the sample where a mark belongs; None: it is not there."""
    first = max(0, round(at - NEAR_S * RATE))
    near = sound[first : round(at + NEAR_S * RATE)].astype(float)
    loud = np.flatnonzero(np.abs(near) > 3000)
    return None if len(loud) == 0 else first + float(loud[0] + loud[-1]) / 2


def places(talk: Talk, marks: list[float]) -> dict[str, list[float | None]]:
    """Milliseconds from where each mark belongs to where it lies, in both channels."""
    [zero] = [call["offset_ms"] for call in talk.manifest["calls"]]
    samples, _ = talk.audio()
    wanted = [zero * RATE / 1000 + at * RATE + RATE / 2000 for at in marks]
    return {
        side: [
            None if (place := found(samples[:, column], at)) is None else 1000 * (place - at) / RATE
            for at in wanted
        ]
        for column, side in enumerate(SIDES)
    }


def tell(way: str, marks: list[float], lie: dict[str, list[float | None]]) -> None:
    """Print the figures of a call."""
    pairs = [
        (at, left, right)
        for at, left, right in zip(marks, *lie.values(), strict=True)
        if left is not None and right is not None
    ]
    times, lefts, rights = np.array(pairs).T
    about = {"marks": len(marks), "found": len(pairs), "seconds": round(times[-1] - times[0])}
    for name, apart in (("left_right", lefts - rights), ("clock", rights)):
        an_hour = float(np.polyfit(times, apart, 1)[0]) * 3600
        more = {"first": round(apart[0], 3), "last": round(apart[-1], 3), "ms_an_hour": round(an_hour, 3)}
        figure(
            f"aligned_{name}_{way}", list(np.abs(apart)), "ms", beside=EXACT, at_most=1, of="p100",
            **about, **more,
        )  # fmt: skip


def main(minutes: float = MINUTES) -> None:
    times = max(2, round(60 * minutes / EVERY_S))
    seconds = 2 + times * EVERY_S
    with TemporaryDirectory(prefix="voice_widget_bench_") as place:
        said, folders = Path(place) / "script.json", {way: str(Path(place) / way) for way in WAYS}
        said.write_text(script("beep"))
        widgets = {way: how.format(folder=folders[way]) for way, how in WAYS.items()}
        with (
            serving("--vad", "level", *STAGES, "--script", str(said)) as url,
            opened(cells(url, widgets), [speech.silence(1)], let_in) as notebook,
        ):
            notebook.page.evaluate(WATCH)
            marks: dict[str, list[float]] = {}
            for number, way in enumerate(WAYS):
                begin(notebook, number)
                notebook.page.wait_for_function(
                    "(number) => contexts[number]?.inputs.user && contexts[number].inputs.assistant",
                    arg=number,
                    timeout=20_000,
                )
                marks[way] = notebook.page.evaluate(MARK, [number, EVERY_S, times])
            notebook.page.wait_for_timeout(1000 * seconds)
            for number, way in enumerate(WAYS):
                state = notebook.value(f"[w[{way!r}].connection_state, w[{way!r}].error]")
                if state[0] != "connected":
                    raise RuntimeError(f"The call by {way} has not lasted: {state}.")
                end(notebook, number, f"w[{way!r}]")
            for way in WAYS:
                notebook.run(f"w[{way!r}].recording_df")
                tell(way, marks[way], places(read_talk(folders[way]), marks[way]))


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))

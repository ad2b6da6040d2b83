"""What recording costs a call in JupyterLab in Chromium: processor time, late frames, bytes over the comm.

Calls by webrtc with and without it take turns with ones by comm, all with the same natural speech on both
sides. The processor's time is that of the kernel, and of all of Chromium. ``late`` are frames of the page's
pictures that took more than 50 ms, and ``concealed`` is how much of the assistant's sound came too late to be
heard. Bytes are those of the kernel's WebSocket, both ways, which carries nothing else that matters.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page

from benchmarks.flows import cells
from benchmarks.lab import WATCH, begin, end, opened
from benchmarks.processes import cpu_seconds, family
from benchmarks.report import Beside, figure
from benchmarks.serving import serving
from benchmarks.true_times import DETECTION, SAYS, asked
from benchmarks.turns import script
from tests.e2e.lab import Notebook
from voice_widget.realtime.sound.formats import RATE

ROUNDS = 3
SECONDS = 20.0
SETTLE_MS = 3000
FRAME_MS = 50
WAYS = {
    "webrtc": "service=OpenAI({server})",
    "webrtc_recorded": "service=OpenAI({server}), record=True",
    "comm": "service=OpenAI({server}), transport='comm'",
}
STAGES = ("--vad", "level", "--stt", "scripted", "--tts", "espeak", "--script")
COUNT = """
(() => {
  const seen = (window.crossed = { bytes: 0, frames: 0, late: 0 });
  const size = (data) => data.byteLength ?? data.size ?? data.length;
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => { seen.bytes += size(data); });
    }
    send(data) {
      seen.bytes += size(data);
      super.send(data);
    }
  };
  let before = 0;
  const frame = (now) => {
    seen.frames += 1;
    if (before && now - before > FRAME_MS) seen.late += 1;
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})();
"""


def count(page: Page) -> None:
    """Count in what this page will load."""
    page.add_init_script(COUNT.replace("FRAME_MS", str(FRAME_MS)))


def browser() -> list[int]:
    """All processes of Chromium."""
    pids = family(os.getpid())
    return [pid for pid in pids if "chrom" in Path(f"/proc/{pid}/cmdline").read_text().partition("\0")[0]]


def seen(notebook: Notebook, kernel: Sequence[int], chromium: Sequence[int]) -> dict[str, float]:
    """What there was so far of all that is counted."""
    counted: dict[str, float] = notebook.page.evaluate("() => ({ ...crossed })")
    inbound = notebook.inbound()
    heard = {name: inbound.get(name, 0) for name in ("concealedSamples", "totalSamplesReceived")}
    spent = {"kernel": cpu_seconds([*kernel]), "page": cpu_seconds([*chromium])}
    return {"time": time.monotonic(), **counted, **heard, **spent}


def one_call(notebook: Notebook, number: int, name: str, kernel: Sequence[int]) -> dict[str, float]:
    """What a second of a call takes, and the shares of what came late."""
    begin(notebook, number)
    notebook.page.wait_for_timeout(SETTLE_MS)
    chromium = browser()
    before = seen(notebook, kernel, chromium)
    notebook.page.wait_for_timeout(1000 * SECONDS)
    after = seen(notebook, kernel, chromium)
    end(notebook, number, f"w[{name!r}]")
    more = {what: after[what] - before[what] for what in before}
    return {
        **{what: more[what] / more["time"] for what in ("bytes", "kernel", "page")},
        "late": more["late"] / more["frames"],
        "concealed": more["concealedSamples"] / max(1, more["totalSamplesReceived"]),
    }


def tell(calls: dict[str, list[dict[str, float]]]) -> None:
    """Print the figures."""
    of = {(way, what): [call[what] for call in found] for way, found in calls.items() for what in found[0]}
    percent = {key: [100 * value for value in values] for key, values in of.items()}
    plain, comm = (
        {what: median(percent[way, what]) for what in ("kernel", "page")} for way in ("webrtc", "comm")
    )
    figure(
        "cpu_kernel_recorded", percent["webrtc_recorded", "kernel"], "%",
        beside=Beside("a call by comm", comm["kernel"]), at_most=1, not_recorded=round(plain["kernel"], 2),
    )  # fmt: skip
    figure(
        "cpu_page_recorded", percent["webrtc_recorded", "page"], "%",
        beside=Beside("not recorded", plain["page"]), at_most=1.5, comm=round(comm["page"], 2),
    )  # fmt: skip
    for what, ways in (("late", ("webrtc", "comm")), ("concealed", ("webrtc",))):
        more: dict[str, Any] = {way: round(median(percent[way, what]), 3) for way in ways}
        figure(f"{what}_recorded", percent["webrtc_recorded", what], "%", **more)
    plain_bytes = median(of["webrtc", "bytes"])
    figure("comm_bytes_not_recorded", of["webrtc", "bytes"], "bytes/s")
    sound = Beside("both sides' PCM16", 2 * 2 * RATE)
    added = [value - plain_bytes for value in of["webrtc_recorded", "bytes"]]
    figure("comm_bytes_of_recording", added, "bytes/s", beside=sound, at_most=1.1)
    figure("comm_bytes_of_comm", of["comm", "bytes"], "bytes/s", beside=sound)


def main() -> None:
    calls: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    sound, _ = asked()
    with TemporaryDirectory(prefix="voice_widget_bench_") as folder:
        said = Path(folder) / "script.json"
        said.write_text(script(SAYS))
        with (
            serving(*STAGES, str(said)) as url,
            opened(cells(url, WAYS, f", turn_detection={DETECTION}"), sound, count) as notebook,
        ):
            notebook.page.evaluate(WATCH)
            kernel = [notebook.value("__import__('os').getpid()")]
            for _ in range(ROUNDS):
                for number, way in enumerate(WAYS):
                    calls[way].append(one_call(notebook, number, way, kernel))
    tell(calls)


if __name__ == "__main__":
    main()

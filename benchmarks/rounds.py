"""Call and Hang up, fifty times in JupyterLab in Chromium: what is left in page, kernel and engine.

A bare page's calls to an engine take turns with them, in the same page: what they leave is the browser's and
JupyterLab's. Sizes and counts are those after a collection of garbage.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Page

from benchmarks.cost import MOST_MB
from benchmarks.lab import CELLS, WATCH, begin, end, opened
from benchmarks.processes import family, megabytes
from benchmarks.report import Beside, figure
from benchmarks.serving import bare_page, serving
from tests.e2e import speech
from tests.e2e.lab import Notebook

ROUNDS = 50
BLOCK = 5
WARM = 10  # rounds in which caches fill
OPEN = 3
METRICS = ("JSEventListeners", "Nodes", "Documents", "RTCPeerConnections", "AudioHandlers")
# After Hang up there is none of these, ...
GONE = ("RTCPeerConnections", "AudioHandlers", "peers_kept", "contexts_kept", "tracks_open")
COUNTS = ("JSEventListeners", "Nodes", "Documents")  # ... no more of these than before,
# ... and not much more of these, for a browser keeps compiled code and its own records.
SIZES = {"heap_kb": "kB", "kernel_mb": "MB", "engine_mb": "MB", "threads": "threads", "descriptors": "files"}
# Kept weakly: what is still there is held by somebody else.
COUNT = """
(() => {
  const made = { peers: [], contexts: [], tracks: [] };
  const keep = (kind, one) => made[kind].push(new WeakRef(one));
  for (const [name, kind] of [["RTCPeerConnection", "peers"], ["AudioContext", "contexts"]]) {
    window[name] = class extends window[name] {
      constructor(...given) {
        super(...given);
        keep(kind, this);
      }
    };
  }
  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    for (const track of stream.getTracks()) keep("tracks", track);
    return stream;
  };
  const { clone } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.clone = function () {
    const copy = clone.call(this);
    keep("tracks", copy);
    return copy;
  };
  const open = {
    peers: ({ connectionState }) => connectionState !== "closed",
    contexts: ({ state }) => state !== "closed",
    tracks: ({ readyState }) => readyState === "live",
  };
  window.left = () => {
    const found = {};
    for (const [kind, all] of Object.entries(made)) {
      const there = all.map((one) => one.deref()).filter(Boolean);
      found[`${kind}_kept`] = there.length;
      found[`${kind}_open`] = there.filter(open[kind]).length;
    }
    return found;
  };
})();
"""
Left = dict[str, float]
Pair = tuple[Left, Left]


def count(page: Page) -> None:
    """Count in what this page will load."""
    page.add_init_script(COUNT)


class Counted:
    """What there is in the page, in the kernel and in its engine."""

    def __init__(self, notebook: Notebook) -> None:
        self._page = notebook.page
        self._kernel = int(notebook.value("__import__('os').getpid()"))
        self._metrics: CDPSession = self._page.context.new_cdp_session(self._page)
        self._metrics.send("Performance.enable")
        self._metrics.send("HeapProfiler.enable")

    def look(self) -> Left:
        """As it is now."""
        # Kept by the end-to-end tests' own watch.
        self._page.evaluate("() => { seen.peers.length = seen.tracks.length = 0 }")
        for _ in range(2):
            self._metrics.send("HeapProfiler.collectGarbage")
            self._page.wait_for_timeout(100)
        found = self._metrics.send("Performance.getMetrics")["metrics"]
        metrics: Left = {each["name"]: each["value"] for each in found}
        made: Left = self._page.evaluate("() => left()")
        pids = family(self._kernel)
        return {
            **{name: metrics[name] for name in METRICS},
            **made,
            "heap_kb": metrics["JSHeapUsedSize"] / 1000,
            "threads": sum(len([*Path(f"/proc/{pid}/task").iterdir()]) for pid in pids),
            "descriptors": sum(len([*Path(f"/proc/{pid}/fd").iterdir()]) for pid in pids),
            "kernel_mb": megabytes(pids[:1]),
            "engine_mb": megabytes(pids[1:]),
        }


def grown(looks: Sequence[Pair], what: str) -> list[tuple[int, float]]:
    """How much more there is after so many rounds, each pair being of before and after ``BLOCK`` of them."""
    sums = np.cumsum([after[what] - before[what] for before, after in looks])
    return [(BLOCK * (n + 1), float(more)) for n, more in enumerate(sums)]


def late(looks: Sequence[Pair], what: str) -> list[tuple[int, float]]:
    """The same once caches are full."""
    return [(rounds, more) for rounds, more in grown(looks, what) if rounds >= WARM]


def slope(looks: Sequence[Pair], what: str) -> float:
    """By how much it grows a round."""
    rounds, more = zip(*late(looks, what), strict=True)
    return float(np.polyfit(rounds, more, 1)[0])


def tell(calls: Sequence[Pair], bare: Sequence[Pair], open_: Sequence[Pair]) -> None:
    """Print the figures; ``open_`` is of before a call and in it."""
    there = {what: calls[-1][1][what] for what in GONE}
    more: dict[str, Any] = {what: late(calls, what)[-1][1] - late(calls, what)[0][1] for what in COUNTS}
    figure(
        "left_by_calls", [*there.values(), *(max(0, each) for each in more.values())], "objects",
        of_rounds=BLOCK * len(calls), there=there, more=more, tracks_kept=calls[-1][1]["tracks_kept"],
        aim="nothing", met=not any(there.values()) and all(each <= 0 for each in more.values()),
    )  # fmt: skip
    for what, unit in SIZES.items():
        if unit == "MB":  # Memory that a call has given back is the next one's.
            beside = Beside("budget of a further call", MOST_MB)
        else:
            beside = Beside("an open call", median(during[what] - before[what] for before, during in open_))
        last, bare_page = round(calls[-1][1][what], 1), round(slope(bare, what), 3)
        figure(
            f"{what}_per_call", [slope(calls, what)], unit, beside=beside, at_most=0.1,
            bare_page=bare_page, first=round(calls[0][0][what], 1), last=last,
        )  # fmt: skip


def block(counted: Counted, *steps: Callable[[], Any], times: int = BLOCK) -> Pair:
    """So many rounds, and what there was before and after."""
    before = counted.look()
    for _ in range(times):
        for step in steps:
            step()
    return before, counted.look()


def main(rounds: int = ROUNDS) -> None:
    calls: list[Pair] = []
    bare: list[Pair] = []
    open_: list[Pair] = []
    with serving() as url, opened(CELLS, [speech.silence(30)], count) as notebook:
        notebook.wait_value("len(w.voices) > 0", seconds=60)
        notebook.page.evaluate(WATCH)
        counted = Counted(notebook)
        for _ in range(rounds // BLOCK):
            calls.append(block(counted, lambda: begin(notebook), lambda: end(notebook)))
            bare.append(block(counted, lambda: bare_page(notebook.page, url)))
        for _ in range(OPEN):
            open_.append(block(counted, lambda: begin(notebook), times=1))
            end(notebook)
    tell(calls, bare, open_)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

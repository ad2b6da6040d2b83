"""A replay of an hour: time to the first picture, to the whole one and to its sound, memory, and a frame.

The hour is that of `benchmarks.measures`. The page is the built bundle in Chromium, and asks a replay of
this process. Beside it stand, in the same run:

- reading the hour's sound once, beside what the kernel does until it is shown, and until all is drawn;
- a page with the same peaks on a canvas and the same texts in a plain list, beside the replay's page;
- such a page with a line that goes over the picture, beside a frame of the replay that plays.

``python -m benchmarks.replay MINUTES`` is about a shorter one.
"""

from __future__ import annotations

import base64
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import CDPSession, Page, Route, sync_playwright

from benchmarks.measures import made
from benchmarks.report import Beside, figure
from benchmarks.sounds import quiet
from tests.e2e.lab import launch
from tests.e2e.speech import write
from voice_widget import Talk
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import blocks
from voice_widget.replay.widget import BUNDLE, Replay

MINUTES = 60
RUNS = 5
WIDTH = 960
LATE = 5 / 6  # minute 50 of an hour
PLAYS_MS = 3000
URL = "http://replay.test/"
HTML = '<!doctype html><meta charset="utf-8"><title>A replay</title><link rel="icon" href="data:,">'
TRAITS = ("_shown", "_coding", "_labels", "selection")
BYTES = ("_envelope", "_recent", "_sound")


def text(data: bytes) -> str:
    """Bytes as a page gets them here."""
    return base64.b64encode(data).decode()


class Kernel:
    """A replay, and what it answers to its page.

    Args:
        replay: The replay.
    """

    def __init__(self, replay: Replay) -> None:
        self.replay, self.drawn = replay, False
        self._answers: list[list[Any]] = []
        replay.send = self._send
        replay.observe(self._changed, names=["_envelope"])

    def state(self) -> dict[str, Any]:
        """What a page that opens it is given."""
        return {
            "traits": {name: getattr(self.replay, name) for name in TRAITS},
            "bytes": {name: text(getattr(self.replay, name)) for name in BYTES},
            "width": WIDTH,
        }

    def answer(self, message: Any) -> list[list[Any]]:
        """What comes of a message."""
        self._answers = []
        self.replay._told(None, message, [])
        return self._answers

    def _send(self, message: dict[str, Any], buffers: Any = ()) -> None:
        self.drawn |= message["type"] == "drawn" and message["share"] == 1
        self._answers.append(["message", message, [text(data) for data in buffers]])

    def _changed(self, change: Any) -> None:
        self._answers.append(["trait", change["name"], [text(change["new"])]])


class Measured:
    """A page whose own thread is measured.

    Args:
        page: The page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.kernel: Kernel | None = None
        page.route("**/*", self._file)
        page.expose_function("kernel", lambda message: self.kernel and self.kernel.answer(message))
        page.add_init_script(path=Path(__file__).with_name("replay_page.js"))
        self._metrics: CDPSession = page.context.new_cdp_session(page)
        self._metrics.send("Performance.enable", {"timeDomain": "threadTicks"})

    def mount(self, kind: str, kernel: Kernel) -> float:
        """Show a replay, or the bare page, in a new document. Gives how many milliseconds that took."""
        self.kernel = kernel
        self.page.goto(URL)
        return float(self.page.evaluate(f"(given) => bench.{kind}(given)", kernel.state()))

    def per_frame(self) -> float:
        """Milliseconds of the page's thread in a frame."""
        before = self._task_ms()
        frames = self.page.evaluate("(ms) => bench.frames(ms)", PLAYS_MS)
        return (self._task_ms() - before) / float(frames)

    def heap(self) -> float:
        """MB that live on the page."""
        self._metrics.send("HeapProfiler.collectGarbage")
        return float(self._metrics.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def _task_ms(self) -> float:
        found = self._metrics.send("Performance.getMetrics")["metrics"]
        return 1000 * next(float(each["value"]) for each in found if each["name"] == "TaskDuration")

    @staticmethod
    def _file(route: Route) -> None:
        script = route.request.url.endswith("replay.js")
        kind, body = ("text/javascript", BUNDLE.read_text()) if script else ("text/html", HTML)
        route.fulfill(content_type=kind, body=body)


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def in_kernel(talk: Talk) -> Kernel:
    """What the kernel does until a page can show it, and until all is drawn."""

    def read() -> None:
        for block in blocks(talk.sound):
            block.max()

    def draw(kernel: Kernel) -> None:
        while not kernel.drawn:
            kernel.answer({"type": "draw"})

    floor = Beside("reading its sound once", median(timed(read) for _ in range(RUNS)))
    replays: list[Kernel] = []
    begins = [timed(lambda: replays.append(Kernel(talk.replay()))) for _ in range(RUNS)]
    draws = [timed(lambda one=one: draw(one)) for one in replays]  # type: ignore[misc]
    turns = len(replays[0].replay._shown["turns"])
    figure("replay_made", begins, "s", beside=floor, at_most=0.25, turns=turns)
    figure("replay_drawn", draws, "s", beside=floor, at_most=2, turns=turns)
    return replays[-1]


def main(minutes: float = MINUTES) -> None:
    """Print the figures."""
    example = Talk.example()
    with tempfile.TemporaryDirectory(prefix="voice_widget_bench_") as name, sync_playwright() as playwright:
        folder = Path(name)
        talk = made(folder, max(1, round(minutes * 60 * RATE / example.samples)))
        talk.replay().close()  # what is imported for it
        kernel = in_kernel(talk)
        browser = launch(playwright.chromium, write(folder / "microphone.wav", [quiet(1000).astype(float)]))
        measured = Measured(browser.new_page(viewport={"width": WIDTH + 40, "height": 900}))
        page(measured, kernel, talk)
        browser.close()


def page(measured: Measured, kernel: Kernel, talk: Talk) -> None:
    """What its page does."""
    bare, shown, heaps = [], [], []
    for _ in range(RUNS):
        bare.append(measured.mount("bare", kernel))
        empty = measured.heap()
        shown.append(measured.mount("mount", kernel))
        heaps.append(measured.heap())
    figure("page_shown", shown, "ms", beside=Beside("page_bare", median(bare)), at_most=4)
    figure("page_heap", heaps, "MB", beside=Beside("page_bare_heap", empty), at_most=8)

    late = round(talk.duration_ms * LATE)
    places: dict[str, list[float]] = {"first": [], "late": []}
    for _ in range(RUNS):
        for found, ms in ((places["first"], 0), (places["late"], late)):
            measured.mount("mount", kernel)
            found.append(measured.page.evaluate("(ms) => bench.sounds(ms)", ms))
    figure("sound_at_its_beginning", places["first"], "ms")
    floor = Beside("sound_at_its_beginning", median(places["first"]))
    figure("sound_late_in_it", places["late"], "ms", beside=floor, at_most=1.5)

    plays, lines = [], []
    for _ in range(RUNS):
        measured.mount("bare", kernel)
        measured.page.evaluate("() => bench.cursor()")
        lines.append(measured.per_frame())
        measured.mount("mount", kernel)
        measured.page.evaluate("(ms) => bench.sounds(ms)", late)
        plays.append(measured.per_frame())
    figure("frame_that_plays", plays, "ms", beside=Beside("frame_bare", median(lines)), at_most=8)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))

"""How well the two channels of a recording are aligned, at the start of a call and after ten minutes of it.

A mark is a click, to which nobody answers. The user's are in the sound of the microphone: where each belongs
on the page's own audio clock is told by the stamps of its frames. The service's sound gives way to the same
device; by comm, where the page makes it itself, marks are scheduled in it on that clock. Between a device and
the recording is all that a call has: the page's nodes, late by some milliseconds each, and what finds out by
how much. In the recording each mark is looked for in both channels: left against right, and right against the
clock. The slope says what an hour would be. By webrtc and by comm, at the same time. ``python -m
benchmarks.aligned MINUTES`` is about a shorter call.
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
CLICK_MS = 1.0
NOISE, LOUD = 130, 23_000
# Minutes that the page may take until both calls are up.
BEGIN = 2
EXACT = Beside("what can be told apart", 5.0)
SIDES = ("user", "assistant")
WAYS = {
    "webrtc": "service=OpenAI({{server}}), record={folder!r}",
    "comm": "service=OpenAI({{server}}), transport='comm', record={folder!r}",
}
DEVICES = Path(__file__).with_name("devices.js")
Marks = dict[str, list[float]]  # where those of each side belong, in milliseconds of the page's audio clock


def marked(minutes: float) -> list[speech.Samples]:
    """What the microphone says: a click every few seconds, in a room's noise as there is sound about a word.

    A page may need more than a moment of it to find a delay.
    """
    noise = np.random.default_rng(7).uniform(-NOISE, NOISE, round(speech.RATE * EVERY_S))
    middle = len(noise) // 2
    noise[: middle - speech.RATE // 2] = noise[middle + speech.RATE // 2 :] = 0
    noise[middle : middle + round(speech.RATE * CLICK_MS / 1000)] = LOUD
    return [noise] * round(60 * (minutes + BEGIN) / EVERY_S)


def let_in(page: Page) -> None:
    """Let marks into what this page will load."""
    page.add_init_script(path=DEVICES)


def found(sound: Any, at: float) -> float | None:
    """The middle of what is loud near the sample where a mark belongs; None: it is not there."""
    first = max(0, round(at - NEAR_S * RATE))
    near = sound[first : round(at + NEAR_S * RATE)].astype(float)
    loud = np.flatnonzero(np.abs(near) > 3000)
    return None if len(loud) == 0 else first + float(loud[0] + loud[-1]) / 2


def places(talk: Talk, marks: Marks) -> dict[str, list[float | None]]:
    """Milliseconds from where each mark belongs to where it lies, in both channels."""
    [zero] = [call["offset_ms"] for call in talk.manifest["calls"]]
    samples, _ = talk.audio()

    def place(column: int, at_ms: float) -> float | None:
        at = (zero + at_ms + CLICK_MS / 2) * RATE / 1000
        lies = found(samples[:, column], at)
        return None if lies is None else 1000 * (lies - at) / RATE

    return {side: [place(column, at) for at in marks[side]] for column, side in enumerate(SIDES)}


def tell(way: str, marks: Marks, lie: dict[str, list[float | None]]) -> None:
    """Print the figures of a call."""
    pairs = [
        (at / 1000, left, right)
        for at, left, right in zip(marks["user"], *lie.values(), strict=True)
        if left is not None and right is not None
    ]
    if len(pairs) < 2:
        raise RuntimeError(f"Of {len(marks['user'])} marks by {way} only {len(pairs)} were found.")
    times, lefts, rights = np.array(pairs).T
    about = {"marks": len(marks["user"]), "found": len(pairs), "seconds": round(times[-1] - times[0])}
    for name, apart in (("left_right", lefts - rights), ("clock", rights)):
        an_hour = float(np.polyfit(times, apart, 1)[0]) * 3600
        more = {"first": round(apart[0], 3), "last": round(apart[-1], 3), "ms_an_hour": round(an_hour, 3)}
        figure(
            f"aligned_{name}_{way}", list(np.abs(apart)), "ms", beside=EXACT, at_most=1, of="p100",
            **about, **more,
        )  # fmt: skip


def main(minutes: float = MINUTES) -> None:
    with TemporaryDirectory(prefix="voice_widget_bench_") as place:
        said, folders = Path(place) / "script.json", {way: str(Path(place) / way) for way in WAYS}
        said.write_text(script("beep"))
        widgets = {way: how.format(folder=folders[way]) for way, how in WAYS.items()}
        with (
            serving("--vad", "level", *STAGES, "--script", str(said)) as url,
            opened(cells(url, widgets), marked(minutes), let_in) as notebook,
        ):
            notebook.page.evaluate(WATCH)
            for number in range(len(WAYS)):
                begin(notebook, number)
                # Before the next one takes the microphone.
                notebook.page.wait_for_function("(number) => sides[number]?.marks.user.length", arg=number)
            notebook.page.wait_for_timeout(60_000 * minutes)
            marks = {way: notebook.page.evaluate(f"sides[{number}].marks") for number, way in enumerate(WAYS)}
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

"""The measures of an hour's talk against reading its sound once, which is the floor.

The hour is the talk that comes with the package, over and over, with a room's noise in both channels. It is
read, listened to by both ears and measured anew each time; the last figure is measuring it again, when it is
known already.
``python -m benchmarks.measures MINUTES`` is about a shorter one.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Beside, figure
from voice_widget import Talk
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES
from voice_widget.recording.reading import read_record
from voice_widget.recording.sound import FILES, CodedSound, Stereo, blocks, write
from voice_widget.recording.talk import EXAMPLE
from voice_widget.recording.timeline import Piece

MINUTES = 60
RUNS = 3
NOISE = 12  # about -69 dB of full scale


class Over:
    """The example over and over, so many times, with noise."""

    def __init__(self, times: int) -> None:
        example = Talk.example()
        self._once = example.sound.read(0, example.samples)
        self._rng = np.random.default_rng(1)
        self.samples = times * len(self._once)

    def read(self, start: int, stop: int) -> Stereo:
        """The samples from ``start`` to before ``stop``."""
        places = np.arange(start, min(stop, self.samples)) % len(self._once)
        noise = self._rng.normal(0, NOISE, (len(places), 2))
        return np.round(self._once[places] + noise).clip(-32768, 32767).astype(np.int16)


def made(folder: Path, times: int) -> Talk:
    """A talk of the example's turns, so many times one after the other."""
    sound = CodedSound(write(Over(times), folder, "flac"))
    record = read_record(EXAMPLE)
    length = max(piece.end for piece in record.pieces)
    every = round(length * 1000 / RATE)
    rows: list[dict[str, Any]] = []
    for number in range(times):
        for row in record.rows:
            seq, told = len(rows) + 1, dict[str, Any](row)
            told |= {"seq": seq, "item_id": f"item_{seq}"}
            told |= {name: told[name] + number * every for name in ("start_ms", "end_ms")}
            rows.append(told)
    pieces = [Piece(side, 0, sound.samples, "sound", None, record.rows[0]["call_id"]) for side in SIDES]
    return Talk(replace(record, folder=None, pieces=pieces, sound=sound, stored=rows))


def timed(work: Callable[[], object]) -> list[float]:
    """How long something takes, in seconds of this process."""
    took = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return took


def main(minutes: float = MINUTES) -> None:
    """Print the figure."""
    example = Talk.example()
    with tempfile.TemporaryDirectory(prefix="voice_widget_bench_") as folder:
        place = Path(folder)
        talk = made(place, max(1, round(minutes * 60 * RATE / example.samples)))

        def read() -> None:
            for block in blocks(talk.sound):
                block.max()

        def anew() -> None:
            Talk(replace(talk._record, sound=CodedSound(place / FILES["flac"]))).measures()

        floor = Beside("reading its sound once", float(np.median(timed(read))))
        turns = len(talk.measures(by="turn"))
        about: dict[str, Any] = {"minutes": minutes, "turns": turns}
        figure("talk_measured", timed(anew), "s", beside=floor, at_most=4, **about)
        figure("talk_measured_again", timed(talk.measures), "s", beside=floor, at_most=1, **about)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))

"""What a sweep of 100 detectors of turns over an hour costs, beside one detector in the same run.

The talk is the shipped one again and again, with a row for each of its turns; when the user spoke is heard
before, for all figures. One detector is heard and judged from the beginning; the sweep hears its two
detectors of speech at the same time, on two cores, and then one after the other. The last figure is what one
more combination costs once the talk was heard. Seconds are those that one waits.
``python -m benchmarks.sweep MINUTES`` is about a shorter one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.report import Beside, figure
from voice_widget.analysis.what_if.truth import truth
from voice_widget.realtime.settings.detection import ServerVad
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.record import Record
from voice_widget.recording.saving import manifest
from voice_widget.recording.sound import Sound, Stereo
from voice_widget.recording.talk import Talk
from voice_widget.recording.timeline import Piece
from voice_widget.tables.event_log import EventLog

MINUTES = 60
VADS = ("level", "webrtc")
GRID: dict[str, Any] = {
    "silence_duration_ms": range(200, 1200, 100),
    "threshold": [0.3, 0.4, 0.5, 0.6, 0.7],
    "vad": list(VADS),
}


class Again:
    """A sound again and again.

    Args:
        sound: It.
        samples: For so long.
    """

    def __init__(self, sound: Sound, samples: int) -> None:
        self.samples, self._once = samples, sound.read(0, sound.samples)

    def read(self, start: int, stop: int) -> Stereo:
        """The samples from ``start`` to before ``stop``; silence where there are none."""
        result = np.zeros((max(0, stop - start), 2), np.int16)
        there = np.arange(start, min(stop, self.samples)) % len(self._once)
        result[: len(there)] = self._once[there]
        return result


def made(minutes: float = MINUTES) -> Talk:
    """The shipped talk for so long."""
    once = Talk.example()
    samples = round(minutes * 60 * RATE)
    stretches = once.stretches()
    log = EventLog(most=1 << 20, most_bytes=1 << 40)
    log.add({"type": "voice_widget.call.connecting", "transport": "memory"}, "local", 0.0, "call")
    log.add({"type": "voice_widget.call.joined", "call_id": "call"}, "local", 0.0, "call")
    for number in range(samples // once.samples):
        for row in once.rows:
            start, end = (at + number * once.samples for at in stretches[row["seq"]])
            told = {"item_id": f"{number}_{row['seq']}", "role": row["role"], "text": row["text"]}
            times = {"start_ms": round(start * 1000 / RATE), "end_ms": round(end * 1000 / RATE)}
            log.add({"type": "voice_widget.call.told", **told, **times}, "local", start / RATE, "call")
    about = manifest({"created_at": "1970-01-01T00:00:00+00:00", "samples": samples})
    about["calls"] = [{"call_id": "call", "offset_ms": 0.0}]
    pieces = [Piece(side, 0, samples, "sound") for side in ("user", "assistant")]
    return Talk(Record(None, about, log.lines, pieces, Again(once.sound, samples)))


def took(work: Callable[[], object]) -> float:
    """Seconds that one waits for it."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def main(minutes: float = MINUTES) -> None:
    """Print the figures."""
    talk = made(minutes)
    record = talk._record
    about: dict[str, Any] = {"minutes": minutes, "turns": len(talk.rows)}
    truth(talk)
    one = took(lambda: Talk(record).what_if(ServerVad(), vad="webrtc"))
    figure("one_detector", [one], "s", **about)
    beside = Beside("one detector", one)
    count = len(GRID["silence_duration_ms"]) * len(GRID["threshold"]) * len(VADS)
    heard = Talk(record)
    both = took(lambda: heard.sweep(GRID))
    figure("sweep_on_two_cores", [both], "s", beside=beside, at_most=4, detectors=count, **about)
    alone = took(lambda: Talk(record).sweep(GRID, jobs=1))
    figure("sweep_on_one_core", [alone], "s", beside=beside, detectors=count, **about)
    known = took(lambda: heard.sweep({"vad": list(VADS)}))
    more = (took(lambda: heard.sweep(GRID)) - known) / (count - len(VADS))
    figure("one_more_detector", [more], "s", beside=beside, at_most=0.02, **about)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))

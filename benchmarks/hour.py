"""An hour's talk by memory at the fastest pace: what recording costs, what stays in memory, and reading it.

The embedded engine with instant parts asks for no time of its own. Beside the recorded talks stands one of
the same script that is not recorded. Each talk is had in a process of its own, which tells its memory as the
talk goes on. Then the hour is held against what was said in it, and read: the floor is reading its files as
they lie there. ``python -m benchmarks.hour MINUTES`` is about a shorter one.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.processes import megabytes, took
from benchmarks.report import Beside, figure
from voice_widget import Local, Talk, VoiceWidget, read_talk
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.spoken import Utterance
from voice_widget.recording.tables import TABLES

MINUTES = 60
ASIDE = 6  # a talk so many times shorter is had twice: recorded, and not
WARM = 0.2  # of it is over before its memory is looked at
WORDS = 20  # of an answer: six seconds
QUESTION_S = 2.0
TURN_S = 9
RUNS = 5
LOOK_S = 20
SOUND_MB = 2 * 2 * RATE * 60 / 1e6  # a minute of both sides
LOUD = 1000
NEAR_MS = 15


def said(number: int) -> str:
    """The answer of a turn."""
    return " ".join([f"number-{number}", *["word"] * (WORDS - 1)])


async def talk(minutes: float, folder: str | None) -> dict[str, Any]:
    """Have one, so long on its own clock; what it took of time, and of memory on the way."""
    script = [{"hear": f"question {n}", "say": said(n)} for n in range(round(minutes * 60 / TURN_S) + 50)]
    widget = VoiceWidget(
        service=Local(vad="level", tts="tone", script=script), transport="memory", record=folder or False
    )
    asked = (8000 * np.sin(np.arange(QUESTION_S * RATE) * 2 * np.pi * 300 / RATE)).astype(np.int16)
    sizes: list[tuple[float, float]] = []
    await widget.connect()
    began, own = time.monotonic(), time.process_time()
    while (now := widget.transcript[-1]["end_ms"] or 0 if widget.turns else 0) < minutes * 60_000:
        if now >= len(sizes) * LOOK_S * 1000:
            gc.collect()
            sizes.append((now / 60_000, megabytes([os.getpid()])))
        answered = widget.next_turn("assistant")
        await widget.play(asked, RATE, pace="max")
        await answered
    wall, own = time.monotonic() - began, time.process_time() - own
    await widget.disconnect()
    turns = widget.turns
    ended = time.monotonic()
    widget.close()
    return {"wall": wall, "own": own, "ending": time.monotonic() - ended, "sizes": sizes, "turns": turns}


def had(minutes: float, folder: Path | None) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.hour",
        str(minutes),
        "--talk",
        *([] if folder is None else [str(folder)]),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def slope(sizes: Sequence[tuple[float, float]]) -> float:
    """Megabytes a minute, once all is there that a talk needs."""
    times, values = np.array(sizes).T
    late = times >= WARM * times[-1]
    return float(np.polyfit(times[late], values[late], 1)[0])


def is_right(one: Utterance, sound: Any, number: int) -> bool:
    """It is what was said, and its sound lies where it says, on its side alone."""
    side = int(one.role == "assistant")
    if one.text != (said(number) if side else f"question {number}") or one.end_ms is None:
        return False
    lasts = 0.3 * WORDS if side else QUESTION_S
    first, last = (round(ms * RATE / 1000) for ms in (one.start_ms - NEAR_MS, one.end_ms + NEAR_MS))
    stretch, size = sound[max(0, first) : last], RATE // 100
    loud = np.zeros((last - first, 2), bool)  # before the beginning and behind the end there is silence
    loud[max(0, -first) :][: len(stretch)] = np.abs(stretch) > LOUD
    own = loud[: len(loud) // size * size, side].reshape(-1, size)
    # Where the engine was late there is silence within an answer, and that is what was heard.
    lasted, edges = int(np.count_nonzero(own.any(axis=1))) / 100, loud[:size].any() or loud[-size:].any()
    return not edges and abs(lasted - lasts) < 0.05 and not loud[:, 1 - side].any()


def tables(talk: Talk) -> None:
    """All of them."""
    for name in (*TABLES, "events"):
        getattr(talk, f"{name}_df")


def tell(name: str, work: Callable[[], Any], beside: Beside | None, at_most: float | None = None) -> float:
    """Print what it takes to do something, in milliseconds; the first time is for what it imports."""
    costs = [1000 * took(work) for _ in range(1 + RUNS)]
    return float(
        figure(name, costs[1:], "ms", beside=beside, at_most=at_most, first=round(costs[0], 3))["p50"]
    )


def raw(folder: Path) -> None:
    """All files as they are."""
    for path in folder.iterdir():
        path.read_bytes()


def parsed(folder: Path) -> None:
    """All lines of all tables."""
    for path in folder.glob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            json.loads(line)


def decoded(folder: Path) -> None:
    """All samples, one frame after the other."""
    with av.open(str(folder / "audio.flac")) as file:
        for frame in file.decode(audio=0):
            frame.to_ndarray()


def read(folder: Path) -> None:
    """What reading a recorded talk takes."""
    whole = read_talk(folder)
    turn = len(whole.rows) // 2

    files = Beside("reading its files", tell("files_read", lambda: raw(folder), None))
    tell("talk_read", lambda: read_talk(folder), files, 10)
    tell("turn_read", lambda: whole.audio(turn), files, 10)
    lines = Beside("parsing its lines", tell("lines_parsed", lambda: parsed(folder), files))
    tell("tables_read", lambda: tables(read_talk(folder)), lines, 3)
    sound = Beside("decoding it", tell("sound_decoded", lambda: decoded(folder), files))
    tell("sound_read", whole.audio, sound, 2)


def main(minutes: float = MINUTES) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="voice_widget_bench_") as place:
        short = minutes / ASIDE
        plain, kept = had(short, None), had(short, Path(place) / "short")
        beside = Beside("not recorded", plain["own"] / short)
        figure("cpu_of_a_minute_recorded", [kept["own"] / short], "s", beside=beside, at_most=1.5)
        whole = had(minutes, Path(place) / "hour")
        sound = Beside("its sound", SOUND_MB)
        alone, whole_mb = slope(plain["sizes"]), [mb for _, mb in whole["sizes"]]
        growth = [slope(each["sizes"]) - alone for each in (kept, whole)]
        figure(
            "memory_of_a_minute_recorded", growth, "MB", beside=sound, at_most=0.1, of="p100",
            not_recorded=round(alone, 3), first=round(whole_mb[0]), last=round(whole_mb[-1]),
        )  # fmt: skip
        talk = read_talk(Path(place) / "hour")
        told, (samples, _) = talk.utterances(), talk.audio()
        wrong = [one for n, one in enumerate(told) if not is_right(one, samples, n // 2)]
        for one in wrong:
            print(f"# not right: {one}", file=sys.stderr, flush=True)
        lasts = len(samples) / RATE
        end_ms = told[-1].end_ms or 0
        figure(
            "talk_by_memory", [whole["wall"]], "s", beside=Beside("its length", lasts), at_most=0.2,
            ending_s=round(whole["ending"], 1), rows=len(talk.rows), right=len(told) - len(wrong),
            problems=len(talk.problems), sound_beyond_last_row_ms=round(1000 * lasts - end_ms),
        )  # fmt: skip
        read(Path(place) / "hour")


if __name__ == "__main__":
    if "--talk" in sys.argv:
        print(json.dumps(asyncio.run(talk(float(sys.argv[1]), sys.argv[3] if sys.argv[3:] else None))))
    else:
        main(*map(float, sys.argv[1:]))

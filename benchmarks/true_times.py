"""The times of rows, held against a recording of both tracks in the page and against the WAV that was spoken.

Natural speech asks and answers, in JupyterLab in Chromium, by webrtc and by comm, beside an idle kernel and
beside a cell that is busy. A listener beside the widget keeps every frame of both tracks with its own time
stamp; what sounded when is found in that by the rule that the rows are documented with, written here again.
Errors are row less truth, without their sign but for the ``median``. A gap that the row does not know is
counted and no error. In the WAV a question begins earlier than the browser, which suppresses noise, lets it
be heard.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.flows import cells
from benchmarks.lab import WATCH, begin, end, opened
from benchmarks.report import Beside, figure
from benchmarks.serving import serving
from benchmarks.sounds import RATE, quiet
from benchmarks.turns import script
from tests.e2e import ears, speech
from tests.e2e.lab import Notebook

CALLS = 2  # of each kind
TURNS = 6
LEAD_MS = 2000
APART_MS = 4200
ASKS = ("how many rows are there", "and the mean of the first column please", "stop here")
VOICES = ("flite:slt", "espeak:en-us", "flite:rms")
SAYS = "There are three hundred and forty four of them."
WAYS = {"webrtc": "service=OpenAI({server})", "comm": "service=OpenAI({server}), transport='comm'"}
DETECTION = {"type": "server_vad", "silence_duration_ms": 400, "prefix_padding_ms": 300}
ROWS = "[dict(r) for r in {}.transcript]"
BUSY = "import time\nuntil = time.time() + {}\nwhile time.time() < until: sum(n * n for n in range(20_000))"
FRAME = Beside("frame_of_sound", 10.0)
BLOCK = 0.01
QUIET = {"user": 0.008, "assistant": 0.003}
NOISE_BLOCKS = 300

Times = NDArray[np.float64]


class Spoken(NamedTuple):
    """Somebody was heard from then to then, in milliseconds."""

    start: float
    end: float


def voiced(samples: Times, rate: int, side: str) -> list[Spoken]:
    """When a side was heard, by the documented rule, with the whole sound at hand."""
    size = round(rate * BLOCK)
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    levels = np.sqrt((blocks**2).mean(axis=1))
    found: list[Spoken] = []
    speaking, run, start, last = False, 0, 0.0, 0.0
    sounds = np.cumsum(levels >= 1e-5)  # what is nothing at all is a muted track, and no room
    room_levels = levels[levels >= 1e-5]
    for place, level in enumerate(levels):
        known = room_levels[max(0, sounds[place] - NOISE_BLOCKS) : sounds[place]]
        room = float(known.min()) if side == "user" and len(known) else 0.0
        loud = max(QUIET[side], min(0.05, 4 * room))
        still = max(QUIET[side] / 2, min(0.025, 2 * room))
        limit = still if speaking else loud
        over = np.flatnonzero(np.abs(blocks[place]) >= limit)
        if not speaking:
            if level < loud:
                run = 0
                continue
            if run == 0:
                start = place * size + over[0]
            run += 1
            last = place * size + over[-1] + 1
            if run == 3:
                speaking, run = True, 0
        elif level >= still:
            run, last = 0, place * size + over[-1] + 1
        else:
            run += 1
            if run == 20:
                speaking, run = False, 0
                found.append(Spoken(start * 1000 / rate, last * 1000 / rate))
    if speaking:
        found.append(Spoken(start * 1000 / rate, last * 1000 / rate))
    return found


def recorded(frames: Sequence[tuple[float, int, Any]], side: str) -> list[Spoken]:
    """When a side was heard, on the clock of the stamps; a stamp is often late and never early."""
    stamps = np.array([at for at, _, _ in frames])
    lasts = np.array([1000 * len(pcm) / rate for _, rate, pcm in frames])
    late = stamps - np.append(0.0, np.cumsum(lasts)[:-1])
    near = 25
    padded = np.pad(late, near, mode="edge")
    place = np.lib.stride_tricks.sliding_window_view(padded, 2 * near + 1).min(axis=1)
    rate = frames[0][1]
    starts = np.round((place - place[0] + np.append(0.0, np.cumsum(lasts)[:-1])) * rate / 1000).astype(int)
    whole = np.zeros(int(starts.max()) + rate)
    for start, (_, _, pcm) in zip(starts, frames, strict=True):
        whole[start : start + len(pcm)] = pcm / 32_768
    return [Spoken(one.start + place[0], one.end + place[0]) for one in voiced(whole, rate, side)]


def asked() -> tuple[list[Any], list[Spoken]]:
    """What the caller says in a call, and when, in the file."""
    rng = np.random.default_rng(9)
    parts: list[Any] = [quiet(LEAD_MS)]
    spoken: list[Spoken] = []
    with TemporaryDirectory(prefix="voice_widget_bench_") as folder:
        for turn in range(TURNS):
            said = speech.say(ASKS[turn % 3], VOICES[turn // 2 % 3], Path(folder))
            before = sum(map(len, parts)) * 1000 / RATE
            heard = voiced(said / 32_768, RATE, "user")
            spoken.append(Spoken(before + heard[0].start, before + heard[-1].end))
            parts += [said, quiet(APART_MS + rng.uniform(0, 20))]
    return parts, spoken


def within(spans: Sequence[Spoken], begin: float, end: float) -> Spoken | None:
    """What was heard in a time, as one."""
    inside = [one for one in spans if one.start < end and one.end > begin]
    return Spoken(inside[0].start, inside[-1].end) if inside else None


def exchanges(known: Sequence[Spoken], user: Sequence[Spoken], answers: Sequence[Spoken]) -> list[Any]:
    """Each question and answer as recorded; None where one was not."""
    shift = min(user, key=lambda one: one.start).start - known[0].start
    found: list[Any] = []
    for place, one in enumerate(known):
        until = known[place + 1].start + shift - 300 if place + 1 < len(known) else np.inf
        question = within(user, one.start + shift - 200, one.end + shift + 200)
        answer = question and within(answers, question.end, until)
        found.append(None if question is None or answer is None else (question, answer))
    return found


def pairs(rows: Sequence[dict[str, Any]], known: Sequence[Spoken]) -> dict[int, tuple[Any, Any]]:
    """The rows of each question, by where it stands in the file."""
    users = [row for row in rows if row["role"] == "user" and row["start_ms"] is not None]
    found: dict[int, tuple[Any, Any]] = {}
    if not users:
        return found
    first = users[0]["start_ms"] - known[0].start
    for row in users:
        place = int(np.argmin([abs(row["start_ms"] - first - one.start) for one in known]))
        answer = next((other for other in rows if other["seq"] == row["seq"] + 1), None)
        if answer is not None and answer["role"] == "assistant":
            found[place] = (row, answer)
    return found


def near(row: dict[str, Any], heard: Spoken, zero: float) -> bool:
    """The row is of what was heard there: they share some time."""
    end = row["end_ms"] if row["end_ms"] is not None else row["start_ms"] + 1
    return bool(row["start_ms"] - zero < heard.end and end - zero > heard.start)


def one_call(
    notebook: Notebook, number: int, name: str, known: Sequence[Spoken], busy: bool
) -> dict[str, Any]:
    """All errors of a call."""
    widget = f"w[{name!r}]"
    before = notebook.value(f"{widget}.turns")
    ears.forget(notebook.page)
    begin(notebook, number)
    seconds = (known[-1].end + APART_MS) / 1000
    if busy:
        notebook.start(BUSY.format(seconds))
    notebook.page.wait_for_timeout(seconds * 1000)
    ears.catch_up(notebook.page)
    frames = ears.frames(notebook.page)
    rows = notebook.value(ROWS.format(widget), timeout=60)[before:]
    end(notebook, number, widget)
    sounds = {side: recorded(taken, side) for side, taken in frames.items()}
    truth = exchanges(known, sounds["user"], sounds["assistant"])
    told = pairs(rows, known)
    both = [(known[place], truth[place], told[place]) for place in sorted(told) if truth[place] is not None]
    errors: dict[str, Any] = {"turns": TURNS, "unknown": 0, "astray": 0}
    # The two clocks have no zero in common: the users' ends give it.
    zero = float(np.median([row["end_ms"] - one[0].end for _, one, (row, _) in both]))
    file = float(np.median([row["end_ms"] - one.end for one, _, (row, _) in both]))
    for wav, (question, answer), (user, assistant) in both:
        if assistant["start_ms"] is not None and not near(assistant, answer, zero):
            # Where time is short an answer may come to the next question; a row that is wrong looks the same.
            errors["astray"] += 1
            print(
                f"# {name}: {assistant} is not what sounded at {answer}, {zero}", file=sys.stderr, flush=True
            )
            continue
        gap = assistant["response_gap_ms"]
        errors["unknown"] += gap is None
        if gap is not None:
            errors.setdefault("response_gap", []).append(gap - (answer.start - question.end))
        for what, row, true in (("user", user, question), ("assistant", assistant, answer)):
            if row["start_ms"] is not None and row["end_ms"] is not None:
                errors.setdefault(f"{what}_start", []).append(row["start_ms"] - zero - true.start)
                errors.setdefault(f"{what}_end", []).append(row["end_ms"] - zero - true.end)
        errors.setdefault("user_start_in_wav", []).append(user["start_ms"] - file - wav.start)
        errors.setdefault("user_end_in_wav", []).append(user["end_ms"] - file - wav.end)
    return errors


def main() -> None:
    sound, known = asked()
    kinds = [(way, busy) for way in WAYS for busy in (False, True)]
    taken: dict[tuple[str, bool], list[dict[str, Any]]] = {kind: [] for kind in kinds}
    with TemporaryDirectory(prefix="voice_widget_bench_") as folder:
        said = Path(folder) / "script.json"
        said.write_text(script(SAYS))
        stages = ("--vad", "level", "--stt", "scripted", "--tts", "espeak", "--script", str(said))
        with (
            serving(*stages) as url,
            opened(cells(url, WAYS, f", turn_detection={DETECTION}"), sound, ears.keep_all) as notebook,
        ):
            notebook.page.evaluate(WATCH)
            for _ in range(CALLS):
                for number, way in enumerate(WAYS):
                    for busy in (False, True):
                        taken[way, busy].append(one_call(notebook, number, way, known, busy))
    for way, busy in kinds:
        calls = taken[way, busy]
        counts = {f"of_{name}": sum(call[name] for call in calls) for name in ("turns", "unknown", "astray")}
        for what in dict.fromkeys(name for call in calls for name in call if f"of_{name}" not in counts):
            values = np.array([value for call in calls for value in call.get(what, ())])
            more = counts | {"median": round(float(np.median(values)), 1)}
            name = f"true_{what}_{way}{'_busy' if busy else ''}"
            if what == "response_gap":
                figure(name, list(np.abs(values)), "ms", beside=FRAME, at_most=2, of="p95", **more)
            else:
                figure(name, list(np.abs(values)), "ms", **more)


if __name__ == "__main__":
    main()

"""Barge-in with instant stages: the caller's first voiced sample over the answer → silence at the caller.

Overhead: the same less the shortest speech that counts, beside a bare aiortc responder, which falls silent at
the first voiced frame.
"""

from __future__ import annotations

import asyncio

import numpy as np

from benchmarks.peers import Caller
from benchmarks.report import Beside, figure
from benchmarks.servers import bare, engine
from benchmarks.sounds import join, quiet, speech
from benchmarks.turns import MINIMUM_SPEECH_MS, SAYS, SILENCE_MS, STAGES, rounds, script

CALLS = 3
TURNS = 4
LONG, SHORT = " ".join(["beep"] * 12), "beep"
BARE_ANSWER_MS = 1500
OVER = "okay stop it"


async def barge_in(caller: Caller, rng: np.random.Generator) -> float:
    """Ask, wait for the answer, talk over it; milliseconds from the onset to silence."""
    await caller.ask(speech(SAYS))
    await asyncio.sleep(rng.uniform(0.4, 0.7))
    caller.track.push(join([quiet(rng.uniform(0, 20)), speech(OVER)]))
    await caller.track.begun.wait()
    onset = caller.track.first_voiced
    stopped = await caller.ear.silent(onset)
    await caller.track.sent.wait()
    await caller.ear.voiced(stopped)  # the short answer to what was said
    await caller.ear.quiet()
    return (stopped - onset) * 1000


async def main() -> None:
    answers = script(LONG, SHORT)
    async with (
        bare(SILENCE_MS, BARE_ANSWER_MS) as alone,
        engine("--vad", "level", *STAGES, script=answers) as level,
        engine("--vad", "silero", *STAGES, script=answers) as silero,
    ):
        values, first = await rounds(barge_in, alone, level, silero, calls=CALLS, turns=TURNS)
    floors, levels, sileros = values
    figure("barge_in_bare_aiortc", floors, "ms", first=first[0])
    floor = Beside("barge_in_bare_aiortc", float(np.median(floors)))
    overheads = [value - MINIMUM_SPEECH_MS for value in levels]
    figure("barge_in", levels, "ms", minimum_speech_ms=MINIMUM_SPEECH_MS, first=first[1])
    figure("barge_in_overhead", overheads, "ms", beside=floor, at_most=2)
    figure("barge_in_silero", sileros, "ms", first=first[2])


if __name__ == "__main__":
    asyncio.run(main())

"""Barge-in with instant stages: the caller's first voiced sample over the answer → silence at the caller."""

from __future__ import annotations

import asyncio

import numpy as np

from benchmarks.peers import Caller
from benchmarks.report import figure
from benchmarks.servers import engine
from benchmarks.sounds import join, quiet, speech
from benchmarks.turns import MINIMUM_SPEECH_MS, SAYS, STAGES, rounds, script

CALLS = 3
TURNS = 4
LONG, SHORT = " ".join(["beep"] * 12), "beep"
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
        engine("--vad", "level", *STAGES, script=answers) as level,
        engine("--vad", "silero", *STAGES, script=answers) as silero,
    ):
        (levels, sileros), first = await rounds(barge_in, level, silero, calls=CALLS, turns=TURNS)
    aim = f"p50 <= minimum speech {MINIMUM_SPEECH_MS} + 60"
    figure("barge_in", levels, "ms", at_most=MINIMUM_SPEECH_MS + 60, aim=aim, first=first[0])
    figure("barge_in_silero", sileros, "ms", first=first[1])


if __name__ == "__main__":
    asyncio.run(main())

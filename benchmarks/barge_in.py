"""Barge-in with instant stages: the caller's first voiced sample over the answer → silence at the caller."""

from __future__ import annotations

import asyncio

import numpy as np

from benchmarks.peers import Caller
from benchmarks.report import figure
from benchmarks.servers import engine
from benchmarks.sounds import join, quiet, speech
from benchmarks.turns import MINIMUM_SPEECH_MS, SAYS, STAGES, listening, script

ROUNDS = 10
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
    rng = np.random.default_rng(2)
    answers = script(LONG, SHORT)
    async with (
        engine("--vad", "level", *STAGES, script=answers) as level,
        engine("--vad", "silero", *STAGES, script=answers) as silero,
        level.call() as level_call,
        silero.call() as silero_call,
    ):
        callers = (level_call, silero_call)
        for caller in callers:
            await caller.configure(listening())
        first = [await barge_in(caller, rng) for caller in callers]
        rounds = [[await barge_in(caller, rng) for caller in callers] for _ in range(ROUNDS)]
    levels, sileros = (list(side) for side in zip(*rounds, strict=True))
    aim = f"p50 <= minimum speech {MINIMUM_SPEECH_MS} + 60"
    figure("barge_in", levels, "ms", at_most=MINIMUM_SPEECH_MS + 60, aim=aim, first=round(first[0], 1))
    figure("barge_in_silero", sileros, "ms", first=round(first[1], 1))


if __name__ == "__main__":
    asyncio.run(main())

"""Turn overhead with instant stages, beside a bare aiortc responder in the same run.

Overhead: the caller's last voiced sample sent → first voiced sample received, less the silence window. The
recogniser and the voice are instant (a script, a tone); the callers take turns, so that noise hits all alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import numpy as np

from benchmarks.peers import Caller
from benchmarks.report import Beside, figure
from benchmarks.servers import Server, bare, engine
from benchmarks.sounds import join, quiet, speech
from voice_widget.realtime.script import Exchange, Script

SILENCE_MS = 200
MINIMUM_SPEECH_MS = 60
CALLS = 4
TURNS = 4
SAYS = "how many"
MOST_TURNS = 50

STAGES = ("--stt", "scripted", "--tts", "tone")


def listening(silence_ms: int = SILENCE_MS) -> dict[str, Any]:
    """The settings that all measured engines get."""
    detection = {
        "type": "server_vad",
        "silence_duration_ms": silence_ms,
        "prefix_padding_ms": 300,
        "min_speech_ms": MINIMUM_SPEECH_MS,
    }
    return {"audio": {"input": {"turn_detection": detection}}}


def script(*answers: str) -> str:
    """Answers, one after the other, for more turns than are needed."""
    return Script(tuple(Exchange(hear="go", say=say) for say in answers * MOST_TURNS)).dump()


async def overhead(caller: Caller, rng: np.random.Generator) -> float:
    """One turn, begun at any phase of the frames."""
    gap = await caller.ask(join([quiet(rng.uniform(0, 20)), speech(SAYS)]))
    await caller.ear.quiet()
    return gap - SILENCE_MS


async def rounds(
    measure: Callable[[Caller, np.random.Generator], Awaitable[float]],
    *servers: Server,
    calls: int,
    turns: int,
) -> tuple[list[list[float]], list[float]]:
    """Measure the servers in turn: all values of each, and the first of each, which is not among them.

    Several calls, because within one the frames of both directions keep their phase.
    """
    rng = np.random.default_rng(1)
    values: list[list[float]] = [[] for _ in servers]
    first: list[float] = []
    for number in range(calls):
        async with AsyncExitStack() as stack:
            callers = [await stack.enter_async_context(server.call()) for server in servers]
            for caller, server in zip(callers, servers, strict=True):
                if server.token:  # the bare responder has no settings
                    await caller.configure(listening())
            warm = [await measure(caller, rng) for caller in callers]
            first = first if number else [round(value, 1) for value in warm]
            for _ in range(turns):
                for caller, kept in zip(callers, values, strict=True):
                    kept.append(await measure(caller, rng))
    return values, first


async def main() -> None:
    one_word = script("beep")
    async with (
        bare(SILENCE_MS) as alone,
        engine("--vad", "level", *STAGES, script=one_word) as level,
        engine("--vad", "silero", *STAGES, script=one_word) as silero,
    ):
        values, first = await rounds(overhead, alone, level, silero, calls=CALLS, turns=TURNS)
    floors, levels, sileros = values
    floor = Beside("turn_overhead_bare_aiortc", float(np.median(floors)))
    figure("turn_overhead_bare_aiortc", floors, "ms", first=first[0])
    figure("turn_overhead", levels, "ms", beside=floor, at_most=2, first=first[1])
    figure("turn_overhead_silero", sileros, "ms", beside=floor, first=first[2])
    figure("silero_delay", [a - b for a, b in zip(sileros, levels, strict=True)], "ms")


if __name__ == "__main__":
    asyncio.run(main())

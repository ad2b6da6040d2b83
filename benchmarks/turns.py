"""Turn overhead with instant stages, beside a bare aiortc responder in the same run.

Overhead: the caller's last voiced sample sent → first voiced sample received, less the silence window. The
recogniser and the voice are instant (a script, a tone); the callers take turns, so that noise hits all alike.
"""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from benchmarks.peers import Caller
from benchmarks.report import figure
from benchmarks.servers import bare, engine
from benchmarks.sounds import join, quiet, speech
from voice_widget.realtime.script import Exchange, Script

SILENCE_MS = 200
MINIMUM_SPEECH_MS = 60
ROUNDS = 16
SAYS = "how many"

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
    return Script(tuple(Exchange(hear="go", say=say) for say in answers * (ROUNDS + 10))).dump()


async def overhead(caller: Caller, rng: np.random.Generator) -> float:
    """One turn, begun at any phase of the frames."""
    gap = await caller.ask(join([quiet(rng.uniform(0, 20)), speech(SAYS)]))
    await caller.ear.quiet()
    return gap - SILENCE_MS


async def main() -> None:
    rng = np.random.default_rng(1)
    one_word = script("beep")
    async with (
        bare(SILENCE_MS) as floor,
        engine("--vad", "level", *STAGES, script=one_word) as level,
        engine("--vad", "silero", *STAGES, script=one_word) as silero,
        floor.call() as floor_call,
        level.call() as level_call,
        silero.call() as silero_call,
    ):
        callers = (floor_call, level_call, silero_call)
        for caller in callers[1:]:
            await caller.configure(listening())
        first = [await overhead(caller, rng) for caller in callers]
        rounds = [[await overhead(caller, rng) for caller in callers] for _ in range(ROUNDS)]
    floors, levels, sileros = (list(side) for side in zip(*rounds, strict=True))
    floor_first, level_first, silero_first = (round(gap, 1) for gap in first)
    aim, limit = "p50 <= p50 of bare aiortc + 20", float(np.median(floors)) + 20
    figure("turn_overhead_bare_aiortc", floors, "ms", first=floor_first)
    figure("turn_overhead", levels, "ms", at_most=limit, aim=aim, first=level_first)
    figure("turn_overhead_silero", sileros, "ms", first=silero_first)
    figure("silero_delay", [a - b for a, b in zip(sileros, levels, strict=True)], "ms")


if __name__ == "__main__":
    asyncio.run(main())

"""Turn overhead and barge-in with instant stages, beside a bare aiortc responder in the same run.

Overhead: the caller's last voiced sample sent → first voiced sample received, less the silence window.
Barge-in: the caller's first voiced sample over the answer → first silent frame received.
"""

from __future__ import annotations

import asyncio
import json
import time

import numpy as np

from benchmarks.engine import Server, bare, engine
from benchmarks.peers import Caller, join, quiet, tone
from benchmarks.report import figure
from voice_widget.realtime.script import Exchange, Script

SILENCE_MS = 200
MINIMUM_SPEECH_MS = 60
ROUNDS = 24


def settings(silence_ms: int = SILENCE_MS) -> str:
    """The session.update that all measured engines get."""
    detection = {
        "type": "server_vad",
        "silence_duration_ms": silence_ms,
        "prefix_padding_ms": 300,
        "min_speech_ms": MINIMUM_SPEECH_MS,
    }
    session = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    return json.dumps({"type": "session.update", "session": session})


def script(words: int) -> str:
    """As many exchanges as the rounds need, each answered with so many words."""
    say = " ".join(["beep"] * words)
    return Script(tuple(Exchange(hear="go", say=say) for _ in range(4 * ROUNDS))).dump()


async def overhead(caller: Caller, rng: np.random.Generator, speech_ms: float = 400) -> float:
    """One turn; milliseconds beyond the silence window."""
    start = time.monotonic()
    # Any phase against the 20 ms frames.
    caller.track.push(join([quiet(rng.uniform(0, 20)), tone(speech_ms)]))
    heard = await caller.ear.voiced(start)
    gap = (heard - caller.track.last_voiced) * 1000
    await caller.ear.quiet()
    return gap - SILENCE_MS


async def barge_in(caller: Caller, rng: np.random.Generator) -> float:
    """Ask, wait for the answer, talk over it; milliseconds from the onset to silence."""
    start = time.monotonic()
    caller.track.push(tone(400))
    heard = await caller.ear.voiced(start)
    while time.monotonic() < heard + 0.6:
        await asyncio.sleep(0.02)
    caller.track.push(join([quiet(rng.uniform(0, 20)), tone(600)]))
    while not caller.track.first_voiced:
        await asyncio.sleep(0.005)
    onset = caller.track.first_voiced
    stopped = await caller.ear.silent(onset)
    await caller.ear.voiced(stopped)  # the answer to the barge-in
    caller.track.push(tone(400))  # ends that one, too
    await caller.ear.quiet(seconds=60)
    return (stopped - onset) * 1000


async def call(server: Server) -> Caller:
    """A configured call."""
    caller = Caller(server.calls, server.token)
    await caller.__aenter__()
    caller.channel.send(settings())
    return caller


async def main() -> None:
    rng = np.random.default_rng(1)
    async with (
        bare(SILENCE_MS) as floor,
        engine("--vad", "level", "--stt", "scripted", "--tts", "tone", "--script", "-") as level,
    ):
        del level
        async with Caller(floor.calls) as caller:
            floors = [await overhead(caller, rng) for _ in range(ROUNDS)]
    figure("turn_overhead_bare_aiortc", floors, "ms")


if __name__ == "__main__":
    asyncio.run(main())

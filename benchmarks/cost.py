"""What a call costs: processor time of the engine and its stage process, and memory for each further call.

With instant parts (a level gate, a script and a tone), with the small ones and with the natural ones.
Speaking and hearing are told by the second of speech, whenever the work for it was done.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from itertools import pairwise

from benchmarks.kernel import LECTURE
from benchmarks.peers import Caller
from benchmarks.processes import cpu_seconds, family, megabytes
from benchmarks.report import Beside, figure
from benchmarks.servers import Server, engine
from benchmarks.sounds import RATE, quiet, room, speech
from benchmarks.talker import QUESTION, expecting
from benchmarks.turns import STAGES, script

PARTS = {
    "instant": ("--vad", "level", *STAGES),
    "small": ("--stt", "pocketsphinx", "--tts", "espeak"),
    "natural": ("--stt", "whisper", "--tts", "kokoro"),
}
SAYS = " ".join(LECTURE.split(". ")[:4])
MOST_MB = 15.0
WINDOWS = 3
WINDOW_S = 5.0
CALLS = 4
SETTLE_S = 20.0


async def per_minute(server: Server) -> tuple[list[float], float]:
    """CPU seconds per minute in each window, and the engine's own share of it."""
    pids = family(server.pid)
    totals, own = [], 0.0
    for _ in range(WINDOWS):
        start, before, own_before = time.monotonic(), cpu_seconds(pids), cpu_seconds(pids[:1])
        await asyncio.sleep(WINDOW_S)
        scale = 60 / (time.monotonic() - start)
        totals.append((cpu_seconds(pids) - before) * scale)
        own += (cpu_seconds(pids[:1]) - own_before) * scale / WINDOWS
    return totals, round(own, 2)


async def listening(server: Server, caller: Caller) -> tuple[list[float], float]:
    """A call in which nobody speaks."""
    caller.track.push(room((WINDOWS + 1) * WINDOW_S * 1000))
    return await per_minute(server)


async def speaking(server: Server, caller: Caller) -> list[float]:
    """CPU seconds for a second of speech that is spoken."""
    pids, found = family(server.pid), []
    for _ in range(WINDOWS):
        seen, before = len(caller.events), cpu_seconds(pids)
        caller.send({"type": "response.create", "response": {"text": SAYS}})
        await caller.until("output_audio_buffer.started", seen)
        begun = time.monotonic()
        await caller.until("output_audio_buffer.stopped", seen)
        found.append((cpu_seconds(pids) - before) / (time.monotonic() - begun))
    return found


async def hearing(server: Server, caller: Caller) -> list[float]:
    """CPU seconds for a second of speech that is heard, to its text. Nobody answers."""
    detection = {"type": "server_vad", "create_response": False}
    await caller.configure({"audio": {"input": {"turn_detection": detection}}})
    said = speech(QUESTION)
    pids, found = family(server.pid), []
    for _ in range(WINDOWS):
        seen, before = len(caller.events), cpu_seconds(pids)
        caller.track.push(said)
        await caller.track.sent.wait()
        caller.track.push(quiet(2000))
        await caller.until("conversation.item.input_audio_transcription.completed", seen)
        await caller.track.sent.wait()
        found.append((cpu_seconds(pids) - before) / (len(said) / RATE))
    return found


async def settled(pids: list[int]) -> float:
    """Memory once it has stopped moving (a spare recogniser is loaded in the background)."""
    end = time.monotonic() + SETTLE_S
    last = megabytes(pids)
    steady = 0
    while steady < 3 and time.monotonic() < end:
        await asyncio.sleep(0.5)
        now = megabytes(pids)
        steady = steady + 1 if abs(now - last) < 0.5 else 0
        last = now
    return last


async def memory(server: Server, stack: AsyncExitStack) -> tuple[list[float], int, int]:
    """What each further call takes, expecting questions about real data; all without any, and with one."""
    pids = family(server.pid)
    alone = await settled(pids)
    sizes = []
    for _ in range(CALLS):
        caller = await stack.enter_async_context(server.call())
        await caller.configure(expecting())
        caller.track.push(speech(QUESTION))
        await caller.track.sent.wait()
        await caller.until("conversation.item.input_audio_transcription.completed")
        sizes.append(await settled(pids))
    return [b - a for a, b in pairwise(sizes)], round(alone), round(sizes[0])


async def main() -> None:
    before: dict[str, Beside] = {}
    for name, parts in PARTS.items():
        said = script("beep") if name == "instant" else None
        values: dict[str, list[float]] = {}
        async with engine(*parts, script=said) as server, server.call() as caller:
            await caller.configure(expecting())
            await settled(family(server.pid))  # once it has all that a call needs
            values["listening"], own = await listening(server, caller)
            values["speaking"] = await speaking(server, caller)
            values["hearing"] = await hearing(server, caller)
        for what, found in values.items():
            unit = "s/min" if what == "listening" else "s per s of speech"
            line = figure(
                f"cpu_{what}_{name}", found, unit, beside=before.get(what),
                engine_alone=own if what == "listening" else None,
            )  # fmt: skip
            before.setdefault(what, Beside(f"cpu_{what}_{name}", line["p50"]))
        async with engine(*parts, script=said) as server, AsyncExitStack() as stack:
            further, alone, one = await memory(server, stack)
        budget = Beside("budget of a further call", MOST_MB)
        at_most = 1.0 if name == "natural" else None
        figure(
            f"memory_per_further_call_{name}", further, "MB", beside=budget, at_most=at_most,
            without_calls=alone, with_one=one,
        )  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main())

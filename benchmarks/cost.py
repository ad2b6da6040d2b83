"""What a call costs: processor time of the engine and its stage process, and memory for each further call."""

from __future__ import annotations

import asyncio
import math
import os
import time
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

from benchmarks.kernel import LECTURE
from benchmarks.peers import Caller
from benchmarks.report import figure
from benchmarks.servers import Server, engine
from benchmarks.sounds import RATE, join, quiet, room, speech
from benchmarks.talker import QUESTION, expecting

WINDOWS = 3
WINDOW_S = 5.0
CALLS = 4
TICKS = os.sysconf("SC_CLK_TCK")
SETTLE_S = 20.0


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    lists = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return [pid, *(each for children in lists for child in children.split() for each in family(int(child)))]


def cpu_seconds(pids: list[int]) -> float:
    """User and system time so far."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS


def megabytes(pids: list[int]) -> float:
    """Memory, each shared page counted once."""
    rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    return sum(int(text.partition("\nPss:")[2].split()[0]) for text in rollups) / 1000


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


async def processor(server: Server, caller: Caller) -> None:
    """A call that is listening, that speaks, and that is spoken to."""
    await caller.configure(expecting())
    await settled(family(server.pid))  # once it has all that a call needs
    length_ms = (WINDOWS + 1) * WINDOW_S * 1000
    caller.track.push(room(length_ms))
    listening = await per_minute(server)
    caller.send({"type": "response.create", "response": {"text": LECTURE}})
    await caller.ear.voiced(time.monotonic())
    speaking = await per_minute(server)
    asked = join([speech(QUESTION), quiet(300)])
    caller.track.push(join([asked] * math.ceil(length_ms / 1000 * RATE / len(asked))))
    hearing = await per_minute(server)
    for name, (values, own) in {"listening": listening, "speaking": speaking, "hearing": hearing}.items():
        figure(f"cpu_{name}", values, "s/min", engine_alone=own)


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


async def memory(server: Server, stack: AsyncExitStack) -> None:
    """One call after the other, each expecting questions about real data."""
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
    more = [b - a for a, b in pairwise(sizes)]
    figure("memory_per_further_call", more, "MB", without_calls=round(alone), with_one=round(sizes[0]))


async def main() -> None:
    async with engine() as server, server.call() as caller:
        await processor(server, caller)
    async with engine() as server, AsyncExitStack() as stack:
        await memory(server, stack)


if __name__ == "__main__":
    asyncio.run(main())

"""Outgoing frames, as they arrive at a caller of its own process while the answer is spoken.

Lateness of frame k = arrival - (best-fit start + k x 20 ms); the figure is that and the frame's own 20 ms.
Measured while the kernel's cell holds the interpreter lock, and while the same engine recognises the speech
of a second call; beside it, in the same moments, the frames of a bare aiortc responder. ``caller_p99`` and
``caller_max`` are how late the caller's own timers were meanwhile: what the machine adds.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import numpy as np

from benchmarks.kernel import LECTURE
from benchmarks.peers import Caller
from benchmarks.report import Beside, figure
from benchmarks.servers import bare, child, engine, kernel, line
from benchmarks.sounds import RATE, speech

SECONDS = 20
FRAME_MS = 20
LATE_MS = 40
STAMPS = 1 << 32
TICK_S = 0.01


def lateness(packets: Sequence[tuple[float, int]]) -> list[float]:
    """Milliseconds by which each packet is later than the steady stream that fits best."""
    arrivals = np.array([arrival for arrival, _ in packets]) * 1000
    first = packets[0][1]
    due = np.array([(stamp - first) % STAMPS for _, stamp in packets]) * 1000 / RATE
    late: list[float] = (arrivals - due - np.median(arrivals - due)).tolist()
    return late


@asynccontextmanager
async def measuring() -> AsyncIterator[list[float]]:
    """Come first, where that is permitted, and note how late this process wakes up all the same."""
    late: list[float] = []

    async def tick() -> None:
        while True:
            due = time.monotonic() + TICK_S
            await asyncio.sleep(TICK_S)
            late.append((time.monotonic() - due) * 1000)

    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, usual - 10)
    ticking = asyncio.create_task(tick())
    try:
        yield late
    finally:
        ticking.cancel()
        os.setpriority(os.PRIO_PROCESS, 0, usual)


@asynccontextmanager
async def bare_speech() -> AsyncIterator[Caller]:
    """The caller of a bare responder that speaks for longer than anything here takes."""
    async with bare(200, 6 * SECONDS * 1000) as server, server.call() as caller:
        await caller.ask(speech("go on please"))
        yield caller


def tell(name: str, caller: Caller, alone: Caller, start: float, own: list[float], **more: Any) -> None:
    """Print what arrived since ``start``."""
    now = time.monotonic()
    late = lateness([packet for packet in caller.packets if packet[0] > start])
    floor = lateness([packet for packet in alone.packets if packet[0] > start])
    beside = Beside("bare aiortc's p99", FRAME_MS + float(np.percentile(floor, 99)))
    figure(
        name, [FRAME_MS + ms for ms in late], "ms", beside=beside, at_most=2, of="p99",
        late=sum(ms > LATE_MS for ms in late), late_of_bare=sum(ms > LATE_MS for ms in floor),
        caller_p99=round(float(np.percentile(own, 99)), 1), caller_max=round(max(own), 1),
        voiced=round(caller.ear.share_voiced(start, now), 2), **more,
    )  # fmt: skip


async def while_the_lock_is_held() -> None:
    """The agent's answer is under way when the cell begins."""
    async with kernel("lecture") as server, server.call() as caller, bare_speech() as alone:
        await caller.ear.quiet()
        await caller.ask(speech("go on please"))
        async with measuring() as own, aiohttp.ClientSession() as http:
            start = time.monotonic()
            busy = await http.post(f"{server.url}/hold", params={"seconds": SECONDS})
            held = (await busy.json())["longest_s"]
            tell("frame_lock_held", caller, alone, start, own, longest_hold_s=round(held, 2))


async def while_recognition_runs() -> None:
    """What is spoken here is a fixed text, what is recognised another call's questions."""
    async with engine() as server, server.call() as caller, bare_speech() as alone:
        caller.send({"type": "response.create", "response": {"text": LECTURE}})
        await caller.ear.voiced(0)
        async with child("benchmarks.talker", server.calls, told=(server.token,)) as talker:
            await line(talker)
            async with measuring() as own:
                start = time.monotonic()
                await asyncio.sleep(SECONDS)
                tell("frame_recognising", caller, alone, start, own)


async def main() -> None:
    gc.disable()  # a collection here would look like a late frame
    await while_the_lock_is_held()
    await while_recognition_runs()


if __name__ == "__main__":
    asyncio.run(main())

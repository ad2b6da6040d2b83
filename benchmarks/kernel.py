"""A kernel with a widget in it, which answers offers in the place of its page: a caller can be anywhere.

``python -m benchmarks.kernel assistant|lecture`` prints its port and ends when its standard input closes.
``POST /hold?seconds=N`` holds the interpreter lock as a cell does that sorts a long list over and over.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import comm
from aiohttp import web

from tests.widget_page import Page
from voice_widget import Local, VoiceWidget
from voice_widget.agents import Turn
from voice_widget.data import load
from voice_widget.threads.loop import submit

SILENCE_MS = 400
DETECTION = {"type": "server_vad", "silence_duration_ms": SILENCE_MS}
WARM_S = 60.0
NUMBERS = 3_000_000

LECTURE = " ".join(f"This is sentence number {n} of a long lecture about nothing." for n in range(1, 36))


def lecture(turn: Turn) -> str:
    """An agent that goes on for two minutes."""
    return LECTURE


AGENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "assistant": lambda: {"data": load()},
    "lecture": lambda: {"agent": lecture},
}


def opened_page(make: Callable[[], VoiceWidget]) -> tuple[VoiceWidget, Page]:
    """A widget and what crosses its comm."""
    pages: list[Page] = []

    def create(**options: Any) -> Page:
        pages.append(Page(**options))
        return pages[-1]

    before, comm.create_comm = comm.create_comm, create
    try:
        widget = make()
    finally:
        comm.create_comm = before
    return widget, next(page for page in pages if page.comm_id == widget.model_id)


def hold(seconds: float) -> float:
    """Sort for so long; the longest time for which the lock was held."""
    numbers = [random.random() for _ in range(NUMBERS)]
    end = time.monotonic() + seconds
    longest = 0.0
    while (start := time.monotonic()) < end:
        sorted(numbers)
        longest = max(longest, time.monotonic() - start)
    return longest


class Kernel:
    """The widget, and the part of its page."""

    def __init__(self, agent: str, **parts: str) -> None:
        service = Local(stt=parts.get("stt"), tts=parts.get("tts"))
        self.widget, self._page = opened_page(
            lambda: VoiceWidget(service=service, turn_detection=DETECTION, **AGENTS[agent]())
        )
        self._ids = itertools.count(1)
        submit(service.start()).result(WARM_S)

    def says(self, kind: str, **fields: Any) -> None:
        """A message of the page."""
        self._page.says({"type": kind, "page": "bench", **fields}, subshell=False)

    async def answer(self, request: web.Request) -> web.Response:
        """Press Call, with the caller's offer."""
        request_id = f"req_{next(self._ids)}"
        self.says("call.pending", talk=request_id)
        offer = {"sdp": await request.text(), "microphone": True, "key": ""}
        self.says("call.open", talk=request_id, request_id=request_id, **offer)
        reply = await asyncio.to_thread(
            self._page.waits_for, lambda message: message.get("request_id") == request_id, 20
        )
        if reply["type"] != "answer":
            return web.json_response(reply, status=502)
        # A page would say so a moment later; the caller is connected before it speaks.
        self.says("call.peer", call=reply["call"], state="connected")
        return web.Response(text=reply["sdp"], status=201, content_type="application/sdp")

    async def hold(self, request: web.Request) -> web.Response:
        """Be busy, on the main thread as a cell is."""
        return web.json_response({"longest_s": hold(float(request.query["seconds"]))})


async def serve(kernel: Kernel) -> None:
    """Answer until standard input closes."""
    app = web.Application()
    app.router.add_post("/v1/realtime/calls", kernel.answer)
    app.router.add_post("/hold", kernel.hold)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    the_kernel = Kernel(sys.argv[1], **dict(part.split("=") for part in sys.argv[2:]))
    asyncio.run(serve(the_kernel))
    the_kernel.widget.close()

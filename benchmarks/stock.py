"""How soon clients that know nothing of us are connected to a warm ``python -m voice_widget serve``.

`@openai/agents-realtime` in Chromium: from the click to the end of its ``connect()``, which waits until its
settings are acknowledged. `openai`: from ``client.realtime.connect`` to ``session.created``. `openai-agents`:
from ``RealtimeRunner.run`` to the server's first event in the session, alone and beside a running call.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from agents.realtime import RealtimeAgent, RealtimeRunner
from openai import AsyncOpenAI
from playwright.sync_api import sync_playwright

from benchmarks.peers import Caller
from benchmarks.report import figure
from tests.e2e import speech
from tests.e2e.lab import launch
from tests.stock.pages import bundle, site
from tests.stock.serving import TOKEN, Served, serve

CALLS = 25
AT_MOST_MS = 500
SOUND = "--autoplay-policy=document-user-activation-required"


def in_chromium(served: Served, folder: Path) -> list[float]:
    """Calls of one page, one after the other."""
    microphone = speech.write(folder / "microphone.wav", [speech.silence(30)])
    settings = {"url": served.url, "secret": served.secret(), "hints": "", "weather": ""}
    times = []
    with site(bundle(folder)) as address, sync_playwright() as playwright:
        browser = launch(playwright.chromium, microphone, SOUND)
        page = browser.new_context(permissions=["microphone"]).new_page()
        page.goto(address)
        page.evaluate("settings => { stock.settings = settings }", settings)
        for _ in range(1 + CALLS):
            page.get_by_role("button").click()
            page.wait_for_function("() => stock.seen.connectedMs > 0", timeout=20_000)
            times.append(float(page.evaluate("() => stock.seen.connectedMs")))
            page.evaluate("() => stock.hangUp()")
        assert page.evaluate("() => stock.seen.errors") == []
        browser.close()
    return times


async def by_client(served: Served) -> list[float]:
    """Sessions of the ``openai`` package."""

    async def once() -> float:
        start = time.monotonic()
        async with client.realtime.connect(model="gpt-realtime-2.1") as connection:
            event = await connection.recv()
            took = time.monotonic() - start
        assert event.type == "session.created"
        return took

    async with AsyncOpenAI(base_url=served.url, api_key=TOKEN) as client:
        return await rounds(once)


async def by_runner(served: Served) -> list[float]:
    """Sessions of the ``openai-agents`` package."""
    return await rounds(lambda: run({"url": f"{served.socket}?model=gpt-realtime-2.1"}))


async def beside(served: Served) -> list[float]:
    """The same, each joining one running WebRTC call."""
    async with Caller(f"{served.url}/realtime/calls", TOKEN) as caller:
        url = f"{served.socket}?call_id={caller.call_id}"
        return await rounds(lambda: run({"url": url, "call_id": caller.call_id}))


async def run(config: dict[str, Any]) -> float:
    """One session up to the server's first event."""
    runner = RealtimeRunner(RealtimeAgent(name="Bench", instructions="Be brief."))
    start = time.monotonic()
    session = await runner.run(model_config={**config, "api_key": TOKEN})  # type: ignore[arg-type]
    async with session:
        async for event in session:
            if event.type == "raw_model_event" and event.data.type == "raw_server_event":
                assert event.data.data["type"] == "session.created"
                return time.monotonic() - start
    raise RuntimeError("The session ended before it began.")


async def rounds(once: Callable[[], Awaitable[float]]) -> list[float]:
    """Milliseconds of each."""
    return [await once() * 1000 for _ in range(1 + CALLS)]


def tell(name: str, times: list[float]) -> None:
    """Print the figure; the first is told apart."""
    first, *rest = times
    figure(name, rest, "ms", at_most=AT_MOST_MS, of="p95", first=round(first, 3))


def main() -> None:
    # The client of agents would send its traces to its maker.
    os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"
    with tempfile.TemporaryDirectory(prefix="voice_widget_bench_") as folder, serve() as served:
        tell("connect_js_sdk_in_chromium", in_chromium(served, Path(folder)))
        tell("connect_openai_client", asyncio.run(by_client(served)))
        tell("connect_agents_runner", asyncio.run(by_runner(served)))
        tell("connect_agents_runner_beside_call", asyncio.run(beside(served)))


if __name__ == "__main__":
    main()

"""How soon clients that know nothing of us are connected to a warm ``python -m voice_widget serve``.

`@openai/agents-realtime` in Chromium: from the click to the end of its ``connect()``, which waits until its
settings are acknowledged. `openai`: from ``client.realtime.connect`` to ``session.created``. `openai-agents`:
from ``RealtimeRunner.run`` to the server's first event in the session, alone and beside a running call. The
floors: a bare peer in the same page, and a bare WebSocket up to its first event.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from agents.realtime import RealtimeAgent, RealtimeRunner
from openai import AsyncOpenAI
from playwright.sync_api import sync_playwright

from benchmarks.peers import Caller
from benchmarks.report import Beside, figure
from benchmarks.serving import bare_page
from tests.e2e import speech
from tests.e2e.lab import launch
from tests.stock.pages import bundle, site
from tests.stock.serving import TOKEN, Served, serve

CALLS = 25
AT_MOST = 3
SOUND = "--autoplay-policy=document-user-activation-required"


def in_chromium(served: Served, folder: Path) -> tuple[list[float], list[float]]:
    """Calls of one page, one after the other, each followed by one of a bare peer."""
    microphone = speech.write(folder / "microphone.wav", [speech.silence(30)])
    settings = {"url": served.url, "secret": served.secret(), "hints": "", "weather": ""}
    times, alone = [], []
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
            alone.append(bare_page(page, served.url.removesuffix("/v1"), TOKEN)["connected"])
        assert page.evaluate("() => stock.seen.errors") == []
        browser.close()
    return times, alone


async def by_socket(served: Served, query: str = "model=gpt-realtime-2.1") -> list[float]:
    """Bare WebSockets."""
    headers = {"Authorization": f"Bearer {TOKEN}"}

    async def once() -> float:
        start = time.monotonic()
        async with http.ws_connect(f"{served.socket}?{query}", headers=headers) as socket:
            await socket.receive_str()
            return time.monotonic() - start

    async with aiohttp.ClientSession() as http:
        return await rounds(once)


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


async def beside(served: Served) -> tuple[list[float], list[float]]:
    """The same, each joining one running WebRTC call; and bare WebSockets that do."""
    async with Caller(f"{served.url}/realtime/calls", TOKEN) as caller:
        query = f"call_id={caller.call_id}"
        config = {"url": f"{served.socket}?{query}", "call_id": caller.call_id}
        return await rounds(lambda: run(config)), await by_socket(served, query)


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


def tell(name: str, times: list[float], floor: Beside | None = None) -> Beside:
    """Print the figure; the first is told apart. Gives it as a floor of others."""
    first, *rest = times
    line = figure(name, rest, "ms", beside=floor, at_most=floor and AT_MOST, first=round(first, 3))
    return Beside(name, line["p50"])


def main() -> None:
    # The client of agents would send its traces to its maker.
    os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"
    with tempfile.TemporaryDirectory(prefix="voice_widget_bench_") as folder, serve() as served:
        times, alone = in_chromium(served, Path(folder))
        tell("connect_js_sdk_in_chromium", times, tell("connect_bare_page", alone))
        floor = tell("connect_bare_socket", asyncio.run(by_socket(served)))
        tell("connect_openai_client", asyncio.run(by_client(served)), floor)
        tell("connect_agents_runner", asyncio.run(by_runner(served)), floor)
        times, alone = asyncio.run(beside(served))
        floor = tell("connect_bare_socket_beside_call", alone)
        tell("connect_agents_runner_beside_call", times, floor)


if __name__ == "__main__":
    main()

"""The engine as a process of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.engine.caller import PATIENCE

SCRIPT = '[{"hear": "hi", "say": "hello"}]'
COMMAND = [sys.executable, "-m", "voice_widget.engine", "--vad", "level", "--tts", "tone"]


class Child:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
        value: dict[str, Any] = json.loads(line)
        return value

    def tell(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())

    async def over(self) -> int:
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


Start = Callable[..., Any]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    running: list[asyncio.subprocess.Process] = []

    async def start(*more: str) -> Child:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*COMMAND, *more, stdin=pipe, stdout=pipe, stderr=pipe)
        running.append(process)
        return Child(process)

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
        assert process.stdin is not None
        process.stdin.close()
        await process.communicate()


def children(pid: int) -> list[int]:
    return [int(x) for x in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def gone(*pids: int) -> None:
    """Wait for their end: a process lets go of its output a moment before it is over."""
    loop = asyncio.get_running_loop()
    for pid in pids:
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        over = asyncio.Event()
        loop.add_reader(process, over.set)
        try:
            await asyncio.wait_for(over.wait(), PATIENCE)
        finally:
            loop.remove_reader(process)
            os.close(process)


def shown(pid: int) -> bytes:
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


async def test_it_says_where_it_listens_and_when_it_is_warm_and_knows_its_token(start):
    child = await start("--script", "-")
    child.tell(f"the-token\n{SCRIPT}\n")
    listening = await child.line()
    assert listening["pid"] == child.process.pid
    ready = await child.line()
    assert ready == {
        "ready": True,
        "voices": ["tone", "tone-high"],
        "missing": {},
        "parts": {"vad": "level", "stt": "scripted", "tts": "tone", "turn_detector": "rule"},
        "notes": [],
        "about": [],
        "steps": {},
    }
    url = f"http://127.0.0.1:{listening['port']}/healthz"
    async with aiohttp.ClientSession() as http:
        assert (await http.get(url, headers={"Authorization": "Bearer the-token"})).status == 200
        assert (await http.get(url)).status == 401


@pytest.mark.parametrize("how", ["stdin", signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_it_ends_when_its_parent_is_gone_or_a_signal_says_so_and_leaves_no_orphan(start, how):
    child = await start("--script", "-")
    child.tell(f"t\n{SCRIPT}\n")
    await child.line()
    await child.line()
    stages = children(child.process.pid)
    assert stages
    if how == "stdin":
        assert child.process.stdin is not None
        child.process.stdin.close()
    else:
        child.process.send_signal(how)
    assert await child.over() == (0 if how != signal.SIGKILL else -signal.SIGKILL)
    assert child.process.stderr is not None
    said = await asyncio.wait_for(child.process.stderr.read(), PATIENCE)  # the end: nobody holds it any more
    assert b"Traceback" not in said
    assert b"never" not in said  # "was never awaited", "was never retrieved"
    await gone(*stages)


@pytest.mark.parametrize("text", ["", "\n", "  \n"])
async def test_without_a_token_it_does_not_start(start, text):
    child = await start()
    child.tell(text)
    assert child.process.stdin is not None
    child.process.stdin.close()
    assert await child.over() == 2
    assert b"token" in await child.process.stderr.read()


async def test_a_script_that_is_none_is_told(start):
    child = await start("--script", "/no/such/file.json")
    child.tell("t\n")
    assert await child.over() == 2
    assert b"/no/such/file.json" in await child.process.stderr.read()


async def test_its_token_stands_in_no_place_that_others_can_read(start):
    child = await start("--script", "-")
    child.tell(f"the-token\n{SCRIPT}\n")
    await child.line()
    assert b"the-token" not in shown(child.process.pid)


KERNEL = """
import os, subprocess, sys
engine = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
os.set_inheritable(engine.stdin.fileno(), True)
holder = subprocess.Popen([sys.executable, "-c", "input()"], stdout=subprocess.DEVNULL, close_fds=False)
engine.stdin.write(b"t\\n[]\\n")
engine.stdin.flush()
sys.stderr.write(f"{holder.pid}\\n")
sys.stdin.read()
"""


async def test_it_ends_with_its_parent_though_another_process_holds_its_input():
    pipe = asyncio.subprocess.PIPE
    kernel = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KERNEL, *COMMAND, "--script", "-"), stdin=pipe, stdout=pipe, stderr=pipe
    )
    assert kernel.stdin is not None
    assert kernel.stdout is not None
    assert kernel.stderr is not None
    holder = int(await asyncio.wait_for(kernel.stderr.readline(), PATIENCE))
    listening = json.loads(await asyncio.wait_for(kernel.stdout.readline(), PATIENCE))
    kernel.kill()
    try:
        await asyncio.wait_for(kernel.stdout.read(), PATIENCE)  # the end: the engine holds it no longer
        assert alive(holder)
        await gone(listening["pid"])
    finally:
        kernel.stdin.close()
        if alive(listening["pid"]):
            os.kill(listening["pid"], signal.SIGKILL)
        os.kill(holder, signal.SIGKILL)
        await kernel.communicate()

"""Starts what is measured, each as a child process that ends when its standard input closes."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.peers import Caller

END_S = 10.0


@dataclass(frozen=True)
class Server:
    """A running server under test."""

    port: int
    pid: int
    token: str = ""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def calls(self) -> str:
        """Where offers go."""
        return f"{self.url}/v1/realtime/calls"

    def call(self) -> Caller:
        """A call to it: ``async with server.call() as caller``."""
        return Caller(self.calls, self.token)


@asynccontextmanager
async def child(module: str, *arguments: str, told: tuple[str, ...] = ()) -> AsyncIterator[Process]:
    """``python -m module``; ``told`` are the first lines of its standard input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdin=PIPE, stdout=PIPE
    )
    assert process.stdin
    try:
        process.stdin.write("".join(f"{line}\n" for line in told).encode())
        await process.stdin.drain()
        yield process
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), END_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def line(process: Process) -> str:
    """The next line that a child prints."""
    assert process.stdout
    said = (await process.stdout.readline()).decode()
    if not said:
        raise RuntimeError("A server ended while it started.")
    return said


async def field(process: Process, name: str) -> Any:
    """What a child says under this name, in the first of its lines that has it: others tell of loading."""
    while name not in (said := json.loads(await line(process))):
        pass
    return said[name]


@asynccontextmanager
async def engine(*parts: str, script: str | None = None) -> AsyncIterator[Server]:
    """The engine with its stages warm, as `Local` starts it."""
    token = secrets.token_hex(16)
    told = (token,) if script is None else (token, script)
    if script is not None:
        parts = (*parts, "--script", "-")
    async with child("voice_widget.engine", *parts, told=told) as process:
        port = await field(process, "port")
        if missing := await field(process, "missing"):
            raise RuntimeError(f"The engine lacks parts: {missing}")
        yield Server(port, process.pid, token)


@asynccontextmanager
async def bare(silence_ms: int, answer_ms: int = 300) -> AsyncIterator[Server]:
    """The bare responder."""
    async with child("benchmarks.bare", str(silence_ms), str(answer_ms)) as process:
        yield Server(int(await line(process)), process.pid)


@asynccontextmanager
async def kernel(agent: str, **parts: str) -> AsyncIterator[Server]:
    """A kernel with a widget in it, its engine warm; see `benchmarks.kernel`."""
    named = [f"{kind}={name}" for kind, name in parts.items()]
    async with child("benchmarks.kernel", agent, *named) as process:
        yield Server(int(await line(process)), process.pid)

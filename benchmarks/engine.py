"""Starts what is measured as the widget does: a child process, a token on its standard input, JSON lines back."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass
class Server:
    """A running server under test."""

    port: int
    token: str
    pid: int

    @property
    def calls(self) -> str:
        """Where offers go."""
        return f"http://127.0.0.1:{self.port}/v1/realtime/calls"

    @property
    def socket(self) -> str:
        """Where sessions and sidebands go."""
        return f"ws://127.0.0.1:{self.port}/v1/realtime"


@asynccontextmanager
async def engine(*arguments: str) -> AsyncIterator[Server]:
    """The engine with its stages warm."""
    token = secrets.token_hex(16)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voice_widget.engine", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{token}\n".encode())
    await process.stdin.drain()
    listening = json.loads(await process.stdout.readline())
    ready = json.loads(await process.stdout.readline())
    if ready.get("missing"):
        raise SystemExit(f"the engine misses parts: {ready['missing']}")
    try:
        yield Server(listening["port"], token, process.pid)
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def bare(silence_ms: int) -> AsyncIterator[Server]:
    """The bare responder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bare", str(silence_ms),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    port = int(await process.stdout.readline())
    try:
        yield Server(port, "", process.pid)
    finally:
        process.stdin.close()
        await process.wait()

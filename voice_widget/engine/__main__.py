"""The engine as a child process: ``python -m voice_widget.engine``.

The first line of standard input is the token; with ``--parts`` the second is a `StageSpec` as an object of
JSON, or null: without stages, only to show widgets in tabs. JSON lines go to standard output: ``{"port": …,
"pid": …}`` once it listens, ``{"loading": …, "says": …, "of": …}`` while parts load for long, ``{"ready":
true, "voices": […], "missing": {…}, …}`` once its stages are warm. It ends when standard input closes or its
parent is gone, so that it never outlives the kernel, or on SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from voice_widget.engine.http.access import Access
from voice_widget.engine.http.calls import Calls
from voice_widget.engine.http.server import Server
from voice_widget.engine.parent import watch_stdin
from voice_widget.engine.stages.keeper import StageKeeper
from voice_widget.errors import SettingError
from voice_widget.realtime.script import Script
from voice_widget.realtime.settings.parts import STAGES, StageSpec

CLOSE_SECONDS = 3.0
PARENT_SECONDS = 1.0
"""How often to look whether who started us still lives."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until standard input closes. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m voice_widget.engine", description=__doc__)
    for stage in STAGES:
        parser.add_argument(
            f"--{stage.replace('_', '-')}", help="a part; by default the best that is installed"
        )
    parser.add_argument("--parts", action="store_true", help="read them from standard input")
    parser.add_argument("--script", help="a file, or - for the next line of standard input")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--allow-origin", action="append", default=[], help="besides those on the loopback")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    token = _line().strip()
    if not token:
        print("The first line of standard input must be the token.", file=sys.stderr)
        return 2
    try:
        told: dict[str, Any] | None = json.loads(_line()) if options.parts else {}
        given = dict(told or {})
        given.update({stage: part for stage in STAGES if (part := getattr(options, stage))})
        script = _script(options.script) if options.script else None
        if script is None and given.get("script"):
            script = Script.load(given["script"])
        if script is not None:
            given = {"stt": "scripted", **given, "script": script.dump()}
        spec = None if told is None else StageSpec(**given)
    except SettingError as error:
        print(error, file=sys.stderr)
        return 2
    # Only our lines may reach who reads them, whatever a library prints.
    teller, sys.stdout = sys.stdout, sys.stderr

    def tell(line: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError, ValueError):
            print(json.dumps(line), file=teller, flush=True)

    asyncio.run(run(spec, token, script, port=options.port, origins=options.allow_origin, tell=tell))
    return 0


async def run(
    spec: StageSpec | None,
    token: str,
    script: Script | None,
    *,
    port: int,
    origins: Sequence[str],
    tell: Callable[[dict[str, Any]], None],
) -> None:
    """Serve until standard input closes or a signal says so. Without a spec nothing hears or speaks."""
    parent = os.getppid()
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, over.set)
    keeper = StageKeeper(spec or StageSpec())
    keeper.on_loading = lambda loading: tell(
        {"loading": loading.part, "says": loading.says, "of": loading.of}
    )
    server = Server(Access(token, origins=origins), Calls(keeper, scripted=script), of_kernel=True)
    try:
        # Offers are answered before the stages are warm: the page connects meanwhile.
        if spec is not None:
            keeper.start()
        else:
            keeper.settled.set()
        tell({"port": await server.start(port=port), "pid": os.getpid()})
        watch_stdin(loop, over)
        watching = asyncio.create_task(_watch_parent(parent, over))
        warm = asyncio.create_task(_tell_when_warm(keeper, tell))
        await over.wait()
        warm.cancel()
        watching.cancel()
    finally:
        # A part that hangs must not keep the process: who started it is gone or waits.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(server.close(), keeper.close())


async def _tell_when_warm(keeper: StageKeeper, tell: Callable[[dict[str, Any]], None]) -> None:
    await keeper.settled.wait()
    # What was loaded stays: the collector need not look at it again, which would delay frames.
    gc.collect()
    gc.freeze()
    tell({"ready": True, **asdict(keeper.report)})


async def _watch_parent(parent: int, over: asyncio.Event) -> None:
    # A child that the kernel's user forked holds the other end of our input too: it does not close then.
    if os.name != "posix":
        return
    while os.getppid() == parent:  # noqa: ASYNC110 (nothing else tells)
        await asyncio.sleep(PARENT_SECONDS)
    over.set()


def _script(source: str) -> Script:
    if source == "-":
        return Script.load(_line())
    try:
        text = Path(source).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise SettingError(f"The script {source!r} cannot be read: {error}.") from error
    return Script.load(text)


def _line() -> str:
    # Not by sys.stdin: its buffer would swallow what follows, and its lock is held by the watching thread.
    read = bytearray()
    while (byte := os.read(0, 1)) and byte != b"\n":
        read += byte
    return read.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())

"""The engine's process: started, warmed, watched, and shared by all widgets of the kernel."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from typing import Any

from voice_widget.errors import EngineError
from voice_widget.realtime.settings.parts import StageSpec
from voice_widget.services.environment import of_process
from voice_widget.threads.one_thread import IN_BROWSER

LOG = logging.getLogger("voice_widget.engine")
LISTEN_S = 20.0
WARM_S = 60.0
COMMAND = ("-m", "voice_widget.engine")


class EngineChild:
    """One engine process at a time; a new one after a death.

    Args:
        spec: Its parts; None: it has none, and only shows widgets in tabs.
    """

    def __init__(self, spec: StageSpec | None) -> None:
        self.spec = spec
        self.watching: list[Callable[[], None]] = []
        """Called on the loop when ``loading`` has changed."""
        self.loading: Mapping[str, Any] | None = None
        """What is being loaded: ``loading``, ``says`` and ``of`` (0 … 1, or None)."""
        self.users = 0
        self.port = 0
        self.token = ""
        self.voices: tuple[str, ...] = ()
        self.missing: dict[str, str] = {}
        self.parts: dict[str, str] = {}
        self.notes: tuple[str, ...] = ()
        self.about: tuple[str, ...] = ()
        self.steps: dict[str, str] = {}
        self.starts = 0
        self._listening = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_words = ""
        self._ended = False

    @property
    def pid(self) -> int | None:
        """The process that runs now, if one does."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start it unless it runs, and wait until it is warm. Many may wait for the same start."""
        if self._ended:
            raise EngineError("The engine was closed while it started.", next_step="Make a new widget.")
        started = self._starting is not None and self._starting.done() and self._starting.exception() is None
        if started and self.pid is not None:
            return
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start(), name="voice_widget engine start")
        # A waiter that gives up must not stop the start for the others.
        await asyncio.shield(self._starting)

    async def listen(self) -> None:
        """Start it unless it runs, and wait until it can be reached: its stages may get warm meanwhile."""
        if self.pid is None:
            self._listening.clear()
        starting = asyncio.create_task(self.start(), name="voice_widget engine to be reached")
        # Who starts it for a call is told what failed, after it could be reached.
        starting.add_done_callback(lambda done: done.cancelled() or done.exception())
        listening = asyncio.create_task(self._listening.wait())
        await asyncio.wait({starting, listening}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if starting.done():
            starting.result()

    async def _start(self) -> None:
        await self.stop()
        self.starts += 1
        token = secrets.token_urlsafe(32)
        # Not as arguments: all users of the machine may read these, and an option may be a key.
        command = [sys.executable, "-P", *COMMAND, "--parts"]
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=of_process(os.environ),
                # Interrupting a cell signals the kernel's process group; the call must survive that.
                start_new_session=True,
            )
            assert process.stdin is not None
            self._spawn(self._drain(process))
            with contextlib.suppress(ConnectionError):  # it has ended: its output says with what code
                process.stdin.write(f"{token}\n{json.dumps(self.spec and self.spec.dump())}\n".encode())
                await process.stdin.drain()
            listening = await self._line(process, LISTEN_S, "did not start to listen")
            self.port, self.token = int(listening["port"]), token
            self._listening.set()
            ready = await self._line(process, WARM_S, "did not get warm")
            while "loading" in ready:  # a part that loads, or is downloaded, may take its time
                self._load(ready)
                ready = await self._line(process, WARM_S, "did not get warm")
            self.voices = tuple(str(voice) for voice in ready.get("voices") or ())
            self.missing = {str(part): str(how) for part, how in (ready.get("missing") or {}).items()}
            self.parts = {str(stage): str(part) for stage, part in (ready.get("parts") or {}).items()}
            self.notes = tuple(str(note) for note in ready.get("notes") or ())
            self.about = tuple(str(note) for note in ready.get("about") or ())
            self.steps = {str(said): str(step) for said, step in (ready.get("steps") or {}).items()}
            self._spawn(self._watch(process))
        except (OSError, KeyError, TypeError, ValueError) as error:
            await self.stop()
            raise EngineError(
                f"The embedded engine did not start: {error}.{self._said()}",
                next_step="Try `python -m voice_widget hello` in a terminal.",
            ) from error
        except BaseException:
            await self.stop()
            raise
        finally:
            if self.loading is not None:
                self._load(None)

    def _load(self, loading: Mapping[str, Any] | None) -> None:
        self.loading = loading
        for changed in list(self.watching):
            changed()

    async def _line(self, process: asyncio.subprocess.Process, seconds: float, failed: str) -> dict[str, Any]:
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), seconds)
        except TimeoutError:
            raise EngineError(
                f"The embedded engine {failed} within {seconds:.0f} s.{self._said()}",
                next_step="Close what keeps this machine busy and call again.",
            ) from None
        if not line:
            code = await process.wait()
            # Its last words may still be under way in the other pipe.
            await asyncio.sleep(0.05)
            raise EngineError(
                f"The embedded engine ended with code {code} while it started.{self._said()}",
                next_step="Try `python -m voice_widget hello` in a terminal.",
            )
        value = json.loads(line)
        if not isinstance(value, dict):
            raise ValueError(f"it said {line[:80]!r}")
        return value

    async def _drain(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        with contextlib.suppress(ValueError):  # a line longer than the buffer
            while line := await process.stderr.readline():
                self._last_words = line.decode("utf-8", "replace").rstrip()
                LOG.info("%s", self._last_words)
        while await process.stderr.read(65536):
            pass

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while await process.stdout.read(65536):
            pass
        code = await process.wait()
        LOG.info("The engine process %d ended with code %d.", process.pid, code)

    def _said(self) -> str:
        return f" It said: {self._last_words}" if self._last_words else ""

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """End the process for good, also one that is just being started."""
        self._ended = True
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
            await asyncio.wait({self._starting})
        await self.stop()

    async def stop(self) -> None:
        """End the process: its standard input closes, and it has 2 s for that."""
        self._listening.clear()
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 2)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)


_children: dict[StageSpec | None, EngineChild] = {}


def shared(spec: StageSpec | None) -> EngineChild:
    """The kernel's engine with these settings, made on first use; call `release` when done.

    Raises:
        EngineError: There are no processes here.
    """
    check_processes()
    child = _children.setdefault(spec, EngineChild(spec))
    child.users += 1
    return child


def check_processes() -> None:
    """Raises an `EngineError` where Python itself runs in the browser, and starts no process."""
    if IN_BROWSER:
        raise EngineError(
            "The embedded engine is a process, and Python in the browser (Pyodide) can start none.",
            code="no_processes",
            next_step="Give the widget another service: OpenAI, or a compatible server by its base_url.",
        )


async def release(child: EngineChild) -> None:
    """One user less; the last one ends the process."""
    child.users -= 1
    if child.users <= 0:
        if _children.get(child.spec) is child:
            del _children[child.spec]
        await child.end()

"""Keeps one stage process alive for all sessions: warms it, and starts a new one when it dies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from voice_widget.engine.stages.client import StageClient
from voice_widget.engine.stages.events import Loading, StageReport
from voice_widget.errors import EngineError
from voice_widget.realtime.settings.parts import StageSpec

RETRY_SECONDS = (0.0, 0.2, 1.0, 5.0)
"""How long to wait before each new start that follows a failure; the last one repeats."""
STEADY_SECONDS = 10.0
"""A process that lived so long had no trouble with its start."""

log = logging.getLogger(__name__)


class StageUser(Protocol):
    """A session, as the keeper sees it."""

    def stages_lost(self) -> None:
        """The stage process died; nothing is heard or spoken until `stages_back`."""
        ...

    def stages_back(self) -> None:
        """There is a new one: open and configure the session in it."""
        ...


class StageKeeper:
    """The stage process, its report, and who uses it.

    Args:
        spec: The parts that the stages are made of.
        client: For tests.

    Attributes:
        report: What the stages can do, once `settled`.
        settled: The first start has succeeded or failed.
        warm: The stages work now.
        starts: How many processes there have been.
        on_loading: Told of what loads.
    """

    def __init__(self, spec: StageSpec, client: StageClient | None = None) -> None:
        self.spec = spec
        self.client = client or StageClient(spec)
        self.client.on_death = self._died
        self.client.on_loading = lambda loading: self.on_loading(loading)
        self.on_loading: Callable[[Loading], None] = lambda loading: None
        self.report = StageReport()
        self.settled = asyncio.Event()
        self.warm = False
        self.starts = 0
        self._users: set[StageUser] = set()
        self._starting: asyncio.Task[None] | None = None
        self._failures = 0
        self._warm_at = 0.0
        self._closed = False

    def start(self) -> None:
        """Begin to warm the stages; `settled` says when that is done."""
        if self._starting is None and not self._closed:
            self._starting = asyncio.create_task(self._start(), name="stages start")

    def enter(self, user: StageUser) -> None:
        """From now on this session is told what happens to the stages."""
        self._users.add(user)

    def leave(self, user: StageUser) -> None:
        """No longer."""
        self._users.discard(user)

    async def close(self) -> None:
        """End the process and do not start another."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self.client.close()

    async def _start(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS) - 1)])
            self.starts += 1
            try:
                self.report = await self.client.start()
                break
            except EngineError as error:
                self._failures += 1
                log.error("The stages do not start: %s", error)
                # Until they do, answers are written and speech gets none.
                self.report = StageReport((), {"stt": str(error), "tts": str(error)})
                self.settled.set()
        self.warm = True
        self._warm_at = asyncio.get_running_loop().time()
        self._starting = None
        self.settled.set()
        for user in list(self._users):
            user.stages_back()

    def _died(self) -> None:
        self.warm = False
        lived = asyncio.get_running_loop().time() - self._warm_at
        self._failures = 0 if lived >= STEADY_SECONDS else self._failures + 1
        for user in list(self._users):
            user.stages_lost()
        self.start()

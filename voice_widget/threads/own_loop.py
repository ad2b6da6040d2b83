"""An event loop with a thread of its own, for async code of the user's that goes on from step to step."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from voice_widget.threads.loop import PREFIX, running_loop
from voice_widget.threads.one_thread import IN_BROWSER

T = TypeVar("T")

AGENT_THREAD = f"{PREFIX}agent"


class OwnLoop:
    """A loop on a thread of its own, from its making to `close`.

    What blocks it costs its owner alone: neither calls nor other widgets wait.

    Args:
        name: The thread's name.

    Example:
        >>> own = OwnLoop(AGENT_THREAD)
        >>> own.submit(asyncio.sleep(0, "done")).result(5)
        'done'
        >>> own.close()
    """

    def __init__(self, name: str) -> None:
        self._loop = running_loop(name)
        self._closed = False
        self._running: weakref.WeakSet[Future[Any]] = weakref.WeakSet()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine there; from any thread. After `close` the result is cancelled."""
        if self._closed:
            work.close()
            never: Future[T] = Future()
            never.cancel()
            return never
        begun = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._running.add(begun)
        return begun

    def soon(self, function: Callable[..., None], *args: Any) -> None:
        """Call something quick there, in order; from any thread."""
        if not self._closed:
            self._loop.call_soon_threadsafe(function, *args)

    def close(self) -> None:
        """Cancel what runs there and end the thread, without waiting for either."""
        if self._closed:
            return
        self._closed = True
        if IN_BROWSER:  # where the loop is everybody's
            for begun in list(self._running):
                begun.cancel()
            return
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=5)
        self._loop.call_soon(self._loop.stop)

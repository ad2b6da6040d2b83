"""The loop thread, where all async Python of the package runs."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from voice_widget.threads.one_thread import IN_BROWSER

T = TypeVar("T")

PREFIX = "voice_widget "
LOOP_THREAD = "voice_widget loop"
HELPER_THREAD = "voice_widget helper"
SERVERS_THREAD = "voice_widget MCP servers"

_guard = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_servers_loop: asyncio.AbstractEventLoop | None = None


def loop() -> asyncio.AbstractEventLoop:
    """The package's one event loop, on its own thread, started on first use; in the browser the only one."""
    global _loop
    with _guard:
        if _loop is None:
            _loop = running_loop(LOOP_THREAD)
        return _loop


def servers_loop() -> asyncio.AbstractEventLoop:
    """Where the kernel talks to MCP servers: reading what one of them gives must not hold up the sound."""
    global _servers_loop
    with _guard:
        if _servers_loop is None:
            _servers_loop = running_loop(SERVERS_THREAD)
        return _servers_loop


def submit(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Run a coroutine on the loop thread; callable from any thread."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop())


def call(function: Callable[[], T], timeout: float = 5.0) -> T:
    """Call a quick function on the loop thread and wait for it; there it is called at once."""
    if IN_BROWSER or threading.current_thread().name == LOOP_THREAD:
        return function()

    async def run() -> T:
        return function()

    return submit(run()).result(timeout)


async def beside(function: Callable[[], T]) -> T:
    """Call what blocks beside the running loop, on one of its helper threads."""
    return function() if IN_BROWSER else await asyncio.to_thread(function)


def own_thread() -> str | None:
    """The name of the current thread if the package made it."""
    name = threading.current_thread().name
    return name if name.startswith(PREFIX) else None


def may_wait() -> bool:
    """May this thread wait for the loop? One of the package's may not, nor the only one there is."""
    return not IN_BROWSER and own_thread() is None


def on_main_thread() -> bool:
    """Is this the thread in which cells run?"""
    return threading.current_thread() is threading.main_thread()


class _Helpers(ThreadPoolExecutor):
    """The loop's threads for what blocks, such as looking up a host's name: one for each, and none waits.

    A pool's own threads are waited for before what is registered with ``atexit`` runs, and a call is hung up
    there: a name that is looked up in vain would keep the kernel from its end.
    """

    def submit(self, function: Callable[..., T], /, *args: Any, **named: Any) -> Future[T]:
        done: Future[T] = Future()

        def run() -> None:
            if done.set_running_or_notify_cancel():
                try:
                    done.set_result(function(*args, **named))
                except BaseException as error:
                    done.set_exception(error)

        try:
            threading.Thread(target=run, name=HELPER_THREAD, daemon=True).start()
        except RuntimeError:  # the interpreter ends, and lets no thread begin
            run()
        return done


def running_loop(name: str) -> asyncio.AbstractEventLoop:
    """A loop that runs on a new thread of that name, until it is stopped; in the browser the only one."""
    if IN_BROWSER:
        return asyncio.get_event_loop()
    made = asyncio.new_event_loop()
    made.set_default_executor(_Helpers())

    def run() -> None:
        asyncio.set_event_loop(made)
        try:
            made.run_forever()
        finally:
            made.close()

    threading.Thread(target=run, name=name, daemon=True).start()
    return made


def _forget() -> None:
    """In a forked child no thread of ours lives, and the lock may be held by one that does not."""
    global _guard, _loop, _servers_loop
    _guard, _loop, _servers_loop = threading.Lock(), None, None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)

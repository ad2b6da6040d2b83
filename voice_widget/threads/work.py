"""The work threads: users' code runs on them, never on the loop."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import queue
import threading
import traceback
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from types import GetSetDescriptorType, MethodType, TracebackType
from typing import Any

from voice_widget.errors import AgentError, VoiceWidgetError
from voice_widget.threads.one_thread import IN_BROWSER

log = logging.getLogger("voice_widget")

WORK_THREAD = "voice_widget work"
_OURS = "voice_widget"
_FRAMES = -20  # of a traceback, the last ones
_AHEAD = 64  # pieces that a generator may be ahead of who takes them


class WorkFailed(AgentError):
    """Users' code raised; ``message`` says what, in words made on its own thread: ``KeyError: 'tip'``.

    Attributes:
        traceback: Where, as Python prints it, from the user's code on.
    """

    traceback = ""


class Work:
    """A small pool of threads for users' code, each with its own event loop.

    A function that blocks costs its own turn: the next one gets another thread. What it raises stays on its
    thread: an error's text is the user's code as well. The threads end with `close`, or when nobody holds
    this any more; one that is at work then ends as soon as the function does.

    Args:
        keep: How many idle threads to keep.

    Example:
        >>> async def shout(work, text):
        ...     return [piece async for piece in work.stream(str.upper, text, cancelled=threading.Event())]
    """

    def __init__(self, *, keep: int = 4) -> None:
        self._threads = _Threads(keep)
        weakref.finalize(self, self._threads.close).atexit = False

    def close(self) -> None:
        """End the threads."""
        self._threads.close()

    async def stream(
        self,
        function: Callable[..., Any],
        *args: Any,
        cancelled: threading.Event,
        convert: Callable[[Any], Any] = lambda piece: piece,
    ) -> AsyncIterator[Any]:
        """Call ``function`` on a work thread and yield what it returns or yields.

        It may be plain, async, a generator or an async generator. Closing the stream before its end sets
        ``cancelled`` and closes the generator at its next step, without waiting for it.

        Args:
            function: The user's.
            *args: What it gets.
            cancelled: Set when nobody wants its pieces any more.
            convert: Makes of every piece, on the work thread too, what may leave it.

        Raises:
            AgentError: It raised one, or ``convert`` did: what is wrong, in its own words.
            WorkFailed: It raised something else; the traceback is in the log.
        """
        kind = _TurnJob if IN_BROWSER else _Job
        job = kind(function, args, cancelled, convert, asyncio.get_running_loop())
        stop = job.begin(self._threads)
        more = True
        try:
            while True:
                piece, failed, more = await job.pieces.get()
                job.room.release()
                if failed is not None:
                    raise failed
                if not more:
                    return
                yield piece
        finally:
            if more:
                cancelled.set()
                job.room.release()  # a producer that waits for room must see the cancellation
                with contextlib.suppress(RuntimeError):  # it had ended all the same, and its thread too
                    stop()


class _Threads:
    """The threads of one pool. It outlives the pool as long as one of them is at work."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._guard = threading.Lock()
        self.idle: list[_Worker] = []
        self.numbers: set[int] = set()

    def take(self) -> _Worker:
        with self._guard:
            if self.idle:
                # The lowest number: an async client that a user keeps between turns then stays on one loop.
                worker = min(self.idle, key=lambda idle: idle.number)
                self.idle.remove(worker)
                return worker
            number = next(n for n in range(1, len(self.numbers) + 2) if n not in self.numbers)
            self.numbers.add(number)
            return _Worker(number)

    def give_back(self, worker: _Worker) -> None:
        with self._guard:
            if len(self.idle) < self._keep:
                self.idle.append(worker)
                return
            self.numbers.discard(worker.number)
        worker.jobs.put(None)

    def close(self) -> None:
        with self._guard:
            self._keep = 0
            idle, self.idle = self.idle, []
            self.numbers.difference_update(worker.number for worker in idle)
        for worker in idle:
            worker.jobs.put(None)


class _Worker:
    """One work thread. Plain functions run outside its loop, so that they may use ``asyncio.run``."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.jobs: queue.SimpleQueue[tuple[_Job, Callable[[], None]] | None] = queue.SimpleQueue()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name=f"{WORK_THREAD} {number}", daemon=True).start()

    def _run(self) -> None:
        while (item := self.jobs.get()) is not None:
            job, finished = item
            asyncio.set_event_loop(self.loop)
            job.run(self.loop)
            finished()  # first: who takes the end may ask at once for this thread again
            job.end()
            del job, finished, item  # an idle thread must not keep the user's objects alive
        self.loop.close()


class _Job:
    """One call of a user's function. All on its work thread but ``pieces.get`` and ``room.release``."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        cancelled: threading.Event,
        convert: Callable[[Any], Any],
        home: asyncio.AbstractEventLoop,
    ) -> None:
        self.function, self.args, self.cancelled = function, args, cancelled
        self.convert, self.home = convert, home
        self.pieces: asyncio.Queue[tuple[Any, AgentError | None, bool]] = asyncio.Queue()
        self.room = threading.Semaphore(_AHEAD)
        self.task: asyncio.Task[None] | None = None
        self.failed: AgentError | None = None

    def begin(self, threads: _Threads) -> Callable[[], object]:
        """Run on one of these; what this gives cancels it there."""
        worker = threads.take()
        worker.jobs.put((self, lambda: threads.give_back(worker)))
        return lambda: worker.loop.call_soon_threadsafe(self.cancel)

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()

    def run(self, own: asyncio.AbstractEventLoop) -> None:
        try:
            if not self.cancelled.is_set():
                self._take_all(self.function(*self.args), own)
        except BaseException as error:  # SystemExit too: it would end the thread
            self._fail(error)

    def end(self) -> None:
        self._deliver((None, self.failed, False))

    def _fail(self, error: BaseException) -> None:
        info = AgentError.info(error) if type(error) is AgentError else None
        if info is not None and all(type(text) is str for text in info.values()):
            self.failed = AgentError(**info)
            return
        self.failed = failed = WorkFailed(told(error), next_step="The traceback is in the log.")
        failed.traceback = traceback_of(error)
        if not self.cancelled.is_set():
            log_failure(f"{name_of(self.function)} failed.", error)

    def _take_all(self, result: Any, own: asyncio.AbstractEventLoop) -> None:
        if inspect.isawaitable(result) or isinstance(result, AsyncIterator):
            self.task = own.create_task(self._take_async(result))
            own.run_until_complete(self.task)
        elif isinstance(result, Iterator):
            try:
                for piece in result:
                    if not self._put(piece):
                        break
            finally:
                if hasattr(result, "close"):
                    result.close()
        elif result is not None:
            self._put(result)

    async def _take_async(self, result: Any) -> None:
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, AsyncIterator):
            try:
                async for piece in result:
                    if not self._put(piece):
                        break
            finally:
                if hasattr(result, "aclose"):
                    await result.aclose()
        elif isinstance(result, Iterator):
            self._take_all(result, asyncio.get_running_loop())
        elif result is not None:
            self._put(result)

    def _put(self, piece: Any) -> bool:
        if not self.cancelled.is_set():
            self.room.acquire()
        if self.cancelled.is_set():
            return False
        self._deliver((self.convert(piece), None, True))
        return True

    def _deliver(self, item: tuple[Any, AgentError | None, bool]) -> None:
        try:
            # `put_nowait` alone does not wake a loop of another thread.
            self.home.call_soon_threadsafe(self.pieces.put_nowait, item)
        except RuntimeError:  # the loop that took the pieces is closed: nobody waits any more
            self.cancelled.set()


class _TurnJob(_Job):
    """The same where there are no threads: step by step, on the loop of who takes the pieces."""

    def begin(self, threads: _Threads) -> Callable[[], object]:
        self.pieces = asyncio.Queue(_AHEAD)
        self.task = asyncio.create_task(self._run_in_turn())
        return self.cancel

    async def _run_in_turn(self) -> None:
        try:
            if not self.cancelled.is_set():
                await self._take(self.function(*self.args))
        except BaseException as error:
            self._fail(error)
        if not self.cancelled.is_set():
            await self.pieces.put((None, self.failed, False))

    async def _take(self, result: Any) -> None:
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, AsyncIterator):
            try:
                async for piece in result:
                    await self._give(piece)
            finally:
                if hasattr(result, "aclose"):
                    await result.aclose()
        elif isinstance(result, Iterator):
            try:
                for piece in result:
                    await self._give(piece)
            finally:
                if hasattr(result, "close"):
                    result.close()
        elif result is not None:
            await self._give(result)

    async def _give(self, piece: Any) -> None:
        await self.pieces.put((self.convert(piece), None, True))
        await asyncio.sleep(0)  # all else takes its turn


def told(error: BaseException) -> str:
    """The error in words; its own text is the user's code and may raise anything as well."""
    try:
        return f"{type(error).__name__}: {error}"
    except BaseException:
        return f"{name_of(type(error))}, whose text cannot be made"


def _is_ours(frame: TracebackType) -> bool:
    # A notebook's own module says None.
    return str(frame.tb_frame.f_globals.get("__package__") or "").startswith(_OURS)


def traceback_of(error: BaseException) -> str:
    """The traceback without our own frames at its top; the error's text is the user's code."""
    begin = error.__traceback__
    while begin is not None and _is_ours(begin):
        begin = begin.tb_next
    try:
        return "".join(traceback.format_exception(type(error), error, begin, limit=_FRAMES))
    except BaseException:
        return told(error)


def log_failure(sentence: str, error: BaseException) -> None:
    """Log an error with its traceback; its text is the user's code and may raise anything."""
    with contextlib.suppress(BaseException):
        log.error("%s", sentence, exc_info=error)


def as_ours(error: BaseException) -> VoiceWidgetError:
    """The error itself, or, of a mistake of this package, one that says so, logged."""
    if isinstance(error, VoiceWidgetError):
        return error
    log_failure("A mistake of this package.", error)
    return VoiceWidgetError(told(error), code="internal_error", next_step="Try again.")


class Faults:
    """Tells new faults from those that were logged: what raises at every change would fill the log.

    Two are the same if the same code raised an error of the same class in the same line. So many are kept;
    the rest counts as known.
    """

    def __init__(self, most: int = 100) -> None:
        self._most = most
        self._known: set[tuple[Any, ...]] = set()

    def is_new(self, error: BaseException, *where: str) -> bool:
        """Is it the first of its kind there?"""
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        # The code, too: in a plain terminal every function stands in line 1 of the same file.
        place = () if last is None else ((code := last.tb_frame.f_code).co_filename, code, last.tb_lineno)
        return self.is_first(name_of(type(error)), *place, *where)

    def is_first(self, *fault: Any) -> bool:
        """The same for a fault that is no exception, by what tells it from others."""
        if fault in self._known or len(self._known) >= self._most:
            return False
        self._known.add(fault)
        return True


def name_of(function: Callable[..., Any]) -> str:
    """A name for logs and errors, found without the user's code.

    Never the function's repr, which may hold the user's data, and no attribute that the object makes up.
    """
    if type(function) is MethodType:
        function = function.__func__
    name = inspect.getattr_static(function, "__qualname__", None)
    if type(name) is GetSetDescriptorType:  # a function's, a class's
        name = name.__get__(function)
    return name if type(name) is str else name_of(type(function))

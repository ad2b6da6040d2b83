from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import threading
from typing import Any

import pytest

from voice_widget.errors import AgentError
from voice_widget.threads import work as work_module
from voice_widget.threads.work import WORK_THREAD, Work, WorkFailed, name_of, told


def name() -> str:
    return threading.current_thread().name


async def taken(work: Work, function: Any, *args: Any) -> list[Any]:
    return [piece async for piece in work.stream(function, *args, cancelled=threading.Event())]


async def test_every_kind_of_function_streams_from_a_work_thread():
    def plain(x: int) -> str:
        return f"{x} {name()}"

    async def coroutine(x: int) -> str:
        await asyncio.sleep(0)
        return f"{x} {name()}"

    def generator(x: int):
        yield f"{x} {name()}"
        yield "more"

    async def async_generator(x: int):
        yield f"{x} {name()}"
        await asyncio.sleep(0)
        yield "more"

    work = Work()
    first = f"1 {WORK_THREAD} 1"
    assert await taken(work, plain, 1) == [first]
    assert await taken(work, coroutine, 1) == [first]
    assert await taken(work, generator, 1) == [first, "more"]
    assert await taken(work, async_generator, 1) == [first, "more"]
    assert await taken(work, lambda: None) == []


async def test_a_plain_function_may_run_a_loop_of_its_own():
    async def inner() -> str:
        return "done"

    assert await taken(Work(), lambda: asyncio.run(inner())) == ["done"]


async def test_async_objects_can_be_kept_between_turns():
    kept: list[asyncio.AbstractEventLoop] = []

    async def remember() -> None:
        kept.append(asyncio.get_running_loop())

    work = Work()
    await taken(work, remember)
    await taken(work, remember)
    assert kept[0] is kept[1]


async def test_a_blocked_function_costs_only_its_own_turn():
    release = threading.Event()
    work = Work()
    blocked = work.stream(release.wait, cancelled=threading.Event())
    waiting = asyncio.ensure_future(anext(blocked))
    try:
        assert await asyncio.wait_for(taken(work, name), 20) == [f"{WORK_THREAD} 2"]
        assert not waiting.done()
    finally:
        release.set()
    assert await asyncio.wait_for(waiting, 20) is True
    await blocked.aclose()


async def test_what_the_function_raises_reaches_who_takes_the_pieces():
    def broken():
        yield "first"
        raise KeyError("second")

    stream = Work().stream(broken, cancelled=threading.Event())
    assert await anext(stream) == "first"
    with pytest.raises(WorkFailed) as failed:
        await anext(stream)
    assert failed.value.message == "KeyError: 'second'"
    assert failed.value.__cause__ is failed.value.__context__ is None


class Traced(Exception):
    """Its text says on which thread it was made."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[str] = []

    def __str__(self) -> str:
        self.threads.append(name())
        return "traced"


async def test_the_text_and_the_traceback_of_an_error_are_made_on_the_work_thread(
    caplog: pytest.LogCaptureFixture,
):
    error = Traced()

    def plain() -> None:
        raise error

    async def coroutine() -> None:
        raise error

    for function in (plain, coroutine):
        with pytest.raises(WorkFailed, match="Traced: traced"):
            await taken(Work(), function)
    assert set(error.threads) == {f"{WORK_THREAD} 1"}
    assert caplog.text.count("Traceback") == 2
    assert {record.threadName for record in caplog.records} == {f"{WORK_THREAD} 1"}


class Unspeakable(Exception):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def __str__(self) -> str:
        raise self.error


@pytest.mark.parametrize(
    "error", [ValueError(), SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()]
)
async def test_an_error_whose_text_raises_costs_only_itself(error: BaseException):
    def plain() -> None:
        raise Unspeakable(error)

    async def coroutine() -> None:
        raise Unspeakable(error)

    work = Work()
    for function in (plain, coroutine):
        async with asyncio.timeout(20):
            with pytest.raises(WorkFailed, match="Unspeakable, whose text cannot be made"):
                await taken(work, function)
            assert await taken(work, name) == [f"{WORK_THREAD} 1"]


async def test_a_log_handler_that_raises_costs_nothing():
    class Leaves(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise SystemExit(3)

    def broken() -> None:
        raise KeyError("tip")

    handler, work = Leaves(), Work()
    work_module.log.addHandler(handler)
    try:
        async with asyncio.timeout(20):
            with pytest.raises(WorkFailed, match="tip"):
                await taken(work, broken)
            assert await taken(work, name) == [f"{WORK_THREAD} 1"]
    finally:
        work_module.log.removeHandler(handler)


async def test_an_agent_error_says_it_in_its_own_words(caplog: pytest.LogCaptureFixture):
    def away() -> None:
        raise AgentError("The database is away.", code="away", next_step="Start it.")

    with pytest.raises(AgentError) as failed:
        await taken(Work(), away)
    assert type(failed.value) is AgentError
    assert failed.value.info() == {
        "code": "away",
        "message": "The database is away.",
        "next_step": "Start it.",
    }
    assert not caplog.records


async def test_an_agent_error_of_other_than_texts_does_not_cross():
    class Text(str):
        pass

    class Own(AgentError):
        pass

    for error in (AgentError(Text("odd")), AgentError("odd", code=3), Own("odd")):  # type: ignore[arg-type]

        def odd(error: AgentError = error) -> None:
            raise error

        with pytest.raises(WorkFailed, match=r"(AgentError|Own): odd"):
            await taken(Work(), odd)


async def test_what_is_cancelled_is_not_logged(caplog: pytest.LogCaptureFixture):
    over, started = threading.Event(), threading.Event()
    work = Work()
    give_back = work._threads.give_back

    def given_back(worker: Any) -> None:
        give_back(worker)
        over.set()

    work._threads.give_back = given_back  # type: ignore[method-assign]

    async def waits_for_ever():
        yield "first"
        started.set()
        await asyncio.Event().wait()

    async with contextlib.aclosing(work.stream(waits_for_ever, cancelled=threading.Event())) as pieces:
        await anext(pieces)
        assert await asyncio.to_thread(started.wait, 20)
    assert await asyncio.to_thread(over.wait, 20)
    assert not caplog.records


async def test_pieces_are_converted_on_the_work_thread_and_a_failure_closes_the_generator():
    closed = threading.Event()

    def counts():
        try:
            yield from range(3)
        finally:
            closed.set()

    def convert(piece: int) -> str:
        if piece == 2:
            raise ValueError("two is too many")
        return f"{piece} {name()}"

    stream = Work().stream(counts, cancelled=threading.Event(), convert=convert)
    assert [await anext(stream), await anext(stream)] == [f"0 {WORK_THREAD} 1", f"1 {WORK_THREAD} 1"]
    with pytest.raises(WorkFailed, match="two is too many"):
        await anext(stream)
    assert closed.is_set()


def test_an_errors_words_never_fail():
    assert told(KeyError("tip")) == "KeyError: 'tip'"
    assert told(Unspeakable(SystemExit(3))) == "Unspeakable, whose text cannot be made"


def test_a_name_is_found_without_the_users_code():
    class Proxy:
        def __getattr__(self, wanted: str) -> Any:
            raise AssertionError(wanted)

        def __call__(self) -> None: ...

        def method(self) -> None: ...

    @functools.lru_cache
    def cached() -> None: ...

    here = "test_a_name_is_found_without_the_users_code.<locals>."
    assert name_of(Proxy()) == name_of(Proxy) == f"{here}Proxy"
    assert name_of(Proxy().method) == f"{here}Proxy.method"
    assert name_of(cached) == f"{here}cached"
    assert name_of(name) == "name"
    assert (name_of(len), name_of(functools.partial(len))) == ("len", "partial")


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
async def test_an_exit_in_users_code_ends_neither_the_loop_nor_the_taker(error: BaseException):
    def leaves() -> None:
        raise error

    async def leaves_later() -> None:
        raise error

    work = Work()
    for function in (leaves, leaves_later):
        with pytest.raises(WorkFailed, match=type(error).__name__):
            await taken(work, function)
        assert await taken(work, lambda: "still here") == ["still here"]


async def test_closing_the_stream_closes_a_generator_and_tells_it():
    closed, cancelled = threading.Event(), threading.Event()

    def endless():
        try:
            while True:
                yield name()
        finally:
            closed.set()

    stream = Work().stream(endless, cancelled=cancelled)
    async with contextlib.aclosing(stream) as pieces:
        await anext(pieces)
    assert cancelled.is_set()
    assert await asyncio.to_thread(closed.wait, 20)


async def test_closing_the_stream_cancels_an_async_function_where_it_waits():
    closed, started = threading.Event(), threading.Event()

    async def waits_for_ever():
        try:
            yield "first"
            started.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    stream = Work().stream(waits_for_ever, cancelled=threading.Event())
    async with contextlib.aclosing(stream) as pieces:
        await anext(pieces)
        assert await asyncio.to_thread(started.wait, 20)
    assert await asyncio.to_thread(closed.wait, 20)


async def test_closing_does_not_wait_for_a_function_that_blocks():
    release, started = threading.Event(), threading.Event()

    def blocks():
        yield "first"
        started.set()
        release.wait()
        yield "late"

    stream = Work().stream(blocks, cancelled=threading.Event())
    await anext(stream)
    assert await asyncio.to_thread(started.wait, 20)
    try:
        await asyncio.wait_for(stream.aclose(), 20)
    finally:
        release.set()


async def test_a_stream_that_came_to_its_end_was_not_cancelled():
    cancelled = threading.Event()
    async for _ in Work().stream(lambda: "done", cancelled=cancelled):
        pass
    assert not cancelled.is_set()


async def test_a_generator_does_not_run_far_ahead_of_its_taker():
    made: list[int] = []

    def endless():
        while True:
            made.append(1)
            yield "piece"

    stream = Work().stream(endless, cancelled=threading.Event())
    await anext(stream)
    for _ in range(200):
        await asyncio.sleep(0.001)
        if len(made) > work_module._AHEAD:
            break
    await asyncio.sleep(0.02)
    assert len(made) <= work_module._AHEAD + 2
    await stream.aclose()


async def test_only_some_idle_threads_are_kept():
    barrier = threading.Barrier(4)
    work = Work(keep=2)
    await asyncio.gather(*(taken(work, barrier.wait) for _ in range(4)))
    idle, numbers = work._threads.idle, work._threads.numbers
    assert len(idle) <= 2
    assert numbers == {worker.number for worker in idle} or len(numbers) <= 4


@pytest.mark.parametrize("how", ["closed", "collected"])
async def test_the_threads_end_with_the_pool_and_a_busy_one_with_its_function(how: str):
    release, started = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def remember() -> None:
        threads.append(threading.current_thread())
        loops.append(asyncio.get_running_loop())

    def blocks() -> None:
        threads.append(threading.current_thread())
        started.set()
        release.wait(10)

    work = Work()
    busy = work.stream(blocks, cancelled=threading.Event())
    waiting = asyncio.ensure_future(anext(busy, None))
    assert await asyncio.to_thread(started.wait, 20)
    await taken(work, remember)
    if how == "closed":
        work.close()
    else:
        waiting.cancel()
        await asyncio.wait({waiting})
        await busy.aclose()
        del work, busy, waiting
        gc.collect()
    await asyncio.to_thread(threads[1].join, 20)
    assert [thread.is_alive() for thread in threads] == [True, False]
    assert loops[0].is_closed()
    release.set()
    await asyncio.to_thread(threads[0].join, 20)
    assert not threads[0].is_alive()

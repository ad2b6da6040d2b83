from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from typing import Any

import pytest

from voice_widget import loop as loops
from voice_widget.loop import LOOP_THREAD, WORK_THREAD, Work


def name() -> str:
    return threading.current_thread().name


async def taken(work: Work, function: Any, *args: Any) -> list[Any]:
    return [piece async for piece in work.stream(function, *args, cancelled=threading.Event())]


def test_all_async_python_runs_on_one_named_daemon_thread():
    async def where() -> threading.Thread:
        return threading.current_thread()

    first, second = loops.submit(where()).result(5), loops.submit(where()).result(5)

    assert first is second
    assert first.name == LOOP_THREAD == "voice_widget loop"
    assert first.daemon


def test_own_threads_are_known_by_name():
    async def where() -> str | None:
        return loops.own_thread()

    assert loops.own_thread() is None
    assert loops.submit(where()).result(5) == LOOP_THREAD
    assert loops.on_main_thread()


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
        assert await asyncio.wait_for(taken(work, name), 5) == [f"{WORK_THREAD} 2"]
        assert not waiting.done()
    finally:
        release.set()
    assert await asyncio.wait_for(waiting, 5) is True
    await blocked.aclose()


async def test_what_the_function_raises_reaches_who_takes_the_pieces():
    def broken():
        yield "first"
        raise KeyError("second")

    stream = Work().stream(broken, cancelled=threading.Event())
    assert await anext(stream) == "first"
    with pytest.raises(KeyError, match="second"):
        await anext(stream)


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
async def test_an_exit_in_users_code_ends_neither_the_loop_nor_the_taker(error: BaseException):
    def leaves() -> None:
        raise error

    async def leaves_later() -> None:
        raise error

    work = Work()
    for function in (leaves, leaves_later):
        with pytest.raises(RuntimeError, match=f"leaves.*raised {type(error).__name__}"):
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
    async with aclosing(stream) as pieces:
        await anext(pieces)
    assert cancelled.is_set()
    assert await asyncio.to_thread(closed.wait, 5)


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
    async with aclosing(stream) as pieces:
        await anext(pieces)
        assert await asyncio.to_thread(started.wait, 5)
    assert await asyncio.to_thread(closed.wait, 5)


async def test_closing_does_not_wait_for_a_function_that_blocks():
    release, started = threading.Event(), threading.Event()

    def blocks():
        yield "first"
        started.set()
        release.wait()
        yield "late"

    stream = Work().stream(blocks, cancelled=threading.Event())
    await anext(stream)
    assert await asyncio.to_thread(started.wait, 5)
    try:
        await asyncio.wait_for(stream.aclose(), 5)
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
        if len(made) > loops._AHEAD:
            break
    ahead = len(made)
    await asyncio.sleep(0.02)
    assert len(made) == ahead <= loops._AHEAD + 2
    await stream.aclose()


async def test_only_some_idle_threads_are_kept():
    barrier = threading.Barrier(4)
    work = Work(keep=2)
    await asyncio.gather(*(taken(work, barrier.wait) for _ in range(4)))
    assert len(work._idle) <= 2
    assert work._numbers == {worker.number for worker in work._idle} or len(work._numbers) <= 4

"""A socket is read ahead of whoever takes its messages."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from voice_widget.services.reading_ahead import Ahead


class Source:
    """Messages that can be read, and how many were."""

    def __init__(self, *messages: bytes) -> None:
        self.messages = list(messages)
        self.read = 0
        self.more = asyncio.Event()

    async def __call__(self) -> bytes:
        if self.read == len(self.messages):
            await self.more.wait()
            raise ConnectionError("It is over.")
        self.read += 1
        return self.messages[self.read - 1]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def reading(source: Source, *most: int) -> AsyncIterator[Ahead]:
    ahead = Ahead(source, *most)
    try:
        yield ahead
    finally:
        await ahead.close()


async def test_what_is_read_comes_in_its_order_and_the_end_comes_last() -> None:
    source = Source(b"1", b"2", b"3")
    source.more.set()
    async with reading(source) as ahead:
        assert [await ahead.take() for _ in range(3)] == [b"1", b"2", b"3"]
        for _ in range(2):
            with pytest.raises(ConnectionError):
                await ahead.take()


async def test_it_is_read_before_anybody_takes_it_but_not_without_measure() -> None:
    source = Source(*[b"123"] * 10)
    async with reading(source, 10) as ahead:
        await ahead.take()
        await settle()
        assert source.read == 5  # the one that was taken, and as many as go beyond ten bytes
        await ahead.take()
        await settle()
        assert source.read == 6


async def test_who_was_kept_waiting_and_left_costs_nobody_a_message() -> None:
    source = Source()
    async with reading(source) as ahead:
        waiting = asyncio.create_task(ahead.take())
        await settle()
        waiting.cancel()
        await settle()
        source.more.set()
        with pytest.raises(ConnectionError):
            await ahead.take()


async def test_when_it_is_closed_nobody_reads_any_more() -> None:
    source = Source(b"1")
    async with reading(source) as ahead:
        await ahead.take()
        (task,) = asyncio.all_tasks() - {asyncio.current_task()}
    assert task.cancelled()
    never_read = Ahead(source)
    await never_read.close()


async def test_an_end_that_nobody_takes_is_no_complaint() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, about: complaints.append(about))
    source = Source(b"1")
    ahead = Ahead(source)
    await ahead.take()
    source.more.set()
    await settle()
    del ahead
    gc.collect()
    assert complaints == []

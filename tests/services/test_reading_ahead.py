"""A socket is read ahead of whoever takes its messages."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

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


async def test_what_is_read_comes_in_its_order_and_the_end_comes_last() -> None:
    source = Source(b"1", b"2", b"3")
    source.more.set()
    async with aclosing(Ahead(source).messages()) as messages:
        assert [await anext(messages) for _ in range(3)] == [b"1", b"2", b"3"]
        with pytest.raises(ConnectionError):
            await anext(messages)


async def test_it_is_read_before_anybody_takes_it_but_not_without_measure() -> None:
    source = Source(*[b"123"] * 10)
    async with aclosing(Ahead(source, 10).messages()) as messages:
        await anext(messages)
        await settle()
        assert source.read == 5  # the one that was taken, and as many as go beyond ten bytes
        await anext(messages)
        await settle()
        assert source.read == 6


async def test_who_takes_no_more_leaves_nobody_reading() -> None:
    source = Source(b"1")
    async with aclosing(Ahead(source).messages()) as messages:
        await anext(messages)
        (reading,) = asyncio.all_tasks() - {asyncio.current_task()}
    assert reading.cancelled()

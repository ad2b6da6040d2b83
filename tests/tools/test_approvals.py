"""Calls that wait for somebody: decided once, or by the time limit."""

from __future__ import annotations

import asyncio

import pytest

from voice_widget.errors import StateError
from voice_widget.tools.approvals import Approvals, Decision


async def waiting(approvals: Approvals, seconds: float | None = 20) -> asyncio.Task[Decision]:
    task = asyncio.create_task(approvals.decision("c", "book", seconds))
    await asyncio.sleep(0)  # it begins to wait
    assert approvals.waiting
    return task


async def test_it_is_decided_once() -> None:
    approvals = Approvals()
    task = await waiting(approvals)
    assert (approvals.waiting, approvals.name("c")) == (["c"], "book")
    approvals.decide("c", Decision(True, "page"))
    with pytest.raises(StateError, match="No tool call 'c' waits"):
        approvals.decide("c", Decision(False, "python"))
    assert await task == Decision(True, "page")
    assert approvals.waiting == []
    assert not approvals.always("book")


async def test_what_is_always_allowed_is_so_by_its_tool() -> None:
    approvals = Approvals()
    task = await waiting(approvals)
    approvals.decide("c", Decision(True, "page", always=True))
    await task
    assert (approvals.always("book"), approvals.always("sell")) == (True, False)


async def test_a_time_limit_rejects_and_says_so() -> None:
    decision = await Approvals().decision("c", "book", 0.01)
    assert decision == Decision(False, "time", reason="nobody answered in 0.01 s")


async def test_the_end_rejects_what_waits() -> None:
    approvals = Approvals()
    task = await waiting(approvals, None)
    approvals.end("the call has ended")
    assert await task == Decision(False, "end", reason="the call has ended")


def test_what_does_not_wait_is_refused() -> None:
    with pytest.raises(StateError) as refused:
        Approvals().name("c")
    assert refused.value.code == "no_approval"

"""Calls that wait for somebody: decided once, or by the time limit."""

from __future__ import annotations

import asyncio

import pytest

from voice_widget.errors import StateError
from voice_widget.tools.approvals import Approvals, Decision
from voice_widget.tools.tool import Tool


def book(day: str) -> str:
    return day


BOOK = Tool(book, needs_approval=True, approval_timeout_s=20)


async def waiting(approvals: Approvals, tool: Tool = BOOK) -> asyncio.Task[Decision]:
    task = asyncio.create_task(approvals.decision("c", tool))
    await asyncio.sleep(0)  # it begins to wait
    return task


async def test_it_is_decided_once() -> None:
    approvals = Approvals()
    task = await waiting(approvals)
    assert approvals.find("c").tool is BOOK
    approvals.decide("c", Decision(True, "page"))
    with pytest.raises(StateError, match="No tool call 'c' waits"):
        approvals.decide("c", Decision(False, "python"))
    assert await task == Decision(True, "page")
    assert not approvals.always(BOOK)


async def test_what_is_always_allowed_is_that_function_and_no_other_of_its_name() -> None:
    approvals = Approvals()
    task = await waiting(approvals)
    approvals.decide("c", Decision(True, "page", always=True))
    await task
    assert (approvals.always(BOOK), approvals.always(Tool(book, needs_approval=True))) == (True, False)


async def test_two_with_the_same_id_are_decided_one_after_the_other() -> None:
    approvals = Approvals()
    first, second = await waiting(approvals), await waiting(approvals)
    approvals.decide("c", Decision(True, "page"))
    approvals.decide("c", Decision(False, "page"))
    assert [(await first).approved, (await second).approved] == [True, False]


async def test_a_time_limit_rejects_and_says_so() -> None:
    tool = Tool(book, needs_approval=True, approval_timeout_s=0.01)
    decision = await Approvals().decision("c", tool)
    assert decision == Decision(False, "time", reason="nobody answered in 0.01 s")


async def test_the_end_rejects_what_waits_and_an_interruption_what_it_cancels() -> None:
    approvals = Approvals()
    task = await waiting(approvals, Tool(book, needs_approval=True, approval_timeout_s=None))
    approvals.end("the user interrupted", interrupted=True)
    assert not task.done()
    approvals.end("the call has ended")
    assert await task == Decision(False, "end", reason="the call has ended")


def test_what_does_not_wait_is_refused() -> None:
    with pytest.raises(StateError) as refused:
        Approvals().find("c")
    assert refused.value.code == "no_approval"

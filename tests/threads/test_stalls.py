from __future__ import annotations

import asyncio
import time

from voice_widget.threads.stalls import KEPT_S, LATE_S, Stalls


def test_what_was_late_in_the_last_minute_is_kept() -> None:
    stalls = Stalls()
    stalls.note(LATE_S / 2, at=9.0)
    stalls.note(0.3, at=10.0)
    stalls.note(0.1, at=20.0)
    assert stalls.late_ms(20.0) == (300.0, 100.0)
    assert stalls.late_ms(10.5 + KEPT_S) == (100.0,)
    assert stalls.late_ms(21 + KEPT_S) == ()


async def test_a_loop_that_is_held_up_is_late() -> None:
    stalls = Stalls()
    assert not stalls.watched
    with stalls.looking():
        await asyncio.sleep(0)
        time.sleep(0.4)  # noqa: ASYNC251 - what holds the interpreter
        deadline = time.monotonic() + 10
        while not stalls.late_ms(asyncio.get_running_loop().time()):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
    assert stalls.watched
    assert max(stalls.late_ms(asyncio.get_running_loop().time())) >= 100


async def test_nobody_looks_any_more_afterwards() -> None:
    with Stalls().looking():
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [task.get_name() for task in asyncio.all_tasks() if "stalls" in task.get_name()] == []

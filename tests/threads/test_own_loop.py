from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

from voice_widget.threads import loop as loops
from voice_widget.threads.own_loop import AGENT_THREAD, OwnLoop


async def where() -> threading.Thread:
    return threading.current_thread()


def test_what_blocks_one_loop_blocks_no_other() -> None:
    first, second = OwnLoop(AGENT_THREAD), OwnLoop(AGENT_THREAD)
    release = threading.Event()

    async def blocks() -> bool:
        return release.wait(10)

    blocked = first.submit(blocks())
    assert second.submit(where()).result(10).name == AGENT_THREAD == "voice_widget agent"
    assert loops.submit(where()).result(10).name == loops.LOOP_THREAD
    release.set()
    assert blocked.result(10)
    first.close()
    second.close()


def test_closing_cancels_what_runs_and_ends_the_thread() -> None:
    own = OwnLoop(AGENT_THREAD)
    thread = own.submit(where()).result(10)
    began, cancelled = threading.Event(), threading.Event()

    async def lasts() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    lasting = own.submit(lasts())
    assert began.wait(10)
    own.close()
    own.close()
    thread.join(10)
    assert not thread.is_alive()
    assert cancelled.is_set()
    with pytest.raises(CancelledError):
        lasting.result(10)


def test_a_closed_one_does_nothing_more() -> None:
    own = OwnLoop(AGENT_THREAD)
    own.close()
    assert own.submit(where()).cancelled()
    own.soon(pytest.fail)


def test_what_is_called_soon_is_called_in_order() -> None:
    own = OwnLoop(AGENT_THREAD)
    called: list[int] = []
    for number in range(100):
        own.soon(called.append, number)
    own.submit(where()).result(10)
    assert called == list(range(100))
    own.close()

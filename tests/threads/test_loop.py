from __future__ import annotations

import threading

from voice_widget.threads import loop as loops
from voice_widget.threads.loop import LOOP_THREAD


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

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from voice_widget.threads import loop as loops
from voice_widget.threads.loop import HELPER_THREAD, LOOP_THREAD


def test_all_async_python_runs_on_one_named_daemon_thread():
    async def where() -> threading.Thread:
        return threading.current_thread()

    first, second = loops.submit(where()).result(20), loops.submit(where()).result(20)

    assert first is second
    assert first.name == LOOP_THREAD == "voice_widget loop"
    assert first.daemon


def test_own_threads_are_known_by_name():
    async def where() -> str | None:
        return loops.own_thread()

    assert loops.own_thread() is None
    assert loops.submit(where()).result(20) == LOOP_THREAD
    assert loops.on_main_thread()


def test_a_helper_that_never_ends_does_not_keep_the_interpreter_from_its_end():
    script = """
import asyncio, threading
from voice_widget.threads.loop import submit

begun = threading.Event()

def look_up() -> None:
    begun.set()
    threading.Event().wait(600)

submit(asyncio.to_thread(look_up))
begun.wait()
print("the end")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "the end\n", "")


async def _in_a_helper() -> str:
    return await asyncio.to_thread(lambda: threading.current_thread().name)


def test_helpers_end_with_what_they_do_and_can_be_had_at_the_end(monkeypatch: pytest.MonkeyPatch):
    assert loops.submit(_in_a_helper()).result(20) == HELPER_THREAD
    with pytest.raises(ZeroDivisionError):
        loops.submit(asyncio.to_thread(lambda: 1 / 0)).result(20)

    def no_more(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", no_more)
    assert loops.submit(_in_a_helper()).result(20) == LOOP_THREAD

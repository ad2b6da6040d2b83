"""The talks of this process: what a test leaves running would be heard by those that come after it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from voice_widget.threads import loop as loops

LOOK_S = 0.02


@contextmanager
def closes_its_talks(seconds: float = 5.0) -> Iterator[None]:
    """No talk that is begun inside is still there so long after. What others have left is theirs."""
    before = talks()
    yield
    end = time.monotonic() + seconds
    while left := talks() - before:
        assert time.monotonic() < end, f"not closed: {left}"
        threading.Event().wait(LOOK_S)


def talks() -> set[asyncio.Task[Any]]:
    """Those that go on. The loop's thread is not started to find out that there are none."""
    if not any(thread.name == loops.LOOP_THREAD for thread in threading.enumerate()):
        return set()
    return loops.call(
        lambda: {task for task in asyncio.all_tasks() if "Dialler._hold" in str(task.get_coro())}
    )

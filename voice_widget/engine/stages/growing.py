"""Tells how much of a download is there, where who downloads does not say so."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from voice_widget.engine.stages.contracts import Progress

_LOOK_S = 1.0
_MB = 1_000_000


@contextmanager
def told_as_it_grows(
    folder: Path,
    what: str,
    progress: Progress,
    every_s: float = _LOOK_S,
    whole: Callable[[], int | None] = lambda: None,
) -> Iterator[None]:
    """Meanwhile ``progress`` hears how many megabytes have come into a folder, each time that is more.

    Args:
        folder: What grows; it need not be there yet.
        what: A sentence that says what is being done.
        progress: Is told at once, and then only of news: a download that stands still is told of no more.
        every_s: How often to look.
        whole: Says how many bytes will come, if that is known; asked once, when the first have.
    """
    before = told = _bytes(folder)
    over = threading.Event()
    progress(what, None)

    def watch() -> None:
        nonlocal told
        of: int | None = None
        while not over.wait(every_s):
            now = _bytes(folder)
            if now > told:
                if told == before:
                    of = whole()
                told = now
                come = now - before
                if of:
                    come = min(come, of)  # others may fetch something, too
                words = f" of {of / _MB:.0f}" if of else ""
                progress(f"{what} {come / _MB:.0f}{words} MB are there.", come / of if of else None)

    thread = threading.Thread(target=watch, name="downloading", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _bytes(folder: Path) -> int:
    found = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it has just been moved
                found += os.lstat(os.path.join(place, name)).st_size
    return found

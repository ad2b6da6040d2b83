"""The end of whoever started this process, seen by its standard input: that closes however it ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading


def watch_stdin(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    """Set ``over`` once standard input has come to its end."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 65_536):
                pass
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(over.set)

    threading.Thread(target=watch, name="standard input", daemon=True).start()

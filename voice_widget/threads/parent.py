"""The end of whoever started a process of ours, seen by its standard input: that closes however it ended."""

from __future__ import annotations

import contextlib
import os
import threading


def end_with_parent() -> None:
    """End this process as soon as its standard input closes."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 65_536):
                pass
        os._exit(1)

    threading.Thread(target=watch, name="standard input", daemon=True).start()

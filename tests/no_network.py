"""Python processes that reach nobody but this machine, and tell what they load: for tests of whole talks.

Written into a folder as `sitecustomize`, it is loaded by every interpreter that is started with that folder
in its path, also by those that these start.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

_LOOPBACK = ("127.", "::1", "localhost")
_GPL = ("espeakng_loader", "piper")


def forbid(log: str) -> None:
    """Let whoever asks for another machine fail; write down who did, and who loads code under the GPL."""

    def tell(what: str, value: object) -> None:
        # A line at once: several processes write.
        line = json.dumps({"process": _process(), "what": what, "value": str(value)}) + "\n"
        handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, line.encode())
        os.close(handle)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto"):
            address = args[1]
            if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
                tell("network", address)
                raise OSError(f"{address} is not to be reached")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = args[0].decode() if isinstance(args[0], bytes) else str(args[0] or "localhost")
            if not host.startswith(_LOOPBACK):
                tell("network", host)
                raise OSError(f"{host} is not to be looked up")
        elif event == "import" and args[0] in _GPL:
            tell("loads", args[0])

    tell("watched", os.getpid())
    sys.addaudithook(watch)


def _process() -> str:
    """Which of ours this is: the module that it runs."""
    words = sys.orig_argv
    return words[words.index("-m") + 1] if "-m" in words else words[-1][:40]


def written_into(folder: Path) -> Path:
    """Write `sitecustomize` into a folder; gives the file in which its processes tell."""
    log = folder / "told.jsonl"
    source = Path(__file__).read_text(encoding="utf-8")
    (folder / "sitecustomize.py").write_text(f"{source}\n\nforbid({str(log)!r})\n", encoding="utf-8")
    return log


def told_in(log: Path) -> list[tuple[str, str, str]]:
    """(process, what, value) of each line."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [(line["process"], line["what"], line["value"]) for line in lines]

"""``python -m voice_widget serve`` as a process of its own, for clients that know nothing of us."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = "token-of-the-stock-clients"
START_S = 60.0
END_S = 10.0


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """What clients are given as base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def socket(self) -> str:
        """Where WebSockets are opened."""
        return f"ws://127.0.0.1:{self.port}/v1/realtime"

    def secret(self) -> str:
        """A short-lived token for a page."""
        return str(self.ask("/v1/realtime/client_secrets", {"session": {"type": "realtime"}})["value"])

    def ask(self, path: str, body: Any = None) -> dict[str, Any]:
        """One HTTP request and the JSON that it gets."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=START_S) as reply:
            found: dict[str, Any] = json.load(reply)
            return found


@contextlib.contextmanager
def serve(folder: Path, *options: str) -> Iterator[Served]:
    """Start the server, wait until it is warm, end it. What it logs as an error fails whoever used it."""
    log = folder / "serve.log"
    environment = os.environ | {"VOICE_WIDGET_TOKEN": TOKEN}
    command = [sys.executable, "-m", "voice_widget", "serve", "--port", "0", *options]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/v1", said)
        assert found, said + log.read_text()
        served = Served(int(found[1]), process.pid)
        deadline = time.monotonic() + START_S
        while not served.ask("/healthz")["warm"]:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)  # nobody tells when it is warm
        yield served
        process.send_signal(signal.SIGTERM)
        assert process.wait(END_S) == 0
    finally:
        process.kill()
        process.communicate()
    # Written as "LEVEL logger: message"; a warning is no failure.
    wrong = [
        line for line in log.read_text().splitlines() if line.startswith(("ERROR", "CRITICAL", "Traceback"))
    ]
    assert not wrong, log.read_text()

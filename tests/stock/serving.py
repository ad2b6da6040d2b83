"""``python -m voice_widget serve``, warm, as clients see it that know nothing of us."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.serving import Serve

TOKEN = "token-of-the-stock-clients"
WARM_S = 60.0


@dataclass(frozen=True)
class Served:
    """A running server; ``url`` is what clients are given as base URL."""

    url: str

    @property
    def socket(self) -> str:
        """Where WebSockets are opened."""
        return f"{self.url.replace('http', 'ws', 1)}/realtime"

    def secret(self) -> str:
        """A short-lived token for a page."""
        return str(self.ask("/realtime/client_secrets", {"session": {"type": "realtime"}})["value"])

    def warm(self) -> bool:
        """Whether its stages are there."""
        return bool(self.ask("/healthz", base=self.url.removesuffix("/v1"))["warm"])

    def ask(self, path: str, body: Any = None, *, base: str | None = None) -> dict[str, Any]:
        """One HTTP request and the JSON that it gets."""
        request = urllib.request.Request(
            f"{base or self.url}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=WARM_S) as reply:
            found: dict[str, Any] = json.load(reply)
            return found


@contextlib.contextmanager
def serve(*options: str) -> Iterator[Served]:
    """Start the server, wait until it is warm, end it. What it complains of fails whoever used it."""
    server = Serve(*options, environment={"VOICE_WIDGET_TOKEN": TOKEN})
    try:
        server.until("^curl")
        served = Served(f"{server.url}/v1")
        deadline = time.monotonic() + WARM_S
        while not served.warm():
            assert time.monotonic() < deadline
            threading.Event().wait(0.02)  # it tells nobody when it is
        yield served
    finally:
        ended = server.end(signal.SIGTERM)
    assert ended == (0, "")

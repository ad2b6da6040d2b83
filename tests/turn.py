"""A real TURN server, coturn."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

USER, CREDENTIAL = "someone", "the-relays-password"
START_S = 60.0


def address() -> str:
    """This machine's own address: nobody is called at one of the loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("This machine has no network.")
        return str(probe.getsockname()[0])


class Turn:
    """For those with `USER` and `CREDENTIAL`, by UDP and TCP.

    Args:
        folder: Where its log is kept.
        address: Where it listens and relays.
    """

    def __init__(self, folder: Path, address: str) -> None:
        if shutil.which("turnserver") is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("coturn is missing: run `make setup`.")
        with socket.socket() as probe:
            probe.bind((address, 0))
            self.port = probe.getsockname()[1]
        self.address = address
        self._log = folder / "turn.log"
        with self._log.open("wb") as log:
            self._process = self._started(folder, log)
        end = time.monotonic() + START_S
        while not self._listens():
            assert time.monotonic() < end, self.log[-2000:]
            threading.Event().wait(0.05)

    def _started(self, folder: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                "turnserver", "-n", "-c", "/dev/null", f"--listening-ip={self.address}",
                f"--relay-ip={self.address}", f"--listening-port={self.port}", "--lt-cred-mech",
                "--realm=test", f"--user={USER}:{CREDENTIAL}", "--no-cli", "--no-tls", "--no-dtls",
                "--allow-loopback-peers", "--relay-threads=1", "--log-file=stdout", "--verbose",
                f"--pidfile={folder / 'turn.pid'}", f"--userdb={folder / 'turn.db'}",
            ],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def url(self, transport: str = "tcp") -> str:
        """Where it is."""
        return f"turn:{self.address}:{self.port}?transport={transport}"

    def server(self, credential: str = CREDENTIAL, transport: str = "tcp") -> dict[str, str]:
        """As browsers take it."""
        return {"urls": self.url(transport), "username": USER, "credential": credential}

    @property
    def log(self) -> str:
        """What it has said."""
        return self._log.read_text("utf-8", "replace")

    def _listens(self) -> bool:
        assert self._process.poll() is None, self.log[-2000:]
        with suppress(OSError), socket.create_connection((self.address, self.port), 1):
            return True
        return False

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

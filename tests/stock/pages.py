"""Serves the page in which the JavaScript client runs, from an origin of its own on the loopback."""

from __future__ import annotations

import contextlib
import functools
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent / "page"
ESBUILD = Path(__file__).parents[2] / "node_modules" / ".bin" / "esbuild"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *said: object) -> None:
        pass


def bundle(folder: Path) -> Path:
    """Put the page with the client inside into this folder."""
    assert ESBUILD.exists(), "Run `make setup`."
    options = ["--bundle", "--format=esm", f"--outfile={folder / 'page.js'}", "--log-level=warning"]
    subprocess.run([ESBUILD, HERE / "page.ts", *options], check=True)
    shutil.copy(HERE / "index.html", folder)
    return folder


@contextlib.contextmanager
def site(folder: Path) -> Iterator[str]:
    """Serve a folder; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    serving = threading.Thread(target=server.serve_forever, name="page server", daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        serving.join()

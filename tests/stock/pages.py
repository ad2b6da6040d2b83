"""Serves the page in which the JavaScript client runs, from an origin of its own on the loopback."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.texts import blocks

HERE = Path(__file__).parent / "page"
ROOT = Path(__file__).parents[2]
ESBUILD = ROOT / "node_modules" / ".bin" / "esbuild"


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


def bundle_of_the_docs(folder: Path) -> None:
    """Put the script of the docs beside it: it calls `given.url`, and its session is in the window."""
    (shown,) = blocks(ROOT / "docs" / "compatible-servers.md", "ts")
    here = shown.replace('"http://127.0.0.1:8766/v1', 'given.url + "')
    assert here != shown
    here = f"const {{ secret }} = given;\n{here}\nObject.assign(window, {{ session }});\n"
    (folder / "docs.ts").write_text(here)
    command = [
        str(ESBUILD),
        str(folder / "docs.ts"),
        "--bundle",
        "--format=esm",
        f"--outfile={folder / 'docs.js'}",
    ]
    environment = {**os.environ, "NODE_PATH": str(ROOT / "node_modules")}
    subprocess.run([*command, "--log-level=warning"], check=True, env=environment)


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

"""JupyterLab on one notebook, for a newcomer: its log goes into a file, the address to open is printed last.

``python scripts/open_lab.py NOTEBOOK LOG`` stays until Ctrl-C, which ends the server too.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, build_opener

from jupyter_core.paths import jupyter_runtime_dir

PATIENCE_S = 120.0
LOOK_S = 0.2
QUESTION = "What is the average body mass for each species?"
# Not by a proxy: the server is here.
HERE = build_opener(ProxyHandler({}))


def main(notebook: Path, log: Path) -> int:
    """Start the server, say where it is, and wait for its end. Gives the exit code."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    print("\nStarting JupyterLab …", flush=True)
    server = start(notebook, log)
    try:
        address = wait_for_address(server, notebook)
        if address is not None:
            print(f'\nOpen this address, choose Run → Run All Cells, press Call, and ask: "{QUESTION}"')
            print(f"It is there until Ctrl-C.{far_away(address)}\n\n    {address}\n", flush=True)
            while server.poll() is None:
                time.sleep(LOOK_S)  # not wait(), which a Ctrl-C that comes just before it does not end
        if server.returncode == 0:
            return 0
        print(f"JupyterLab failed. The end of its log, {log}:\n", file=sys.stderr)
        print("\n".join(log.read_text(errors="replace").splitlines()[-20:]), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        end(server)


def start(notebook: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start JupyterLab in a session of its own, where Ctrl-C does not reach it: there it would ask back."""
    command = [sys.executable, "-m", "jupyterlab", str(notebook)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    if not can_open_browser():
        command.append("--no-browser")
    # Only for its owner: the log has the token in it.
    with open(os.open(log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )


def can_open_browser() -> bool:
    """Whether there is a screen: without one Python would open a browser in this terminal."""
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def wait_for_address(server: subprocess.Popen[bytes], notebook: Path) -> str | None:
    """Wait until the server answers. Gives the notebook's address; None where it ended or never answered."""
    written_down = Path(jupyter_runtime_dir()) / f"jpserver-{server.pid}.json"
    deadline = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):  # not yet there, half written, not yet listening
            info = json.loads(written_down.read_text())
            with HERE.open(f"{info['url']}api", timeout=5):
                token = f"?{urlencode({'token': info['token']})}" if info["token"] else ""
                return f"{info['url']}lab/tree/{quote(notebook.name)}{token}"
        time.sleep(0.1)
    return None


def far_away(address: str) -> str:
    """What a person who sits at another machine has to do first."""
    if "SSH_CONNECTION" not in os.environ:
        return ""
    port = address.split("/")[2].split(":")[1]
    return f" From another machine, first: ssh -L {port}:localhost:{port} …"


def end(server: subprocess.Popen[bytes]) -> None:
    """End the server and its kernels."""
    server.terminate()
    try:
        server.wait(15)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))

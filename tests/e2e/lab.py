"""A real JupyterLab, a real Chromium and a line into the kernel, for the end-to-end tests."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import queue
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Browser, BrowserType, Locator, Page

ROOT = Path(__file__).resolve().parents[2]
SMALL = "service=Local(stt='pocketsphinx', tts='espeak')"
"""What hears and speaks where a test is about something else: quick, and the same wherever it runs."""
LOOK_S = 0.1
"""Between two looks at something. Each is work for kernel, server and page, whose sound must not wait."""
BUSY = 3.0
"""How many times as long a busy machine may take: the bounds of the tests are those of a quiet one."""


def wait_for(condition: Callable[[], Any], *, seconds: float, what: str, pause: float = LOOK_S) -> Any:
    """Poll until the condition holds; its value, or a failure that says what did not happen."""
    deadline = time.monotonic() + seconds * BUSY
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds * BUSY} s still not: {what}")
        select_wait(pause)


def select_wait(seconds: float) -> None:
    """Give the processor away between two looks at a condition."""
    threading.Event().wait(seconds)


def answers(client: BlockingKernelClient) -> bool:
    """Whether the kernel replies, and what it publishes arrives.

    `wait_for_ready` goes on until nothing is published for a moment: in a call by comm that never comes.
    """
    with contextlib.suppress(TimeoutError, queue.Empty):
        client.kernel_info(reply=True, timeout=1)
        client.get_iopub_msg(timeout=1)
        return True
    return False


def needed(found: object, missing: str) -> None:
    """Skip what cannot be tested on this machine; where all is to be installed, that is a fault."""
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)


def chromium() -> str:
    """The browser's path."""
    if path := os.environ.get("CHROMIUM"):
        return path
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    raise RuntimeError("Chromium is missing: run `make setup`.")


def launch(
    chrome: BrowserType,
    microphone: Path | None,
    *extra: str,
    env: Mapping[str, str] | None = None,
    executable: Path | None = None,
) -> Browser:
    """Chromium whose microphone plays a file anew at each ``getUserMedia``; None: the machine's own."""
    fake = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
    ]
    return chrome.launch(
        executable_path=executable or chromium(),
        headless=True,
        args=[
            "--no-sandbox",
            *(fake if microphone else ()),
            "--autoplay-policy=user-gesture-required",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--no-first-run",
            *extra,
        ],
        ignore_default_args=["--mute-audio"],
        env=dict(env) if env is not None else None,
    )


# Keeps what the page makes where a test can look at it; changes nothing.
WATCH = """
(() => {
  const seen = (window.seen = { peers: [], tracks: [], clicks: [] });
  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...args) { super(...args); seen.peers.push(this); }
  };
  const devices = navigator.mediaDevices;
  if (devices) {
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      seen.tracks.push(...stream.getTracks());
      return stream;
    };
  }
})();
"""

# Ends what a test has left: its microphones, peers and notebook. True where the next test may go on here.
LEAVE = """
async () => {
  const app = window.jupyterapp;
  if (app === undefined || document.querySelector(".jp-Dialog")) return false;
  for (const track of seen.tracks.splice(0)) track.stop();
  for (const peer of seen.peers.splice(0)) peer.close();
  for (const open of [...app.shell.widgets("main")]) {
    if (open.context) open.context.model.dirty = false;
    open.close();
  }
  return true;
}
"""
# A notebook in a JupyterLab that is open.
ENTER = """
async (path) => {
  const opened = await window.jupyterapp.commands.execute("docmanager:open", { path });
  await opened.context.ready;
}
"""


class Lab:
    """One JupyterLab server in a folder of its own.

    Args:
        folder: Where its notebooks are.
        base: Under which path it answers, as a Hub gives each person one; ``{port}`` stands for its own.
        options: Others for the server.
    """

    def __init__(self, folder: Path, *, base: str = "/", options: Sequence[str] = ()) -> None:
        self.folder = folder
        self._shut = ThreadPoolExecutor(max_workers=2)
        self._ends: dict[str, Future[Any]] = {}
        """The kernels of notebooks that were closed: they end while the next one begins."""
        self._left: Page | None = None
        """The page of the last notebook, which the next may use: loading JupyterLab takes long."""
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.base = base.format(port=self.port)
        self.runtime = folder / ".runtime"
        self.env = os.environ | {
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "JUPYTER_CONFIG_DIR": str(folder / ".config"),
            "JUPYTER_DATA_DIR": str(folder / ".data"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"),
            "PYTHONPATH": str(ROOT),
        }
        quiet = folder / ".settings" / "@jupyterlab" / "apputils-extension"
        quiet.mkdir(parents=True)
        (quiet / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
        self.log = (folder / "lab.log").open("wb")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={self.port}",
                f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={folder}",
                f"--ServerApp.base_url={self.base}",
                "--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True",
                "--ServerApp.allow_remote_access=True", "--LabApp.news_url=None",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", *options,
            ],
            env=self.env, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(self._answers, seconds=60, what="JupyterLab answers")

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "lab.log").read_text()[-2000:])
        try:
            return bool(self.get("api/status"))
        except (urllib.error.URLError, ConnectionError):
            return False

    def address(self, path: str, host: str = "127.0.0.1") -> str:
        """Of something that the server has."""
        return f"http://{host}:{self.port}{self.base}{path}"

    def get(self, path: str) -> Any:
        request = urllib.request.Request(self.address(path), headers={"Authorization": f"token {self.token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def shut(self, notebook: Notebook) -> None:
        """Begin to shut a notebook's kernel down. One that is just being restarted cannot be yet."""
        self._ends[notebook.name] = self._shut.submit(
            wait_for, notebook.shut, seconds=60, what=f"the kernel of {notebook.name} is shut down"
        )

    def _ended(self, *names: str) -> None:
        """Wait until the kernels of these notebooks have ended."""
        for name in names:
            if name in self._ends:
                self._ends.pop(name).result()

    def close(self) -> None:
        try:
            self._ended(*self._ends)
        finally:
            self._shut.shutdown()
            self._stop()

    def _stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def write(self, name: str, cells: Sequence[str]) -> str:
        """Write a notebook of code cells."""
        nb: Any = nbformat  # its functions have no types
        notebook = nb.v4.new_notebook(
            cells=[nb.v4.new_code_cell(c) for c in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nb.write(notebook, self.folder / name)
        return name

    @contextlib.contextmanager
    def open(
        self,
        browser: Browser,
        name: str,
        *,
        host: str = "127.0.0.1",
        permissions: Sequence[str] = ("microphone",),
        prepare: Callable[[Page], None] | None = None,
    ) -> Iterator[Notebook]:
        """Open a notebook; its kernel is shut down from the end on, beside what comes then.

        Where a test before has left JupyterLab open and in order, and none of the options is given, the
        notebook is opened there, else in a browser context of its own. ``prepare`` gets the page before it
        loads anything.
        """
        self._ended(name)
        own = prepare is not None or host != "127.0.0.1" or permissions != ("microphone",)
        page, self._left = (None, self._left) if own else (self._left, None)
        if page is None or page.context.browser is not browser:
            context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=[*permissions])
            page = context.new_page()
            page.add_init_script(WATCH)
            if prepare is not None:
                prepare(page)
        notebook = Notebook(self, page, name)
        in_order = False
        try:
            notebook.open(host)
            yield notebook
            in_order = not own
        finally:
            notebook.close()
            if in_order and self._left is None and notebook.leave():
                self._left = page
            else:
                page.context.close()


class Notebook:
    """One notebook open in JupyterLab, and a client of its kernel beside the page."""

    def __init__(self, lab: Lab, page: Page, name: str) -> None:
        self.lab = lab
        self.page = page
        self.name = name
        self.problems: list[str] = []
        self._client: BlockingKernelClient | None = None
        page.on("pageerror", self._failed)

    def open(self, host: str = "127.0.0.1") -> None:
        """Open this notebook in JupyterLab, which is loaded if need be, and wait for its kernel."""
        if self.page.evaluate("() => window.jupyterapp !== undefined"):
            self.page.evaluate(ENTER, self.name)
        else:
            self.page.goto(f"{self.address(host)}?token={self.lab.token}&reset")
            self.page.wait_for_function("() => window.jupyterapp !== undefined", timeout=60_000)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        wait_for(self._session, seconds=60, what="the notebook has a kernel")

    def address(self, host: str) -> str:
        """Where a browser finds it."""
        return self.lab.address(f"lab/tree/{self.name}", host)

    def leave(self) -> bool:
        """Close it in the page. Whether the page is as if it had not been there."""
        for other in self.page.context.pages:
            if other is not self.page:
                other.close()
        self.page.remove_listener("pageerror", self._failed)
        return bool(self.page.evaluate(LEAVE))

    def _failed(self, error: Any) -> None:
        self.problems.append(str(error))

    def _session(self) -> dict[str, Any] | None:
        for session in self.lab.get("api/sessions"):
            if session["path"] == self.name and session["kernel"]["execution_state"] in ("idle", "busy"):
                return dict(session)
        return None

    @property
    def kernel_id(self) -> str:
        session = self._session()
        assert session is not None
        return str(session["kernel"]["id"])

    def connect(self) -> BlockingKernelClient:
        """A client of the kernel that does not go through the page."""
        if self._client is None:
            path = self.lab.runtime / f"kernel-{self.kernel_id}.json"
            self._client = BlockingKernelClient(connection_file=str(path))
            self._client.load_connection_file()
            self._client.start_channels()
            client = self._client
            wait_for(lambda: answers(client), seconds=30, what="the kernel answers")
        return self._client

    def disconnect(self) -> None:
        """Forget the kernel's client (before a restart)."""
        if self._client is not None:
            self._client.stop_channels()
            self._client = None

    def value(self, expression: str, *, timeout: float = 30) -> Any:
        """Evaluate an expression in the kernel; it must be JSON."""
        reply = self.connect().execute_interactive(
            "", silent=True, store_history=False, timeout=timeout, output_hook=lambda message: None,
            user_expressions={"value": f"__import__('json').dumps({expression}, default=lambda x: x.item())"},
        )  # fmt: skip
        result = reply["content"]["user_expressions"]["value"]
        assert result["status"] == "ok", "\n".join(result.get("traceback", [str(result)]))
        return json.loads(ast.literal_eval(result["data"]["text/plain"]))

    def run(self, code: str, *, timeout: float = 60) -> None:
        """Run code in the kernel, beside the notebook's cells, to its end."""
        reply = self.connect().execute_interactive(
            code, silent=False, store_history=False, timeout=timeout, output_hook=lambda message: None
        )
        assert reply["content"]["status"] == "ok", "\n".join(reply["content"].get("traceback", []))

    def start(self, code: str) -> str:
        """Start code in the kernel and do not wait; its message id."""
        return str(self.connect().execute(code, store_history=False))

    def command(self, name: str) -> None:
        """Run a JupyterLab command, for instance ``notebook:run-all-cells``."""
        self.page.evaluate("(name) => { void window.jupyterapp.commands.execute(name) }", name)

    def run_all(self, *, seconds: float = 60) -> None:
        """Run every cell and wait for the last; a cell that fails fails the test."""
        self.command("notebook:run-all-cells")
        self.page.wait_for_function(
            """() => {
              const cells = window.jupyterapp.shell.currentWidget.content.widgets
                .filter(c => c.model.type === 'code' && c.model.sharedModel.source.trim());
              return cells.every(c => c.model.executionCount !== null)
                 && document.querySelectorAll('.jp-InputPrompt').length > 0
                 && ![...document.querySelectorAll('.jp-InputPrompt')].some(p => p.textContent.includes('*'));
            }""",
            timeout=seconds * 1000,
        )
        errors = self.page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']")
        assert errors.count() == 0, errors.all_inner_texts()

    @property
    def panel(self) -> Locator:
        """The first panel on the page."""
        return self.page.locator("[data-voice-widget]").first

    def live_tracks(self) -> int:
        """How many microphone tracks of the page are live."""
        return int(self.page.evaluate("() => seen.tracks.filter(t => t.readyState === 'live').length"))

    def inbound(self) -> dict[str, float]:
        """The statistics of the newest peer's received audio (RTCInboundRtpStreamStats)."""
        return dict(
            self.page.evaluate(
                """async () => {
                  const peer = seen.peers.at(-1);
                  for (const report of (await peer.getStats()).values())
                    if (report.type === 'inbound-rtp' && report.kind === 'audio') return { ...report };
                  return {};
                }"""
            )
        )

    def call(self, *, seconds: float = 20) -> None:
        """Press Call once the engine is warm, and wait until the kernel says connected.

        Chromium plays its microphone file from the moment of the click.
        """
        # Seldom: while a voice warms up it is measured, and our looking must not slow it down.
        self.wait_value("bool(w.voices)", seconds=40, pause=0.25)
        self.panel.get_by_role("button", name=re.compile("^Call( again)?$")).click()
        self.wait_value("w.connection_state == 'connected'", seconds=seconds)

    def hang_up(self) -> None:
        """Press Hang up, and wait until the kernel says so."""
        self.panel.get_by_role("button", name="Hang up").click()
        self.wait_value("w.connection_state == 'disconnected'")

    def wait_value(self, expression: str, *, seconds: float = 20, pause: float = LOOK_S) -> Any:
        """Wait until an expression in the kernel is true; its value. With each look the kernel has work."""
        return wait_for(lambda: self.value(expression), seconds=seconds, what=expression, pause=pause)

    def close(self) -> None:
        """Have the kernel shut down."""
        self.disconnect()
        self.lab.shut(self)

    def shut(self) -> bool:
        """Ask for the kernel's end. Whether there is none any more."""
        left = [session for session in self.lab.get("api/sessions") if session["path"] == self.name]
        for session in left:
            request = urllib.request.Request(
                self.lab.address(f"api/sessions/{session['id']}"),
                method="DELETE",
                headers={"Authorization": f"token {self.lab.token}"},
            )
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(request, timeout=20).close()
        return not left

"""A real JupyterLite: built with our wheel in its own index, served as plain files, Python in the browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Locator, Page

from tests.e2e.lab import BUSY, ROOT

PYODIDE = ROOT / ".make" / "pyodide"
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
# No package comes from elsewhere, and a test may look at what runs.
SITE = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "exposeAppInBrowser": True,
        "litePluginSettings": {KERNEL: {"disablePyPIFallback": True}},
    },
}
READY = """
async () => {
  const { context } = jupyterapp.shell.currentWidget;
  await context.ready;
  await context.sessionContext.ready;
  await context.sessionContext.session.kernel.info;
}
"""
RUN = """
async (code) => {
  const { kernel } = jupyterapp.shell.currentWidget.context.sessionContext.session;
  const asked = kernel.requestExecute({ code });
  let said = "";
  asked.onIOPub = ({ header, content }) => {
    if (header.msg_type === "stream") said += content.text;
    if (header.msg_type === "error") said += content.traceback.join("\\n");
  };
  const reply = await asked.done;
  return [reply.content.status, said];
}
"""


def _run(*command: str, folder: Path) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def build(folder: Path, cells: Sequence[str]) -> Path:
    """Build a site with one notebook, ``talk.ipynb``; the folder of its files."""
    if not PYODIDE.is_dir():
        pytest.fail(f"There is no {PYODIDE.relative_to(ROOT)}. Run: make setup", pytrace=False)
    shutil.copytree(PYODIDE / "pyodide", folder / "static" / "pyodide")
    shutil.copytree(PYODIDE / "wheels", folder / "wheels")
    _run("build", "--wheel", "--no-isolation", "--outdir", str(folder / "wheels"), str(ROOT), folder=ROOT)
    (folder / "files").mkdir()
    nb: Any = nbformat  # its functions have no types
    spec = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
    notebook = nb.v4.new_notebook(
        cells=[nb.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": spec}
    )
    nb.write(notebook, folder / "files" / "talk.ipynb")
    config = {
        "PipliteAddon": {"piplite_urls": ["wheels"]},
        "LiteBuildConfig": {"contents": ["files"], "output_dir": "site"},
    }
    (folder / "jupyter_lite_config.json").write_text(json.dumps(config))
    (folder / "jupyter-lite.json").write_text(json.dumps(SITE))
    _run("jupyter", "lite", "build", folder=folder)
    return folder / "site"


class _Files(SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012 - a constant, as in its base
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its base's name
        pass


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """Serve the files; where."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(site))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class LiteNotebook:
    """The notebook, open in JupyterLite, its kernel at work in the page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(f"{url}lab/index.html?path=talk.ipynb")
        page.wait_for_function("() => window.jupyterapp !== undefined", timeout=60_000 * BUSY)
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000 * BUSY)
        page.evaluate(READY)

    def run_all(self) -> None:
        """Run all cells, to the end of the last one."""
        assert self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')") is not False

    def cell(self, code: str) -> None:
        """Run a new cell below the others, to its end."""
        self.page.evaluate(
            """async (code) => {
              const { commands, shell } = jupyterapp;
              const { content } = shell.currentWidget;
              content.activeCellIndex = content.widgets.length - 1;
              await commands.execute("notebook:insert-cell-below");
              content.activeCell.model.sharedModel.setSource(code);
              await commands.execute("notebook:run-cell");
            }""",
            code,
        )

    @property
    def panel(self) -> Locator:
        """The newest widget."""
        return self.page.locator("[data-voice-widget]").last

    def run(self, code: str) -> str:
        """Run code in the kernel beside the cells; what it printed."""
        status, said = self.page.evaluate(RUN, code)
        assert status == "ok", said
        return str(said)

    def value(self, expression: str) -> Any:
        """Evaluate an expression in the kernel; it must be JSON."""
        return json.loads(self.run(f"print(__import__('json').dumps({expression}))").splitlines()[-1])

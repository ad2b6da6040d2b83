"""No key and no token in a notebook that was executed without a page, nor in anything written beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.e2e import speech
from tests.e2e.served import Served
from tests.e2e.test_secrets import LOGGING, QUESTION, SCRIPT, TOKEN
from tests.serving import ROOT


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path, SCRIPT)
    yield server
    server.end()


def test_a_notebook_that_nbclient_has_run(tmp_path: Path, served: Served) -> None:
    """It stores the widgets' state without being asked. There is no page: the samples are the notebook's."""
    said = speech.say(QUESTION, "flite:slt", tmp_path)
    wav = speech.write(tmp_path / "said.wav", [speech.silence(0.5), said, speech.silence(1.5)])
    log = tmp_path / "kernel.log"
    cells = [
        LOGGING.format(path=str(log))
        + "from voice_widget import OpenAI, VoiceWidget\n"
        + f"w = VoiceWidget(service={served.service()}, transport='memory')",
        "w",
        f"await w.connect()\nanswer = w.next_turn('assistant')\nawait w.play({str(wav)!r})\nawait answer",
        "await w.disconnect()\nw.transcript_df",
        "display(w.events_df.to_csv())\nw.error, w.settings, w",
    ]
    nb: Any = nbformat  # its functions have no types
    executed = tmp_path / "executed.ipynb"
    nb.write(nb.v4.new_notebook(cells=[nb.v4.new_code_cell(cell) for cell in cells]), executed)
    done = subprocess.run(
        [sys.executable, "-c", "from nbclient.cli import main; main()", "--inplace", str(executed)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr.decode()
    served.end()
    found = {
        "the saved notebook": executed.read_bytes(),
        "nbclient's output": done.stdout + done.stderr,
        "the kernel's log": log.read_bytes(),
        "the server's output": served.log.encode(),
    }
    assert b"application/vnd.jupyter.widget-state+json" in found["the saved notebook"]
    assert b"There are many." in found["the saved notebook"]
    leaks = {where for where, text in found.items() if served.key.encode() in text or TOKEN.search(text)}
    assert leaks == set()

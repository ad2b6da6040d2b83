"""What `make` is made of: quiet steps, JupyterLab with its address printed last, and a browser at a time."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, **options)


def get(address: str, token: str) -> Any:
    request = Request(address, headers={"Authorization": f"token {token}"})
    with build_opener(ProxyHandler({})).open(request, timeout=30) as response:
        return json.load(response)


@pytest.fixture
def jupyter(tmp_path: Path) -> dict[str, str]:
    """An environment in which Jupyter keeps its files to itself, and no browser opens."""
    own = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("RUNTIME", "CONFIG", "DATA")}
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION")
    return {name: value for name, value in os.environ.items() if name not in hidden} | own


def test_a_script_that_a_python_package_brings_along_is_not_taken_for_a_module(tmp_path: Path) -> None:
    shutil.copy(ROOT / "package.json", tmp_path)
    script = tmp_path / ".venv" / "tool.js"
    script.parent.mkdir()
    script.write_text('console.log(require("util").format("%d", 7))')
    ran = run("node", str(script))
    assert (ran.stdout, ran.stderr) == ("7\n", "")


def test_the_address_is_printed_last_and_ctrl_c_ends_all(jupyter: dict[str, str], tmp_path: Path) -> None:
    notebook, log = ROOT / "notebooks" / "quickstart.ipynb", tmp_path / "log"
    command = [sys.executable, str(ROOT / "scripts" / "open_lab.py"), str(notebook), str(log)]
    with subprocess.Popen(
        command, env=jupyter, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as script:
        try:
            assert script.stdout is not None
            said = []
            while not said or (said[-1] and "://" not in said[-1]):
                said.append(script.stdout.readline())
            place = urlsplit(said[-1].strip())
            assert place.path == "/lab/tree/quickstart.ipynb", said
            assert "What is the average body mass for each species?" in "".join(said)
            server = f"{place.scheme}://{place.netloc}"
            token = place.query.removeprefix("token=")
            found = get(f"{server}/api/contents/quickstart.ipynb?content=0", token)
            assert found["type"] == "notebook"
        finally:
            script.send_signal(signal.SIGINT)
            rest, errors = script.communicate(timeout=60)
    assert (rest.strip(), errors, script.returncode) == ("", "", 0)
    assert log.stat().st_mode & 0o077 == 0
    with pytest.raises(URLError, match="refused"):
        get(f"{server}/api", token)


def test_a_server_that_does_not_start_shows_why(jupyter: dict[str, str], tmp_path: Path) -> None:
    script = str(ROOT / "scripts" / "open_lab.py")
    ran = run(sys.executable, script, str(tmp_path / "none.ipynb"), str(tmp_path / "log"), env=jupyter)
    assert ran.returncode == 1
    assert "none.ipynb" in ran.stderr
    assert "http" not in ran.stdout


def test_a_quiet_step_is_one_line_and_shows_all_where_it_fails() -> None:
    quietly = str(ROOT / "scripts" / "quietly")
    done = run(quietly, "Trying", "sh", "-c", "echo much; echo more >&2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Trying … done in ")
    assert done.stdout.count("\n") == 1
    failed = run(quietly, "Trying", "sh", "-c", "echo why; exit 3")
    assert (failed.returncode, failed.stdout) == (3, "Trying … failed\n")
    assert failed.stderr.startswith("why\n")


def test_a_file_is_held_while_a_command_runs_and_its_code_is_given(tmp_path: Path) -> None:
    holding, file = str(ROOT / "scripts" / "holding"), tmp_path / "page"
    command = [holding, str(file), "sh", "-c", "echo runs; read line; exit 3"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdin is not None
        assert held.stdout is not None
        assert held.stdout.readline() == "runs\n"
        with file.open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
        held.stdin.write("\n")
        held.stdin.close()
        assert held.wait(30) == 3
    with file.open() as other:
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)

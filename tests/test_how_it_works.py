"""The lesson runs from top to bottom without a person: its checks say what to do, and nothing fails."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.serving import PATIENCE, alive

FOLDER = Path(__file__).parents[1] / "notebooks"
PATH = FOLDER / "how_it_works.ipynb"
# Parts that are loaded at once, also while other tests have the computer.
PARTS = {
    "Local(script=script)": 'Local(script=script, tts="espeak")',
    "VoiceWidget(data=load())": 'VoiceWidget(data=load(), service=Local(stt="pocketsphinx", tts="espeak"))',
    '"--port", "0"]': '"--port", "0", "--stt", "pocketsphinx", "--tts", "espeak"]',
}


def small(notebook: Any) -> Any:
    """With such parts."""
    for given, parts in PARTS.items():
        assert sum(given in cell.source for cell in notebook.cells) == 1, given
        for cell in notebook.cells:
            cell.source = cell.source.replace(given, parts)
    return notebook


def solved(notebook: Any) -> Any:
    """With the solution in place of the exercise."""
    (own,) = (cell for cell in notebook.cells if cell.id == "own")
    (shown,) = (cell for cell in notebook.cells if cell.id == "own-widget")
    own.source = ""
    assert shown.source.startswith("# from how_it_works_solution import VoiceInterface\n")
    shown.source = shown.source.removeprefix("# ")
    return notebook


def read() -> Any:
    return nbformat.read(PATH, as_version=4)  # type: ignore[no-untyped-call]


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
def test_it_runs_from_top_to_bottom_and_leaves_nothing_behind(tmp_path: Path) -> None:
    notebook = small(read())
    kept = tmp_path / "kept"
    tell = f"from pathlib import Path\nPath({str(kept)!r}).write_text(f'{{server.pid}} {{key}} {{token}}')"
    notebook.cells.append(nbformat.v4.new_code_cell(tell))  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(FOLDER)}}).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    checks = [cell for cell in code if cell.id.endswith("-check")]
    assert len(checks) == 10
    for cell in checks:
        # A busy kernel sends one sentence as two outputs.
        last = "".join(output.text for output in cell.outputs).splitlines()[-1]
        assert last.startswith("→ "), (cell.id, last)
        assert last.endswith("."), (cell.id, last)
    streams = [(o.name, o.text) for cell in code for o in cell.outputs if o.output_type == "stream"]
    assert [text for name, text in streams if name == "stderr"] == []

    pid, *credentials = kept.read_text().split()
    saved = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    assert notebook.metadata.widgets, "the state of the widgets is saved with it"
    assert [each for each in credentials if each in saved] == []
    gone(int(pid))


def gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while alive(pid):
        assert time.monotonic() < deadline, "The server outlives the notebook."
        time.sleep(0.02)  # it is nobody's child any more


def source(cell_id: str) -> str:
    return str(next(cell.source for cell in small(read()).cells if cell.id == cell_id))


def test_its_service_ends_with_a_killed_kernel_and_when_its_cell_is_run_again() -> None:
    imports = "import json, os, secrets, subprocess, sys, time, urllib.request, urllib.error"
    cell, token = source("server"), source("token")
    refused = "try:\n    mint(seconds=5)\nexcept ValueError as error:\n    said = str(error)"
    tell = "print(before, server.pid, said, flush=True)\ntime.sleep(600)"
    code = "\n".join([imports, cell, "before = server.pid", cell, token, refused, tell])
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as kernel:
        assert kernel.stdout is not None
        before, now, said = kernel.stdout.readline().split(maxsplit=2)
        gone(int(before))
        assert alive(int(now))
        assert said == "The service makes no such token (400): give 10 to 7,200 seconds.\n"
        kernel.kill()
    gone(int(now))


STEPS = range(1, 11)
LIVE = re.compile(r"^(?:display\(.*?)?(?:w|by_token|real|mine)\)?$", re.MULTILINE)


def cells_of(step: int) -> list[Any]:
    """The cells of a step; 0: what stands before the first."""
    found: list[list[Any]] = [[]]
    for cell in read().cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            found.append([])
        found[-1].append(cell)
    assert [cells[0].source.split(" · ")[0] for cells in found[1:-1]] == [f"## {each}" for each in STEPS]
    return found[step]


def code_of(step: int) -> list[Any]:
    return [cell for cell in cells_of(step) if cell.cell_type == "code"]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_has_a_live_widget_something_to_change_and_see_and_a_check(step: int) -> None:
    *shown, check = code_of(step)
    assert any(LIVE.search(cell.source) for cell in shown)
    assert check.id.endswith("-check")
    text = cells_of(step)[0].source
    assert step == STEPS[-1] or ("**See:**" in text and "**Change:**" in text)


@pytest.mark.parametrize("step", STEPS)
def test_a_check_where_nothing_was_run_says_what_to_run(step: int) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code_of(step)[-1].source, {})
    assert said.getvalue().splitlines()[-1].startswith("→ Run the "), said.getvalue()


def bound(code: str) -> set[str]:
    """What a cell gives a name to, at whatever depth."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name.partition(".")[0])
    return found


@pytest.mark.parametrize("step", STEPS)
def test_a_step_needs_what_stands_before_the_first_and_no_other_step(step: int) -> None:
    known = {*dir(builtins), "display"}.union(*(bound(cell.source) for cell in code_of(0)))
    for cell in code_of(step):
        known |= bound(cell.source)
        used = {node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)}
        assert used - known == set(), cell.id


def test_the_smallest_voice_interface_is_small() -> None:
    halves = [FOLDER / f"how_it_works_solution.{kind}" for kind in ("js", "py")]
    lines = [line.strip() for path in halves for line in path.read_text("utf-8").splitlines()]
    assert len([line for line in lines if line and not line.startswith(("//", "/**", "#", '"""'))]) <= 115

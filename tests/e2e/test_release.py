"""The microphone is released whenever the call, its last view, its page or its kernel goes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e import speech
from tests.e2e.lab import SMALL, Lab, Notebook, wait_for

SETUP = [
    f"from voice_widget import Local, VoiceWidget\nw = VoiceWidget({SMALL}, agent=lambda turn: 'yes')",
    "w",
]


def released(notebook: Notebook, seconds: float) -> None:
    wait_for(lambda: notebook.live_tracks() == 0, seconds=seconds, what="the microphone is released")


def engine_pids(notebook: Notebook) -> list[int]:
    """The kernel's child processes and theirs."""
    kernel = int(notebook.value("__import__('os').getpid()"))
    found, open_ = [], [kernel]
    while open_:
        pid = open_.pop()
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            children = [int(c) for c in task.read_text().split()]
            found += children
            open_ += children
    return found


def call(notebook: Notebook, microphone: Path) -> Notebook:
    speech.write(microphone, [speech.silence(90)])
    notebook.run_all()
    notebook.call()
    assert notebook.live_tracks() == 1
    return notebook


@pytest.fixture(scope="module")
def kept(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    with lab.open(browser, lab.write("kept.ipynb", SETUP)) as notebook:
        yield notebook


@pytest.fixture
def talking(kept: Notebook, microphone: Path) -> Iterator[Notebook]:
    """A call in a notebook that the next test uses too."""
    yield call(kept, microphone)
    kept.run("w.close()")


@pytest.fixture
def alone(lab: Lab, browser: Browser, microphone: Path) -> Iterator[Notebook]:
    """A call in a notebook of its own."""
    with lab.open(browser, lab.write("release.ipynb", SETUP)) as notebook:
        yield call(notebook, microphone)


def test_hang_up(talking: Notebook) -> None:
    talking.panel.get_by_role("button", name="Hang up").click()
    released(talking, 2)


@pytest.mark.real
def test_python_disconnects(talking: Notebook) -> None:
    talking.run("w.disconnect()")
    released(talking, 5)


@pytest.mark.real
def test_the_widget_is_closed(talking: Notebook) -> None:
    talking.run("w.close()")
    released(talking, 5)


@pytest.mark.real
def test_the_last_view_has_gone(talking: Notebook) -> None:
    talking.command("notebook:clear-all-cell-outputs")
    released(talking, 15)
    talking.wait_value("w.connection_state == 'disconnected'")


def test_the_page_has_gone(alone: Notebook) -> None:
    alone.page.goto("about:blank")
    # Its farewell is lost now and then: then no other page goes on with the call.
    alone.wait_value("w.connection_state in ('disconnected', 'error')", seconds=60)
    assert alone.value("w.error and w.error['code']") in (None, "no_page")


def test_the_kernel_is_restarted(alone: Notebook) -> None:
    children = engine_pids(alone)
    assert children
    alone.disconnect()
    alone.page.evaluate(
        "() => { void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart() }"
    )
    released(alone, 40)
    wait_for(lambda: not any(alive(pid) for pid in children), seconds=10, what="the engine has ended")


@pytest.mark.real
def test_the_kernel_is_killed(alone: Notebook) -> None:
    children = engine_pids(alone)
    kernel = alone.value("__import__('os').getpid()")
    alone.disconnect()
    os.kill(kernel, signal.SIGKILL)
    released(alone, 40)
    wait_for(lambda: not any(alive(pid) for pid in children), seconds=10, what="the engine has ended")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False

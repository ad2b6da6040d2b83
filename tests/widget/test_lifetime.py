"""Nothing that a widget starts outlives it: no thread, no descriptor, no socket, no process."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ipywidgets.widgets import widget as registry

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, ToolCall, Turn, VoiceWidget

HELLO = [{"hear": "hello", "say": "Hello to you."}]
ENDS_S = 5.0


def waits_for(condition: Callable[[], bool]) -> bool:
    """Does it come true in the time in which everything must have ended?"""
    end = time.monotonic() + ENDS_S
    while not condition():
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.01)
    return True


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def agent(turn: Turn) -> Any:
    if any(message.role == "tool" for message in turn.history):
        return "It is three."
    return ToolCall("add", {"a": 1, "b": 2})


def talked() -> VoiceWidget:
    """A widget that has asked its agent and run a tool, with callbacks and observers."""
    widget = VoiceWidget(service=ScriptedService([]), transport="memory", agent=agent, tools=[add], data=None)
    widget.on("turn", lambda row: None)
    widget.observe(lambda change: None, "activity")
    widget.connect().result(5)
    answer = widget.next_turn("assistant")
    widget.send_text("What is one and two?").result(5)
    assert answer.result(10)["text"] == "It is three."
    return widget


def forget(widget: VoiceWidget) -> None:
    """Let the registries of ipywidgets and of the comms go of it: they hold what nobody has closed."""
    registry._instances.pop(widget.model_id)
    widget.comm.on_msg(None)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")
@pytest.mark.parametrize("end", ["closed", "collected", "closed and held"])
def test_ten_widgets_leave_no_thread_and_no_descriptor(
    pages: list[Page],  # noqa: F811
    end: str,
):
    talked().close()  # what is started once for the process is there from now on
    pages.clear()
    gc.collect()
    threads, files = set(threading.enumerate()), descriptors()
    held: list[VoiceWidget] = []
    for _ in range(10):
        widget = talked()
        if end == "collected":
            widget.disconnect().result(5)
            forget(widget)
        else:
            widget.close()
        if end == "closed and held":
            held.append(widget)
        del widget
        pages.clear()

    def over() -> bool:
        gc.collect()  # what a thread was still about to let go of is garbage only now
        return set(threading.enumerate()) <= threads and descriptors() <= files

    assert waits_for(over), (set(threading.enumerate()) - threads, files, descriptors())


def test_a_kernel_that_ends_in_mid_call_takes_its_engine_along():
    script = """
from voice_widget import Local, VoiceWidget
service = Local()
w = VoiceWidget(service=service, transport="memory", agent=lambda turn: "Yes.")
w.connect().result(60)
print(service.pid, flush=True)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    engine = int(done.stdout)
    assert waits_for(lambda: not Path(f"/proc/{engine}").exists())

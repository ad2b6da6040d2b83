"""Nothing that a widget starts outlives it: no thread, no descriptor, no socket, no process."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ipywidgets.widgets import widget as registry

from tests.talking import PeerService
from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, ToolCall, Turn, VoiceWidget
from voice_widget.errors import ServiceUnavailable
from voice_widget.threads import loop as loops

HELLO = [{"hear": "hello", "say": "Hello to you."}]
ENDS_S = 5.0
LOOK_S = 0.02
CALLBACKS = ("state", "turn", "row", "event", "speech_started", "observe")


def waits_for(condition: Callable[[], bool]) -> bool:
    """Does it come true in the time in which everything must have ended?"""
    # Counted by looks, not by the clock: collecting garbage lets no other thread run, and on a busy machine
    # takes most of the time there is.
    for _ in range(int(ENDS_S / LOOK_S)):
        if condition():
            return True
        threading.Event().wait(LOOK_S)
    return condition()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def loop_tasks() -> set[Any]:
    """What runs on the loop, but for who asks."""

    def others() -> set[Any]:
        return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}

    return loops.call(others)


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
    widget.connect().result(20)
    answer = widget.next_turn("assistant")
    widget.send_text("What is one and two?").result(20)
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
            widget.disconnect().result(20)
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


class Holding(ScriptedService):
    """Does not let go by itself of who connects, while ``holds``; refuses calls while ``gone``."""

    holds = gone = False
    held = 0

    async def connect(self, **details: Any) -> Any:
        if self.gone:
            raise ServiceUnavailable("It is gone.")
        Holding.held += 1
        try:
            if self.holds:
                await asyncio.Event().wait()
        finally:
            Holding.held -= 1
        return await super().connect(**details)


def open_widget(script: Any = (), **options: Any) -> VoiceWidget:
    return VoiceWidget(service=Holding(script), transport="memory", **options)


def while_connecting() -> VoiceWidget:
    widget = open_widget()
    widget._wiring._plan.service.holds = True  # type: ignore[attr-defined]
    widget.connect()
    assert waits_for(lambda: Holding.held == 1)
    widget.close()
    return widget


def while_a_page_is_waited_for() -> VoiceWidget:
    widget = VoiceWidget(service=PeerService([]))
    widget.connect()
    widget.close()
    return widget


def while_reconnecting() -> VoiceWidget:
    widget = open_widget()
    widget.connect().result(20)
    service: Any = widget._wiring._plan.service
    service.gone = True
    loops.call(service.connections[0].cut)
    widget.until("reconnecting").result(20)
    assert waits_for(lambda: widget.retry_at > 0)
    widget.close()
    return widget


def while_its_code_runs(what: str) -> VoiceWidget:
    """Closed by this thread, or by the code itself, with an agent, a tool or an iterator at work."""
    begun, release = threading.Event(), threading.Event()

    async def sleeps() -> str:
        """Sleep."""
        begun.set()
        await asyncio.Event().wait()
        return "never"

    def closes() -> str:
        """Close the widget."""
        widget.close()
        begun.set()
        return "closed"

    def speech() -> Any:
        while not release.is_set():
            begun.set()
            yield bytes(4800)

    async def waits(turn: Turn) -> Any:
        yield "Well. "
        yield await sleeps()

    agents: dict[str, Any] = {"an agent": waits, "an agent that closes": lambda turn: closes()}
    tool = ToolCall("closes" if what == "a tool that closes" else "sleeps")
    agent_ = agents.get(what, lambda turn: "Done." if turn.results else tool)
    widget = open_widget(agent=agent_, tools=[sleeps, closes])
    widget.connect().result(20)
    if what == "an iterator":
        widget.play(speech())
    else:
        widget.send_text("Go on.")
    assert begun.wait(20)
    widget.close()
    release.set()
    return widget


def in_a_callback(event: str) -> VoiceWidget:
    widget = open_widget(HELLO)
    closed = threading.Event()

    def close(value: Any) -> None:
        widget.close()
        closed.set()

    if event == "observe":
        widget.observe(close, "connection_state")
    else:
        widget.on(event, close)
    widget.connect()
    assert closed.wait(20)
    return widget


def by_many_threads() -> VoiceWidget:
    widget = open_widget(HELLO)
    widget.connect().result(20)
    threads = [threading.Thread(target=widget.close) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return widget


CLOSED: dict[str, Callable[[], VoiceWidget]] = {
    "while connecting": while_connecting,
    "while a page is waited for": while_a_page_is_waited_for,
    "while reconnecting": while_reconnecting,
    "by many threads": by_many_threads,
    **{f"with {what} at work": partial(while_its_code_runs, what) for what in ("an agent", "a tool")},
    **{f"by {what}": partial(while_its_code_runs, f"{what} that closes") for what in ("an agent", "a tool")},
    "with an iterator at work": partial(while_its_code_runs, "an iterator"),
    **{f"in a callback of {event}": partial(in_a_callback, event) for event in CALLBACKS},
}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")
@pytest.mark.parametrize("when", CLOSED)
def test_closed_at_any_moment_nothing_is_left(pages: list[Page], when: str):  # noqa: F811
    talked().close()
    pages.clear()
    gc.collect()
    threads, files, tasks = set(threading.enumerate()), descriptors(), loop_tasks()
    widget = CLOSED[when]()
    pages.clear()

    def over() -> bool:
        gc.collect()
        return (
            set(threading.enumerate()) <= threads
            and descriptors() <= files
            and loop_tasks() <= tasks
            and Holding.held == 0
        )

    assert waits_for(over), (set(threading.enumerate()) - threads, loop_tasks() - tasks, Holding.held)
    assert waits_for(lambda: widget.connection_state == "disconnected")


def test_a_kernel_that_ends_in_mid_call_takes_its_engine_along():
    script = """
from voice_widget import Local, VoiceWidget
service = Local(stt="pocketsphinx", tts="espeak")
w = VoiceWidget(service=service, transport="memory", agent=lambda turn: "Yes.")
w.connect().result(60)
print(service.pid, flush=True)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    engine = int(done.stdout)
    assert waits_for(lambda: not Path(f"/proc/{engine}").exists())

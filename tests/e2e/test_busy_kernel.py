"""A kernel that is busy delays an answer at most; it breaks neither the sound nor the page's messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e import speech
from tests.e2e.lab import SMALL, Lab, Notebook, wait_for

LONG_AGENT = [
    f"""
import threading
from voice_widget import Local, VoiceWidget
def agent(turn):
    return " ".join(f"number {{n}} of many words," for n in range(40))
w = VoiceWidget({SMALL}, agent=agent)
""",
    "w",
]

# Runs in the cell's thread and lets other threads run, as most cells do.
BUSY_CELL = (
    "import time\nend = time.monotonic() + {seconds}\nwhile time.monotonic() < end:\n    sum(range(1000))"
)
# One C call that holds the interpreter lock for about two seconds.
LOCK_CELL = """
import random, time
numbers = [random.random() for _ in range(2_500_000)]
start = time.perf_counter()
numbers.sort()
held = time.perf_counter() - start
"""


def speaking(notebook: Notebook) -> None:
    field = notebook.panel.get_by_role("textbox")
    field.fill("go on")
    field.press("Enter")
    notebook.wait_value("w.assistant_speaking")


def missing(notebook: Notebook, cell: str) -> float:
    """Which part of the sound did not come in time while a cell ran."""
    before = notebook.inbound()
    notebook.run(cell, timeout=60)
    after = notebook.inbound()
    received = after["totalSamplesReceived"] - before["totalSamplesReceived"]
    assert received > 0.5 * 48_000
    assert after["totalAudioEnergy"] > before["totalAudioEnergy"]
    return (after["concealedSamples"] - before["concealedSamples"]) / received


@pytest.mark.parametrize(
    "cell",
    [BUSY_CELL.format(seconds=5), LOCK_CELL],
    ids=["a cell of five seconds", "the interpreter lock held"],
)
def test_the_sound_does_not_break(lab: Lab, browser: Browser, microphone: Path, cell: str) -> None:
    speech.write(microphone, [speech.silence(60)])
    with lab.open(browser, lab.write("busy.ipynb", LONG_AGENT)) as notebook:
        notebook.run_all()
        notebook.call()
        speaking(notebook)
        idle = missing(notebook, "import time\ntime.sleep(2)")
        busy = missing(notebook, cell)
        # Sound made in the kernel would be missing for most of the cell. A busy machine always costs some.
        assert busy < (idle + 1) / 2, (busy, idle)


@pytest.mark.real
def test_messages_are_handled_while_a_cell_runs(lab: Lab, browser: Browser, microphone: Path) -> None:
    """Typed turns reach the agent during a busy cell: after a send from our thread, after a trait set."""
    speech.write(microphone, [speech.silence(60)])
    setup = [
        "import time\nfrom voice_widget import Local, VoiceWidget\nheard = []\ndef agent(turn):\n"
        f"    heard.append(time.monotonic())\n    return 'yes'\nw = VoiceWidget({SMALL}, agent=agent)",
        "w",
    ]
    with lab.open(browser, lab.write("messages.ipynb", setup)) as notebook:
        notebook.run_all()
        notebook.call()
        for first in ("pass", "w.muted = True"):
            notebook.run("heard.clear()")
            turns = notebook.value("w.turns")
            notebook.start(
                f"{first}\nstart = time.monotonic()\n"
                "while len(heard) < 2 and time.monotonic() < start + 30: pass\nend = time.monotonic()"
            )
            field = notebook.panel.get_by_role("textbox")
            for number in range(3):
                field.fill(f"message {number}")
                field.press("Enter")
            wait_for(lambda: notebook.value("len(heard)") == 3, seconds=60, what="three messages heard")
            assert notebook.value("sum(start < t < end for t in heard)") >= 2, first
            notebook.wait_value(f"w.turns >= {turns} + 6", seconds=30)


@pytest.mark.real
def test_an_observer_that_waits_delays_only_observers(lab: Lab, browser: Browser, microphone: Path) -> None:
    speech.write(microphone, [speech.silence(60)])
    setup = [
        "import threading\nfrom voice_widget import Local, VoiceWidget\ndone, go = [], threading.Event()\n"
        "def slow(change):\n    go.wait()\n    done.append(change.new)\n"
        f"w = VoiceWidget({SMALL}, agent=lambda turn: 'yes')\nw.observe(slow, 'activity')",
        "w",
    ]
    with lab.open(browser, lab.write("observer.ipynb", setup)) as notebook:
        notebook.run_all()
        notebook.call()
        field = notebook.panel.get_by_role("textbox")
        field.fill("hello")
        field.press("Enter")
        notebook.wait_value("w.turns >= 2", seconds=30)
        assert notebook.value("done") == []
        notebook.run("go.set()")
        assert notebook.wait_value("len(done) >= 2 and done")[:2] == ["thinking", "speaking"]

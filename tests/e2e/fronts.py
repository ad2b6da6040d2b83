"""What is the same in every front end: a server, and a person who speaks, is answered and hangs up."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e import speech
from tests.e2e.lab import BUSY, ROOT, wait_for

HEARD = ("one", "two", "three", "four", "five")
"""What the first sounds are taken for, whatever they are: a recogniser is the same in every front end."""
WIDGET = (
    "VoiceWidget(service=Local(vad='level', tts='tone', "
    f"script={[{'hear': text, 'say': ''} for text in HEARD]!r}), "
    "agent=lambda turn: f'You said {turn.text}.')"
)
IMPORTS = "from voice_widget import Local, VoiceWidget"


@contextmanager
def served(folder: Path, module: str, *arguments: str) -> Iterator[str]:
    """A server with a notebook; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    log = folder / "server.log"
    # It is a person's server, and no part of a test.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, f"--port={port}"],
            cwd=folder, stdout=written, stderr=written, stdin=subprocess.DEVNULL,
            env=own | {"PYTHONPATH": str(ROOT), "HOME": str(folder), "MPLCONFIGDIR": str(folder)},
        )  # fmt: skip

    def answers() -> bool:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            # voila answers only once the notebook has run.
            urllib.request.urlopen(url if module == "marimo" else f"{url}voila/static/", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except (OSError, urllib.error.URLError):
            return False
        return True

    try:
        wait_for(answers, seconds=60, what=f"{module} answers")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def say_often(microphone: Path, folder: Path) -> None:
    """A person who says something every eight seconds, from the moment the microphone opens."""
    said = [speech.say("how many rows are there", "flite:slt", folder), speech.silence(7)]
    speech.write(microphone, [speech.silence(2), *said * len(HEARD), speech.silence(20)])


def live(page: Page) -> int:
    """How many of the page's microphone tracks are live."""
    return int(page.evaluate("() => seen.tracks.filter(t => t.readyState === 'live').length"))


def call(panel: Locator) -> None:
    """Press Call once the engine is warm."""
    expect(panel.get_by_role("combobox", name="Voice")).to_be_visible(timeout=60_000 * BUSY)
    panel.get_by_role("button", name=re.compile("^Call( again)?$")).click()


def is_answered(panel: Locator, turns: int = 1) -> None:
    """What was spoken was heard by way of the call, and answered."""
    rows = panel.locator(".row")
    expect(rows.get_by_text(f"You said {HEARD[turns - 1]}.", exact=True)).to_be_visible(
        timeout=25_000 * BUSY * turns
    )


def hang_up(page: Page, panel: Locator) -> None:
    """Hang up: the microphone is let go of at once."""
    assert live(page) == 1
    panel.get_by_role("button", name="Hang up").click()
    assert live(page) == 0
    expect(panel.locator(".state")).to_have_text("Call ended")


def heard_energy(page: Page) -> float:
    """Of the sound that the newest peer has received."""
    return float(
        page.evaluate(
            """async () => {
              for (const report of (await seen.peers.at(-1).getStats()).values())
                if (report.type === 'inbound-rtp' && report.kind === 'audio') return report.totalAudioEnergy;
              return 0;
            }"""
        )
    )

"""Turn overhead in the real page, by webrtc and by comm, with instant stages at a server of its own process.

The caller's last voiced sample → the first voiced sample of the answer, both on the page's own audio clock
(``response_gap_ms`` of the rows), less the silence window. The caller is a WAV file that Chromium plays as
its microphone; calls by both ways take turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.flows import cells
from benchmarks.lab import WATCH, begin, end, opened
from benchmarks.report import Beside, figure
from benchmarks.serving import serving
from benchmarks.sounds import quiet, speech
from benchmarks.turns import SAYS, SILENCE_MS, STAGES, script
from tests.e2e.lab import Notebook

CALLS = 3
TURNS = 4
LEAD_MS = 2000
APART_MS = (1800, 1820)  # long enough for the answer; begun at any phase of the frames
LENGTH_S = (2 * LEAD_MS + TURNS * (APART_MS[1] + 700)) / 1000
WAYS = {"webrtc": "service=OpenAI({server})", "comm": "service=OpenAI({server}), transport='comm'"}
DETECTION = {"type": "server_vad", "silence_duration_ms": SILENCE_MS, "prefix_padding_ms": 300}
ROWS = "[{{'role': r['role'], 'gap': r['response_gap_ms'], 'from': r['time_source']}} for r in {}.transcript]"


def questions() -> list[Any]:
    """What the caller says in each call."""
    rng = np.random.default_rng(5)
    asked = [part for _ in range(TURNS) for part in (speech(SAYS), quiet(rng.uniform(*APART_MS)))]
    return [quiet(LEAD_MS), *asked, quiet(LEAD_MS)]


def overheads(rows: Sequence[dict[str, Any]]) -> list[float]:
    """Of the answers whose gap the page has heard."""
    return [row["gap"] - SILENCE_MS for row in rows if row["gap"] is not None and row["from"] == "page"]


def one_call(notebook: Notebook, number: int, name: str) -> list[float]:
    """All questions of a call."""
    widget = f"w[{name!r}]"
    before = notebook.value(f"{widget}.turns")
    begin(notebook, number)
    # A machine that is too busy loses one now and then, which `n` of `of_turns` tells.
    over = f"{widget}.turns >= {before + 2 * TURNS} or __import__('time').time() > {widget}.call_started_at"
    notebook.wait_value(f"{over} + {LENGTH_S}", seconds=LENGTH_S + 10)
    end(notebook, number, widget)
    return overheads(notebook.value(ROWS.format(widget))[before:])


def main() -> None:
    values: dict[str, list[float]] = {name: [] for name in WAYS}
    with TemporaryDirectory(prefix="voice_widget_bench_") as folder:
        said = Path(folder) / "script.json"
        said.write_text(script("beep"))
        stages = ("--vad", "level", *STAGES, "--script", str(said))
        with (
            serving(*stages) as url,
            opened(cells(url, WAYS, f", turn_detection={DETECTION}"), questions()) as notebook,
        ):
            notebook.page.evaluate(WATCH)
            for _ in range(CALLS):
                for number, name in enumerate(WAYS):
                    values[name] += one_call(notebook, number, name)
    asked = CALLS * TURNS
    figure("page_turn_overhead_webrtc", values["webrtc"], "ms", of_turns=asked)
    webrtc = Beside("page_turn_overhead_webrtc", float(np.median(values["webrtc"])))
    figure("page_turn_overhead_comm", values["comm"], "ms", beside=webrtc, at_most=2, of_turns=asked)


if __name__ == "__main__":
    main()

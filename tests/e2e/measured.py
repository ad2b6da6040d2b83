"""What the long tests have found out, as a page of the docs: shares and ratios, the same on every machine."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from tests.e2e.lab import chromium

PAGE = "VOICE_WIDGET_MEASURED"
"""The environment variable that names the page; only who runs all of it may write it."""
HEAD = """# Measured where a test has no time for it

`make real` has written this page on {date} (Python {python}, JupyterLab {lab}, {browser}). It talks as
`make test` does, with more voices, more noise, larger models, more strange services and more often: that
takes longer than a test may.

Nothing here is a time, because machines differ. A time that a row shows is divided by the same time of what
sounded in the page, which a listener beside the widget took down by the sound's own time stamps: 1 is true.
"""


class Measured:
    """Ratios and outcomes, by what they are of and where."""

    def __init__(self) -> None:
        self._ratios: dict[tuple[str, str], list[float]] = {}
        self._outcomes: dict[tuple[str, str], list[bool]] = {}

    def ratio(self, what: str, where: str, shown: float, true: float) -> None:
        """Note what a row shows, divided by what is true."""
        self._ratios.setdefault((what, where), []).append(shown / true)

    def outcome(self, what: str, where: str, good: bool) -> None:
        """Note whether something has come out as it should."""
        self._outcomes.setdefault((what, where), []).append(good)

    def text(self) -> str:
        """The page."""
        head = HEAD.format(
            date=datetime.now(UTC).date(),
            python=platform.python_version(),
            lab=version("jupyterlab"),
            browser=browser(),
        )
        ratios = [
            (*key, len(values), *(f"{of(values):.2f}" for of in (median, min, max)))
            for key, values in self._ratios.items()
        ]
        outcomes = [(*key, len(values), sum(values)) for key, values in self._outcomes.items()]
        parts = [head]
        if ratios:
            columns = ("time", "way", "n", "median", "least", "most")
            parts.append("## Times: shown by sounded\n\n" + table(columns, ratios))
        if outcomes:
            parts.append("## What came out\n\n" + table(("what", "where", "of", "so many"), outcomes))
        return "\n".join(parts)

    def write(self) -> None:
        """Write the page, if something was measured and somebody wants it."""
        if os.environ.get(PAGE) and (self._ratios or self._outcomes):
            Path(os.environ[PAGE]).write_text(self.text())


def browser() -> str:
    """Its name and version."""
    told = subprocess.run([chromium(), "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split(" built on")[0].strip()


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table of Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)

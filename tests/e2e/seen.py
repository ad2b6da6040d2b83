"""Which tests of front ends and networks were seen to pass in real browsers, as a page of the docs."""

from __future__ import annotations

import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version

from tests.e2e.measured import browser, table

PAGE = "VOICE_WIDGET_SEEN"
"""The environment variable that names the page; only who runs all of it may write it."""
FILES = (
    "test_talk.py",
    "test_looks.py",
    "test_release.py",
    "test_exported.py",
    "test_firefox.py",
    "test_places.py",
    "test_front_ends.py",
    "test_hosts.py",
    "test_lite.py",
    "test_own_tab.py",
    "test_microphone.py",
    "test_diagnosed.py",
    "test_blocked.py",
    "test_relayed.py",
)
"""Those of the table of front ends, and of what may stand between a page and a call."""
HEAD = """# Seen in real browsers

`make seen` has written this page on {date} (Python {python}, JupyterLab {lab}, Notebook {notebook},
marimo {marimo}, {browser}). Each row is a test of `tests/e2e` in which a real browser held a page of a
real server; “not here”: it needs what that computer does not have. `make test` runs one of each kind.

"""


class Seen:
    """The last outcome of each test, by its id."""

    def __init__(self) -> None:
        self._outcomes: dict[str, str] = {}

    def note(self, nodeid: str, outcome: str) -> None:
        """Note how a test has ended; of several tries the last counts."""
        self._outcomes[nodeid] = {"passed": "yes", "skipped": "not here"}.get(outcome, "no")

    def text(self) -> str:
        """The page."""
        head = HEAD.format(
            date=datetime.now(UTC).date(),
            python=platform.python_version(),
            lab=version("jupyterlab"),
            notebook=version("notebook"),
            marimo=version("marimo"),
            browser=browser(),
        )
        rows = [(f"`{where(nodeid)}`", what(nodeid), seen) for nodeid, seen in self._outcomes.items()]
        return head + table(("test", "what", "seen"), rows)


def where(nodeid: str) -> str:
    """The test's file.

    Example:
        >>> where("tests/e2e/test_lite.py::test_a_call[by the page]")
        'test_lite.py'
    """
    return nodeid.partition("::")[0].rpartition("/")[2]


def what(nodeid: str) -> str:
    """Its name, in words.

    Example:
        >>> what("tests/e2e/test_lite.py::test_a_call[by the page]")
        'a call: by the page'
    """
    name, _, case = nodeid.partition("::")[2].partition("[")
    words = re.sub(r"^test_", "", name).replace("_", " ")
    return f"{words}: {case.removesuffix(']')}" if case else words

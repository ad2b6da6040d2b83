"""Which pages have what an agent shows in the output of a cell, under the widget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ResultPages:
    """A front end passes updates of a cell's output on only to the page that had the cell run.

    Not to a second tab with the same notebook, and not to the same tab once it was loaded again. What a page
    sends bears the name of its session, and so does what has a cell run. Where a front end has different
    names for these, each page is taken to have the output.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, str] = {}
        self._cells: str | None = None

    def cell_runs(self) -> None:
        """From now on results stand in the output of the cell that runs."""
        from IPython.core.getipython import get_ipython

        parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
        self._cells = parent.get("header", {}).get("session", "")

    def heard(self, message: Mapping[str, Any]) -> None:
        """A message has come from a page by the notebook's comm."""
        content = message["content"]["data"].get("content")
        page = content.get("page") if isinstance(content, dict) else None
        if isinstance(page, str) and page not in self._sessions:
            self._sessions[page] = message.get("header", {}).get("session", "")

    def __call__(self) -> list[str]:
        """Those that have the output."""
        if self._cells is None:
            return []
        pages = dict(self._sessions)
        return [page for page, session in pages.items() if session == self._cells] or [*pages]

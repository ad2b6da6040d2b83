"""How much of something is loaded, on a terminal or in a log."""

from __future__ import annotations

from typing import TextIO

_WIDTH = 20


class Progress:
    """Draws one line anew on a terminal; elsewhere it says each thing once.

    Args:
        out: Where it is printed.
        indent: Stands before each line.

    Example:
        >>> import sys
        >>> Progress(sys.stdout)("Loading kokoro.", None)
        Loading kokoro.
    """

    def __init__(self, out: TextIO, indent: str = "") -> None:
        self._out, self._indent = out, indent
        self._last = ""

    def __call__(self, says: str, of: float | None) -> None:
        """``says`` goes on, and so much of it (0 … 1) is done; None: nobody knows."""
        if self._out.isatty():
            print(f"\r{self._indent}{says}{bar(of)}\x1b[K", end="", file=self._out, flush=True)
        elif says != self._last:
            print(f"{self._indent}{says}", file=self._out, flush=True)
        self._last = says

    def over(self) -> None:
        """What is printed next has a line of its own."""
        if self._last and self._out.isatty():
            print(file=self._out, flush=True)
        self._last = ""


def bar(of: float | None) -> str:
    """A bar of fixed width with its percentage.

    Example:
        >>> bar(0.4), bar(None)
        ('  40% ########............', '')
    """
    return "" if of is None else f" {of:4.0%} {'#' * round(_WIDTH * of):.<{_WIDTH}}"

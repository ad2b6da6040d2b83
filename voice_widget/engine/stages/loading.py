"""What models tell while they load."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float | None], None]
"""(a sentence, how much of it is done: 0 … 1, or None: not known)."""


def quietly(says: str, of: float | None) -> None:
    """Tell nobody."""

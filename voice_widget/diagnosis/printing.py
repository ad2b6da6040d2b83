"""A diagnosis as text, for terminals."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from voice_widget.diagnosis.findings import Finding, Verdict

SIGNS: dict[Verdict, str] = {"good": "✓", "bad": "✗", "unknown": "?"}
WIDTH = 100


def printed(rows: Sequence[Finding]) -> list[str]:
    """The lines of all rows, what they are about in a column of its own.

    Example:
        >>> printed([Finding("loss", "9 %", "bad", "Use a cable."), Finding("comm", "", "unknown")])
        ['✗ loss  9 %', '        → Use a cable.', '? comm']
    """
    width = max((len(row.what) for row in rows), default=0)
    return [line for row in rows for line in lines(row, width)]


def lines(row: Finding, width: int) -> list[str]:
    """The lines of one row, whose column is so wide."""
    first = f"{SIGNS[row.verdict]} {row.what:<{width}}  "
    space = " " * len(first)
    # A line that is to be copied stays one.
    kept = {"width": WIDTH, "break_long_words": False, "break_on_hyphens": False}
    told = textwrap.wrap(row.value, initial_indent=first, subsequent_indent=space, **kept)  # type: ignore[arg-type]
    step = textwrap.wrap(row.next_step, initial_indent=f"{space}→ ", subsequent_indent=f"{space}  ", **kept)  # type: ignore[arg-type]
    return [*(told or [first.rstrip()]), *(step if row.next_step else [])]

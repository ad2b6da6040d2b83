"""One thing that was looked at, what was found, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Verdict = Literal["good", "bad", "unknown"]


class Finding(NamedTuple):
    """A row of a diagnosis.

    Attributes:
        what: What was looked at.
        value: What was found, in words; empty: nothing is known.
        verdict: ``good``, ``bad`` (a call fails or suffers by it) or ``unknown``.
        next_step: What to do; also of what is good, where more is to be had.
    """

    what: str
    value: str
    verdict: Verdict
    next_step: str = ""


def way_out(found: Iterable[Finding]) -> str:
    """What to do first, in words: what is wrong, and then what could not be found out.

    Example:
        >>> way_out([Finding("round trip", "3 ms", "good"), Finding("loss", "9 %", "bad", "Use a cable.")])
        'Use a cable.'
        >>> way_out([Finding("round trip", "3 ms", "good")])
        'Nothing stands in the way.'
    """
    rows = list(found)
    for verdict in ("bad", "unknown"):
        steps = dict.fromkeys(row.next_step for row in rows if row.verdict == verdict and row.next_step)
        if steps:
            return " ".join(list(steps)[:2])
    return "Nothing stands in the way."

"""Whether an answer is right: what it has to say stands in it, whole."""

from __future__ import annotations

import re


def holds(text: str, expected: str) -> bool:
    """Whether this number or word stands in the text: "3" in none of "344", "3.5", "-3" and "1,003"."""
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    return re.search(rf"(?<![\w.\u2212-]){re.escape(expected)}(?!\w|[.,]\d)", plain) is not None

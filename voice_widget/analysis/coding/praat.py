"""Reads Praat's TextGrid, long and short, from its text. Pure.

Both say the same in the same order: what counts are the texts in quotes, the numbers that stand free, and the
flag in angles. All else is there for people.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TypeVar

from voice_widget.analysis.coding.tiers import Tier, span, unreadable

_TOKEN = re.compile(r'"(?P<text>[^"]*+(?:""[^"]*+)*+)"|![^\n]*|(?P<word>[^\s"]+)')
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


class _Text(str):
    """A text in quotes."""


Token = _Text | float | str
T = TypeVar("T", _Text, float)


def tiers_of(text: str) -> list[Tier]:
    r"""The tiers of a TextGrid; what has no text is left out.

    Raises:
        SettingError: It is none (``labels_unreadable``).

    Example:
        >>> head = '"ooTextFile" "TextGrid" 0 2 <exists> 1 "IntervalTier" "AB" 0 2 2 '
        >>> tiers_of(head + '0 1.5 "" 1.5 2 "a ""b"" c"')[0].spans
        [(1500, 2000, 'a "b" c')]
    """
    tokens = _tokens(text)
    kinds = [_take(tokens, _Text, "what kind of file it is") for _ in range(2)]
    if not kinds[0].startswith("ooTextFile") or kinds[1] != "TextGrid":
        raise unreadable(f"It is no TextGrid, but {kinds[0]} with {kinds[1]}.", "Save it as a TextGrid.")
    for _ in range(2):
        _take(tokens, float, "from when to when it is")
    if next(tokens, "") != "<exists>":
        return []
    return [_tier(tokens) for _ in range(_count(tokens, "how many tiers there are"))]


def _tier(tokens: Iterator[Token]) -> Tier:
    kind = _take(tokens, _Text, "what kind of tier one is")
    name = _take(tokens, _Text, "how a tier is called")
    for _ in range(2):
        _take(tokens, float, "from when to when a tier is")
    spans = []
    for _ in range(_count(tokens, "how much is in a tier")):
        start = end = _take(tokens, float, "when something begins")
        if kind == "IntervalTier":
            end = _take(tokens, float, "when something ends")
        elif kind != "TextTier":
            raise unreadable(f"The tier {name} is of an unknown kind, {kind}.")
        text = _take(tokens, _Text, "what stands there")
        if text.strip():
            spans.append(span(1000 * start, 1000 * end, text))
    return Tier(str(name), spans)


def _tokens(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        quoted, word = found["text"], found["word"]
        if quoted is not None:
            yield _Text(quoted.replace('""', '"'))
        elif word is not None and _NUMBER.fullmatch(word):
            yield float(word)
        elif word == "<exists>" or word == "<absent>":
            yield word


def _count(tokens: Iterator[Token], what: str) -> int:
    count = _take(tokens, float, what)
    if count != int(count) or count < 0:
        raise unreadable(f"It does not say {what}.")
    return int(count)


def _take(tokens: Iterator[Token], kind: type[T], what: str) -> T:
    found = next(tokens, None)
    if not isinstance(found, kind) or (isinstance(found, float) and not math.isfinite(found)):
        raise unreadable(f"It does not say {what}: it ends before, or is no TextGrid.")
    return found

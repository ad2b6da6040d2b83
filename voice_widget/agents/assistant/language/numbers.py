"""Spoken numbers to values, and values to spoken numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SMALL = str.split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = str.split("twenty thirty forty fifty sixty seventy eighty ninety")
_UNITS = {word: n for n, word in enumerate(_SMALL)} | {"oh": 0, "nought": 0}
_DECADES = {word: 10 * n for n, word in enumerate(_TENS, 2)} | {"fourty": 40}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "k": 10**3}

TENS = dict(
    zip(str.split("twenty thirty forty fifty sixty seventy eighty ninety"), range(20, 100, 10), strict=True)
)
DECADES = dict(
    zip(
        str.split("twenties thirties forties fifties sixties seventies eighties"),
        range(20, 90, 10),
        strict=True,
    )
)
TENTHS = dict(
    zip(
        str.split("tenth twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth"),
        range(10, 100, 10),
        strict=True,
    )
)
"""The tens, as they are said of ages ("in their thirties") and of places ("the thirtieth")."""

_PARTS = ((("half", "a"), 0.5), (("half", "an"), 0.5), (("a", "quarter", "of", "an"), 0.25))
"""Parts of what is named behind them: "half an hour"."""

WORDS = (*_SMALL, *_TENS, "hundred", "thousand", "million", "point", "minus", "and", "half")
"""The words a recogniser must know to hear numbers."""


@dataclass(frozen=True)
class Found:
    """A number said in ``words[start:end]``."""

    start: int
    end: int
    value: float


def find(words: Sequence[str]) -> list[Found]:
    """All numbers in an utterance, spoken or in digits, from left to right.

    ``between one hundred and two hundred`` holds two numbers, ``one hundred and two`` one.

    Example:
        >>> [n.value for n in find("above four thousand two hundred".split())]
        [4200.0]
        >>> [n.value for n in find("twenty one point four or minus 3.5".split())]
        [21.4, -3.5]
        >>> [n.value for n in find("half an hour".split())]
        [0.5]
    """
    found: list[Found] = []
    at = 0
    apart = "between" in words
    while at < len(words):
        sign, begin = (-1.0, at + 1) if words[at] in ("minus", "negative") else (1.0, at)
        read = _read(words, begin, apart)
        if read is None:
            at += 1
            continue
        value, end = read
        found.append(Found(at, end, sign * value))
        at = end
    return found


def _read(words: Sequence[str], at: int, apart: bool) -> tuple[float, int] | None:
    total, end = _whole(words, at, apart)
    for said, part in _PARTS:
        if end == at and tuple(words[at : at + len(said)]) == said:
            total, end = part, at + len(said)
    if end == at:
        return None
    value = float(total)
    if end < len(words) and words[end] == "point":
        digits = ""
        stop = end + 1
        while stop < len(words) and (piece := _digit(words[stop])) is not None:
            digits += piece
            stop += 1
        if digits:
            value, end = float(f"{int(total)}.{digits}") if total == int(total) else value, stop
    if list(words[end : end + 3]) == ["and", "a", "half"]:
        value, end = value + 0.5, end + 3
    # "one point five million": the scale belongs to the whole number said before it
    while end < len(words) and (scale := _SCALES.get(words[end])):
        value, end = value * scale, end + 1
    return value, end


def _digit(word: str) -> str | None:
    if word.isdecimal() and word.isascii():
        return word
    number = _UNITS.get(word, _DECADES.get(word))
    return None if number is None else str(number)


def _whole(words: Sequence[str], start: int, apart: bool) -> tuple[float, int]:
    """The whole number that starts at ``start``; ``end == start`` where there is none."""
    total: float = 0
    group: float = 0  # what stands before the next scale word
    at = start
    kind = ""  # what the last word was, so that "five six" is not eleven
    while at < len(words):
        word = words[at]
        if kind == "" and (value := _plain(word)) is not None:
            group, kind = value, "digits"
        elif kind == "" and word == "a" and at + 1 < len(words) and words[at + 1] in ("hundred", *_SCALES):
            group, kind = 1, "unit"
        elif word in _DECADES and kind in ("", "hundred", "scale"):
            group, kind = group + _DECADES[word], "ten"
        elif word in _DECADES and kind == "unit" and total == 0 and 10 <= group <= 20:
            group, kind = group * 100 + _DECADES[word], "ten"  # nineteen ninety, twenty ten
        elif word in _DECADES and kind == "ten" and total == 0 and group == 20:
            group, kind = 2000 + _DECADES[word], "ten"  # twenty twenty three
        elif word in _UNITS and (
            kind in ("", "hundred", "scale") or (kind == "ten" and 0 < _UNITS[word] < 10)
        ):
            group, kind = group + _UNITS[word], "unit"
        elif word in _UNITS and kind == "ten" and total == 0 and group == 20 and 10 <= _UNITS[word] <= 19:
            group, kind = 2000 + _UNITS[word], "unit"
        elif word == "hundred" and kind in ("unit", "ten", "digits"):
            group, kind = group * 100, "hundred"
        elif word in _SCALES and kind in ("unit", "ten", "hundred", "digits"):
            total, group, kind = total + group * _SCALES[word], 0, "scale"
        elif word == "and" and kind in ("hundred", "scale"):
            limit = 100 if kind == "hundred" else 1000
            more, end = _whole(words, at + 1, apart)
            if end == at + 1 or more >= limit or (apart and _second(words, start, at)):
                break
            group, at, kind = group + more, end, "unit"
            continue
        else:
            break
        at += 1
    return total + group, at


def _second(words: Sequence[str], start: int, at: int) -> bool:
    """Whether the ``and`` at ``at`` parts the two numbers of ``between … and …`` (no later one does)."""
    return "between" in words[:start] and "and" not in words[at + 1 :]


def _plain(word: str) -> float | None:
    if not word[:1].isdecimal() or not word.isascii():
        return None
    try:
        return float(word)
    except ValueError:
        return None


def spell(value: float) -> str:
    """How a number is said, in the recogniser's words.

    Example:
        >>> spell(4200), spell(21.4), spell(-3)
        ('four thousand two hundred', 'twenty one point four', 'minus three')
    """
    if value < 0:
        return f"minus {spell(-value)}"
    text = f"{value:.10g}"
    if "e" in text or "n" in text:  # beyond what people say; inf, nan
        return ""
    whole, _, decimals = text.partition(".")
    words = _spell_whole(int(whole))
    return f"{words} point {' '.join(_SMALL[int(d)] for d in decimals)}" if decimals else words


def _spell_whole(n: int) -> str:
    if n < 20:
        return _SMALL[n]
    if n < 100:
        return _TENS[n // 10 - 2] + (f" {_SMALL[n % 10]}" if n % 10 else "")
    for size, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred")):
        if n >= size:
            rest = n % size
            return f"{_spell_whole(n // size)} {name}" + (f" {_spell_whole(rest)}" if rest else "")
    raise AssertionError(n)


def spell_words(words: Sequence[str]) -> list[str]:
    """Words with their digits spelled out, as a recogniser's dictionary wants them.

    Example:
        >>> spell_words(["q", "4", "2023"])
        ['q', 'four', 'two', 'thousand', 'twenty', 'three']
    """
    spelled: list[str] = []
    for word in words:
        value = _plain(word)
        spelled += [word] if value is None else spell(value).split()
    return spelled

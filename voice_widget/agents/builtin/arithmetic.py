"""Simple arithmetic in words and in digits. Pure."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable

from voice_widget.agents.assistant.language import numbers
from voice_widget.agents.assistant.language.words import split

_SIGNS = (
    (r"(?<=[\d)])\s*\+\s*(?=[\d-])", " plus "),
    (r"(?<=\d)\s*-\s*(?=\d)", " minus "),
    (r"(?<=\d)\s*[*\u00d7x]\s*(?=[\d-])", " times "),
    (r"(?<=\d)\s*[/\u00f7:]\s*(?=[\d-])", " divided by "),
    (r"(?<=\d)\s*(?:\^|\*\*)\s*(?=[\d-])", " power "),
)
_WORDS = (
    (r"\bmultiplied by\b", "times"),
    (r"\b(?:divided by|over)\b", "divided"),
    (r"\b(?:raised )?to the power of\b", "power"),
    (r"\bsquared\b", "power 2"),
    (r"\bcubed\b", "power 3"),
)
_DOES: dict[str, Callable[[float, float], float]] = {
    "plus": operator.add,
    "minus": operator.sub,
    "times": operator.mul,
    "divided": operator.truediv,
    "power": operator.pow,
}
_OPERATORS = {"plus": 1, "minus": 1, "times": 2, "divided": 2, "power": 3}
_MOST = 1e15


class Impossible(ValueError):
    """There is no such number; the text says why."""


def calculate(text: str) -> float | None:
    """What a calculation in an utterance comes to; None if there is none.

    Raises:
        Impossible: It cannot be done.

    Example:
        >>> calculate("what is two plus three times four"), calculate("7 * 6")
        (14.0, 42.0)
        >>> calculate("the square root of sixteen"), calculate("half of 9"), calculate("I have 3 cats")
        (4.0, 4.5, None)
    """
    text = text.lower()
    for pattern, word in (*_SIGNS[::-1], *_WORDS):
        text = re.sub(pattern, word, text)
    if match := re.search(r"\bsquare root of\b(.*)", text):
        value = _only(split(match[1]))
        if value is not None and value < 0:
            raise Impossible("a negative number has no square root")
        return None if value is None else math.sqrt(value)
    if match := re.search(r"\b(half|a quarter|a third|double|twice) (?:of )?(.*)", text):
        value = _only(split(match[2]))
        factor = {"half": 0.5, "a quarter": 0.25, "a third": 1 / 3, "double": 2.0, "twice": 2.0}[match[1]]
        return None if value is None else value * factor
    if match := re.search(r"(.*)\bpercent of\b(.*)", text.replace("%", " percent")):
        share, value = _last(split(match[1])), _only(split(match[2]))
        return None if share is None or value is None else share * value / 100
    return _sum(split(text))


def _sum(words: list[str]) -> float | None:
    """Numbers with operators between them; the first may follow other words, the last precede some."""
    operands: list[float] = []
    operators: list[str] = []
    segment: list[str] = []
    for word in words:
        if word in _OPERATORS and (segment or word != "minus") and (operands or _last(segment) is not None):
            value = _only(segment) if operands else _last(segment)
            if value is None:
                return None
            operands.append(value)
            operators.append(word)
            segment = []
        elif not (word == "by" and not segment):
            segment.append(word)
    if not operators:
        return None
    value = _only(segment)
    if value is None:
        return None
    return _evaluate([*operands, value], operators)


def _evaluate(operands: list[float], operators: list[str]) -> float:
    for level in (3, 2, 1):
        place = 0
        while place < len(operators):
            if _OPERATORS[operators[place]] != level:
                place += 1
                continue
            left, right = operands[place], operands.pop(place + 1)
            operands[place] = _apply(operators.pop(place), left, right)
    return operands[0]


def _apply(sign: str, left: float, right: float) -> float:
    if sign == "divided" and right == 0:
        raise Impossible("nothing can be divided by zero")
    if sign == "power" and (left == 0 > right or (left < 0 and right != int(right))):
        raise Impossible("there is no such power")
    try:
        value = float(_DOES[sign](left, right))
    except OverflowError:
        value = math.inf
    if abs(value) > _MOST:
        raise Impossible("the result is too big for me")
    return value


def _only(words: list[str]) -> float | None:
    found = numbers.find(words)
    return found[0].value if found and found[0].start == 0 else None


def _last(words: list[str]) -> float | None:
    found = numbers.find(words)
    return found[-1].value if found and found[-1].end == len(words) else None

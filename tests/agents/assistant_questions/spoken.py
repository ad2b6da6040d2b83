"""The numbers and dates in what is meant to be heard: "about 4.2 thousand", "twelve", "March 3rd, 2023"."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

# minus, dash and curly quote; spaces that do not break
_SIMPLE = str.maketrans("\u2212\u2013\u2019\u00a0\u2009\u202f_", "--'    ")
_UNITS = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9}
_WORD = "|".join(
    sorted([*_UNITS, *_TENS, "hundred", "thousand", "million", "billion"], key=len, reverse=True)
)
_FRACTIONS = {"half": 1 / 2, "a third": 1 / 3, "one third": 1 / 3, "two thirds": 2 / 3, "a quarter": 1 / 4}
_FRACTIONS |= {"one quarter": 1 / 4, "three quarters": 3 / 4, "one half": 1 / 2}
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = "|".join([*MONTHS, *(each[:3] for each in MONTHS if each != "may"), "sept"])
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
_ORDINAL = {word: day for day, word in enumerate(_ORDINALS, start=1)} | {
    f"twenty {word}": 20 + day for day, word in enumerate(_ORDINALS[:9], start=1)
}
_ORDINAL |= {"thirtieth": 30, "thirty first": 31}
_ORDINAL_WORD = "|".join(sorted((each.replace(" ", "[ -]") for each in _ORDINAL), key=len, reverse=True))
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{_ORDINAL_WORD})"
_ABOUT = re.compile(
    r"(?:about|around|roughly|nearly|almost|approximately|some|over|under|close to|more than|less than|~|≈)"
    r"\s*(?:the\s+|a\s+)?[$€£-]?$"
)


@dataclass(frozen=True)
class Number:
    """A number as said: its value, what its last said place is worth, and the words around it."""

    value: float
    step: float
    percent: bool
    about: bool
    start: int
    end: int
    unit: str
    fraction: bool = False


@dataclass(frozen=True)
class Moment:
    """A date as said: `freq` is D, M, Q or Y, and `clock` tells whether the hour was said too."""

    at: pd.Timestamp
    freq: str
    clock: bool
    start: int
    end: int


def plain(text: str) -> str:
    """The text in lower case with simple signs; the positions stay."""
    return text.translate(_SIMPLE).lower()


_ISO = re.compile(r"\b(\d{4})-(\d{2})(?:-(\d{2})(?:[t ,]+(?:at )?(\d{1,2}):(\d{2})(?::(\d{2}))?)?)?\b")
_CLOCK = r"(?:,?\s*(?:at|,)?\s*(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([ap]\.?m\b)?)?"
_MDY = re.compile(rf"\b({_MONTH})\.?\s+(?:the\s+)?({_DAY})(?:,?\s+(?:of\s+)?(\d{{4}}))\b{_CLOCK}")
_DMY = re.compile(rf"\b({_DAY})\s+(?:of\s+)?({_MONTH})\.?,?\s+(?:of\s+)?(\d{{4}})\b{_CLOCK}")
_MY = re.compile(rf"\b({_MONTH})\.?,?\s+(?:of\s+|in\s+)?(\d{{4}})\b")
_QY = re.compile(r"\b(?:q|quarter )([1-4])[ ,/-]*(?:of )?(\d{4})\b|\b(\d{4})[ -]?q([1-4])\b")
_QUARTER = re.compile(r"\b(first|second|third|fourth) quarter (?:of )?(\d{4})\b")


def _month(name: str) -> int:
    return next(at for at, each in enumerate(MONTHS, start=1) if each.startswith(name[:3]))


def _day(said: str) -> int:
    digits = re.match(r"\d+", said)
    return int(digits[0]) if digits else _ORDINAL[said.replace("-", " ")]


def moments(text: str) -> list[Moment]:
    """All dates that are said with their year, in order."""
    text = plain(text)
    found: list[Moment] = []

    def add(
        match: re.Match[str], freq: str, year: int, month: int, day: int, clock: tuple[int, ...] = ()
    ) -> None:
        if any(match.start() < each.end and each.start < match.end() for each in found):
            return
        try:
            at = pd.Timestamp(year, month, day, *clock)
        except ValueError:
            return
        found.append(Moment(at, freq, bool(clock), match.start(), match.end()))

    def clock(match: re.Match[str], at: int) -> tuple[int, ...]:
        if not match[at]:
            return ()
        hour = int(match[at])
        if match[at + 3]:
            hour = hour % 12 + (12 if match[at + 3].startswith("p") else 0)
        return (hour, int(match[at + 1]), int(match[at + 2] or 0))

    for match in _ISO.finditer(text):
        time = tuple(int(each or 0) for each in match.groups()[3:]) if match[4] else ()
        add(match, "D" if match[3] else "M", int(match[1]), int(match[2]), int(match[3] or 1), time)
    for match in _MDY.finditer(text):
        add(match, "D", int(match[3]), _month(match[1]), _day(match[2]), clock(match, 4))
    for match in _DMY.finditer(text):
        add(match, "D", int(match[3]), _month(match[2]), _day(match[1]), clock(match, 4))
    for match in _MY.finditer(text):
        add(match, "M", int(match[2]), _month(match[1]), 1)
    for match in _QY.finditer(text):
        add(match, "Q", int(match[2] or match[3]), 3 * int(match[1] or match[4]) - 2, 1)
    for match in _QUARTER.finditer(text):
        add(match, "Q", int(match[2]), 3 * _ORDINAL[match[1]] - 2, 1)
    return sorted(found, key=lambda each: each.start)


_DIGITS = re.compile(
    r"(?<![\w.,:/])(?P<sign>-|minus |negative )?[$€£]?(?P<int>\d{1,3}(?:,\d{3})+|\d+)(?P<dec>\.\d+)?"
    r"(?!\d)(?!st\b|nd\b|rd\b|th\b)(?:\s?(?P<scale>hundred|thousand|million|billion|bn|k|m)\b)?"
    r"(?P<percent>\s?%|\s?per ?cent\b)?"
)
_WORDS = re.compile(
    rf"\b(?P<sign>minus |negative )?(?P<words>(?:a (?=hundred|thousand|million|billion))?(?:{_WORD})"
    rf"(?:(?:[ -]|(?:(?<=hundred)|(?<=thousand)|(?<=million)) and )(?:{_WORD}))*)"
    rf"(?P<dec> point(?: (?:{'|'.join(_UNITS)}))+)?"
    r"(?P<scale> (?:thousand|million|billion)\b)?(?P<percent>\s?%| per ?cent\b)?\b"
)
_PRONOUN = re.compile(r"\b(?:that|this|which|the|each|every|any|no|another|last|first|right|wrong) $")


def numbers(text: str) -> list[Number]:
    """All numbers that are said, dates left out, in order."""
    text = plain(text)
    for moment in moments(text):
        text = text[: moment.start] + "#" * (moment.end - moment.start) + text[moment.end :]
    found: list[Number] = []
    for match in _DIGITS.finditer(text):
        if match.end() < len(text) and text[match.end()].isalpha() and not match["percent"]:
            continue  # part of a name, such as 3d
        digits, decimals = match["int"].replace(",", ""), match["dec"] or ""
        scale = _SCALES.get(match["scale"] or "", 1.0)
        value = float(digits + decimals) * scale
        step = scale * (10.0 ** -(len(decimals) - 1) if decimals else 10.0 ** (_zeros(digits)))
        found.append(_number(match, text, -value if match["sign"] else value, step))
    for match in _WORDS.finditer(text):
        if any(match.start() < each.end and each.start < match.end() for each in found):
            continue
        if match["words"] == "one" and not match["dec"] and _PRONOUN.search(text[: match.start()]):
            continue
        value, step = _valued(match["words"])
        if match["dec"]:
            digits = "".join(str(_UNITS[each]) for each in match["dec"].split()[1:])
            value, step = value + float(f"0.{digits}"), 10.0 ** -len(digits)
        scale = _SCALES.get((match["scale"] or "").strip(), 1.0)
        value, step = value * scale, step * scale
        found.append(_number(match, text, -value if match["sign"] else value, step))
    for words, value in _FRACTIONS.items():
        for match in re.finditer(rf"\b{words}\b", text):
            about = bool(_ABOUT.search(text[: match.start()]))
            found.append(
                Number(value, 0.06 if about else 0.02, False, about, *match.span(), "", fraction=True)
            )
    return sorted(found, key=lambda each: each.start)


def _number(match: re.Match[str], text: str, value: float, step: float) -> Number:
    unit = re.match(r"\s?([^\W\d]+)", text[match.end() :])
    about = bool(_ABOUT.search(text[: match.start()])) or bool(match["scale"])
    return Number(value, step, bool(match["percent"]), about, *match.span(), unit[1] if unit else "")


def _zeros(digits: str) -> int:
    return len(digits) - len(digits.rstrip("0")) if digits.strip("0") else 0


def _valued(words: str) -> tuple[float, float]:
    """The value of number words, and what the last one is worth."""
    total = part = 0.0
    last = ""
    for word in re.sub(r"\band\b|,|-", " ", words).split():
        if word in _UNITS:
            value = float(_UNITS[word])
            # "nineteen five" and "twenty fifteen" are years
            hundreds = (last in _UNITS and _UNITS[last] >= 10) or (last in _TENS and value >= 10)
            part = part * 100 + value if hundreds else part + value
        elif word in _TENS:
            # "twenty twenty three" is a year
            part = (
                part * 100 + _TENS[word]
                if last in _TENS or (last in _UNITS and part < 100)
                else part + _TENS[word]
            )
        elif word == "hundred":
            part = max(part, 1.0) * 100
        elif word != "a":
            total, part = total + max(part, 1.0) * _SCALES[word], 0.0
        last = word
    value = total + part
    return value, 10.0 ** _zeros(str(int(value)))


def fits(said: Number, truth: float, *, whole: bool) -> bool:
    """Whether the number is the true one, exactly or rounded to what was said, two figures at least.

    A whole number (a count) is rounded only where it is said so: "about 150".
    """
    for value, step in _as_units(said):
        if abs(value - truth) <= 1e-9 * max(1.0, abs(truth)):
            return True
        if not value or (whole and not said.about):
            continue
        two_figures = 10.0 ** (_magnitude(value) - 1)
        step = max(min(step, two_figures), 1.0 if said.percent and abs(value) >= 1 and step >= 1 else 0.0)
        if abs(value - truth) <= step / 2 * (1 + 1e-6):
            return True
    return False


def _magnitude(value: float) -> int:
    return int(f"{abs(value):e}".split("e")[1])


_LARGER = {"second": 1e3, "minute": 6e4, "hour": 3.6e6, "kilogram": 1e3, "kilo": 1e3, "kg": 1e3, "metre": 1e3}
_LARGER |= {"meter": 1e3, "s": 1e3, "min": 6e4}


def _as_units(said: Number) -> list[tuple[float, float]]:
    """As said, and turned into the smaller unit that columns are kept in (3 seconds are 3000 ms)."""
    unit = said.unit if said.unit in _LARGER else said.unit.rstrip("s")
    by = _LARGER.get(unit)
    return [(said.value, said.step), *([(said.value * by, said.step * by)] if by else [])]

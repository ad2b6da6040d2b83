"""English text as a person would read it out: numbers, dates, money, names of columns, signs. Pure.

For voices that read badly what is written. Each written word keeps its place, so that its time can be told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from voice_widget.engine.stages.voices import spoken_numbers as numbers
from voice_widget.engine.stages.voices.spoken_numbers import MONEY_SIGNS, MONTHS, NUMBER

_TOKEN = re.compile(r"\S+")
# What stands before a word, the word, and what stands behind it.
_AROUND = re.compile(r"""([(\[{"'*`_~#>]*)(.*?)([)\]}"'*`_~.,;:!?]*)$""", re.S)
_STOPS = ".,;:!?"
_MARKS = {"-", "--", "*", "\u2022", "|", "#", "##", "###"}
# Typographic signs as one types them.
_TYPED = str.maketrans("\u201c\u201d\u2018\u2019\u00ab\u00bb\u2212\u2013\u2014\u2026", '""\'\'""---.')
_WORDS = {
    "&": "and",
    "+": "plus",
    "=": "equals",
    "==": "equals",
    "!=": "is not",
    "<": "less than",
    ">": "greater than",
    "≤": "at most",
    "<=": "at most",
    "≥": "at least",
    ">=": "at least",
    "≠": "is not",
    "≈": "about",
    "\u00b1": "plus or minus",
    "\u00d7": "times",
    "*": "times",
    "÷": "divided by",
    "/": "per",
    "→": "to",
    "%": "percent",
    "@": "at",
    "°": "degrees",
    "°c": "degrees Celsius",
    "°f": "degrees Fahrenheit",
    "r²": "R squared",
}
_SPELLED = {"df": "D F", "csv": "C S V", "sql": "S Q L", "json": "jason", "url": "U R L", "id": "I D"}
_SHORT = {
    "e.g": "for example",
    "i.e": "that is",
    "etc": "et cetera",
    "vs": "versus",
    "approx": "approximately",
    "avg": "average",
    "dr": "doctor",
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "prof": "professor",
    "std": "standard",
    "dept": "department",
}
_ALWAYS_SHORT = {"e.g", "i.e", "etc", "vs", "approx", "avg"}  # also without their stop
_UNITS = {
    "km/h": "kilometers per hour",
    "m/s": "meters per second",
    "mph": "miles per hour",
    "kg": "kilogram",
    "g": "gram",
    "mg": "milligram",
    "km": "kilometer",
    "m": "meter",
    "cm": "centimeter",
    "mm": "millimeter",
    "ms": "millisecond",
    "s": "second",
    "h": "hour",
    "min": "minute",
    "kb": "kilobyte",
    "mb": "megabyte",
    "gb": "gigabyte",
    "tb": "terabyte",
    "khz": "kilohertz",
    "hz": "hertz",
    "%": "percent",
    "°c": "degrees Celsius",
    "°f": "degrees Fahrenheit",
    "°": "degrees",
    "x": "times",
    "st": "",
    "nd": "",
    "rd": "",
    "th": "",
}
_LONG_UNITS = {"km/h", "m/s", "mph", "khz", "hz", "%", "°c", "°f", "°", "x"}  # the same for one and for many
_BEFORE_A_YEAR = {
    "in",
    "since",
    "until",
    "till",
    "before",
    "after",
    "from",
    "by",
    "of",
    "year",
    "during",
    "to",
}
_MONTHS = {month.lower() for month in MONTHS}
_BEFORE_A_YEAR |= _MONTHS
_NUMBER = re.compile(rf"([-+]?)({NUMBER})$")
_WITH_UNIT = re.compile(rf"([-+]?)({NUMBER})[- ]?([a-zA-Z°%/]+)$")
_MONEY = re.compile(rf"(-?)([{MONEY_SIGNS}])(-?)({NUMBER})(k|mn?|bn?|t)?$", re.I)
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:T(\d{1,2}):(\d{2})(?::[\d.]+)?Z?)?$")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?([ap]m)?$", re.I)
_RANGE = re.compile(rf"({NUMBER})%?-({NUMBER})(%?)$")
_INITIALS = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]$")
_FRACTION = re.compile(r"(\d{1,2})/(\d{1,2})$")
_SCIENTIFIC = re.compile(r"(-?)(\d(?:\.\d+)?[eE][-+]?\d+)$")
_RATIO = re.compile(r"(\d+):(\d+)$")
_NAME_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z']+|\d+|[^\W\d_]+|[^\w\s]")
_IN_NAMES = {"@": "at", ".": "dot", "/": "slash", "&": "and", "+": "plus", "%": "percent", "#": "number"}


@dataclass(frozen=True)
class Said:
    """A written word and what is said in its place, with the stops behind it; may be nothing."""

    start: int
    end: int
    text: str


def said(text: str) -> tuple[Said, ...]:
    """What is said for each written word.

    Example:
        >>> [word.text for word in said("Revenue: $1.5M (up 12%) in 2024.")]
        ['Revenue:', 'one point five million dollars', 'up', 'twelve percent', 'in', 'twenty twenty-four.']
    """
    return tuple(_said(text))


def speakable(text: str) -> str:
    """The whole text as it is said.

    Example:
        >>> speakable("The mean of tip_size is 2.5.")
        'The mean of tip size is two point five.'
    """
    return " ".join(word.text for word in said(text) if word.text)


def _said(text: str) -> Iterator[Said]:
    before, last = "", 0
    for found in _TOKEN.finditer(text.translate(_TYPED)):
        token = found[0]
        if "\n" in text[last : found.start()]:
            before = ""
        yield Said(found.start(), found.end(), _say(token, before))
        before, last = token, found.end()


def _say(token: str, before: str) -> str:
    whole = _WORDS.get(token.lower())
    if whole:
        return whole
    if token in _MARKS:
        return "," if before and token.strip("-") == "" else ""
    parts = _AROUND.match(token)
    core, behind = (parts[2], parts[3]) if parts else (token, "")
    if token.startswith("#") and core[:1].isdecimal():
        core = f"number {numbers.number(core)}" if core.isdecimal() else core
    stops = "".join(sign for sign in behind if sign in _STOPS)
    dotted = core.lower().rstrip(".")
    if (short := _SHORT.get(dotted)) and (stops.startswith(".") or dotted in _ALWAYS_SHORT):
        return short + stops[1:] if stops.startswith(".") else short + stops
    spoken = _core(core, before) if core else ""
    return f"{spoken}{stops[:1]}" if spoken else ""


def _core(core: str, before: str) -> str:
    if spelled := _SPELLED.get(core.lower()):
        return spelled
    if core.isascii() and core.isalpha() and (core.islower() or core.istitle()):
        return core if before[-1:] not in "0123456789" or not before else _unit_behind(core, before)
    for pattern, say in _RULES:
        if (found := pattern.match(core)) and (spoken := say(found, before)) is not None:
            return spoken
    if before[-1:].isdecimal() and core.lower() in _UNITS:
        return _unit_behind(core, before)
    return _name(core)


def _unit_behind(core: str, before: str) -> str:
    # "5 min", but "for 2024 g" is none: only what is no word of its own.
    name = _UNITS.get(core.lower(), "")
    if not name or core in ("x",):
        return core
    return _counted(name, core.lower(), before.lstrip("(-") == "1")


def _counted(name: str, unit: str, one: bool) -> str:
    return name if one or unit in _LONG_UNITS else f"{name}s"


def _minus(sign: str) -> str:
    return "minus " if sign == "-" else "plus " if sign == "+" else ""


def _money(found: re.Match[str], before: str) -> str:
    minus = _minus(found[1] or found[3])
    return minus + numbers.money(found[2], found[4], found[5] or "")


def _date(found: re.Match[str], before: str) -> str | None:
    day = int(found[3]) if found[3] else None
    spoken = numbers.date(int(found[1]), int(found[2]), day)
    if spoken and found[4]:
        at = numbers.time(int(found[4]), int(found[5]))
        spoken = f"{spoken}, at {at}" if at else spoken
    return spoken


def _time(found: re.Match[str], before: str) -> str | None:
    at = numbers.time(int(found[1]), int(found[2]))
    return f"{at} {' '.join(found[3].upper())}" if at and found[3] else at


def _range(found: re.Match[str], before: str) -> str:
    if _is_year(found[1]) and _is_year(found[2]):
        return f"{numbers.year(int(found[1]))} to {numbers.year(int(found[2]))}"
    percent = " percent" if found[3] else ""
    return f"{numbers.number(found[1])} to {numbers.number(found[2])}{percent}"


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and 1100 <= int(text) < 2100


def _plain(found: re.Match[str], before: str) -> str:
    previous = before.lower()
    day = previous.endswith(",") and previous[:-1].isdecimal() and int(previous[:-1]) <= 31
    if not found[1] and _is_year(found[2]) and (day or previous in _BEFORE_A_YEAR):
        return numbers.year(int(found[2]))
    if previous in _MONTHS and found[2].isdecimal() and int(found[2]) <= 31:
        return numbers.ordinal(int(found[2]))
    return _minus(found[1]) + numbers.number(found[2])


def _with_unit(found: re.Match[str], before: str) -> str | None:
    sign, amount, unit = found[1], found[2], found[3].lower()
    if unit in ("st", "nd", "rd", "th"):
        return numbers.ordinal(int(amount.replace(",", ""))) if amount.replace(",", "").isdecimal() else None
    if found[3] in ("k", "K", "M", "B", "bn", "mn", "T"):
        spoken = numbers.scaled(amount, unit)
        return None if spoken is None else _minus(sign) + spoken
    if unit not in _UNITS:
        return None
    return f"{_minus(sign)}{numbers.number(amount)} {_counted(_UNITS[unit], unit, amount == '1')}"


def _scientific(found: re.Match[str], before: str) -> str:
    return _minus(found[1]) + numbers.scientific(found[2])


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], str | None]], ...] = (
    (_NUMBER, _plain),
    (_MONEY, _money),
    (_DATE, _date),
    (_TIME, _time),
    (_RATIO, lambda found, _: f"{numbers.number(found[1])} to {numbers.number(found[2])}"),
    (_RANGE, _range),
    (_FRACTION, lambda found, _: numbers.fraction(int(found[1]), int(found[2]))),
    (_SCIENTIFIC, _scientific),
    (_INITIALS, lambda found, _: found[0].replace(".", " ")),
    (_WITH_UNIT, _with_unit),
)


def _name(core: str) -> str:
    """A name as its parts: ``tip_size``, ``totalBill``, ``Q3``, ``a@b.org``."""
    core = re.sub(r"^[a-z]+://", "", unicodedata.normalize("NFC", core))
    if core.replace("-", "").replace("'", "").isalpha() and not _mixed(core):
        return core
    parts = _NAME_PARTS.findall(core)
    out: list[str] = []
    for part in parts:
        if part.isdecimal():
            out.append(numbers.number(part))
        elif part in _IN_NAMES:
            # A slash between words is a choice and not read.
            out.append("" if part == "/" and core.replace("/", "").isalpha() else _IN_NAMES[part])
        elif part.isalpha() or "'" in part:
            out.append(part)
        elif part in _WORDS:
            out.append(_WORDS[part])
    return " ".join(part for part in out if part)


def _mixed(core: str) -> bool:
    """A small letter with a large one behind it: two words written as one."""
    return re.search(r"[a-z][A-Z]", core) is not None


def ascii_only(text: str) -> str:
    """The text without what a voice that knows only ASCII cannot read: accents go, the rest is left out.

    Example:
        >>> ascii_only("naïve café ☕")
        'naive cafe '
    """
    plain = text.translate(_TYPED).replace("ß", "ss")
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()

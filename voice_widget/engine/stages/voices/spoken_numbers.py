"""Numbers, dates, times and money as one says them in English. Pure."""

from __future__ import annotations

import re

_SMALL = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen
"""
_ROUND = "- - twenty thirty forty fifty sixty seventy eighty ninety"
_YEAR = "January February March April May June July August September October November December"
_UNITS, _TENS, MONTHS = _SMALL.split(), _ROUND.split(), _YEAR.split()
_THOUSANDS = ("", " thousand", " million", " billion", " trillion")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_MONEY = {
    "$": ("dollar", "cent"),
    "€": ("euro", "cent"),
    "£": ("pound", "penny"),
    "¥": ("yen", ""),
}
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion", "t": "trillion"}
MONEY_SIGNS = "".join(_MONEY)
NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_MOST_DIGITS = 15  # longer ones are a key or an account: said figure by figure


def whole(number: int) -> str:
    """A whole number below a quadrillion.

    Example:
        >>> whole(1234), whole(0), whole(21)
        ('one thousand two hundred thirty-four', 'zero', 'twenty-one')
    """
    if number < 20:
        return _UNITS[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _TENS[tens] + (f"-{_UNITS[rest]}" if rest else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_UNITS[hundreds]} hundred" + (f" {whole(rest)}" if rest else "")
    parts = []
    scale = 0
    while number:
        number, rest = divmod(number, 1000)
        if rest:
            parts.append(whole(rest) + _THOUSANDS[scale])
        scale += 1
    return " ".join(reversed(parts))


def figures(digits: str) -> str:
    """Figure by figure.

    Example:
        >>> figures("0042")
        'zero zero four two'
    """
    return " ".join(_UNITS[int(digit)] for digit in digits)


def number(text: str) -> str:
    """A number as it is written: separators of thousands, decimals.

    Example:
        >>> number("1,234.50"), number(".5"), number("007")
        ('one thousand two hundred thirty-four point five zero', 'zero point five', 'zero zero seven')
    """
    before, point, after = text.replace(",", "").partition(".")
    if len(before) > _MOST_DIGITS or (len(before) > 1 and before[0] == "0"):
        said = figures(before)
    else:
        said = whole(int(before or "0"))
    return f"{said} point {figures(after)}" if point and after else said


def ordinal(number: int) -> str:
    """The place in an order.

    Example:
        >>> ordinal(3), ordinal(20), ordinal(101)
        ('third', 'twentieth', 'one hundred first')
    """
    said = whole(number)
    at = max(said.rfind(" "), said.rfind("-")) + 1
    last = said[at:]
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = f"{last[:-1]}ieth"
    else:
        last = last.removesuffix("t") + "th"
    return said[:at] + last


def year(number: int) -> str:
    """A year.

    Example:
        >>> year(1999), year(2005), year(2024), year(1900)
        ('nineteen ninety-nine', 'two thousand five', 'twenty twenty-four', 'nineteen hundred')
    """
    century, rest = divmod(number, 100)
    if not 10 <= century < 100 or (century % 10 == 0 and rest < 10):
        return whole(number)
    if rest == 0:
        return f"{whole(century)} hundred"
    return f"{whole(century)} {'oh ' if rest < 10 else ''}{whole(rest)}"


def date(year_number: int, month: int, day: int | None = None) -> str | None:
    """A date; None where there is no such month or day.

    Example:
        >>> date(2024, 3, 5), date(2024, 13)
        ('March fifth, twenty twenty-four', None)
    """
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
        return None
    said = MONTHS[month - 1]
    return f"{said} {year(year_number)}" if day is None else f"{said} {ordinal(day)}, {year(year_number)}"


def time(hours: int, minutes: int) -> str | None:
    """The time of day; None where there is no such time.

    Example:
        >>> time(10, 30), time(9, 5), time(10, 0), time(25, 0)
        ('ten thirty', 'nine oh five', "ten o'clock", None)
    """
    if hours > 23 or minutes > 59:
        return None
    if minutes == 0:
        return f"{whole(hours)} o'clock" if 0 < hours < 13 else f"{whole(hours)} hundred hours"
    return f"{whole(hours)} {'oh ' if minutes < 10 else ''}{whole(minutes)}"


def money(sign: str, amount: str, scale: str = "") -> str:
    """An amount of money.

    Example:
        >>> money("$", "3,200.50"), money("€", "1"), money("£", "1.5", "M")
        ('three thousand two hundred dollars and fifty cents', 'one euro', 'one point five million pounds')
    """
    unit, part = _MONEY[sign]
    units = unit if unit == "yen" else f"{unit}s"
    if scale:
        return f"{number(amount)} {_SCALES[scale.lower()]} {units}"
    before, _, after = amount.replace(",", "").partition(".")
    if not part or (after and len(after) != 2):
        return f"{number(amount)} {units}"
    count, rest = int(before or "0"), int(after or "0")
    parts = "pence" if part == "penny" else f"{part}s"
    small = f"{whole(rest)} {part if rest == 1 else parts}"
    if count == 0 and rest:
        return small
    large = f"{number(before or '0')} {unit if count == 1 else units}"
    return f"{large} and {small}" if rest else large


def scaled(amount: str, scale: str) -> str | None:
    """A number with a letter for thousands or millions behind it; None for another letter.

    Example:
        >>> scaled("1.5", "M"), scaled("3", "q")
        ('one point five million', None)
    """
    name = _SCALES.get(scale.lower())
    return f"{number(amount)} {name}" if name else None


def fraction(above: int, below: int) -> str | None:
    """A simple fraction; None for one that is not said as one.

    Example:
        >>> fraction(1, 2), fraction(3, 4), fraction(2, 3), fraction(5, 31)
        ('one half', 'three quarters', 'two thirds', None)
    """
    if not 0 < above < below <= 10:
        return None
    name = {2: "half", 4: "quarter"}.get(below) or ordinal(below)
    return f"{whole(above)} {name}{'s' if above > 1 else ''}"


def scientific(text: str) -> str:
    """A number with an exponent.

    Example:
        >>> scientific("1.5e-05")
        'one point five times ten to the minus five'
    """
    base, _, power = re.sub("E", "e", text).partition("e")
    minus = "minus " if power.startswith("-") else ""
    return f"{number(base)} times ten to the {minus}{whole(int(power.lstrip('+-')))}"

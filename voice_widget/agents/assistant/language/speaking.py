"""Values as words that can be heard: short, rounded, with their unit.

Numbers stay in digits, so that the transcript reads well and a voice reads them well too.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

_MONTHS = str.split("January February March April May June July August September October November December")


def number(value: float) -> str:
    """A number, rounded as one would say it.

    Example:
        >>> number(21.4123), number(5076.016), number(344), number(0.00456789), number(12_345_678)
        ('21.41', '5076', '344', '0.00457', '12.35 million')
    """
    if isinstance(value, numbers.Integral) and abs(int(value)) < 10**6:
        return str(int(value))
    value = float(value)
    if math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    size = abs(value)
    for scale, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if scale <= size < 1e15:
            return f"{_trim(f'{value / scale:.2f}')} {name}"
    if size >= 1e15 or 0 < size < 1e-6:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{_trim(mantissa)} times ten to the {int(exponent)}"
    if size >= 1:
        return _trim(f"{value:.{2 if size < 1000 else 1 if size < 100_000 else 0}f}")
    return _trim(f"{value:.{2 - math.floor(math.log10(size))}f}") if size else "0"


def rounded(value: float, unit: str = "", *, about: bool = True) -> str:
    """A calculated number as a person would say it: four figures, "about" where some were left out.

    Example:
        >>> rounded(4201.754, "grams"), rounded(5076.0), rounded(0.25), rounded(1_234_567.0)
        ('about 4202 grams', '5076', '0.25', 'about 1.235 million')
    """
    value = float(value)
    if math.isnan(value) or math.isinf(value):
        return number(value)
    size = abs(value)
    if size >= 1e6 or (0 < size < 1e-4):
        said, told = number(value), value
        for scale, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
            if scale <= size < 1e15:
                short = _trim(f"{value / scale:.3f}")
                said, told = f"{short} {name}", float(short) * scale
                break
    else:
        decimals = 0 if size >= 1000 else 3 - math.floor(math.log10(size)) if size else 0
        said = _trim(f"{value:.{decimals}f}")
        told = float(said)
    near = "about " if about and abs(told - value) > 1e-9 * max(1.0, size) else ""
    return f"{near}{said} {singular(unit) if said == '1' else unit}".strip()


def _trim(digits: str) -> str:
    short = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if short == "-0" else short


def value(found: Any, unit: str = "") -> str:
    """Any value of a cell or of a calculation.

    Example:
        >>> from datetime import date
        >>> value(3.5, "grams"), value(True), value(date(2007, 11, 11)), value("big_red")
        ('3.5 grams', 'yes', 'November 11, 2007', 'big_red')
    """
    if found is None or _missing(found):
        return "not known"
    if isinstance(found, bool) or type(found).__name__ == "bool_" or type(found).__name__ == "bool":
        return "yes" if found else "no"
    if isinstance(found, datetime | date):
        return _moment(found)
    if isinstance(found, timedelta):
        return _duration(found.total_seconds())
    if isinstance(found, numbers.Real):
        said = number(found)  # type: ignore[arg-type]
        return f"{said} {singular(unit) if said == '1' else unit}".strip()
    text = " ".join(str(found).split())
    return text if len(text) <= 60 else text[:57] + "..."


def _missing(found: Any) -> bool:
    try:
        return bool(found != found)
    except (TypeError, ValueError):
        return type(found).__name__ == "NAType"


def _moment(found: date) -> str:
    day = f"{_MONTHS[found.month - 1]} {found.day}, {found.year}"
    if isinstance(found, datetime) and (found.hour or found.minute):
        return f"{day}, at {found.hour}:{found.minute:02d}"
    return day


def _duration(seconds: float) -> str:
    for size, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if abs(seconds) >= size:
            return value(seconds / size, name)
    return value(seconds, "seconds")


def singular(unit: str) -> str:
    """The unit of one.

    Example:
        >>> singular("millimeters"), singular("percent")
        ('millimeter', 'percent')
    """
    return unit[:-1] if unit.endswith("s") and " " not in unit else unit


def count(n: int, noun: str) -> str:
    """So many of something.

    Example:
        >>> count(1, "rows"), count(0, "rows"), count(12, "values")
        ('1 row', 'no rows', '12 values')
    """
    return f"{'no' if n == 0 else number(n)} {singular(noun) if n == 1 else noun}"


def are(n: int, noun: str) -> str:
    """So many of something, with its verb.

    Example:
        >>> are(1, "values"), are(2, "values")
        ('1 value is', '2 values are')
    """
    return f"{count(n, noun)} {'is' if n == 1 else 'are'}"


def listing(items: Sequence[str], most: int = 8, last: str = "and") -> str:
    """Things in a row, the last one after "and"; what is too much to hear is only counted.

    Example:
        >>> listing(["a", "b", "c"]), listing(["a", "b", "c", "d"], most=3)
        ('a, b and c', 'a, b and 2 more')
    """
    if len(items) > most:
        items = [*items[: most - 1], f"{len(items) - most + 1} more"]
    return f" {last} ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def title(text: str) -> str:
    """The first letter made big, the rest left.

    Example:
        >>> title("bill length")
        'Bill length'
    """
    return text[:1].upper() + text[1:]

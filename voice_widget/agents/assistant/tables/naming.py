"""The names of columns as words, and the units that stand at their ends. Pure."""

from __future__ import annotations

from collections.abc import Hashable

from voice_widget.agents.assistant.language.words import split

_UNITS = {
    "mm": "millimeters",
    "cm": "centimeters",
    "m": "meters",
    "km": "kilometers",
    "mg": "milligrams",
    "g": "grams",
    "kg": "kilograms",
    "lb": "pounds",
    "lbs": "pounds",
    "ms": "milliseconds",
    "s": "seconds",
    "sec": "seconds",
    "secs": "seconds",
    "hrs": "hours",
    "kmh": "kilometers per hour",
    "mph": "miles per hour",
    "kw": "kilowatts",
    "kwh": "kilowatt hours",
    "mb": "megabytes",
    "gb": "gigabytes",
    "usd": "dollars",
    "eur": "euros",
    "pct": "percent",
    "percent": "percent",
    "euros": "euros",
    "dollars": "dollars",
    "kilos": "kilograms",
}
_LENGTHS = {
    "min": "minutes",
    "mins": "minutes",
    **{unit: unit for unit in ("seconds", "minutes", "hours", "days", "weeks", "miles")},
}
"""Units only behind a word for what is measured: "training hours" are called so in full."""
_LASTING = frozenset(str.split("delay duration time wait length stay lag elapsed distance age"))
_SIGNS = {"\u20ac": "euros", "$": "dollars", "\u00a3": "pounds"}


def named(label: Hashable) -> tuple[list[str], str]:
    """The words of a column's name, and the unit at its end, spoken out, or ""."""
    text = " ".join(str(part) for part in label) if isinstance(label, tuple) else str(label)
    words = split(text)
    for sign, unit in _SIGNS.items():
        if sign in text:
            return [*words, unit], unit
    unit = _UNITS.get(words[-1], "") if len(words) > 1 else ""
    if _LASTING & set(words[:-1]):  # "delay_min"; the minimum of a "temp_min" is none
        unit = _LENGTHS.get(words[-1], unit)
    return words, unit

"""Units of numbers that were said: whether they are the column's, and what they are in the column's. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from voice_widget.agents.assistant.grammar.grammar import Impossible
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.kinds import shares
from voice_widget.agents.assistant.tables.tables import Column

_CURRENCY = frozenset(str.split("dollar dollars usd euro euros eur pound pounds bucks cents"))
_DEGREES = frozenset(("degree", "degrees", "celsius"))
_YEARS = frozenset(("year", "years"))
_PERCENT = frozenset(("percent", "pct"))
_UNITS = (
    "gram grams g",
    "kilogram kilograms kilo kilos kg",
    "millimeter millimeters mm millimetres",
    "centimeter centimeters cm centimetres",
    "meter meters m metre metres",
    "kilometer kilometers km",
    "dollar dollars usd bucks",
    "euro euros eur",
    "percent pct",
    "second seconds s",
    "minute minutes min mins",
    "hour hours",
    "millisecond milliseconds ms",
    "mile miles",
    "pound pounds",
    "megabytes mb",
    "gigabytes gb",
    "kwh",
)
_SIZES = (
    (
        "milliseconds millisecond ms 1",
        "seconds second sec secs 1000",
        "minutes minute mins min 60000",
        "hours hour hrs 3600000",
        "days day 86400000",
        "weeks week 604800000",
    ),
    ("grams gram 1", "kilograms kilogram kilos kilo kg 1000", "tonnes tonne tons ton 1000000"),
    (
        "millimeters millimeter mm millimetres 1",
        "centimeters centimeter cm centimetres 10",
        "meters meter metres metre 1000",
        "kilometers kilometer km 1000000",
    ),
)
"""What can be converted: units of one kind, each with its size. Nothing else is."""
_SIZE = {
    word: (kind, int(size))
    for kind, units in enumerate(_SIZES)
    for *words, size in (unit.split() for unit in units)
    for word in words
}


_SPANS = {
    word: seconds
    for words, seconds in (
        ("millisecond milliseconds ms", 0.001),
        ("second seconds s", 1),
        ("minute minutes", 60),
        ("hour hours", 3600),
        ("day days", 86_400),
        ("week weeks", 604_800),
    )
    for word in words.split()
}
"""Seconds of what a length of time is said in; months and years have no length of their own."""


def number_of(item: Item, column: Column) -> Any:
    """A number as this column holds it.

    Raises:
        Impossible: It was said in a unit that cannot be converted, or the column holds no numbers.
    """
    value, unit = item.value if isinstance(item.value, tuple) else (item.value, "")
    if column.kind == "duration":
        return _span(float(value), unit, column)
    if column.kind not in ("number", "bool"):
        raise Impossible(f"{column.spoken.capitalize()} holds no numbers to compare with.", [column])
    if column.flag is not None:
        raise Impossible(f"{column.spoken.capitalize()} is yes or no, so I cannot compare it.", [column])
    if unit in _PERCENT and is_share(column):
        return round(float(value) / 100, 10)
    if unit and not same_unit(unit, column):
        factor = _factor(unit, column)
        if factor is not None:
            return round(float(value) * factor, 10)
        raise Impossible(unconverted(unit, column), [column])
    return float(value)


def _span(value: float, unit: str, column: Column) -> timedelta:
    if unit in _SPANS:
        return timedelta(seconds=value * _SPANS[unit])
    name = column.spoken.capitalize()
    if unit:
        raise Impossible(f"{name} is a length of time, and I cannot convert {unit} into that.", [column])
    raise Impossible(f"{name} is a length of time: is that seconds, minutes, hours or days?", [column])


def unconverted(unit: str, column: Column) -> str:
    """Why a number in this unit says nothing of the column."""
    name = column.spoken.capitalize()
    if column.unit:
        return f"{name} is in {column.unit}, and I cannot convert {unit} into that."
    return f"I cannot convert {unit}: I do not know in what {column.spoken} is."


def convertible(unit: str, column: Column) -> bool:
    """Whether a number in this unit has one in the column's, be it the same or another."""
    return same_unit(unit, column) or _factor(unit, column) is not None


def _factor(unit: str, column: Column) -> float | None:
    said = _SIZE.get(unit)
    ours = next((_SIZE[w] for w in (column.unit, *reversed(column.words)) if w in _SIZE), None)
    return said[1] / ours[1] if said and ours and said[0] == ours[0] else None


def is_share(column: Column) -> bool:
    """Whether its numbers are clearly shares of one."""
    return column.kind == "number" and not column.unit and shares(column.series)


def same_unit(unit: str, column: Column) -> bool:
    """Whether a unit that was said is the column's."""
    if unit in _DEGREES and {"temperature", "temp"} & set(column.words) and not column.unit:
        return True
    ours = {column.unit, column.unit.removesuffix("s"), *column.words, *(w + "s" for w in column.words)}
    if unit in ours or unit.removesuffix("s") in {w.removesuffix("s") for w in ours if w}:
        return True
    if column.unit:
        return _same(unit, column.unit)
    return (unit in _CURRENCY and not {"age", "year", "count"} & set(column.words)) or (
        unit in _YEARS and "age" in column.words
    )


def _same(said: str, unit: str) -> bool:
    return any(said in names.split() and unit in names.split() for names in _UNITS)


def measured_in(unit: str, column: Column) -> bool:
    """Whether a number in this unit can only be of such a column."""
    if column.kind == "duration":
        return unit in _SPANS
    if unit in _CURRENCY:
        return False
    if column.unit:
        return _same(unit, column.unit) or _factor(unit, column) is not None
    if _SPANS.get(unit, 0) >= _SPANS["day"]:  # "stayed two days" is not of "hours worked"
        return same_unit(unit, column)
    return _factor(unit, column) is not None or (unit in _DEGREES and same_unit(unit, column))

"""Days, months, quarters and years as people say them: stretches of time, and what comes back every year.

Pure: what "last week" is depends on the day that is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from voice_widget.agents.assistant.language import numbers
from voice_widget.agents.assistant.language.lattice import Item
from voice_widget.agents.assistant.tables.plans import Unit

MONTHS = str.split("january february march april may june july august september october november december")
DAYS = str.split("monday tuesday wednesday thursday friday saturday sunday")
_MONTH = {name: n for n, name in enumerate(MONTHS, 1)}
_MONTH |= {name[:3]: n for name, n in list(_MONTH.items())} | {"sept": 9}
_WEEKDAY = {name + s: n for n, name in enumerate(DAYS) for s in ("", "s")}
_ORDINALS = {
    name: n
    for n, name in enumerate(
        str.split(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
            "thirteenth fourteenth "
            "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        ),
        1,
    )
} | {"thirtieth": 30}
_NTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_ISO = re.compile(r"(\d{4})-(\d\d?)(?:-(\d\d?))?")
_SEASONS = {"spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "winter": (12, 1, 2)}
_UNITS = {"day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year"}
_LAST = ("last", "previous", "past")
_THIS = ("this", "current")


@dataclass(frozen=True)
class Span:
    """From a moment to before another; None: open."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class Cycle:
    """What comes back: months, weekdays or quarters, by number (weekdays from Monday, 0)."""

    unit: Unit
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Date:
    """A day of a month, of a year that was not said."""

    month: int
    day: int


Period = Span | Cycle | Date


def year(number: int) -> Span:
    """A whole year."""
    return Span(datetime(number, 1, 1), datetime(number + 1, 1, 1))


def month(of: int, number: int, months: int = 1) -> Span:
    """A month of a year, or some from it on.

    Example:
        >>> month(2023, 12).end
        datetime.datetime(2024, 1, 1, 0, 0)
    """
    last = of * 12 + number - 1 + months
    return Span(datetime(of, number, 1), datetime(last // 12, last % 12 + 1, 1))


def day(of: int, number: int, date: int) -> Span | None:
    """One day, if there is such a one."""
    try:
        start = datetime(of, number, date)
    except ValueError:
        return None
    return Span(start, start + timedelta(days=1))


def ordinal(word: str) -> int | None:
    """Which number an ordinal is.

    Example:
        >>> ordinal("third"), ordinal("22nd"), ordinal("three")
        (3, 22, None)
    """
    match = _NTH.fullmatch(word)
    return int(match[1]) if match else _ORDINALS.get(word)


def items(words: Sequence[str], today: datetime) -> Iterator[Item]:
    """All stretches of time that are named."""
    said = {n.start: (n.end, n.value) for n in numbers.find(words)}
    for at in range(len(words)):
        for value, end in _named(words, at, said, today):
            if value is not None:
                yield Item("period", value, at, end, 1.0)
                if words[max(0, at - 1)] in ("year", "month") and at:  # "the year 2023", "the month of March"
                    yield Item("period", value, at - 1, end, 1.0)
                if at > 1 and words[at - 1] == "of" and words[at - 2] in ("year", "month"):
                    yield Item("period", value, at - 2, end, 1.0)


def _named(
    words: Sequence[str], at: int, said: dict[int, tuple[int, float]], today: datetime
) -> Iterator[tuple[Period | None, int]]:
    word = words[at]
    if match := _ISO.fullmatch(word):
        of, number = int(match[1]), int(match[2])
        if 1 <= number <= 12:
            yield (day(of, number, int(match[3])) if match[3] else month(of, number)), at + 1
        return
    if (found := _year(at, said)) is not None:
        of, end = found
        yield year(of), end
        quarter = _quarter(words, end)
        if quarter is not None:
            yield month(of, 3 * quarter[0] - 2, 3), quarter[1]
    if (quarter := _quarter(words, at)) is not None:
        number, end = quarter
        yield Cycle("quarter", (number,)), end
        if (found := _year(_skip(words, end), said)) is not None:
            yield month(found[0], 3 * number - 2, 3), found[1]
    months = {"month": 1, "quarter": 3}.get(words[at + 1] if at + 1 < len(words) else "", 0)
    found = _year(_skip(words, at + 2), said) if months and word in ("last", "final", "first") else None
    if found is not None:
        yield month(found[0], 1 if word == "first" else 13 - months, months), found[1]
    half = word in ("first", "second") and words[at + 1 : at + 2] == ["half"]
    if half and (found := _year(_skip(words, at + 2), said)) is not None:
        yield month(found[0], 1 if word == "first" else 7, 6), found[1]
    if word in _MONTH:
        number = _MONTH[word]
        yield Cycle("month", (number,)), at + 1
        if (found := _year(_skip(words, at + 1), said)) is not None:
            yield month(found[0], number), found[1]
        yield from _day_of(words, at, number, said)
    yield from _season(words, at, said)
    if word in _WEEKDAY:
        yield Cycle("weekday", (_WEEKDAY[word],)), at + 1
    if word in ("weekend", "weekends"):
        yield Cycle("weekday", (5, 6)), at + 1
    if word == "weekdays" and at and words[at - 1] in ("on", "during"):
        yield Cycle("weekday", (0, 1, 2, 3, 4)), at + 1
    yield from _day_first(words, at, said)
    yield from _relative(words, at, said, today)


def _season(
    words: Sequence[str], at: int, said: dict[int, tuple[int, float]]
) -> Iterator[tuple[Period | None, int]]:
    """As in "summer 2023", "in the fall"; which winter belongs to a year nobody knows."""
    name = words[at].removesuffix("s")
    if name == "fall":
        before = [word for word in words[max(0, at - 2) : at] if word != "the"]
        name = "autumn" if before[-1:] in (["in"], ["during"]) else ""
    if name not in _SEASONS:
        return
    months = _SEASONS[name]
    found = _year(_skip(words, at + 1), said)
    if found is None:
        yield Cycle("month", months), at + 1
    elif name != "winter":
        yield month(found[0], months[0], 3), found[1]


def _skip(words: Sequence[str], at: int) -> int:
    """Past "of", "in" and "the" before a year."""
    while at < len(words) and words[at] in ("of", "in", "the", "year"):
        at += 1
    return at


def _year(at: int, said: dict[int, tuple[int, float]]) -> tuple[int, int] | None:
    found = said.get(at)
    if found is None or found[1] != int(found[1]) or not 1800 <= found[1] <= 2199:
        return None
    return int(found[1]), found[0]


def _quarter(words: Sequence[str], at: int) -> tuple[int, int] | None:
    if at >= len(words):
        return None
    word, following = words[at], words[at + 1] if at + 1 < len(words) else ""
    if re.fullmatch(r"q[1-4]", word):
        return int(word[1]), at + 1
    if word == "q" and (number := _small(following)) is not None:
        return (number, at + 2) if 1 <= number <= 4 else None
    if word == "quarter" and (number := _small(following)) is not None:
        return (number, at + 2) if 1 <= number <= 4 else None
    nth = ordinal(word)
    if following in ("quarter", "quarters") and nth is not None and nth <= 4:
        return nth, at + 2
    return None


def _small(word: str) -> int | None:
    found = numbers.find([word]) if word else []
    return int(found[0].value) if found and found[0].value == int(found[0].value) else None


def _day_number(words: Sequence[str], at: int, said: dict[int, tuple[int, float]]) -> tuple[int, int] | None:
    """A day of a month: "5", "fifth", "twenty first", "5th"."""
    if at >= len(words):
        return None
    if words[at] in ("twenty", "thirty") and at + 1 < len(words):
        more = ordinal(words[at + 1])
        if more is not None and more < 10:
            return {"twenty": 20, "thirty": 30}[words[at]] + more, at + 2
    if (nth := ordinal(words[at])) is not None:
        return nth, at + 1
    found = said.get(at)
    if found is not None and found[1] == int(found[1]) and 1 <= found[1] <= 31:
        return int(found[1]), found[0]
    # "march five twenty twenty three" is one run of number words: a day and a year
    single = _small(words[at])
    return (single, at + 1) if single is not None and 1 <= single <= 31 else None


def _day_of(
    words: Sequence[str], at: int, number: int, said: dict[int, tuple[int, float]]
) -> Iterator[tuple[Period | None, int]]:
    """As in "March 5 2023", "March the fifth 2023"."""
    start = at + 2 if words[at + 1 : at + 2] == ["the"] else at + 1
    found = _day_number(words, start, said)
    if found is None:
        return
    for end in {found[1], start + 1}:
        date = found[0] if end == found[1] else _small(words[start])
        after = _skip(words, end)
        later = {n.start + after: (n.end + after, n.value) for n in numbers.find(words[after:])}
        if date is not None and (of := _year(after, later)) is not None:
            yield day(of[0], number, date), of[1]
    yield Date(number, found[0]), found[1]


def _day_first(
    words: Sequence[str], at: int, said: dict[int, tuple[int, float]]
) -> Iterator[tuple[Period | None, int]]:
    """As in "5 March 2023", "the fifth of March 2023"."""
    found = _day_number(words, at, said)
    if found is None:
        return
    date, end = found
    end += words[end : end + 1] == ["of"]
    if end < len(words) and words[end] in _MONTH:
        of = _year(_skip(words, end + 1), said)
        yield Date(_MONTH[words[end]], date), end + 1
        if of is not None:
            yield day(of[0], _MONTH[words[end]], date), of[1]


def _relative(
    words: Sequence[str], at: int, said: dict[int, tuple[int, float]], today: datetime
) -> Iterator[tuple[Period | None, int]]:
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    word = words[at]
    if word in ("today", "yesterday"):
        start = midnight - timedelta(days=word == "yesterday")
        yield Span(start, start + timedelta(days=1)), at + 1
    if word not in (*_LAST, *_THIS) or at + 1 >= len(words):
        return
    after = _skip(words, at + 2)
    of = _year(after, said) is not None or (after < len(words) and words[after] in _MONTH)
    if of and words[at + 1] in _UNITS:
        return  # the last month of a year is not the one before this
    if (unit := _UNITS.get(words[at + 1])) is not None:
        yield around(midnight, unit, 0 if word in _THIS else -1), at + 2
    found = said.get(at + 1)
    if word in _LAST and found is not None and found[0] < len(words):
        unit = _UNITS.get(words[found[0]].removesuffix("s"))
        if unit is not None and found[1] == int(found[1]) > 0:
            first = around(midnight, unit, -int(found[1]))
            yield Span(first.start, around(midnight, unit, -1).end), found[0] + 1


def around(moment: datetime, unit: str, offset: int) -> Span:
    """The day, week, month, quarter or year of a moment, or one before or after it.

    Example:
        >>> around(datetime(2024, 1, 15), "month", -1).start
        datetime.datetime(2023, 12, 1, 0, 0)
    """
    if unit == "day":
        start = moment + timedelta(days=offset)
        return Span(start, start + timedelta(days=1))
    if unit == "week":
        start = moment - timedelta(days=moment.weekday()) + timedelta(weeks=offset)
        return Span(start, start + timedelta(weeks=1))
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = (moment.year * 12 + moment.month - 1) // months * months + offset * months
    return month(first // 12, first % 12 + 1, months)


def whole(span: Span) -> str:
    """What a stretch is as a whole: ``year``, ``quarter``, ``month``, ``day``, or "" for another.

    Example:
        >>> whole(year(2023)), whole(month(2023, 3)), whole(Span(None, datetime(2023, 1, 1)))
        ('year', 'month', '')
    """
    if span.start is None or span.end is None:
        return ""
    for unit in ("day", "month", "quarter", "year"):
        if around(span.start, unit, 0) == span:
            return unit
    return ""


def said(span: Span) -> str:
    """A stretch in words.

    Example:
        >>> said(year(2023)), said(month(2023, 3)), said(Span(datetime(2023, 1, 1), None))
        ('2023', 'March 2023', 'since January 1, 2023')
    """
    unit = whole(span)
    if span.start is None or span.end is None:
        if span.start is not None:
            return f"since {_day(span.start)}"
        return f"before {_day(span.end)}" if span.end is not None else "at any time"
    name = MONTHS[span.start.month - 1].title()
    if unit == "year":
        return str(span.start.year)
    if unit == "quarter":
        return f"quarter {(span.start.month + 2) // 3} of {span.start.year}"
    if unit == "month":
        return f"{name} {span.start.year}"
    if unit == "day":
        return _day(span.start)
    return f"{_day(span.start)} to {_day(span.end - timedelta(days=1))}"


def _day(moment: datetime) -> str:
    return f"{MONTHS[moment.month - 1].title()} {moment.day}, {moment.year}"


def spoken(cycle: Cycle) -> str:
    """What comes back, in words.

    Example:
        >>> spoken(Cycle("month", (3, 4))), spoken(Cycle("weekday", (5, 6)))
        ('March or April', 'Saturday or Sunday')
    """
    if cycle.unit == "month":
        names = [MONTHS[n - 1].title() for n in cycle.numbers]
    elif cycle.unit == "weekday":
        names = [DAYS[n].title() for n in cycle.numbers]
    else:
        names = [f"quarter {n}" for n in cycle.numbers]
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))

"""Which rows of the question before are kept beside those that were said now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from voice_widget.agents.assistant.tables import periods
from voice_widget.agents.assistant.tables.plans import Filter

_YEAR = timedelta(days=360)
_LOW, _HIGH = ("above", "at least"), ("below", "at most")


def merged(
    old: Sequence[Filter], new: Sequence[Filter], *, both: bool = False, within: bool = False
) -> tuple[Filter, ...]:
    """Filters of which the new ones take the place of those of the same column, unless both may hold.

    Args:
        old: Those of the question before.
        new: Those that were said now.
        both: It was said by "and" or "only".
        within: It was said by "of those": all of the old ones hold.
    """
    if within:
        return tuple(dict.fromkeys((*old, *new)))
    fresh = [_of_the_year(f, old) for f in new]
    kept = [f for f in old if all(f.column != g.column or _beside(f, g, both=both) for g in fresh)]
    return (*kept, *fresh)


def _of_the_year(wanted: Filter, old: Sequence[Filter]) -> Filter:
    """As in "And in April", after March 2023: of the year that was spoken of."""
    months = {"month": 1, "quarter": 3}.get(wanted.values[0], 0) if wanted.op == "cycle" else 0
    before = [f for f in old if f.column == wanted.column and f.op == "period" and not f.negated]
    years = {moment.year for f in before for start, end in f.values for moment in _ends(start, end)}
    if not months or wanted.negated or len(years) != 1:
        return wanted
    year = years.pop()
    spans = [periods.month(year, (number - 1) * months + 1, months) for number in wanted.values[1:]]
    return Filter(wanted.column, "period", tuple((span.start, span.end) for span in spans))


def _ends(start: datetime | None, end: datetime | None) -> tuple[datetime, ...]:
    """The first and the last moment of a period; of one that is open an end that is in no year with it."""
    return start or datetime.min, (end or datetime.max) - timedelta(microseconds=1)


def _beside(old: Filter, new: Filter, *, both: bool) -> bool:
    """Whether both hold: "Mondays" and "in March", "in April" and "only 2023", "above 60" and "below 80"."""
    if not {old.op, new.op} - {"period", "cycle"}:
        return _times(old, new, both=both)
    if old.op == new.op == "in" and new.negated:  # "in Nice or Bath" and "not in Nice"
        return set(new.values).isdisjoint(old.values) if old.negated else set(new.values) < set(old.values)
    if not both or old.negated or new.negated:
        return False
    low, high = (old, new) if old.op in _LOW else (new, old)
    return bool(low.op in _LOW and high.op in _HIGH and low.values[0] < high.values[0])


def _times(old: Filter, new: Filter, *, both: bool) -> bool:
    if old.op == new.op == "cycle":
        return ("weekday" in old.values[:1]) != ("weekday" in new.values[:1])
    if old.op == new.op:  # "since 2023" and "before July"
        return both and _open(old) * _open(new) < 0
    spans = new.values if new.op == "period" else ((None, None),)
    long = any((end or datetime.max) - (start or datetime.min) > _YEAR for start, end in spans)
    return long or "weekday" in old.values[:1]


def _open(wanted: Filter) -> int:
    """To which side a period is open."""
    if wanted.negated or len(wanted.values) != 1:
        return 0
    [(start, end)] = wanted.values
    return (end is None) - (start is None)

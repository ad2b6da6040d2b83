"""Whether a number goes up or down over time: what is asked for, and what can be said of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from voice_widget.agents.assistant.tables.plans import Filter

if TYPE_CHECKING:
    import pandas as pd

Trend = Literal["", "told", "up", "down"]
_UP = (
    "grow",
    "grew",
    "rise",
    "rose",
    "ris",
    "increas",
    "going up",
    "go up",
    "gone up",
    "went up",
    "climb",
    "getting higher",
)
_DOWN = (
    "fall",
    "fell",
    "decreas",
    "declin",
    "shrink",
    "dropp",
    "going down",
    "go down",
    "gone down",
    "went down",
    "drop",
    "getting lower",
)
_CLEAR = 0.5  # so far from none must the correlation with time be


def asked(said: str) -> Trend:
    """Which way a word of a question for a yes or a no goes.

    Example:
        >>> asked("increasing"), asked("fell"), asked("over time")
        ('up', 'down', 'told')
    """
    if said.startswith(_UP):
        return "up"
    return "down" if said.startswith(_DOWN) else "told"


def years(wanted: Filter) -> int:
    """Over how many whole years a filter of dates goes; 0 where it is no such filter."""
    if wanted.op != "period" or wanted.negated or len(wanted.values) != 1:
        return 0
    start, end = wanted.values[0]
    if start is None or end is None or any((m.month, m.day) != (1, 1) for m in (start, end)):
        return 0
    return int(end.year - start.year)


def direction(found: pd.Series[Any]) -> Trend:
    """Which way numbers in the order of time go: "told" where their ends and all of them do not agree.

    Example:
        >>> import pandas as pd
        >>> direction(pd.Series([1.0, 2.0, 4.0])), direction(pd.Series([1.0, 9.0, 2.0]))
        ('up', 'told')
    """
    import pandas as pd

    if len(found) < 2:
        return "told"
    values = found.reset_index(drop=True).astype("float64")
    slope = values.corr(pd.Series(range(len(values)), dtype="float64"))
    rise = values.iloc[-1] - values.iloc[0]
    if slope != slope or abs(slope) < _CLEAR or slope * rise <= 0:
        return "told"
    return "up" if rise > 0 else "down"

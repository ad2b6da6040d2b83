"""One question, and the kinds of right answers that plain values do not tell apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


class _Refuse:
    """The only right thing is to say that it cannot be answered so, or to ask back."""

    def __repr__(self) -> str:
        return "REFUSE"


REFUSE = _Refuse()


@dataclass(frozen=True)
class Share:
    """A part of a whole, 0 to 1: may be said as a percentage, a fraction, or as "three of twelve"."""

    value: float


@dataclass(frozen=True)
class Gap:
    """How far two numbers are apart: the sign depends on who is named first, so it does not count."""

    value: float


@dataclass(frozen=True)
class Top:
    """The one that comes first, and its figure: a figure beside the right name must be right too.

    With `saying` (a regular expression) the text has to tell what was taken: an average in place of a total.
    """

    label: Any
    value: float | None = None
    saying: str = ""


@dataclass(frozen=True)
class Facts:
    """Figures that must all be there, said or shown, among whatever else."""

    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Spread:
    """The distribution of a column: its values, or counts of bins that add up to their number."""

    values: pd.Series


@dataclass(frozen=True)
class Mentions:
    """Words of which at least `least` must be said."""

    words: Sequence[str]
    least: int = 3


Right = Callable[[pd.DataFrame], Any] | _Refuse


@dataclass(frozen=True)
class Question:
    """What is asked of which table, and what is right.

    `right` gives a number, a bool, a label, a list of labels, a date or a period, a Series (label to
    figure), a DataFrame (rows) or one of the kinds above. `also` holds what honest people may answer
    too; `before` is what was asked before. `ordered` says that the order of a list or of rows is part of
    the answer.
    """

    table: str
    says: str
    right: Right
    kind: str
    also: Sequence[Right] = ()
    before: Sequence[str] = field(default=())
    ordered: bool = False

    def answers(self, frame: pd.DataFrame) -> list[Any]:
        """All answers that are right for this table, the most natural first."""
        return [each(frame) if callable(each) else each for each in (self.right, *self.also)]


def top(figures: pd.Series, saying: str = "") -> Top:
    """The label of the highest figure."""
    return Top(figures.idxmax(), float(figures.max()), saying)


def low(figures: pd.Series, saying: str = "") -> Top:
    """The label of the lowest figure."""
    return Top(figures.idxmin(), float(figures.min()), saying)


def share(these: pd.Series) -> Share:
    """How large a part is true."""
    return Share(float(these.mean()))


def two(figures: pd.Series, *labels: Any) -> pd.Series:
    """The figures of the labels that are compared: who says both has answered."""
    return figures[list(labels)]


def facts(column: pd.Series) -> Facts:
    """What must be told of a column of numbers."""
    return Facts({"mean": column.mean(), "min": column.min(), "max": column.max()})


def shape(frame: pd.DataFrame) -> Facts:
    """What must be told of a table."""
    return Facts({"rows": len(frame), "columns": frame.shape[1]})


CAN = Mentions(
    (
        "average",
        "count",
        "how many",
        "total",
        "highest",
        "filter",
        "plot",
        "sort",
        "rows",
        "columns",
        "missing",
        "group",
    )
)

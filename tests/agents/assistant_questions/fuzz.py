"""Puts words into a question that has a figure or a label as its answer, so that the old answer cannot stand.

Each variant comes with what it demands: the answer is another one, or it is a refusal. Only what must change
is put in: a limit may leave a highest value as it is, so limits go into counts, sums and means alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from .judge import figures, finds_none, judge, refuses
from .question import REFUSE, Gap, Question, Share, Top
from .spoken import plain
from .tables import table

Kind = Literal[
    "negation", "comparison", "unknown group", "unknown value", "time", "habit", "over length", "quantifier"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
# For each table a column half of whose rows lie above the figure, and the words by which a question may limit
# it itself: what is older than fifty is older than 43.
_LIMITS = {
    "penguins": ("body mass", 4050, "body mass|weigh|heav|light|gram"),
    "orders": ("units", 21, "units"),
    "employees": ("age", 43, r"\bage|old|young"),
    "awkward": ("count", 29, "count"),
    "log": ("duration", 140, "duration|took|take|long|slow|second"),
    "weather": ("wind", 15, "wind"),
}
# Turned round, and of the same figure all the same: nine of them in 2009, and nine in the other years.
_ALIKE = frozenset(("how many adelies from torgersen not in 2009 are lighter than 3500 grams",))
_FEW = 8  # so few rows may lie on one side of any limit
# Columns that part the rows of a table, by what is said for them, and one that parts them otherwise.
_PARTS = {
    "penguins": (("islands", "island", "species"), ("species", "species", "island")),
    "orders": (("countries", "country", "product"), ("regions", "region", "product")),
    "employees": (("depts", "dept", "level"),),
    "log": (("countries", "country", "path"),),
}
_LONG = " ".join(40 * ["of them"])
# Each tells what once was, or how it came to what it is: no row says that.
_ONCE = (
    (r"\b(?:live|lives|work|works) (?=(?:in|on|at|for) )", "used to work "),
    (r"\b(?:are|were) (?=(?:in|on|at|from) )", "used to be "),
    (r"\b(?:are|were) (?=(?:in|on|at|from|active|remote)\b)", "should be "),
    (r"\bfrom (?=[a-z])", "that moved to "),
    (r"\b(?:in|on) (?=[a-z])", "that stayed in "),
)
# Each turns a part of a question round. Where more than one fits, each is put in by itself.
_TURNS = (
    (r"\bfrom (?=\w)", "not from "),
    (r"\bin (?=\w)", "not in "),
    (r"\bon (?=dream|biscoe|torgersen|weekends)", "not on "),
    (r"\bfor (?=\w)", "excluding "),
    (r"\bat (?=the )", "not at "),
    (r"\bare (?=in |active|between|remote)", "are not "),
    (r"\bwere (?=returned|hired|measured|last)", "were not "),
    (r"\bhad (?=status|between|revenue)", "did not have "),
    (r"\bwith (?=an? )", "without "),
    (r"\bof (?=seniors|active|remote)", "of all except "),
)


@dataclass(frozen=True)
class Variant:
    """A question with something put in, after which the old answer is wrong."""

    plain: Question
    question: Question
    kind: Kind

    def fine(self, text: str, shown: Sequence[Any] = (), before: str = "") -> bool:
        """Whether the answer is a refusal, or another than the right one of the question as it was.

        Args:
            text: What was spoken in answer to the variant.
            shown: What was shown with it.
            before: What was spoken in answer to the question as it was: the same again is a word dropped.
        """
        if refuses(self.question, text) or finds_none(self.question, text):
            return True
        if judge(replace(self.plain, says=self.question.says, also=()), text, shown) == "right":
            return False
        told = figures(self.question, text)
        if before and told and set(told) == set(figures(self.plain, before)):
            return False
        return bool(text.strip() or len(shown))


def variants(question: Question, frame: pd.DataFrame | None = None) -> Iterator[Variant]:
    """All variants of a question that has a figure or a label as its answer; none of any other."""
    frame = table(question.table) if frame is None else frame
    if question.right is REFUSE or question.before or question.kind in _WHOLE:
        return
    right = question.answers(frame)[0]
    figure = isinstance(right, (int, float, np.number, Share, Gap)) and not isinstance(
        right, (bool, np.bool_)
    )
    if not figure and not isinstance(right, (str, Top)):
        return
    if figure and _value(right) == 0:
        return
    says = re.sub(r"[ ,]*please$", "", plain(question.says))

    def put(text: str, kind: Kind) -> Variant:
        return Variant(question, replace(question, says=text, right=REFUSE, also=(), kind=kind), kind)

    yield put(f"{says} by flavour", "unknown group")
    yield put(f"{says} per favourite colour", "unknown group")
    yield put(f"{says} in atlantis", "unknown value")
    yield put(f"{says} for the purple ones", "unknown value")
    yield put(f"{says} in 1987", "time")
    yield put(f"{says} {_LONG} in atlantis", "over length")
    if not figure or _extreme(says) or question.table not in _LIMITS:
        return
    yield put(f"{says} last week", "time")
    name, limit, own = _LIMITS[question.table]
    few = isinstance(right, (int, np.integer)) and right < _FEW
    if not few and not isinstance(right, (Share, Gap)) and not re.search(own, says):
        yield put(f"{says} with {name} above {limit}", "comparison")
        yield put(f"{says} where {name} is at most {limit}", "comparison")
    if question.kind not in {"filter", "filtered", "date", "several", "range"}:
        return
    for pattern, instead in _ONCE:
        told = re.sub(pattern, instead, says, count=1)
        if told != says and not re.search(r"\bmonths?\b|\bq[1-4]\b|quarter", says):
            yield put(told, "habit")
    for pattern, instead in _TURNS:
        turned = re.sub(pattern, instead, says, count=1)
        if (
            turned != says
            and turned not in _ALIKE
            and not re.search(r"\b(?:not|without|except\w*|exclud\w+)\b", says)
        ):
            yield put(turned, "negation")


def quantified(name: str) -> Iterator[Variant]:
    """Which parts of a table have only some rows, or all, where the plain question is of those with any.

    Args:
        name: The table.
    """
    frame = table(name)
    for said, column, other in _PARTS.get(name, ()):
        for value in frame[other].unique():
            rows = frame[frame[other] == value]
            every = sum((part[other] == value).all() for _, part in frame.groupby(column))
            any_ = rows[column].nunique()
            if any_ == every:
                continue
            spoken = str(value).strip("/").lower()

            def right(frame: pd.DataFrame, of: str = column, by: str = other, one: Any = value) -> int:
                return int(frame[frame[by] == one][of].nunique())

            plain_ = Question(name, f"how many {said} have {spoken}", right, "distinct")
            for says in (f"how many {said} have only {spoken}", f"how many {said} are all {spoken}"):
                yield Variant(plain_, replace(plain_, says=says, right=REFUSE), "quantifier")


_WHOLE = {"rows", "columns", "help", "repeat", "missing", "describe", "distinct", "first_last"}


def _extreme(says: str) -> bool:
    return bool(
        re.search(
            r"\b(?:max\w*|min\w*|highest|lowest|longest|shortest|largest|smallest|percentile|median|most|least|latest"
            r"|correl\w*|earliest|biggest|oldest|youngest|coldest|warmest"
            r"|hottest|strongest|heaviest|lightest|slowest|fastest|hot|cold|deepest|cheapest|quickest|quartile)\b",
            says,
        )
    )


def _value(right: Any) -> float:
    return float(right.value if isinstance(right, (Share, Gap)) else right)

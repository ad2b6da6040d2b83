"""How far coders agree: percent agreement, Cohen's, Fleiss' and Krippendorff's, by libraries."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from voice_widget.analysis.coding import units
from voice_widget.analysis.coding.copies import Copies, copies
from voice_widget.analysis.coding.labelling import names_of
from voice_widget.analysis.coding.scheme import NONE
from voice_widget.analysis.numeric import whole
from voice_widget.analysis.parts import load
from voice_widget.errors import SettingError, nearest, refusing, shown
from voice_widget.realtime.state.records import SIDES, Side

if TYPE_CHECKING:
    import pandas as pd

    from voice_widget.analysis.coding.coded import Coded

_MEASURES = ("percent", "cohen", "fleiss", "krippendorff")
_NOTHING = "No unit was judged by two coders."
_ONE = "All is {}: where only one category occurs, chance alone would agree as well."
_TWO = "It is of two coders: `pairs` has it for each two."


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far coders agree.

    Attributes:
        by: What a unit is: a turn, or a slice of a stretch.
        coders: Their names.
        codes: The categories that occur, `(none)` among them.
        n: So many units were judged by at least two coders.
        percent: Of all pairs of judgments of one unit, so many percent agree.
        cohen: Cohen's kappa, of two coders. NaN: `why` says why; so of the next two.
        fleiss: Fleiss' kappa, of the units that all have judged.
        krippendorff: Krippendorff's alpha, nominal, of all units that two have judged.
        why: Why a measure is not defined, by its name.
        left_out: So many labels count for no unit: they lie outside, or are not of what is asked.
        table: What each coder (column) says of each unit (row); empty: nothing is known.
    """

    by: Literal["turn", "stretch"]
    coders: tuple[str, ...]
    codes: tuple[str, ...]
    n: int
    percent: float
    cohen: float
    fleiss: float
    krippendorff: float
    why: Mapping[str, str]
    left_out: int
    table: pd.DataFrame = field(repr=False)

    @property
    def df(self) -> pd.DataFrame:
        """One row per measure: its value, the numbers of units and coders, and why it is not defined."""
        import pandas as pd

        values = [getattr(self, name) for name in _MEASURES]
        return pd.DataFrame(
            {
                "measure": pd.array(list(_MEASURES), dtype="string"),
                "value": pd.array([None if math.isnan(x) else x for x in values], dtype="Float64"),
                "n": pd.array([self.n] * len(values), dtype="Int64"),
                "coders": pd.array([len(self.coders)] * len(values), dtype="Int64"),
                "why": pd.array([self.why.get(name) for name in _MEASURES], dtype="string"),
            }
        )

    @property
    def pairs(self) -> pd.DataFrame:
        """One row per pair of coders: how many units both have judged, percent agreement, Cohen's kappa."""
        import pandas as pd

        rows = []
        for one, other in combinations(self.coders, 2):
            both = _both(self.table, one, other)
            percent = 100 * sum(a == b for a, b in both) / len(both) if both else math.nan
            rows.append((one, other, len(both), percent, _cohen(both, self.codes)[0]))
        made = pd.DataFrame(rows, columns=["coder", "other", "n", "percent", "cohen"])
        return made.astype({"coder": "string", "other": "string", "n": "Int64"} | _FLOATS)

    def confusion(self, one: str | None = None, other: str | None = None) -> pd.DataFrame:
        """How often one coder (rows) gave each code where the other (columns) gave each.

        Args:
            one: A coder; of two coders neither needs to be named.
            other: Another one.

        Raises:
            SettingError: There is no such coder (``unknown_coder``).
        """
        import pandas as pd

        if one is None and other is None and len(self.coders) == 2:
            one, other = self.coders
        for name in (one, other):
            if name not in self.coders:
                raise unknown_coder(name, self.coders)
        both = _both(self.table, str(one), str(other))
        often = Counter(both)
        counted = [[often[a, b] for b in self.codes] for a in self.codes]
        rows = pd.Index(self.codes, name=one, dtype="string")
        return pd.DataFrame(counted, rows, pd.Index(self.codes, name=other, dtype="string"), dtype="Int64")


_FLOATS = {"percent": "Float64", "cohen": "Float64"}


@refusing('Write agreement(talk), or agreement(mine, hers, by="stretch").')
def agreement(
    *coded: Coded | pd.DataFrame,
    by: Literal["turn", "stretch"] = "turn",
    coders: Iterable[str] | None = None,
    code: str | None = None,
    side: Side | None = None,
    step_ms: int = 100,
    unlabelled: Literal["none", "missing"] = "none",
    talk: Coded | None = None,
) -> Agreement:
    """How far coders agree on one talk.

    A coder is a name in the labels of a copy: copies with one name are of so many coders, AB (1) and AB (2),
    also where they say the same. Only a copy that has further names, and AB's labels as another copy has
    them, holds those of the same AB.

    Args:
        coded: The talk, or copies of it that were coded apart, or tables of labels (`Talk.labels_df`).
        by: Units are turns, or slices of time of each side, each with the code that lies on its middle. A
            label of both sides says the same of each. Neighbouring slices are much alike: their number says
            little about how sure the measure is.
        coders: Only these; if nothing is said, all who gave labels.
        code: Whether a unit has this code; if nothing is said, which one it has.
        side: Only this side's; of slices also what is said of both.
        step_ms: How long a slice is.
        unlabelled: What has no label was judged to have none (``"none"``), or was not judged (``"missing"``).
        talk: Of which tables are: it says which turns there are, and how long it lasts. Without it these are
            the turns that have a label, and the time up to the last label's end.

    Raises:
        SettingError: It is not one talk (``not_one_talk``), there are fewer than two coders (``one_coder``),
            no such coder (``unknown_coder``), or one gave several codes to one unit (``several_codes``).
        MissingParts: statsmodels or krippendorff is not installed; they are in the extra ``analysis``.

    Example:
        >>> from voice_widget import Scheme, Talk
        >>> talk = Talk.example()
        >>> talk.scheme = Scheme("request", "answer")
        >>> for coder, codes in (("AB", ["request", "answer"]), ("CD", ["request", "request"])):
        ...     for seq, code in enumerate(codes, start=1):
        ...         _ = talk.label(code, seq=seq, coder=coder)
        >>> found = agreement(talk)
        >>> found.percent, round(found.cohen, 2)
        (75.0, 0.6)
    """
    _checked(by, side, step_ms, unlabelled)
    found = copies(coded, talk)
    chosen = _chosen(found, coders)
    judged = _judged(found, chosen, by, code, side, step_ms, missing=unlabelled == "missing")
    return _agreement(by, judged)


def unknown_coder(name: object, coders: Sequence[str]) -> SettingError:
    """That nobody of that name gave labels."""
    return SettingError(
        f"There is no coder {shown(name)}.",
        code="unknown_coder",
        next_step=nearest(name, coders) or f"There are {', '.join(coders) or 'none'}.",
    )


def _checked(by: object, side: object, step_ms: object, unlabelled: object) -> None:
    for name, value, options in (
        ("by", by, ("turn", "stretch")),
        ("side", side, (None, *SIDES)),
        ("unlabelled", unlabelled, ("none", "missing")),
    ):
        if value not in options:
            listed = " or ".join(repr(each) for each in options if each is not None)
            raise SettingError(f"{name} cannot be {shown(value)}.", next_step=f"Choose {listed}.")
    if whole(step_ms, 1) is None:
        raise SettingError(
            f"A slice lasts a whole number of milliseconds, not {shown(step_ms)}.",
            next_step="Give step_ms=100, or more.",
        )


def _chosen(found: Copies, coders: Iterable[str] | None) -> list[str]:
    known = list(found.coders)
    wanted = known if coders is None else names_of(coders)
    for name in wanted:
        if name not in known:
            raise unknown_coder(name, known)
    wanted = list(dict.fromkeys(wanted))
    if len(wanted) < 2:
        there = ", ".join(wanted) or "nobody"
        raise SettingError(
            f"Agreement is of two coders or more, and these labels are by {there}.",
            code="one_coder",
            next_step="Let another coder label the same talk, each with a coder= of their own.",
        )
    return wanted


def _judged(
    found: Copies,
    chosen: Sequence[str],
    by: str,
    code: str | None,
    side: Side | None,
    step_ms: int,
    *,
    missing: bool,
) -> units.Judged:
    given = {name: found.coders[name] for name in chosen}
    if by == "turn":
        seqs = [seq for seq, role in found.turns.items() if side in (None, role)]
        return units.turns(given, seqs, code, missing=missing)
    sides = SIDES if side is None else (side,)
    return units.slices(given, found.end_ms, int(step_ms), code, missing=missing, sides=sides)


def _agreement(by: Literal["turn", "stretch"], judged: units.Judged) -> Agreement:
    import pandas as pd

    coders = tuple(judged.said)
    table = pd.DataFrame(judged.said, index=_index(by, judged.units), dtype="string")
    rows = [[x for x in row if x is not None] for row in zip(*judged.said.values(), strict=True)]
    rows = [row for row in rows if len(row) > 1]
    seen = {each for row in rows for each in row}
    codes = (*sorted(seen - {NONE}), *(NONE for _ in seen & {NONE}))
    counts = [[row.count(code) for code in codes] for row in rows]
    whole = [row for row in counts if sum(row) == len(coders)]
    cohen, no_cohen = (
        _cohen(_both(table, *coders), codes) if len(coders) == 2 else (math.nan, _TWO if rows else _NOTHING)
    )
    fleiss, no_fleiss = _fleiss(whole, codes)
    alpha, no_alpha = _krippendorff(counts, codes)
    why = {"cohen": no_cohen, "fleiss": no_fleiss, "krippendorff": no_alpha}
    why = {"percent": "" if rows else _NOTHING, **why}
    return Agreement(
        by,
        coders,
        codes,
        len(rows),
        _percent(counts),
        cohen,
        fleiss,
        alpha,
        {name: reason for name, reason in why.items() if reason},
        judged.left_out,
        table,
    )


def _index(by: str, found: Sequence[Any]) -> pd.Index:
    import pandas as pd

    if by == "turn":
        return pd.Index(found, name="seq", dtype="Int64")
    sides = pd.array([side for side, _ in found], dtype="string")
    starts = pd.array([start for _, start in found], dtype="Int64")
    return pd.MultiIndex.from_arrays([sides, starts], names=["side", "start_ms"])


def _both(table: pd.DataFrame, one: str, other: str) -> list[tuple[str, str]]:
    """What two coders say of the units that both have judged."""
    there = table[[one, other]].dropna()
    return list(zip(there[one].tolist(), there[other].tolist(), strict=True))


def _percent(counts: Sequence[Sequence[int]]) -> float:
    pairs = sum(sum(row) * (sum(row) - 1) for row in counts)
    return 100 * sum(n * (n - 1) for row in counts for n in row) / pairs if pairs else math.nan


def _undefined(counts: Sequence[Sequence[int]], codes: Sequence[str]) -> str:
    if not counts:
        return _NOTHING
    there = [code for code, *column in zip(codes, *counts, strict=True) if any(column)]
    return _ONE.format(there[0]) if len(there) == 1 else ""


def _cohen(both: Sequence[tuple[str, str]], codes: Sequence[str]) -> tuple[float, str]:
    inter_rater = load("statsmodels.stats.inter_rater", "Agreement")
    why = _undefined([[pair.count(code) for code in codes] for pair in both], codes)
    if why:
        return math.nan, why
    often = Counter(both)
    counted = [[often[one, other] for other in codes] for one in codes]
    return float(inter_rater.cohens_kappa(counted, return_results=False)), ""


def _fleiss(counts: Sequence[Sequence[int]], codes: Sequence[str]) -> tuple[float, str]:
    inter_rater = load("statsmodels.stats.inter_rater", "Agreement")
    if not counts:
        return math.nan, "No unit was judged by all coders."
    why = _undefined(counts, codes)
    return (math.nan, why) if why else (float(inter_rater.fleiss_kappa(counts)), "")


def _krippendorff(counts: Sequence[Sequence[int]], codes: Sequence[str]) -> tuple[float, str]:
    krippendorff = load("krippendorff", "Agreement")
    why = _undefined(counts, codes)
    if why:
        return math.nan, why
    import numpy as np

    return float(krippendorff.alpha(value_counts=np.array(counts), level_of_measurement="nominal")), ""

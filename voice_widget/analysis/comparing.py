"""From two talks, or two sets of talks, to how they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np

from voice_widget.analysis.comparison import Comparison, Measured, Sample
from voice_widget.analysis.measurable import Measurable
from voice_widget.analysis.measuring import measured
from voice_widget.analysis.numeric import number, whole
from voice_widget.analysis.per_talk import per_talk, word_error_rates
from voice_widget.analysis.per_turn import BY_TURN
from voice_widget.analysis.word_errors import Scripts, scored
from voice_widget.errors import SettingError, refusing, shown

Talks: TypeAlias = Measurable | Iterable[Measurable]
"""A talk, some, or those of `read_talks`."""
_EXAMPLE = "Write compare(talk, other), or compare([talk], [other])."


@refusing(_EXAMPLE)
def compare(
    a: Talks,
    b: Talks,
    *,
    names: tuple[str, str] = ("a", "b"),
    seed: int = 0,
    resamples: int = 2000,
    level: float = 0.95,
    script: Scripts | None = None,
) -> Comparison:
    """Compare two talks, or two sets of talks, measure by measure.

    Of measures that turns have (such as ``response_gap_ms``) the medians over all turns are compared, of the
    others (counts, shares, tokens, cost) the means over talks. An interval of the difference comes from the
    bootstrap, with Student's t as few talks need it (`voice_widget.analysis.resampling`): of a set whole
    talks are drawn; of a single talk its turns, so that it says nothing of other talks. Where the interval
    does not hold 0, the difference is ``clear``, unless more than half of the values of one are doubtful (see
    `Talk.measures`): then only how well they are heard may differ, and a ``reason`` says so. Of twenty
    measures without any difference one is so by chance. All of it takes talks as independent of each other:
    copies of one, or one with other noise in it, are not, and what is clear of them is so of that one talk.

    There is no interval, and a ``reason``, where one of both has fewer than 5 values, or two talks, where
    units or prices differ, where nothing varies, and for values of single talks.

    Args:
        a: A talk, several, or those of `read_talks`.
        b: What it is compared with.
        names: What the two are called.
        seed: Where chance begins: the same seed gives the same intervals.
        resamples: How often the bootstrap draws.
        level: How often an interval is to hold the difference.
        script: What was to be said in each of the talks, as `Talk.measures` takes it. It adds the word error
            rate, of which each talk is a value.

    Raises:
        SettingError: Something is no talk, or there is none (``no_talks``), or a setting cannot be; the
            script does not fit one of the talks (``script_unfit``, ``unknown_turn``).

    Example:
        >>> from voice_widget import Talk, compare
        >>> compare(Talk.example(), Talk.example(), names=("before", "after")).names
        ('before', 'after')
    """
    _check(names, seed, resamples, level)
    one, other = (_sample(given, name, script) for given, name in zip((a, b), names, strict=True))
    return Comparison(one, other, resamples=int(resamples), level=float(level), seed=int(seed))


def _check(names: object, seed: object, resamples: object, level: object) -> None:
    if (
        not isinstance(names, tuple | list)
        or len(names) != 2
        or not all(isinstance(name, str) and name for name in names)
        or names[0] == names[1]
    ):
        raise SettingError(
            f"`names` are two texts that differ, not {shown(names)}.", next_step='Write names=("a", "b").'
        )
    for name, value, least in (("seed", seed, 0), ("resamples", resamples, 100)):
        if whole(value, least) is None:
            raise SettingError(
                f"`{name}` is a whole number from {least}, not {shown(value)}.", next_step="Leave it out."
            )
    if not 0 < number(level) < 1:
        raise SettingError(
            f"`level` lies between 0 and 1, not {shown(level)}.", next_step="Write level=0.95."
        )


def _sample(given: object, name: str, script: Scripts | None) -> Sample:
    if isinstance(given, Measurable):
        given = [given]
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise _no_talk(given)
    sample = Sample(name)
    for talk in given:  # one after the other: those of a bucket are here only as long
        if not isinstance(talk, Measurable):
            raise _no_talk(talk)
        _take(sample, talk, script)
    if not sample.talks:
        raise SettingError(f"There is no talk in {name}.", code="no_talks", next_step="Give one at least.")
    return sample


def _take(sample: Sample, talk: Measurable, script: Scripts | None) -> None:
    sample.talks += 1
    scores = {} if script is None else scored(talk._analysed(), script)
    measures, turns = _tables(talk)
    sample.prices.add(shown(talk._analysed().manifest.get("prices"), most=100_000))
    for row in [*measures, *word_error_rates(scores)]:
        name, side = row["measure"], row["side"]
        found = sample.measures.setdefault((name, side), Measured())
        found.missing += row["missing"]
        counted = row["unit"] == "turns" and row["value"] is not None
        found.cases += row["value"] if counted else row["n"]
        found.doubtful += row["doubtful"]
        found.units.add(row["unit"])
        own = row.get("values") or [turn.get(name) for turn in turns if side in (None, turn["role"])]
        if row["value"] is not None:
            found.of_talks.append(np.array([row["value"]], np.float64))
        elif name in BY_TURN and (values := [value for value in own if value is not None]):
            found.of_turns.append(np.array(values, np.float64))


def _tables(talk: Measurable) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What `Talk.measures` gives of a talk, by talk and by turn, for which it is listened to once."""
    found = measured(talk._analysed())
    return per_talk(found.sounding, found.cells, found.metrics), found.cells


def _no_talk(given: object) -> SettingError:
    return SettingError(
        f"{shown(given)} is no recorded talk.",
        next_step="Give what read_talk or read_talks gives, or a list of talks.",
    )

"""A talk, as far as coding reads it, and its labels with the times and sides that the talk gives them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Row
from voice_widget.recording.labels import Label, Labels
from voice_widget.recording.spoken import Utterance

if TYPE_CHECKING:
    import pandas as pd

    from voice_widget.analysis.coding.scheme import Scheme


class Coded(Protocol):
    """A recorded talk that can be labelled: `voice_widget.Talk` is one."""

    _unsaved: Labels

    @property
    def folder(self) -> Path | None: ...  # noqa: D102 - as `Talk` has them

    @property
    def samples(self) -> int: ...  # noqa: D102

    @property
    def duration_ms(self) -> int: ...  # noqa: D102

    @property
    def rows(self) -> list[Row]: ...  # noqa: D102

    @property
    def scheme(self) -> Scheme | None: ...  # noqa: D102

    @property
    def labels_df(self) -> pd.DataFrame: ...  # noqa: D102

    def labels(self) -> list[Label]: ...  # noqa: D102

    def utterances(self) -> list[Utterance]: ...  # noqa: D102

    def stretches(self) -> dict[int, tuple[int, int]]: ...  # noqa: D102


def laid(talk: Coded, labels: Sequence[Label], codes: Collection[str] | None) -> list[Label]:
    """Labels with their times and samples, those of turns as turns have them; what does not count says so.

    Args:
        talk: The talk.
        labels: Its labels, as they are stored.
        codes: Those of its scheme; None: it has none, and nothing is said of codes.
    """
    if not labels:
        return []
    sides = {row["seq"]: row["role"] for row in talk.rows}
    samples, end_ms = talk.samples, talk.duration_ms
    sounding = talk.stretches() if samples else {}
    told = {one.seq: (one.start_ms, one.end_ms) for one in talk.utterances()}
    found = []
    for label in labels:
        if label.seq is not None:
            label = _of_turn(label, sides, sounding, told)
        else:
            label = _of_stretch(label, samples, end_ms)
        if label.problem is None and codes is not None and label.code not in codes:
            label = replace(label, problem="unknown_code")
        found.append(label)
    return found


def _of_turn(
    label: Label,
    sides: Mapping[int, str],
    sounding: Mapping[int, tuple[int, int]],
    told: Mapping[int, tuple[int, int | None]],
) -> Label:
    side = sides.get(label.seq or 0)
    if side is None:
        return replace(label, problem="unknown_turn")
    label = replace(label, side=next((each for each in SIDES if each == side), None))
    if (there := sounding.get(label.seq or 0)) is not None:
        start, end = there
        start_ms, last_ms = (round(at * 1000 / RATE) for at in there)
        return replace(label, start=start, end=end, start_ms=start_ms, end_ms=last_ms)
    first_ms, end_ms = told.get(label.seq or 0, (None, None))
    return replace(label, start_ms=first_ms, end_ms=end_ms)


def _of_stretch(label: Label, samples: int, end_ms: int) -> Label:
    assert label.start_ms is not None
    assert label.end_ms is not None
    if not (0 <= label.start_ms < label.end_ms <= end_ms):
        return replace(label, problem="outside")
    if not samples:
        return label
    start, end = (min(ms * RATE // 1000, samples) for ms in (label.start_ms, label.end_ms))
    return replace(label, start=start, end=end)

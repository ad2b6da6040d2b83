"""Other detectors over a talk: one by one, and a rule over a grid of numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from voice_widget.analysis.numeric import number, whole
from voice_widget.analysis.what_if.detectors import (
    Candidate,
    Detectors,
    Hearings,
    Vad,
    candidates,
    check_number,
    found_by,
    judge_of,
    vad_parts,
)
from voice_widget.analysis.what_if.hearing import Heard
from voice_widget.analysis.what_if.judging import COLUMNS, COUNTS, SUMMARY, WAITS, judged, summary
from voice_widget.analysis.what_if.result import Sweep, WhatIf
from voice_widget.analysis.what_if.rules import Rule, turns
from voice_widget.analysis.what_if.truth import Recorded, truth
from voice_widget.errors import SettingError, VoiceWidgetError, nearest, shown
from voice_widget.realtime.settings.parts import Part
from voice_widget.tables.columns import frame

TOLERANCE_MS = 50.0
NUMBERS = ("silence_duration_ms", "threshold", "min_speech_ms")
"""What a sweep may vary, beside the detector of speech."""


def what_if(
    talk: Recorded,
    hearings: Hearings,
    detector: Detectors,
    *,
    vad: Vad | Sequence[Vad] | None,
    turn_detector: Vad,
    tolerance_ms: float,
) -> WhatIf:
    """See `Supposable.what_if`."""
    tried = candidates(detector, vad)
    tolerance = checked_tolerance(tolerance_ms)
    judge = judge_of(turn_detector)
    known = truth(talk)
    problems: list[VoiceWidgetError] = [*known.problems]
    rows: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    there: list[Candidate] = []
    failed: list[VoiceWidgetError] = []
    for one, found in zip(tried, found_by(tried, hearings, judge), strict=True):
        if isinstance(found, VoiceWidgetError):
            failed.append(found)
            continue
        there.append(one)
        own = judged(one.name, known.spoken, found, tolerance)
        rows += own
        told.append({"detector": one.name, **summary(own)})
    if not there:
        raise failed[0]
    return WhatIf(frame(rows, COLUMNS), frame(told, SUMMARY), (*problems, *failed), hearings.sound)


def sweep(
    talk: Recorded,
    hearings: Hearings,
    grid: Mapping[str, Any],
    *,
    tolerance_ms: float,
    jobs: int | None,
) -> Sweep:
    """See `Supposable.sweep`."""
    numbers, vads = _grid(grid)
    tolerance = checked_tolerance(tolerance_ms)
    if jobs is not None and whole(jobs, 1) is None:
        raise SettingError(f"`jobs` is a whole number from 1, not {shown(jobs)}.")
    known = truth(talk)
    heard = hearings(vads, None if jobs is None else int(jobs))
    failed = [one for one in heard if isinstance(one, VoiceWidgetError)]
    if len(failed) == len(heard):
        raise failed[0]
    rows: list[dict[str, Any]] = []
    for one in heard:
        if not isinstance(one, Heard):
            continue
        for values in itertools.product(*numbers.values()):
            chosen = dict(zip(numbers, values, strict=True))
            own = judged("", known.spoken, turns(one, Rule(**chosen)), tolerance)
            rows.append({"vad": one.vad, **chosen, **summary(own)})
    columns = {"vad": "string", **dict.fromkeys(numbers, "Float64"), **COUNTS, **WAITS}
    return Sweep(frame(rows, columns), ("vad", *numbers), (*known.problems, *failed))


def checked_tolerance(tolerance_ms: object) -> float:
    """How far two times may lie apart and be the same.

    Raises:
        SettingError: It is no such number.
    """
    if not 0 <= (tolerance := number(tolerance_ms)) < math.inf:
        raise SettingError(f"tolerance_ms is a number from 0, not {shown(tolerance_ms)}.")
    return tolerance


def _grid(grid: object) -> tuple[dict[str, list[float]], list[Part | None]]:
    if not isinstance(grid, Mapping) or not grid:
        raise SettingError(
            f"A sweep takes values by name, not {shown(grid)}.",
            next_step='Give {"silence_duration_ms": range(200, 1000, 100)}.',
        )
    known = (*NUMBERS, "vad")
    for name in grid:
        if name not in known:
            raise SettingError(
                f"A sweep does not vary {shown(name)}.",
                next_step=nearest(name, known) or f"It varies {', '.join(known)}.",
            )
    numbers = {
        name: [check_number(name, value) for value in _values(name, grid[name])]
        for name in NUMBERS
        if name in grid
    }
    return numbers, vad_parts(grid.get("vad"))


def _values(name: str, given: object) -> list[object]:
    values = (
        [given] if isinstance(given, int | float | str) or not isinstance(given, Iterable) else list(given)
    )
    if not values:
        raise SettingError(f"There is no value of {name} to try.", next_step="Give one, or a list.")
    return [value.item() if isinstance(value, np.generic) else value for value in values]

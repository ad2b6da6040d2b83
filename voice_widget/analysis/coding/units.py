"""What is judged, unit by unit, and what each coder says of it: turns, or slices of time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from voice_widget.analysis.coding.scheme import NONE
from voice_widget.errors import SettingError
from voice_widget.realtime.state.records import Side
from voice_widget.recording.labels import Label

Coders = Mapping[str, Sequence[Label]]


class Judged(NamedTuple):
    """What coders say of units.

    Attributes:
        units: Turns by their ``seq``, or slices by their side and where they begin in milliseconds.
        said: For each coder the code of each unit: `scheme.NONE` is none, None that nobody knows.
        left_out: So many labels count for none of them.
    """

    units: list[int] | list[tuple[Side | None, int]]
    said: dict[str, list[str | None]]
    left_out: int


def turns(coders: Coders, seqs: Iterable[int], code: str | None, *, missing: bool) -> Judged:
    """Units are turns.

    Args:
        coders: The labels of each.
        seqs: The turns that were to be judged.
        code: Whether a turn has this one is all that is asked; None: which one it has.
        missing: What has no label was not judged; else it was judged to have none.

    Raises:
        SettingError: A coder gave several codes to one turn (``several_codes``).

    Example:
        >>> turns({"A": [Label(1, "x", "A", seq=2)], "B": []}, [1, 2], None, missing=False).said
        {'A': ['(none)', 'x'], 'B': ['(none)', '(none)']}
    """
    units = list(seqs)
    said: dict[str, list[str | None]] = {}
    left_out = 0
    for coder, labels in coders.items():
        codes: dict[int, set[str]] = {seq: set() for seq in units}
        for label in labels:
            if label.problem is None and label.seq in codes:
                codes[label.seq].add(label.code)
            else:
                left_out += 1
        said[coder] = [_one(codes[seq], code, missing, f"turn {seq}", coder) for seq in units]
    return Judged(units, said, left_out)


def slices(
    coders: Coders,
    end_ms: int,
    step_ms: int,
    code: str | None,
    *,
    missing: bool,
    sides: Sequence[Side],
) -> Judged:
    """Units are slices of time, of each side that has a label; a slice has the code that lies on its middle.

    A slice whose middle lies behind the talk's end is none. A label of both sides says the same of each.
    Where both are asked for and no label is of one side alone, a slice is of both.

    Args:
        coders: The labels of each.
        end_ms: How long the talk is.
        step_ms: How long a slice is.
        code: As of `turns`.
        missing: As of `turns`.
        sides: Only these, and both.

    Raises:
        SettingError: A coder gave several codes to one slice (``several_codes``).
    """
    timed = {
        coder: [
            label
            for label in labels
            if label.problem is None
            and None not in (label.start_ms, label.end_ms)
            and label.side in (*sides, None)
        ]
        for coder, labels in coders.items()
    }
    there = {label.side for label in chain.from_iterable(timed.values())}
    lanes: list[Side | None] = [side for side in sides if side in there or None in there]
    if there == {None} and len(lanes) > 1:
        lanes = [None]
    starts = range(0, max(0, end_ms - step_ms // 2), step_ms)  # whose middle lies in the talk
    said: dict[str, list[str | None]] = {}
    for coder, labels in timed.items():
        said[coder] = []
        for side in lanes:
            codes: list[set[str]] = [set() for _ in starts]
            for label in labels:
                if label.side in (side, None):
                    for at in _covered(label, step_ms, len(codes)):
                        codes[at].add(label.code)
            said[coder] += [
                _one(each, code, missing, f"{start} ms", coder)
                for start, each in zip(starts, codes, strict=True)
            ]
    left_out = sum(map(len, coders.values())) - sum(map(len, timed.values()))
    return Judged([(side, start) for side in lanes for start in starts], said, left_out)


def _covered(label: Label, step_ms: int, count: int) -> range:
    """The slices whose middle lies in a label."""
    assert label.start_ms is not None
    assert label.end_ms is not None
    # Twice as long: the middle of a slice may be half a millisecond.
    first = -(-(2 * label.start_ms - step_ms) // (2 * step_ms))
    last = -(-(2 * label.end_ms - step_ms) // (2 * step_ms))
    return range(max(0, first), min(last, count))


def _one(codes: set[str], asked: str | None, missing: bool, where: str, coder: str) -> str | None:
    if not codes and missing:
        return None
    if asked is not None:
        return asked if asked in codes else NONE
    if len(codes) > 1:
        raise SettingError(
            f"{coder} gave {where} several codes: {', '.join(sorted(codes))}. Which of them agrees?",
            code="several_codes",
            next_step="Ask for each code by itself, with code=….",
        )
    return next(iter(codes), NONE)

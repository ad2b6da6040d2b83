"""Labels as tiers of ELAN and Praat, and what the names of those tiers say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.exports.laying import line
from voice_widget.recording.labels import Label

_PREFIX, _BOTH = "labels/", "both"


class LabelTier(NamedTuple):
    """A tier of one coder's labels of one side, in order, without overlaps.

    Attributes:
        name: The tier's.
        coder: Whose labels they are.
        side: Whose sound they are of; None: both sides'.
        spans: Start and end in milliseconds, and the code.
    """

    name: str
    coder: str
    side: Side | None
    spans: list[tuple[int, int, str]]


def label_tiers(labels: Iterable[Label]) -> list[LabelTier]:
    """One tier per coder and side; what overlaps in it has further ones, so that nothing is cut.

    Labels of turns of which nobody knows when they sounded are in no tier.

    Example:
        >>> one = Label(1, "repair", "AB", side="user", start_ms=0, end_ms=900)
        >>> two = Label(2, "laughs", "AB", side="user", start_ms=500, end_ms=700)
        >>> [(tier.name, tier.spans) for tier in label_tiers([one, two])]
        [('labels/AB/user', [(0, 900, 'repair')]), ('labels/AB/user/2', [(500, 700, 'laughs')])]
    """
    own: dict[tuple[str, Side | None], list[tuple[int, int, str]]] = {}
    for label in labels:
        if label.start_ms is not None and label.end_ms is not None and label.start_ms >= 0:
            span = (label.start_ms, max(label.end_ms, label.start_ms + 1), line(label.code))
            own.setdefault((line(label.coder), label.side), []).append(span)
    found: list[LabelTier] = []
    for coder in dict.fromkeys(coder for coder, _ in own):
        for side in (*SIDES, None):
            for number, lane in enumerate(_lanes(own.get((coder, side), [])), start=1):
                name = f"{_PREFIX}{coder}/{side or _BOTH}" + (f"/{number}" if number > 1 else "")
                found.append(LabelTier(name, coder, side, lane))
    return found


def coder_and_side(name: str) -> tuple[str, Side | None] | None:
    """Whose labels a tier of that name holds, and of which side; None: it is none of ours.

    Example:
        >>> coder_and_side("labels/A/B/user/2"), coder_and_side("gestures")
        (('A/B', 'user'), None)
    """
    if not name.startswith(_PREFIX):
        return None
    coder, _, last = name.removeprefix(_PREFIX).rpartition("/")
    if last.isdecimal():
        coder, _, last = coder.rpartition("/")
    side = next((side for side in SIDES if side == last), None)
    return (coder, side) if coder and (side or last == _BOTH) else None


def _lanes(spans: Iterable[tuple[int, int, str]]) -> list[list[tuple[int, int, str]]]:
    lanes: list[list[tuple[int, int, str]]] = []
    for span in sorted(spans):
        lane = next((lane for lane in lanes if lane[-1][1] <= span[0]), None)
        if lane is None:
            lanes.append([span])
        else:
            lane.append(span)
    return lanes

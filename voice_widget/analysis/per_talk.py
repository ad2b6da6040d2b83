"""The measures of a talk: counts, shares and rates, and how the values of its turns are spread. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from voice_widget.analysis.doubts import doubts_of
from voice_widget.analysis.per_turn import PARTS, Cells, Sounding
from voice_widget.analysis.spans import free, length, shared, touches, union
from voice_widget.analysis.speaking import overlap_share, talk_share
from voice_widget.analysis.usage import used
from voice_widget.analysis.word_errors import Scored, total
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.realtime.wire.spoken_words import words
from voice_widget.tables.transcript import heard

BY_TALK = {
    "measure": "string",
    "side": "string",
    "unit": "string",
    "n": "Int64",
    "missing": "Int64",
    "value": "Float64",
    "p50": "Float64",
    "p90": "Float64",
    "p95": "Float64",
    "points": "string",
    "doubtful": "Int64",
}
FEW = 20
"""With fewer values their points are shown: a percentile of so few says nothing."""
_SPREAD: tuple[tuple[str, tuple[Side, ...]], ...] = (
    ("response_gap_ms", ("assistant",)),
    ("answer_gap_ms", ("assistant",)),
    *((part, ("assistant",)) for part in (*PARTS, "unexplained_ms")),
    ("floor_transfer_offset_ms", ("user", "assistant")),
    ("barge_in_stop_ms", ("assistant",)),
    ("tool_silence_ms", ("assistant",)),
)


def per_talk(sounding: Sounding, cells: Sequence[Cells], metrics: Iterable[Mapping[str, Any]]) -> list[Cells]:
    """A dict for each measure and side.

    Args:
        sounding: The talk as it was heard.
        cells: Of each turn.
        metrics: What its responses and transcriptions used.
    """
    by_side = {side: [each for each in cells if each["role"] == side] for side in SIDES}
    found = [_spread(name, side, by_side[side]) for name, sides in _SPREAD for side in sides]
    found.append(_dead_air(sounding, cells))
    found += [_count("turns", side, by_side[side], lambda each: True) for side in SIDES]
    found += _kinds(by_side, sounding)
    found += _shares(by_side, cells, sounding)
    found += [_rate(side, by_side[side], sounding) for side in SIDES]
    for each in used(metrics):
        found.append(_row(each.measure, None, each.unit, each.n, each.missing) | {"value": each.value})
    return found


def word_error_rates(scores: Mapping[Side, Scored]) -> list[Cells]:
    """A dict for each side that has a script.

    Args:
        scores: Each of them against its script.
    """
    found = []
    for side, score in scores.items():
        whole = total(score.found.values())
        row = _row("word_error_rate", side, "errors/word", whole.words, score.unread)
        found.append(row | {"value": whole.rate})
    return found


def spread(values: Sequence[float]) -> Cells:
    """Percentiles of values, or their points where there are fewer than twenty.

    Percentiles are linear between the values next to them (definition 7 of R. J. Hyndman, Y. Fan, "Sample
    quantiles in statistical packages", The American Statistician 50 (1996), 361-365).

    Example:
        >>> spread([683.2, 740.0])
        {'points': '683, 740'}
    """
    if len(values) < FEW:
        return {"points": ", ".join(str(round(value)) for value in values) or None}
    p50, p90, p95 = np.percentile(values, [50, 90, 95]).tolist()
    return {"p50": p50, "p90": p90, "p95": p95}


def _spread(name: str, side: Side, cells: Sequence[Cells]) -> Cells:
    cases = [each[name] for each in cells if name in each]
    values = [value for value in cases if value is not None]
    row = _row(name, side, "ms", len(values), len(cases) - len(values), _doubtful(name, cells))
    return row | spread(values)


def _dead_air(sounding: Sounding, cells: Sequence[Cells]) -> Cells:
    silences = [end - start for start, end in sounding.silences.known]
    unknown = len(sounding.silences.unknown)
    row = _row("dead_air_ms", None, "ms", len(silences), unknown, _doubtful("dead_air_ms", cells))
    return row | spread(silences) | {"values": silences}  # not all of them are in a turn


def _shares(
    by_side: Mapping[Side, Sequence[Cells]], cells: Sequence[Cells], sounding: Sounding
) -> list[Cells]:
    """The shares of the time of which both sides are known; turns that touch other time are missing."""
    lost, unsure = sounding.told.lost, sounding.told.unsure
    # Of a turn whose sound was lost its row says the times, which are wider than the sound that was lost.
    told = [
        (each.start_ms, each.end_ms)
        for each in sounding.turns
        if each.source == "events" and touches(lost, each.start_ms, each.end_ms)
    ]
    last = max((end for _, end in sounding.either), default=0.0)
    known = free(union([*lost, *told]), 0.0, last)
    own, other = (shared(sounding.sounds[side], known) for side in ("user", "assistant"))

    def row(name: str, side: Side | None, turns: Sequence[Cells], doubtful: Callable[..., int]) -> Cells:
        there = [each for each in turns if not unsure(each["start_ms"], each["end_ms"])]
        return _row(name, side, "share", len(there), len(turns) - len(there), doubtful(there))

    overlap = row("overlap_share", None, cells, lambda there: _doubtful("overlap_ms", there))
    shares = [overlap | {"value": overlap_share(own, other)}]
    for side, (mine, theirs) in zip(SIDES, ((own, other), (other, own)), strict=True):
        share = row("talk_share", side, by_side[side], _ends)
        shares.append(share | {"value": talk_share(mine, theirs)})
    return shares


def _kinds(by_side: Mapping[Side, Sequence[Cells]], sounding: Sounding) -> list[Cells]:
    assistant = by_side["assistant"]
    stopped = [each for each in assistant if "false_yield" in each]
    false = _count("false_yields", "assistant", stopped, lambda each: each["false_yield"])
    false["doubtful"] = _counted_by_one(stopped, "false_yield", "yes", lambda each: each["false_yield"])
    if not sounding.told.stops:
        false["value"] = None
    back = [_of_kind("backchannels", side, by_side[side], "backchannel") for side in SIDES]
    fillers = _of_kind("fillers", "assistant", assistant, "filler")
    return [*_interruptions(assistant, stopped, sounding), false, *back, fillers]


def _interruptions(
    assistant: Sequence[Cells], stopped: Sequence[Cells], sounding: Sounding
) -> tuple[Cells, Cells]:
    """How often either side took the floor while the other one had it.

    Definition: of the user, answers that stopped because the user spoke, as the rows' ``stopped_by`` says; of
    a file of somebody else's nobody says it, and answers that ended under the user's speech are missing. Of
    the assistant, answers that began while the user had 500 ms or more yet to say, whether they took the
    floor or ended within the user's turn.

    Source: ours, of ``stopped_by`` and of when turns sound; the 500 ms are a choice of ours
    (`floor.INTERRUPTS_MS`).
    """
    user = _row("interruptions", "user", "turns", len(assistant)) | {"value": float(len(stopped))}
    if not sounding.told.stops:
        user = _row("interruptions", "user", "turns", 0, len(stopped))
    return user, _of_kind("interruptions", "assistant", assistant, "interruption")


def _rate(side: Side, cells: Sequence[Cells], sounding: Sounding) -> Cells:
    told = [each for each in cells if each["speech_rate"] is not None]
    row = _row("speech_rate", side, "words/min", len(told), len(cells) - len(told), _ends(told))
    if told:
        said = sum(len(words(heard(sounding.told.rows[each["seq"]]))) for each in told)
        row["value"] = said * 60_000 / length((each["start_ms"], each["end_ms"]) for each in told)
    return row


def _count(measure: str, side: str, cells: Sequence[Cells], counts: Callable[[Cells], bool | None]) -> Cells:
    """How many of the cases count; None is a case of which nobody knows, and of these alone is no sum."""
    told = [counts(each) for each in cells]
    known = [each for each in told if each is not None]
    row = _row(measure, side, "turns", len(known), len(told) - len(known))
    return row | {"value": float(sum(known)) if known or not told else None}


def _of_kind(measure: str, side: Side, cells: Sequence[Cells], kind: str) -> Cells:
    """How many turns are of a kind; doubtful are those that one way to hear alone says so of."""

    def counts(each: Cells) -> bool:
        return bool(each["kind"] == kind)

    return _count(measure, side, cells, counts) | {"doubtful": _counted_by_one(cells, "kind", kind, counts)}


def _counted_by_one(
    cells: Iterable[Cells], name: str, told: str, counts: Callable[[Cells], bool | None]
) -> int:
    """So many cases one way to hear counts, and the other does not."""
    others = ((each, doubts_of(each).get(name)) for each in cells)
    return sum(other is not None and (bool(counts(each)) or other == told) for each, other in others)


def _doubtful(name: str, cells: Iterable[Cells]) -> int:
    return sum(name in doubts_of(each) for each in cells)


def _ends(cells: Iterable[Cells]) -> int:
    """So many turns of which one end is doubtful."""
    return sum(not doubts_of(each).keys().isdisjoint(("start_ms", "end_ms")) for each in cells)


def _row(measure: str, side: str | None, unit: str, n: int, missing: int = 0, doubtful: int = 0) -> Cells:
    told = {"measure": measure, "side": side, "unit": unit, "n": n, "missing": missing, "doubtful": doubtful}
    return dict.fromkeys(BY_TALK) | told

"""What is remarkable in a talk, as sentences that each cite a time and a quote. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from voice_widget.analysis.doubts import doubts_of
from voice_widget.analysis.finding import Finding, Findings, turns
from voice_widget.analysis.per_turn import Cells, Told
from voice_widget.analysis.spans import Span, length
from voice_widget.realtime.state.records import SIDES
from voice_widget.tables.transcript import heard

OVERLAP_MS = 1000.0
"""Both speak for so long: a choice of ours; within it people sort out who goes on."""
MOST = 3
"""Of one kind so many are told, the worst, and how many more there are."""
_QUOTED = 70


def findings(
    told: Told,
    cells: Sequence[Cells],
    metrics: Iterable[Mapping[str, Any]],
    began: float | None = None,
    trailing: Iterable[Span] = (),
) -> Findings:
    """What is remarkable of a talk.

    Args:
        told: What its records say.
        cells: Of each turn, as `per_turn.Sounding` gives them.
        metrics: What its responses and transcriptions came to.
        began: When the recording began, in seconds since the epoch.
        trailing: Silences behind which no turn comes.
    """
    found = _Finder(told, cells)
    every = [
        *found.errors(metrics, began),
        *found.cut(),
        *found.false_yields(),
        *found.slow(),
        *found.dead_air(trailing),
        *found.overlaps(),
        *found.interrupting(),
        *found.missing(),
        *found.unheard(),
        *found.holes(),
        *found.doubtful(),
    ]
    return Findings(every, len(cells))


def clock(ms: float) -> str:
    """A time as people write it.

    Example:
        >>> clock(4713), clock(3_723_400)
        ('0:04.7', '1:02:03.4')
    """
    tenths = int(ms) // 100
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 10:02}.{rest % 10}"
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"


class _Finder:
    def __init__(self, told: Told, cells: Sequence[Cells]) -> None:
        self._told, self._cells = told, cells
        self._place = {each["seq"]: place for place, each in enumerate(cells)}

    # --- what went wrong ---

    def errors(self, metrics: Iterable[Mapping[str, Any]], began: float | None) -> Iterator[Finding]:
        by_item = {row["item_id"]: seq for seq, row in self._told.rows.items()}
        for each in metrics:
            if each.get("error") is None:
                continue
            items = [each.get("item_id"), each.get("question_id")]
            seq = next((by_item[item] for item in items if item in by_item), None)
            cells = None if seq not in self._place else self._cells[self._place[seq]]
            at = self._moment(each, cells, began)
            quote = self._last_said(at) if seq is None else _quote(heard(self._told.rows[seq]))
            after = f", at “{quote}”" if quote else ""
            what = "a transcription" if each["kind"] == "transcription" else "an answer"
            sentence = f"At {clock(at)} {what} failed{after}: {each['error']}"
            yield Finding(sentence, "errors", round(at), quote, seq, None, 1000.0)

    def _last_said(self, at: float) -> str:
        """The last words before a moment."""
        said = [heard(self._told.rows[each["seq"]]) for each in self._cells if each["start_ms"] <= at]
        return next((_quote(text) for text in reversed(said) if text), "")

    def _moment(self, metric: Mapping[str, Any], cells: Cells | None, began: float | None) -> float:
        if cells is not None:
            return float(cells["end_ms"])
        at = metric.get("started_at") or metric.get("arrived_at")
        if at is None or began is None:
            return 0.0
        return max(0.0, (datetime.fromisoformat(str(at)).timestamp() - began) * 1000)

    def cut(self) -> Iterator[Finding]:
        for cells in self._cells:
            row = self._told.rows[cells["seq"]]
            if not cells["interrupted"] or cells.get("false_yield"):
                continue
            said, by = _quote(heard(row)), row["stopped_by"]
            asked = "" if said else self._question(cells)[0]
            after = f"{_after(said)}, asked “{asked}”" if asked else _after(said)
            sentence = f"At {clock(cells['end_ms'])} the assistant was cut off {after}{_why(by)}"
            stop = cells.get("barge_in_stop_ms")
            if stop is not None:
                sentence += f", {_seconds(stop)} after the user had begun to speak"
                sentence += _doubted(cells, "barge_in_stop_ms")
            weight = 300.0 if by in ("speech", "interrupt") else 800.0
            at = round(cells["end_ms"])
            yield Finding(f"{sentence}.", "interruptions", at, said or asked, cells["seq"], stop, weight)

    def false_yields(self) -> Iterator[Finding]:
        for cells in self._cells:
            if not cells.get("false_yield"):
                continue
            row = self._told.rows[cells["seq"]]
            over = cells["stopped_for"]
            said = "" if over is None else _quote(heard(self._told.rows[over]))
            for_what = f"for “{said}”" if said else "for a short sound of the user's"
            quote = _quote(heard(row))
            sentence = (
                f"At {clock(cells['end_ms'])} the assistant stopped {for_what}, "
                f"which probably was not meant to stop it, {_after(quote)}{_doubted(cells, 'false_yield')}."
            )
            yield Finding(sentence, "false_yields", round(cells["end_ms"]), quote, cells["seq"], 1.0, 600.0)

    # --- time that was lost ---

    def slow(self) -> Iterator[Finding]:
        gaps = [each["response_gap_ms"] for each in self._cells if each.get("response_gap_ms") is not None]
        silent = sorted(
            (each for each in self._cells if (each.get("tool_silence_ms") or 0) > self._told.dead_air_ms),
            key=lambda each: -each["tool_silence_ms"],
        )
        for cells in silent[:MOST]:
            quote = self._question(cells)
            value = cells["tool_silence_ms"]
            sentence = f"At {clock(cells['start_ms'])} the answer{quote[1]} had let a tool run, and "
            sentence += f"nobody spoke for {_seconds(value)}{_more(silent, cells)}."
            yield self._lost(sentence, "tool_silence_ms", cells, quote[0], value)
        slow = sorted(
            (
                each
                for each in self._cells
                if _waited(each)[1] > self._told.dead_air_ms and each not in silent
            ),
            key=lambda each: -_waited(each)[1],
        )
        for cells in slow[:MOST]:
            quote = self._question(cells)
            measure, value = _waited(cells)
            sentence = f"At {clock(cells['start_ms'])} the answer{quote[1]} came after {_seconds(value)}"
            if measure == "answer_gap_ms":
                sentence += ", with a filler before it"
            elif value == max(gaps) and len(gaps) > 1:
                sentence += f", the longest wait of {len(gaps)} (median {_seconds(float(np.median(gaps)))})"
            yield self._lost(f"{sentence}{_more(slow, cells)}.", measure, cells, quote[0], value)

    def dead_air(self, trailing: Iterable[Span]) -> Iterator[Finding]:
        """Those before an answer are told as a slow answer."""
        dead: list[tuple[float, float, int | None]] = [  # how long, from when, and at which turn
            (x["dead_air_ms"], x["dead_air"][0][0], x["seq"])
            for x in self._cells
            if x.get("dead_air_ms") and not _is_slow(x, self._told.dead_air_ms)
        ]
        dead += [(end - start, start, None) for start, end in trailing]
        dead.sort(key=lambda each: (-each[0], each[1]))
        for place, (value, at, seq) in enumerate(dead[:MOST]):
            quote = self._last_said(at)
            after = f" after “{quote}”" if quote else ""
            more = _left(dead) if place == MOST - 1 else ""
            end = ", to the end of the recording" if at + value == self._told.end_ms else ""
            sentence = f"At {clock(at)} nobody spoke for {_seconds(value)}{after}{end}{more}."
            weight = 100 + min(400.0, value / 25)
            yield Finding(sentence, "dead_air_ms", round(at), quote, seq, value, weight)

    def _lost(self, sentence: str, measure: str, cells: Cells, quote: str, value: float) -> Finding:
        weight = 150 + min(400.0, value / 20)
        return Finding(sentence, measure, round(cells["start_ms"]), quote, cells["seq"], value, weight)

    # --- both at once ---

    def overlaps(self) -> Iterator[Finding]:
        # Each is there twice, once for either side: it is told of the turn that began later.
        long = [
            each
            for each in self._cells
            if each.get("begun_over_ms", 0) >= OVERLAP_MS and each["kind"] in ("turn", "interruption")
        ]
        long.sort(key=lambda each: -each["begun_over_ms"])
        for cells in long[:MOST]:
            quote, value = _quote(heard(self._told.rows[cells["seq"]])), cells["begun_over_ms"]
            sentence = f"At {clock(cells['start_ms'])} both spoke for {_seconds(value)}, as {_who(cells)} "
            sentence += f"began{_with(quote)}{_doubted(cells, 'overlap_ms')}{_more(long, cells)}."
            weight = 100 + min(200.0, value / 20)
            at = round(cells["start_ms"])
            yield Finding(sentence, "overlap_ms", at, quote, cells["seq"], value, weight)

    def interrupting(self) -> Iterator[Finding]:
        for cells in self._cells:
            if cells["role"] != "assistant" or cells["kind"] != "interruption":
                continue
            quote, value = _quote(heard(self._told.rows[cells["seq"]])), cells["user_yet_ms"]
            sentence = f"At {clock(cells['start_ms'])} the assistant began{_with(quote)} while the user had "
            sentence += f"{_seconds(value)} yet to say{_doubted(cells, 'kind')}."
            at = round(cells["start_ms"])
            yield Finding(sentence, "interruptions", at, quote, cells["seq"], value, 400.0)

    # --- what is not known ---

    def missing(self) -> Iterator[Finding]:
        lost = [each for each in self._cells if "response_gap_ms" in each and each["response_gap_ms"] is None]
        if lost:
            quote, known = self._question(lost[0]), sum("response_gap_ms" in each for each in self._cells)
            at = lost[0]["start_ms"]
            sentence = f"Of {len(lost)} of {known} answers nobody knows the response gap, as sound was lost, "
            sentence += f"paused or redacted: first at {clock(at)}, of the answer{quote[1]}."
            seq = lost[0]["seq"]
            yield Finding(sentence, "response_gap_ms", round(at), quote[0], seq, None, 90.0)

    def doubtful(self) -> Iterator[Finding]:
        odd = [each for each in self._cells if "response_gap_ms" in doubts_of(each)]
        if odd:
            quote = self._question(odd[0])
            value = odd[0].get("response_gap_ms")
            other = doubts_of(odd[0])["response_gap_ms"]
            told = "none" if value is None else f"{round(value)} ms"
            sentence = (
                f"At {clock(odd[0]['start_ms'])} the response gap of the answer{quote[1]} is doubtful: "
            )
            sentence += f"{told}, and by another way to hear {other}{_more(odd, odd[0], 1)}."
            at = round(odd[0]["start_ms"])
            yield Finding(sentence, "response_gap_ms", at, quote[0], odd[0]["seq"], value, 60.0)

    def unheard(self) -> Iterator[Finding]:
        """Sides of which there are turns, and nothing in the sound."""
        by = {side: [each for each in self._cells if each["role"] == side] for side in SIDES}
        silent = [x for x in by.values() if x and all(each["source"] == "events" for each in x)]
        for own in silent if self._told.end_ms is not None else [self._cells][: bool(self._cells)]:
            quote, at = _quote(heard(self._told.rows[own[0]["seq"]])), own[0]["start_ms"]
            there = f"Nothing is heard of the {own[0]['role']} in what was recorded"
            sentence = "There is no sound" if self._told.end_ms is None else there
            sentence += f", so the times of {turns(len(own))} are those of the rows: the first at {clock(at)}"
            sentence += f"{_with(quote)}."
            yield Finding(sentence, "sound", round(at), quote, own[0]["seq"], None, 50.0)

    def holes(self) -> Iterator[Finding]:
        for side in SIDES:
            spans = self._told.unknown.get(side, ())
            if not spans:
                continue
            (at, _), value = spans[0], length(spans)
            quote = self._last_said(at)
            after = f" after “{quote}”" if quote else ""
            sentence = f"At {clock(at)}{after} sound of the {side} was lost, paused or redacted, "
            sentence += f"{_seconds(value)} in all: what is beside it nobody knows."
            yield Finding(sentence, "sound", round(at), quote, None, value, 40.0)

    # --- quotes ---

    def _question(self, cells: Cells) -> tuple[str, str]:
        """What an answer answers: the quote, and how a sentence names it."""
        call = self._told.calls.get(cells["seq"])
        before = [
            each
            for each in self._cells[: self._place[cells["seq"]]]
            if each["role"] == "user" and self._told.calls.get(each["seq"]) == call
        ]
        said = _quote(heard(self._told.rows[before[-1]["seq"]])) if before else ""
        if said:
            return said, f" to “{said}”"
        own = _quote(heard(self._told.rows[cells["seq"]]))
        return own, f" “{own}”" if own else ""


def _doubted(cells: Cells, name: str) -> str:
    """That a second way to hear says something else, and what."""
    other = doubts_of(cells).get(name)
    if other is None:
        return ""
    if name == "kind":
        told = f"it is {'an' if other == 'interruption' else 'a'} {other}"
    else:
        told = f"it is {other} ms" if other.isdigit() else f"there is {other}"
    return f" (doubtful: by another way to hear {told})"


def _waited(cells: Cells) -> tuple[str, float]:
    """How long one waited for an answer: to the answer itself, where a filler came first."""
    measure = "response_gap_ms" if "response_gap_ms" in cells else "answer_gap_ms"
    return measure, float(cells.get(measure) or 0.0)


def _is_slow(cells: Cells, threshold_ms: float) -> bool:
    return _waited(cells)[1] > threshold_ms or (cells.get("tool_silence_ms") or 0) > threshold_ms


def _more(listed: Sequence[Cells], cells: Cells, most: int = MOST) -> str:
    """How many more there are, said once, with the last that is told."""
    return _left(listed, most) if len(listed) > most and cells is listed[most - 1] else ""


def _left(listed: Sequence[Any], most: int = MOST) -> str:
    """How many are not told."""
    left = len(listed) - most
    return f" (and {left} more like it)" if left > 0 else ""


def _who(cells: Cells) -> str:
    return f"the {cells['role']}"


def _after(said: str) -> str:
    return f"after “{said}”" if said else "before a word of it was known"


def _with(said: str) -> str:
    """With what a turn began, where that is known."""
    return f" with “{said}”" if said else ""


def _why(by: str | None) -> str:
    return {
        "speech": "",
        "interrupt": " by hand",
        "call_lost": ", as the call was lost",
        "call_ended": ", as the call ended",
        "timeout": ", as it took too long",
        "failure": ", as it failed",
        "token_limit": ", as it had used its tokens",
        "content_filter": ", by a content filter",
        "events_lost": ", as events were lost",
    }.get(by or "", "")


def _seconds(ms: float) -> str:
    return f"{round(ms)} ms" if abs(ms) < 1000 else f"{ms / 1000:.1f} s"


def _quote(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1].rstrip()}…"

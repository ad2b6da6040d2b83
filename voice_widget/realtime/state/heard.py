"""Which of what was heard is which utterance: the times of rows are those of what sounded.

Events say about when somebody spoke; the ear (a page's, or the count of samples) says it to the sample. Both
come late, and beside a busy kernel in any order: so they are put together by when they were, not by when they
came.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from voice_widget.realtime.state.clock import Clock, Page, Span
from voice_widget.realtime.state.records import Side, TimeSource
from voice_widget.realtime.state.rows import Turn

# Of each side the times of so many may still change.
_LATEST = 4
# What the ear hears lies this near to what the service tells, at most.
_NEAR_S = 0.2
# Two utterances between which the ear hears no pause share what it hears, if it is this much of each.
_SHARED_S = 0.3


class Moment(NamedTuple):
    """When something was: on the service's clock, if that was said, and when we were told."""

    ms: float | None
    at: float


@dataclass(slots=True, eq=False)
class Utterance:
    """What one side said without the other's turn between, as told and as heard.

    Attributes:
        turns: Its rows: of an answer there may be several, one after the other.
        begin: When it began.
        told: Somebody has told that; else it is when the one before had ended.
        end: When it was over; None: it is not.
        asked: The user's, if it answers one.
        played_ms: So much of its sound was played, if it was cut.
        on_ms: When the ear heard it begin, on the page's clock; None: it did not.
        off_ms: When the ear heard it end; None: it did not (yet).
    """

    turns: list[Turn]
    begin: Moment
    told: bool = True
    end: Moment | None = None
    asked: Utterance | None = None
    played_ms: float = math.inf
    on_ms: float | None = None
    off_ms: float | None = None


@dataclass(slots=True)
class _Heard:
    """What the ear heard of one utterance."""

    begin: float
    end: float
    told: bool
    parts: list[Span] = field(default_factory=list)

    def shared(self, on: float, off: float) -> float:
        if not self.told and on < self.begin:
            return -math.inf  # it was still the one before
        return min(off, self.end) - max(on, self.begin)


class Heard:
    """The latest utterances of both sides in one call.

    Args:
        clock: The service's.
        page: What the page heard.
        ear: How times are called that the ear has heard.
        counted: How those are called that the service has told.
    """

    def __init__(self, clock: Clock, page: Page, ear: TimeSource, counted: TimeSource) -> None:
        self._clock, self._page = clock, page
        self._ear, self._counted = ear, counted
        self._latest: Mapping[Side, deque[Utterance]] = {
            "user": deque(maxlen=_LATEST),
            "assistant": deque(maxlen=_LATEST),
        }
        self._claimed: dict[Side, float] = {}  # the last of what was heard that is known to be somebody's

    def began(self, side: Side, turns: list[Turn], begin: Moment | None) -> Utterance:
        """Somebody speaks; None: since the one before, for nobody has told (push-to-talk)."""
        before = self._latest[side][-1].end if self._latest[side] else None
        since = before or Moment(None, -math.inf)
        made = Utterance(turns, since if begin is None else begin, told=begin is not None)
        self._latest[side].append(made)
        return made

    def of(self, turn: Turn) -> Utterance | None:
        """What is known of when this turn of the user's was spoken."""
        return next((one for one in self._latest["user"] if one.turns[0] is turn), None)

    def ended(self, at: float) -> Moment:
        """When an utterance is over whose end nobody counts; in memory the marks of samples say it."""
        spans = self._page.marks["user"].spans
        if self._page.clock is not self._clock or not spans:
            return Moment(None, at)
        return Moment(spans[-1].on_ms + 1 if spans[-1].off_ms is None else spans[-1].off_ms, at)

    def unclaimed(self, side: Side) -> Span | None:
        """The last that was heard of a side, if no event has told of it."""
        spans = self._page.marks[side].spans
        return spans[-1] if spans and spans[-1].on_ms > self._claimed.get(side, -1.0) else None

    def settle(self) -> list[Turn]:
        """Put together what is known by now; gives the turns whose times have changed."""
        changed: dict[int, Turn] = {}
        for side, latest in self._latest.items():
            self._listen(side, latest)
        for utterance in self._latest["user"]:
            self._time_user(utterance, changed)
        for utterance in self._latest["assistant"]:
            self._time_answer(utterance, changed)
        return list(changed.values())

    def turned(self, side: Side, speaking: bool, at: float) -> tuple[int | None, float]:
        """When a side began to be heard last, or ended.

        Args:
            side: Which.
            speaking: When it began; else when it ended.
            at: When that was told.

        Returns:
            Milliseconds on the clock of the rows, None while it is unknown; and seconds since the epoch.
        """
        latest, span = self._latest[side][-1] if self._latest[side] else None, self.unclaimed(side)
        if span is not None and (latest is None or latest.end is not None):
            ear = span.on_ms if speaking else span.off_ms  # no event has told of it yet, as with push to talk
            if ear is not None:
                return round(ear), self._page.at(ear)
        if latest is None or (told := latest.begin if speaking else latest.end) is None:
            return self.clock_ms(at), at
        ear = latest.on_ms if speaking else latest.off_ms
        if ear is not None:
            return round(ear), self._page.at(ear)
        ms = self._ms(told, latest, arrived=True)
        return ms, at if told.at == -math.inf else self._at(told, latest)

    def clock_ms(self, at: float) -> int | None:
        """What the clock of the rows showed at ``at``; None while it is unknown."""
        return (self._clock if self._page.clock.origin is None else self._page.clock).ms(at)

    # --- inside ------------------------------------------------------------------------------------

    def _at(self, moment: Moment, one: Utterance) -> float:
        if moment.ms is None or self._clock.origin is None:
            return moment.at
        at = self._clock.origin + moment.ms / 1000
        asked = one.asked
        if asked is None or asked.off_ms is None or asked.end is None or asked.end.ms is None:
            return at
        # Where sound gets lost the service's clock falls behind; since the end of what is answered it has
        # not by much, and nothing was later than it was told.
        since = self._page.at(asked.off_ms) + (moment.ms - asked.end.ms) / 1000
        return max(at, min(since, moment.at))

    def _listen(self, side: Side, latest: Sequence[Utterance]) -> None:
        page = self._page
        spans = page.marks[side].spans
        if not spans or not latest or page.clock.origin is None:
            return
        windows = [_Heard(self._at(one.begin, one), math.inf, one.told) for one in latest]
        for place, one in enumerate(latest):
            window = windows[place]
            if one.end is not None:
                window.end = max(window.begin, self._at(one.end, one))
            elif place + 1 < len(windows):
                window.end = max(window.begin, windows[place + 1].begin)
        for span in spans:
            on, off = page.at(span.on_ms), math.inf if span.off_ms is None else page.at(span.off_ms)
            self._give(span, windows, [window.shared(on, off) for window in windows])
        for one, window in zip(latest, windows, strict=True):
            one.on_ms = window.parts[0].on_ms if window.parts else None
            one.off_ms = window.parts[-1].off_ms if window.parts else None
            if window.parts:
                self._claimed[side] = max(self._claimed.get(side, -1.0), window.parts[-1].on_ms)

    def _give(self, span: Span, windows: Sequence[_Heard], shared: Sequence[float]) -> None:
        """Find out whose this is: who shares most of it."""
        several = [place for place, much in enumerate(shared) if much > _SHARED_S]
        if len(several) > 1:
            assert self._page.clock.origin is not None
            cuts = [(windows[place].begin - self._page.clock.origin) * 1000 for place in several[1:]]
            for place, on, off in zip(several, [span.on_ms, *cuts], [*cuts, span.off_ms], strict=True):
                windows[place].parts.append(Span(on, off))
            return
        most = max(range(len(windows)), key=lambda place: shared[place])
        if shared[most] > 0 or (shared[most] > -_NEAR_S and not windows[most].parts):
            windows[most].parts.append(span)

    def _ms(self, moment: Moment | None, one: Utterance, *, arrived: bool) -> int | None:
        """A moment on the clock of the rows; ``arrived``: also where only its telling is known."""
        if moment is None or (moment.ms is None and not arrived):
            return None
        if moment.ms is not None and (self._page.clock is self._clock or self._page.clock.origin is None):
            return round(moment.ms)
        return self.clock_ms(self._at(moment, one))

    def _time_user(self, one: Utterance, changed: dict[int, Turn]) -> None:
        turn = one.turns[0]
        begin, over = (one.begin, one.end) if one.told else (None, None)
        told = any(moment is not None and moment.ms is not None for moment in (begin, over))
        start = self._ms(begin, one, arrived=False) if one.on_ms is None else round(one.on_ms)
        end = self._ms(over, one, arrived=False) if one.off_ms is None else round(one.off_ms)
        end = None if one.end is None else end
        source = self._ear if one.on_ms is not None else self._counted if told else "arrival"
        self._put(turn, one, (start, end), source, changed, over)

    def _time_answer(self, one: Utterance, changed: dict[int, Turn]) -> None:
        start = self._ms(one.begin, one, arrived=True) if one.on_ms is None else round(one.on_ms)
        over = self._ms(one.end, one, arrived=True) if one.off_ms is None else round(one.off_ms)
        over = None if one.end is None or over is None else max(over, start or 0)
        played = one.played_ms
        gap, source = self._gap(one)
        for place, turn in enumerate(one.turns):
            last = place + 1 == len(one.turns)
            if place and (over is None or start is None or played <= 0):
                break
            end = over
            if over is not None and start is not None and not last and played > 0:
                end = min(over, start + round(turn.sound_ms))
            turn.gap_ms, before = gap, turn.gap_ms
            if gap != before:
                changed[id(turn)] = turn
            self._put(turn, one, (start, end), source, changed, one.end if last else None)
            played -= turn.sound_ms
            start, gap = end, None

    def _gap(self, one: Utterance) -> tuple[int | None, TimeSource]:
        asked = one.asked
        counted = one.begin.ms is not None
        if asked is None or asked.end is None:
            return None, self._ear if one.on_ms is not None else self._counted if counted else "arrival"
        if one.on_ms is not None and asked.off_ms is not None:
            missed = self._page.missed(asked.off_ms, one.on_ms)
            return None if missed else max(0, round(one.on_ms - asked.off_ms)), self._ear
        ended = asked.end.ms
        if self._page.clock is self._clock and asked.off_ms is not None:
            ended = asked.off_ms  # samples are counted on one clock
        if one.begin.ms is not None and ended is not None:
            return max(0, round(one.begin.ms - ended)), self._counted
        return max(0, round((one.begin.at - asked.end.at) * 1000)), "arrival"

    def _put(
        self,
        turn: Turn,
        one: Utterance,
        times: tuple[int | None, int | None],
        source: TimeSource,
        changed: dict[int, Turn],
        end: Moment | None,
    ) -> None:
        start, over = times
        if start is not None and over is not None:
            over = max(start, over)
        first = turn is one.turns[0]
        told = (one.begin.ms if first and one.told else None, None if end is None else end.ms)
        service_start, service_end = (None if ms is None else round(ms) for ms in told)
        new = (start, over, source, service_start, service_end)
        old = (turn.start_ms, turn.end_ms, turn.time_source, turn.service_start_ms, turn.service_end_ms)
        if new == old or (turn.finished and one.on_ms is None and not turn.unheard):
            return
        turn.start_ms, turn.end_ms, turn.time_source = start, over, source
        turn.service_start_ms, turn.service_end_ms = service_start, service_end
        if first and start is not None:
            turn.began_at = self._at(one.begin, one) if one.on_ms is None else self._page.at(one.on_ms)
        elif start is not None and one.turns[0].start_ms is not None and one.turns[0].began_at is not None:
            turn.began_at = one.turns[0].began_at + (start - one.turns[0].start_ms) / 1000
        changed[id(turn)] = turn

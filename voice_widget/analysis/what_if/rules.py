"""The rule of turns over what was heard: the engine's own, past what cannot change anything. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_widget.analysis.what_if.hearing import Heard, Supposed
from voice_widget.realtime.sound.turns import Started, Stopped, TurnDetector

_EARLIER_MS = 1e-3


@dataclass(frozen=True)
class Rule:
    """Silence ends a turn: the numbers of `ServerVad`, with the engine's own where nothing is said.

    Attributes:
        threshold: A frame at least this likely to be speech can start a turn.
        silence_duration_ms: So much silence ends it.
        min_speech_ms: So much speech starts one.
    """

    threshold: float = 0.5
    silence_duration_ms: float = 500.0
    min_speech_ms: float = 60.0

    @classmethod
    def of(cls, setting: Mapping[str, Any]) -> Rule:
        """The rule of a turn detection; what says nothing about when turns end is left out.

        Example:
            >>> Rule.of({"type": "server_vad", "silence_duration_ms": 300})
            Rule(threshold=0.5, silence_duration_ms=300.0, min_speech_ms=60.0)
        """
        names = ("threshold", "silence_duration_ms", "min_speech_ms")
        given = {name: float(setting[name]) for name in names if setting.get(name) is not None}
        return replace(cls(), **given)

    def detector(self) -> TurnDetector:
        """What finds turns by it. Padding only says which sound belongs to a turn, so there is none."""
        return TurnDetector(self.threshold, 0.0, self.silence_duration_ms, self.min_speech_ms)


def turns(heard: Heard, rule: Rule) -> list[Supposed]:
    """The turns that a rule finds, as if every frame were given to it.

    A frame below the threshold starts nothing, and in a turn only the last speech before a long silence, and
    the step with which that is long enough, change anything: an hour takes milliseconds. Behind the end there
    is silence.

    Args:
        heard: What was heard.
        rule: The rule.

    Example:
        >>> likely = np.array([0.0, 1.0, 1.0, 1.0] + [0.0] * 6)
        >>> heard = Heard("level", likely, np.zeros((10, 1), bool), (100.0,))
        >>> turns(heard, Rule(silence_duration_ms=400))
        [Supposed(start_ms=100.0, stop_ms=400.0, ended_ms=800.0)]
    """
    return _Passing(heard, rule).found()


class _Passing:
    """Gives the detector only what may change something, in order."""

    def __init__(self, heard: Heard, rule: Rule) -> None:
        self._turns, self._likely = rule.detector(), heard.likely
        self._found: list[Supposed] = []
        self._start_ms = self._last_ms = 0.0
        self._frames = frames = heard.frames
        self._loud = np.flatnonzero(heard.likely >= rule.threshold)
        self._voiced = np.flatnonzero(frames.steps >= self._turns.floor)
        # Rather too early than too late: what ends nothing yet is only one that could be passed over.
        self._long_ms = rule.silence_duration_ms - _EARLIER_MS
        behind = np.append(self._voiced[1:], len(frames.steps))  # the next speech, or the end
        silence = (
            frames.step_ends[behind - 1] - frames.step_ends[self._voiced] if len(self._voiced) else behind
        )
        self._before_silence = self._voiced[silence[: len(self._voiced)] >= self._long_ms]

    def found(self) -> list[Supposed]:
        """All turns."""
        at, count = 0, len(self._likely)
        waits = True  # nothing has begun
        while at < count:
            if self._turns.speaking:
                at, waits = self._through_turn(at), False
                continue
            if waits and (at := _next(self._loud, at, count)) == count:
                break
            p, end = float(self._likely[at]), float(self._frames.ends[at])
            self._push(p, float(self._frames.starts[at]), end, end)
            waits = p < self._turns.floor
            at += 1
        if self._turns.speaking:
            over = self._last_ms + self._turns.silence_duration_ms
            self._push(-1.0, over, over, over)
        return self._found

    def _through_turn(self, at: int) -> int:
        """From a frame in a turn to the one behind the frame in which it may end."""
        per_frame = len(self._frames.steps_ms)
        count, first = len(self._frames.steps), at * per_frame
        over = max(first, self._over())
        following = _next(self._voiced, first, count)
        if over >= count == following:
            return len(self._likely)
        if over >= following:
            last = _next(self._before_silence, first, int(self._voiced[-1]))
            self._push_step(last)
            over = max(last + 1, self._over())
        behind = min(over // per_frame + 1, len(self._likely))
        for step in range(over, behind * per_frame):
            self._push_step(step)
        return behind

    def _over(self) -> int:
        """The step with which the silence since the last speech may be long enough."""
        return int(np.searchsorted(self._frames.step_ends, self._last_ms + self._long_ms))

    def _push_step(self, step: int) -> None:
        frames = self._frames
        known = float(frames.ends[step // len(frames.steps_ms)])
        self._push(
            float(frames.steps[step]), float(frames.step_starts[step]), float(frames.step_ends[step]), known
        )

    def _push(self, p: float, start: float, end: float, known: float) -> None:
        if p >= self._turns.floor:
            self._last_ms = end
        change = self._turns.push(p, start, end)
        if isinstance(change, Started):
            self._start_ms = change.at_ms
        elif isinstance(change, Stopped):
            self._found.append(Supposed(self._start_ms, change.at_ms, known))


def _next(places: NDArray[np.intp], at: int, otherwise: int) -> int:
    """The first of these places that is not before one."""
    place = int(np.searchsorted(places, at))
    return int(places[place]) if place < len(places) else otherwise

"""When a turn starts and when it is over, from the speech probability of frames. Pure."""

from __future__ import annotations

from dataclasses import dataclass

HYSTERESIS = 0.15
"""Speech that has started goes on down to this much below the threshold: soft syllables do not end it."""

_ROUNDING_MS = 1e-6


@dataclass(frozen=True)
class Started:
    """Speech has started; ``at_ms`` is where its audio begins, padding included."""

    at_ms: float


@dataclass(frozen=True)
class Stopped:
    """The turn is over; ``at_ms`` is the end of its last voiced frame, without the silence that proved it."""

    at_ms: float


class TurnDetector:
    """Turns the speech probability of frames into turns.

    Args:
        threshold: A frame at least this likely to be speech can start a turn.
        prefix_padding_ms: So much audio before the first voiced frame belongs to the turn.
        silence_duration_ms: So much silence ends the turn.
        min_speech_ms: So much speech starts one; less is a click.

    Example:
        >>> detector = TurnDetector(prefix_padding_ms=0, silence_duration_ms=100, min_speech_ms=40)
        >>> [detector.push(1.0, t, t + 20) for t in (0, 20)]
        [None, Started(at_ms=0.0)]
        >>> [detector.push(0.0, t, t + 50) for t in (40, 90)]
        [None, Stopped(at_ms=40.0)]
    """

    def __init__(
        self,
        threshold: float = 0.5,
        prefix_padding_ms: float = 300,
        silence_duration_ms: float = 500,
        min_speech_ms: float = 60,
    ) -> None:
        self.threshold = threshold
        self.prefix_padding_ms = prefix_padding_ms
        self.silence_duration_ms = silence_duration_ms
        self.min_speech_ms = min_speech_ms
        self._last_end = 0.0
        self.reset()

    @property
    def speaking(self) -> bool:
        """Whether a turn is running."""
        return self._speaking

    @property
    def floor(self) -> float:
        """Speech that has started goes on in frames that are at least so likely."""
        # A threshold below the hysteresis would give a floor that silence never falls under.
        return max(self.threshold - HYSTERESIS, self.threshold / 2)

    def reset(self) -> None:
        """Forget the speech that is going on (the input was cleared or committed by hand)."""
        self._speaking = False
        self._first: float | None = None
        self._voiced_ms = 0.0
        self._last_voiced = 0.0

    def cut(self) -> Stopped:
        """End the turn that is running after its last voiced frame; speech that goes on is a new one."""
        self._last_end = self._last_voiced
        self.reset()
        return Stopped(float(self._last_end))

    def push(self, p: float, frame_start_ms: float, frame_end_ms: float) -> Started | Stopped | None:
        """Take the next frame: how likely it holds speech, and when it was."""
        if self._speaking:
            return self._listen(p, frame_end_ms)
        return self._wait(p, frame_start_ms, frame_end_ms)

    def _wait(self, p: float, start: float, end: float) -> Started | None:
        if p < self.threshold:
            if p < self.floor:
                self._first, self._voiced_ms = None, 0.0
            return None
        if self._first is None:
            self._first = start
        self._voiced_ms += end - start
        if self._voiced_ms < self.min_speech_ms - _ROUNDING_MS:
            return None
        self._speaking = True
        self._last_voiced = end
        # The padding never reaches into the turn before: its audio has been heard already.
        return Started(float(max(self._first - self.prefix_padding_ms, self._last_end, 0.0)))

    def _listen(self, p: float, end: float) -> Stopped | None:
        if p >= self.floor:
            self._last_voiced = end
            return None
        if end - self._last_voiced < self.silence_duration_ms - _ROUNDING_MS:
            return None
        return self.cut()

"""How likely the detector finds speech, frame by frame, for somebody who watches it. Pure.

Nothing is gathered unless it is wanted, and then for some time only: who watches on asks again, and who is
gone need not say so.
"""

from __future__ import annotations

from collections.abc import Callable

from voice_widget.engine.stages.events import VoiceActivity

BATCH_MS = 200.0
"""So much is told at once; a picture that is a fifth of a second late is early enough."""
_DIGITS = 3


class Activity:
    """The probabilities of one detector, in batches without a gap.

    Args:
        emit: Takes the batches.

    Example:
        >>> activity = Activity(print)
        >>> activity.want(until_ms=1000)
        >>> for number in range(2):
        ...     activity(0.25, number * 100.0, number * 100.0 + 100)
        VoiceActivity(at_ms=0.0, step_ms=100.0, likely=(0.25, 0.25))
    """

    def __init__(self, emit: Callable[[VoiceActivity], None]) -> None:
        self._emit = emit
        self._until_ms = 0.0
        self._at_ms = self._step_ms = 0.0
        self._likely: list[float] = []

    def want(self, until_ms: float) -> None:
        """Tell it for all frames that begin before this time."""
        self._until_ms = until_ms

    def __call__(self, likely: float, start_ms: float, end_ms: float) -> None:
        """The next frame: how likely it holds speech, and when it was."""
        if start_ms >= self._until_ms:
            if self._likely:
                self._tell()
            return
        due_ms = self._at_ms + len(self._likely) * self._step_ms
        if self._likely and abs(start_ms - due_ms) > self._step_ms / 2:
            self._tell()  # something is missing between them, or the detector has become another one
        if not self._likely:
            self._at_ms, self._step_ms = start_ms, end_ms - start_ms
        # A detector may be anybody's: what is no number at all is no speech.
        self._likely.append(round(min(1.0, max(0.0, float(likely))), _DIGITS))
        if len(self._likely) * self._step_ms >= BATCH_MS:
            self._tell()

    def _tell(self) -> None:
        likely, self._likely = tuple(self._likely), []
        self._emit(VoiceActivity(self._at_ms, self._step_ms, likely))

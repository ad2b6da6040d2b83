"""How far behind the speaker the recogniser is, and when that is worth telling. Pure."""

from __future__ import annotations

TOLD_MS = 2000.0
"""Further behind than this is told."""
OVER_MS = 500.0
"""Nearer than this, it is over."""
SHED_MS = 10_000.0
"""Further behind than this, what was said first is given up: nobody waits for it any more."""

_DECAY = 0.1  # what a stall of ours allowed for is forgotten within ten times as long


class Lag:
    """The lag of one session.

    A client may send its sound quicker than it was spoken: what is early waits, and that is no lag.

    Example:
        >>> lag = Lag()
        >>> lag.arrived(at_ms=0.0, end_ms=20.0)
        >>> lag.arrived(at_ms=3000.0, end_ms=3020.0)
        >>> lag.of(2500.0), lag.news(2500.0), lag.news(2600.0), lag.news(0.0)
        (2500.0, 2500.0, None, 0.0)
    """

    def __init__(self) -> None:
        self._latest: float | None = None  # how late sound came at most, by its own clock
        self._early = 0.0
        self._at_ms = 0.0
        self._told = 0.0

    def arrived(self, at_ms: float, end_ms: float) -> None:
        """Sound that ends at ``end_ms`` of its clock came at ``at_ms`` of ours."""
        late = at_ms - end_ms
        if self._latest is not None:
            self._latest -= _DECAY * (at_ms - self._at_ms)
        self._latest = late if self._latest is None else max(self._latest, late)
        self._early, self._at_ms = self._latest - late, at_ms

    def of(self, behind_ms: float) -> float:
        """The lag, where so much sound waits."""
        return max(0.0, behind_ms - self._early)

    def news(self, lag_ms: float) -> float | None:
        """What is to be told of this lag: that it began, each time it has doubled, that it is over (0)."""
        if self._told and lag_ms < OVER_MS:
            self._told = 0.0
            return 0.0
        if lag_ms >= (2 * self._told or TOLD_MS):
            self._told = lag_ms
            return lag_ms
        return None

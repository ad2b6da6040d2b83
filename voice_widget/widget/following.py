"""The widget's talk as a replay follows it."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import TYPE_CHECKING

from voice_widget.widget.report import OVER

if TYPE_CHECKING:
    from voice_widget.recording.talk import Talk
    from voice_widget.widget.wiring import Wiring


class Followed:
    """A talk from its first call to the end of its widget.

    Args:
        wiring: What stands behind the widget.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring

    def now(self) -> Talk:
        """The talk as it is now."""
        return self._wiring.so_far()

    def edition(self) -> Hashable:
        """What is kept of it; in a call each moment is another, for silence is part of the talk too."""
        events = self._wiring.events
        return events.edition, events.dropped, len(events), time.monotonic() if self.goes_on() else None

    def goes_on(self) -> bool:
        """There is a call, or will be in a moment."""
        return self._wiring.fact("connection_state") not in OVER

    def over(self) -> bool:
        """The widget is closed."""
        return self._wiring.closed

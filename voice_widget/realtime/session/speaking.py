"""Who speaks, told with when it began or ended on the audio clock."""

from __future__ import annotations

from voice_widget.realtime.state.changes import SpeakingChanged
from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.records import SIDES, Side


class Speaking:
    """What of ``user_speaking`` and ``assistant_speaking`` was told.

    Args:
        context: The talk.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._told: dict[Side, bool] = dict.fromkeys(SIDES, False)

    def tell(self) -> None:
        """Both as they are now, if that is news; asked when an event was taken in whole.

        Not when the state moves: when a sound ended is known a moment after that.
        """
        states = self._context.states
        for side, was in self._told.items():
            now = states["user_speaking" if side == "user" else "assistant_speaking"]
            if now != was:
                self._told[side] = now
                at_ms, at = self._context.call.heard.turned(side, now, self._context.at)
                self._context.changes.append(SpeakingChanged(side, now, at_ms, at))

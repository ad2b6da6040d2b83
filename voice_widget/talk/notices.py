"""What is worth knowing and no failure: of the service, the page, what was said, a session that ends soon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Literal, get_args

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.state.changes import Change, Noticed

WARN_S = 120.0
Whose = Literal[
    "page",
    "budget",
    "session",
    "settings",
    "lag",
    "echo",
    "transcription",
    "call",
    "history",
    "tools",
    "servers",
    "service",
    "answer",
    "agent",
    "devices",
    "sound",
    "path",
]
_ORDER: tuple[Whose, ...] = get_args(Whose)  # the most pressing first


class Notices:
    """One notice is shown at a time: the most pressing. What is over gives way to what lay below it.

    Args:
        show: Publishes the notice to be shown, or None.
        clock: The time in seconds since the epoch.
    """

    def __init__(self, show: Callable[[ErrorInfo | None], None], clock: Callable[[], float]) -> None:
        self._show, self._clock = show, clock
        self._notices: dict[Whose, ErrorInfo] = {}
        self._shown: ErrorInfo | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._end = 0.0

    def put(self, whose: Whose, notice: ErrorInfo | None) -> None:
        """Note something, or take it back."""
        self._notices.pop(whose, None)
        if notice is not None:
            self._notices[whose] = notice
        top = next((self._notices[whose] for whose in _ORDER if whose in self._notices), None)
        if top != self._shown:
            self._shown = top
            self._show(top)

    def hear(self, changes: Iterable[Change]) -> None:
        """What the talk's changes say of the last answer, and of what the user said."""
        for change in changes:
            if isinstance(change, Noticed):
                self.put(change.about, change.notice)

    def session_ends(self, at: float) -> None:
        """The service's session ends then, in seconds since the epoch: said 2 minutes before."""
        left = at - self._clock()
        if at == self._end or not 0 < left < 7 * 24 * 3600:
            return  # known, or no time to speak of
        self.session_over()
        self._end = at
        self._timer = asyncio.get_running_loop().call_later(max(0.0, left - WARN_S), self._warn)

    def session_over(self) -> None:
        """The session has ended, or its call."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._end = 0.0
        self.put("session", None)
        self.put("lag", None)
        self.put("echo", None)

    def _warn(self) -> None:
        at = time.strftime("%H:%M", time.localtime(self._end))
        self.put(
            "session",
            {
                "code": "session_ending",
                "message": f"This session ends at {at}; the talk then goes on in a new one.",
                "next_step": "There is nothing to do; what was said is kept.",
            },
        )

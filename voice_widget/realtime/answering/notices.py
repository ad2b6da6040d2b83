"""What of an answer people should know though nothing failed."""

from __future__ import annotations

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.answering.answers import Answer
from voice_widget.realtime.state.changes import Noticed
from voice_widget.realtime.state.context import Context


class Notices:
    """The notice in force."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._noticed: ErrorInfo | None = None

    def of(self, answer: Answer, status: str, reason: str | None) -> None:
        """What of this answer people should know, and what of the last one is over."""
        notice = answer.notice(status, reason)
        if notice != self._noticed:
            self._noticed = notice
            self._context.changes.append(Noticed(notice))

    def close(self) -> None:
        """The call is over."""
        if self._noticed is not None:
            self._noticed = None
            self._context.changes.append(Noticed(None))

"""Answers that were cut: what of them was heard, first about, and then exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.answering.answers import Answer
from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.rows import Turn

Event = Mapping[str, Any]
# A page says by then that it was it who stopped an answer.
_LATE_S = 5.0
# The end of a cleared answer may lie this close to the cut without anything audible being lost.
_NOTHING_CUT_MS = 20


class Cuts:
    """The turns whose exact cut (``conversation.item.truncated``) may follow.

    Attributes:
        since: When the last of them was cut; None: there are none.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._open: list[Turn] = []
        self.since: float | None = None
        self._unexplained: list[tuple[Turn, float]] = []  # nobody has said yet why; and when they were cut
        self._asked = False
        self._asked_at = -math.inf
        self._meant = False  # what sounds was being made when we stopped it
        self._why: str | None = None  # of the last cut

    def asked(self) -> None:
        """We stop what is said. A page that does so itself may tell us after the service has done it."""
        self._asked, self._asked_at = True, self._context.at
        for turn, at in self._unexplained:
            if self._context.at - at < _LATE_S:
                turn.stop_reason = turn.stop_reason or "client_cancelled"
                self._context.show(turn)
        self._unexplained.clear()

    def begins(self, answer: Answer) -> None:
        """Another answer begins to sound: it was to be stopped only if it was being made by then."""
        self._asked = False
        self._meant = answer.created_at is not None and answer.created_at <= self._asked_at

    def explain(self, turn: Turn, since: float = math.inf) -> None:
        """Say why a turn was cut that had been made whole: no response's end tells that any more.

        The words are the services'. Documents:
        they clear sound where we ask for it, or where the user speaks.

        Args:
            turn: The turn.
            since: When its answer began to sound.
        """
        context = self._context
        spoke = context.states["user_speaking"] or context.call.user_sign_at >= since
        # Who speaks over it afterwards was quicker than what is on its way to the service.
        ours = self._asked or (self._meant and not spoke)
        self._why = "client_cancelled" if ours else "turn_detected" if spoke else None
        self._because(turn, self._why)

    def _because(self, turn: Turn, why: str | None) -> None:
        if turn.interrupted and turn.stop_reason is None:
            turn.stop_reason = why
            if why is None and all(turn is not other for other, _ in self._unexplained):
                self._unexplained.append((turn, self._context.at))

    def at(self, turn: Turn, played_ms: float, *, whole: bool) -> None:
        """A turn was cut when so much of it had sounded; ``whole``: no more of it was to come."""
        turn.text_heard, turn.played_ms = turn.heard(played_ms), played_ms
        all_sounded = turn.audio_ms > 0 and played_ms >= turn.audio_ms - _NOTHING_CUT_MS
        if not (whole and all_sounded and turn.text_heard == turn.text):
            turn.interrupted = True

    def all_of(self, answer: Answer) -> None:
        """An answer was cut before it began to sound."""
        for turn in answer.turns:
            if not turn.finished and not turn.cut:
                self.at(turn, 0.0, whole=True)
                self._because(turn, self._why)

    def close(self, answer: Answer) -> None:
        """A cut answer is whole: its turns wait for their exact cut, if they have not got it."""
        for turn in answer.turns:
            if turn.finished:
                continue
            if turn.cut or not turn.played_ms:
                self._context.finish(turn)
            else:
                self._open.append(turn)
                self.since = self._context.at

    def exact(self, event: Event, made: list[Answer]) -> None:
        """Where an item was cut is told; ``made``: whole answers that have not begun to sound.

        One that is cut to its end leaves them.
        """
        turn = self._context.rows.get(event.get("item_id") or "")
        played = event.get("audio_end_ms")
        if turn is None or turn.role != "assistant" or played is None:
            return
        if turn.finished and not turn.unheard:
            return
        self.at(turn, played, whole=True)
        turn.cut = True
        self.explain(turn)
        if turn.finished:
            self._context.show(turn)
        elif turn in self._open:
            self._open.remove(turn)
            self.since = self.since if self._open else None
            self._context.finish(turn)
        elif answer := next((answer for answer in made if turn in answer.turns), None):
            self._context.finish(turn)
            if all(turn.finished for turn in answer.turns):
                made.remove(answer)
        else:
            self._context.show(turn)

    def settle(self) -> None:
        """Time has gone on, or another answer begins: what has not been told of these cuts will not be."""
        for turn in self._open:
            self._context.finish(turn)
        self._open.clear()
        self._unexplained.clear()
        self.since = None

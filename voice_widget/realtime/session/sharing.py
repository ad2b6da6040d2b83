"""Utterances to which a service gives an id that another one had."""

from __future__ import annotations

from collections.abc import Collection

from voice_widget.realtime.state.context import Context, Recent
from voice_widget.realtime.state.rows import Turn


class Sharing:
    """The utterances of one call whose id is not theirs alone."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._used = Recent(256)  # ids by which an utterance began, or was committed
        self._turns: dict[str, list[Turn]] = {}
        self._lent: tuple[Turn | None, str] = (None, "")

    def again(self, item_id: str, waiting: Collection[Turn] | None = None) -> Turn | None:
        """The turn of another utterance, if this id is that of one that is over.

        Args:
            item_id: The id by which an utterance begins, or is committed.
            waiting: It begins, and these were committed; None: it is committed.
        """
        context = self._context
        before = context.rows.get(item_id)
        fresh = self._used.add(f"{waiting is None} {item_id}")
        if before is None or before.role != "user" or before.source != "speech":
            return None
        elsewhere = before.clock is not context.call.clock  # a session may count from one again
        said = before.finished and before.stopped_at is not None
        said = said or (waiting is not None and before in waiting)
        if not ((said and not fresh) or (elsewhere and before.finished)):
            return None
        turn = context.turn(f"unnamed_{len(context.rows) + 1}", "user")
        context.rows.also(item_id, turn)
        before_it = [other for other in self._turns.get(item_id, [before]) if not other.finished]
        self._turns[item_id] = [*before_it, turn]
        return turn

    def first(self, item_id: str) -> Turn | None:
        """Of the utterances under this id the first that waits for its text."""
        return next((turn for turn in self._turns.get(item_id, ()) if not turn.finished), None)

    def lends(self, turn: Turn | None, item_id: str) -> Turn | None:
        """This turn takes the text that is told by another id, as it seems."""
        if turn is not None:
            self._lent = turn, item_id
        return turn

    def takes_back(self, item_id: str, turn: Turn | None) -> None:
        """A text comes by the turn's own id: that one was of another, and gets a row of its own."""
        lent, other_id = self._lent
        if turn is None or turn is not lent or item_id != turn.item_id:
            return
        self._lent = None, ""
        if turn.text and self._context.rows.get(other_id) is turn:
            other = self._context.turn(other_id, "user")
            other.replace(turn.text)
            self._context.finish(other, "completed" if turn.finished else "incomplete")
            turn.replace("")
            turn.status = "no_transcript" if turn.finished else turn.status

"""Which question a response answers: mostly the user's last one, and a tool's that came late is its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Literal, TypeVar

from voice_widget.realtime.state.rows import Rows, Turn
from voice_widget.realtime.state.tool_uses import ToolUses

Q = TypeVar("Q")
What = Literal["said", "called", "gave"]
_REMEMBERED = 64  # responses


def due(asked: Q, since: Iterable[tuple[What, Q]]) -> Q:
    """Which question a response answers that begins now.

    What a tool gives to an earlier question is no answer to the user's last one: that comes first, and then
    the other one has its turn.

    Args:
        asked: The user's last question.
        since: What has happened behind it: an answer, a tool called, what it gave; each with its question.

    Example:
        >>> due("and now?", [("gave", "how many?")])
        'and now?'
        >>> due("and now?", [("gave", "how many?"), ("said", "and now?")])
        'how many?'
    """
    addressed = waits = False
    others: list[Q] = []
    for what, whose in since:
        if whose == asked:
            addressed = addressed or what != "gave"
            waits = what == "gave" or (waits and what != "said")
        elif what == "said":
            others = [other for other in others if other != whose]
        elif what == "gave" and whose not in others:
            others.append(whose)
    return others[0] if others and addressed and not waits else asked


def is_owed(asked: Q, since: Iterable[tuple[What, Q]]) -> bool:
    """A tool has given something to this question, and nothing was said to it since.

    Example:
        >>> is_owed("how many?", [("called", "how many?"), ("gave", "how many?")])
        True
    """
    last = [what for what, whose in since if whose == asked and what != "called"]
    return last[-1:] == ["gave"]


class Asked:
    """The questions of a talk's responses.

    Args:
        rows: The talk's rows.
        uses: The tools that were called in it.
    """

    def __init__(self, rows: Rows, uses: ToolUses) -> None:
        self._rows, self._uses = rows, uses
        self._known: OrderedDict[str, Turn | None] = OrderedDict()

    def begins(self, response_id: str) -> None:
        """A response begins."""
        if response_id:
            self._keep(response_id, self._rows.question)

    def told(self, response_id: str, item_id: str) -> str:
        """The engine asks for an answer, by the user's last item; gives that of the question which is due."""
        turn = self._rows.get(item_id)
        if turn is None or turn.role != "user":
            return item_id
        asked = self._keep(response_id, turn)
        return item_id if asked is None or asked is turn else asked.item_id

    def of(self, response_id: str) -> Turn | None:
        """The question of a response; of one whose beginning nobody has told the last one."""
        return self._known.get(response_id, self._rows.question)

    def _keep(self, response_id: str, last: Turn | None) -> Turn | None:
        asked = None if last is None else self._due(last)
        self._known[response_id] = asked
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return asked

    def _due(self, last: Turn) -> Turn:
        asking = self._rows.asking(last)
        if asking is None:
            return last
        gave = self._uses.since(asking)
        if last is asking and not any(whose is not last for marks in gave.values() for _, whose in marks):
            return last
        since: list[tuple[What, Turn]] = []
        if asking.finished and not asking.text.strip():
            since.append(("said", asking))  # nothing was understood: there is nothing to be answered
        for turn in self._rows.since(asking.seq - 1):
            if turn.role == "assistant" and turn.source not in ("say", "added"):
                since.append(("said", self._known.get(turn.response_id or "") or asking))
            since += gave.get(turn, ())
        found = due(asking, since)
        # An added item asks nothing, but may be what an answer is asked for to, where nothing else waits.
        return last if found is asking and not is_owed(asking, since) else found

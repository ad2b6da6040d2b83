"""What a script answers in one session of the engine. Pure."""

from __future__ import annotations

from voice_widget.realtime.script import Script


class ScriptedReplies:
    """The answers of a script, each given once.

    Args:
        script: The exchanges.

    Example:
        >>> replies = ScriptedReplies(Script.load([{"hear": "a", "say": "One."}, {"hear": "b", "say": ""}]))
        >>> replies.to("A"), replies.to("b"), replies.next()
        ('One.', None, '')
    """

    def __init__(self, script: Script) -> None:
        self._left = list(script.exchanges)

    def next(self) -> str:
        """What comes next, where only the script answers; nothing once it is used up."""
        return self._left.pop(0).say if self._left else ""

    def to(self, heard: str) -> str | None:
        """What is said to that, where others answer, too; None: they do."""
        for place, exchange in enumerate(self._left):
            if exchange.hear.casefold() == heard.casefold():
                return self._left.pop(place).say or None
        return None

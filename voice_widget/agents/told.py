"""What an answer's agent tells beside its words: what was used, what it has run, what is worth knowing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields

from voice_widget.agents import Notice, Remark, ToolRun, Usage
from voice_widget.realtime.wire.events import Event

CANCELLED = "the answer ended before it was done"
"""Why a tool of the agent's own has no output."""


class Told:
    """Gathers it for one answer.

    Args:
        response_id: The answer.
        tell: Takes the events of our own side of the call.

    Example:
        >>> told = Told("resp_1", print)
        >>> told.take(Usage(input_tokens=3)); told.take(Usage(4, 2))
        >>> told.usage
        {'input_tokens': 7, 'output_tokens': 2, 'cached_tokens': 0, 'reasoning_tokens': 0}
    """

    def __init__(self, response_id: str, tell: Callable[[Event], None]) -> None:
        self._response_id, self._tell = response_id, tell
        self._used: list[Usage] = []
        self._running: dict[str, ToolRun] = {}
        self._done: set[str] = set()  # some packages tell of an end twice

    @property
    def usage(self) -> dict[str, int] | None:
        """The sum; None: the agent has told nothing."""
        if not self._used:
            return None
        names = [field.name for field in fields(Usage)]
        return {name: sum(getattr(used, name) for used in self._used) for name in names}

    def at_work(self) -> bool:
        """Whether a tool of the agent's own runs now."""
        return bool(self._running)

    def take(self, piece: Usage | ToolRun | Notice | Remark) -> None:
        """Keep or tell a piece."""
        if isinstance(piece, Usage):
            self._used.append(piece)
        elif isinstance(piece, ToolRun):
            self._ran(piece)
        elif isinstance(piece, Notice):
            self._says("noticed", **asdict(piece))
        else:
            self._says("remarked", **asdict(piece))

    def close(self) -> None:
        """The answer is over: what still runs is not heard of any more."""
        for run in list(self._running.values()):
            self._ended(run, "cancelled", CANCELLED)

    def _ran(self, piece: ToolRun) -> None:
        if piece.call_id in self._done:
            return
        if piece.call_id not in self._running:
            self._running[piece.call_id] = piece
            self._says("tool_started", tool_call_id=piece.call_id, name=piece.name, arguments=piece.arguments)
        if piece.output is not None or piece.error is not None:
            self._ended(piece, "completed" if piece.error is None else "failed", piece.error)

    def _ended(self, piece: ToolRun, status: str, error: str | None) -> None:
        self._running.pop(piece.call_id, None)
        self._done.add(piece.call_id)
        known = {"output": piece.output, "error": error}
        given = {name: text for name, text in known.items() if text is not None}
        self._says("tool_ended", tool_call_id=piece.call_id, status=status, **given)

    def _says(self, what: str, **fields: object) -> None:
        self._tell({"type": f"voice_widget.agent.{what}", "response_id": self._response_id, **fields})

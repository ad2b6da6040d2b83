"""What an agent of another package is told of a turn, whichever it is. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from voice_widget.agents import Notice, Turn
from voice_widget.agents.completions import SPOKEN


class Said(NamedTuple):
    """What one side said, as far as it was heard."""

    role: Literal["user", "assistant", "system"]
    text: str


def history(turn: Turn) -> list[Said]:
    """What was said before the question, oldest first; what tools returned is none of it.

    Example:
        >>> from voice_widget.agents import Message
        >>> history(Turn("And you?", [Message("user", "Hi."), Message("tool", "3")]))
        [Said(role='user', text='Hi.')]
    """
    return [
        Said(message.role, message.text)
        for message in turn.history
        if message.role != "tool" and message.text
    ]


def instructions(turn: Turn) -> str:
    """The session's instructions; without any, that the answer is read aloud."""
    return turn.instructions or SPOKEN


def unoffered(turn: Turn, agent: str) -> Iterator[Notice]:
    """A notice if the widget has tools: such an agent has its own."""
    names = [str(tool.get("name") or tool.get("type")) for tool in turn.tools]
    if names:
        yield Notice(
            code="tools_not_offered",
            message=f"{agent} is not told of the widget's tools: {', '.join(names)}.",
            next_step="Give them to the agent itself, in the way of its package.",
            details={"tools": names},
        )

"""How what was said becomes what an agent is asked, for agents in the kernel and beside the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from voice_widget.agents import Turn, tool_choice
from voice_widget.realtime.session.dialogue import Question


def turn_of(
    question: Question,
    *,
    response_id: str,
    item_id: str,
    instructions: str = "",
    tools: Sequence[Mapping[str, Any]] = (),
    choice: Any = None,
) -> Turn:
    """The `Turn` of a question.

    Args:
        question: What was said.
        response_id: The answer being made.
        item_id: The user's row.
        instructions: The session's instructions.
        tools: The tools on offer.
        choice: The protocol's ``tool_choice``.

    Example:
        >>> turn_of(Question("Hi.", ()), response_id="resp_1", item_id="item_1").text
        'Hi.'
    """
    return Turn(
        text=question.text,
        history=question.history,
        instructions=instructions,
        tools=tuple(tools),
        item_id=item_id,
        response_id=response_id,
        tool_choice=tool_choice(choice, tools),
    )

"""The widget's tools, beside the assistant's own: a model calls them, and says what they gave. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from voice_widget.agents import Message, Notice, Turn
from voice_widget.agents.assistant.arguments import NAME
from voice_widget.agents.assistant.language import speaking as say

_BESIDE = (
    "The other tools do what their descriptions say: if the question is about that, call them, with what "
    "was said and nothing invented. If something that they need was not said, ask one short question."
)
_ALONE = (
    "You answer by tools: call what the question needs, with what was said and nothing invented. If "
    "something that they need was not said, ask one short question. Never answer from what you know."
)
_TELL = (
    "Tools have returned something to this question. Call what is missing still. If nothing is, say what "
    "they have returned, in one to three short sentences of plain text that are read aloud, and nothing else."
)
NO_MODEL = (
    "I have no model that could choose one of your tools. Make the widget with an agent that has one: "
    "VoiceWidget(agent=Chat(url, model))."
)


def offered(turn: Turn) -> list[Mapping[str, Any]]:
    """The widget's functions that a model may call; one with the name of the assistant's own is none."""
    return [
        tool
        for tool in turn.tools
        if tool.get("type", "function") == "function" and tool.get("name") not in (None, "", NAME)
    ]


def names(turn: Turn) -> list[str]:
    """Their names.

    Example:
        >>> names(Turn("", tools=[{"type": "function", "name": "forecast"}, {"type": "mcp"}]))
        ['forecast']
    """
    return [str(tool["name"]) for tool in offered(turn)]


def able(turn: Turn, *, model: bool) -> str:
    """What an assistant without a table says it can do with the widget's tools; empty: there are none.

    Args:
        turn: What is asked.
        model: It has a model, which chooses them.

    Example:
        >>> able(Turn("", tools=[{"type": "function", "name": "forecast"}]), model=True)
        'I can call forecast.'
    """
    if not offered(turn):
        return ""
    if model:
        return f"I can call {say.listing(names(turn), most=4)}."
    return NO_MODEL


def unoffered(turn: Turn) -> Iterator[Notice]:
    """A notice if the widget has tools: without a model nobody chooses one."""
    if found := names(turn):
        yield Notice(
            code="tools_not_offered",
            message=f"The notebook's assistant has no model, and calls no tools: {', '.join(found)}.",
            next_step='Give agent=NotebookAssistant(model=Chat("http://127.0.0.1:11434/v1", "llama3.2")), '
            "that Chat alone as the agent, or service=OpenAI().",
            details={"tools": found},
        )


def instructions(turn: Turn, planning: str) -> str:
    """What the model is told to do.

    Args:
        turn: What is asked.
        planning: What it is told of the tables; empty: there are none.
    """
    parts = [planning]
    if offered(turn):
        parts.append(_BESIDE if planning else _ALONE)
    if results(turn):
        parts += [_TELL, turn.instructions]
    return "\n\n".join(part for part in parts if part)


def results(turn: Turn) -> Sequence[Message]:
    """What the widget's tools gave to this question, and no word that the assistant said on the way."""
    return [result._replace(spoken="") for result in turn.results] if offered(turn) else []

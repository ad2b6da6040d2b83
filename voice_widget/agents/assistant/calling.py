"""The widget's tools, beside the assistant's own: a model calls them, and says what they gave. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from voice_widget.agents import Message, Notice, Turn
from voice_widget.agents.assistant.arguments import NAME

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


def offered(turn: Turn) -> list[Mapping[str, Any]]:
    """The widget's functions that a model may call; one with the name of the assistant's own is none."""
    return [
        tool
        for tool in turn.tools
        if tool.get("type", "function") == "function" and tool.get("name") not in (None, "", NAME)
    ]


def unoffered(turn: Turn) -> Iterator[Notice]:
    """A notice if the widget has tools: without a model nobody chooses one."""
    names = [str(tool["name"]) for tool in offered(turn)]
    if names:
        yield Notice(
            code="tools_not_offered",
            message=f"The notebook's assistant has no model, and calls no tools: {', '.join(names)}.",
            next_step='Give agent=NotebookAssistant(model=Chat("http://127.0.0.1:11434/v1", "llama3.2")), '
            "that Chat alone as the agent, or service=OpenAI().",
            details={"tools": names},
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

"""The notebook's assistant and the words of its intents, by the path that notebooks import them from.

Where their code stands may change; this path does not.

Example:
    >>> from voice_widget.agents.notebook import Column, NotebookAssistant
    >>> agent = NotebookAssistant({})
    >>> @agent.intent("how wide is {column}")
    ... def width(column: Column):
    ...     return f"{column.name} is wide."
"""

from __future__ import annotations

from voice_widget.agents.assistant.notebook import (
    Agg,
    Column,
    Comparison,
    Group,
    Measure,
    NotebookAssistant,
    Value,
)

__all__ = ["Agg", "Column", "Comparison", "Group", "Measure", "NotebookAssistant", "Value"]

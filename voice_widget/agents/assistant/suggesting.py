"""Questions worth asking of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from voice_widget.agents.assistant.language import speaking as say
from voice_widget.agents.assistant.tables.tables import Column, Table


def suggestions(table: Table, near: Iterable[Column] = ()) -> list[str]:
    """Questions that fit the data, those about the mentioned columns first."""
    numbers, groups = table.numbers(), table.groupings()
    found: list[str] = []
    for column in near:
        if column in numbers:
            found.append(f"what is the average {column.spoken}")
        elif column.groups:
            found.append(f"count by {column.spoken}")
        else:
            found.append(f"describe {column.spoken}")
    group = next((g for g in groups if g.kind == "text"), None)
    if numbers and group:
        found.append(f"what is the average {numbers[0].spoken} by {group.spoken}")
    elif numbers:
        found.append(f"what is the average {numbers[0].spoken}")
    found.append("how many rows are there")
    if len(numbers) > 1:
        found.append(f"what is the correlation of {numbers[0].spoken} and {numbers[-1].spoken}")
    if group:
        found.append(f"count by {group.spoken}")
    found += ["which columns are there", "describe the table", "are there missing values"]
    return list(dict.fromkeys(found))


def sentence(text: str) -> str:
    """A question with its first letter big and its mark.

    Example:
        >>> sentence("count by species"), sentence("how many rows are there")
        ('Count by species.', 'How many rows are there?')
    """
    asks = text.startswith(("what", "how", "which", "are ", "is "))
    return f"{say.title(text)}{'?' if asks else '.'}"


def either(names: Sequence[str]) -> str:
    """Things to choose from: "a, b or c"."""
    return say.listing(names, most=6, last="or")
